"""One real responder for the tests of a file."""

from collections.abc import Iterator

import pytest

from tests.support.responder import RunningResponder, running_responder


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningResponder]:
    """A responder process on loopback that the tests of one file share; it must survive them all."""
    with running_responder(tmp_path_factory.mktemp("responder")) as running:
        yield running
        assert running.alive(), "a test has brought the responder down"
