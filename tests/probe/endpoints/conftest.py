"""What the endpoint nettests' tests share: an authority, and nets through a laboratory's gate."""

import random
from pathlib import Path

import pytest

from probe.gate import Gate
from probe.nettests.base import Net
from tests.support.certificates import Authority

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the laboratory trusts."""
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def net() -> Net:
    """The real network through a laboratory's gate, with dice that repeat."""
    return Net(rng=random.Random(1), gate=Gate(lab=True))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests measure rates and times of this machine."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timed)
