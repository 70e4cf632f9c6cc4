"""One real responder for the tests of a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.responder import RunningResponder, running_responder

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningResponder]:
    """A responder process on loopback that the tests of one file share; it must survive them all."""
    with running_responder(tmp_path_factory.mktemp("responder")) as running:
        yield running
        assert running.alive(), "a test has brought the responder down"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests measure rates and times of this machine."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timed)
