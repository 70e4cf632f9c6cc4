"""What the endpoint nettests' tests share: an authority, and nets through a laboratory's gate."""

import random

import pytest

from probe.gate import Gate
from probe.nettests.base import Net
from tests.support.certificates import Authority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the laboratory trusts."""
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def net() -> Net:
    """The real network through a laboratory's gate, with dice that repeat."""
    return Net(rng=random.Random(1), gate=Gate(lab=True))
