"""One rate from several chunks: narrower than each, and beyond the reach of a single bad one."""

import pytest

from analysis.stats.token_bucket import fit_bucket
from analysis.trace.agreed import agreed, allows, same_bucket
from tests.analysis.stats.test_token_bucket import offered
from tests.analysis.trace.limiters import Policer


@pytest.fixture(scope="module")
def fits():
    """Four chunks through a bucket of five packets: each leaves the rate open."""
    found = [fit_bucket(offered(Policer(5e5, 8000), 2e5, 800, seed)[0]) for seed in range(4)]
    assert all(found)
    return [fit for fit in found if fit is not None]


@pytest.fixture(scope="module")
def other():
    """A chunk through quite another bucket."""
    fit = fit_bucket(offered(Policer(5e4, 60_000), 8e4, 800)[0])
    assert fit is not None
    return fit


def test_together_they_know_more(fits):
    """The common interval holds the truth, but for the instrument's 1 %, and is no wider than the narrowest."""
    common = agreed(fits)
    assert common is not None
    assert 4 == common.chunks
    assert common.rate_low * 0.99 <= 5e5 <= common.rate_high * 1.01
    narrowest = min(fit.rate_high / fit.rate_low for fit in fits)
    assert common.rate_high / common.rate_low <= narrowest * 1.03
    assert all(allows(fit, common.rate_byte_s) for fit in fits)


def test_one_stranger_does_not_move_the_others(fits, other):
    """A chunk of another limiter takes no part, and shifts the common rate by less than 1 %."""
    with_it, without = agreed([*fits, other]), agreed(fits)
    assert with_it is not None
    assert without is not None
    assert 4 == with_it.chunks
    assert without.rate_byte_s == pytest.approx(with_it.rate_byte_s, rel=0.01)
    assert not allows(other, with_it.rate_byte_s)
    assert not same_bucket(other, fits)
    assert same_bucket(fits[0], fits[1:])


def test_one_alone_agrees_with_nobody(fits, other):
    """A single chunk, or two that contradict each other, have no common rate."""
    assert agreed(fits[:1]) is None
    assert agreed([fits[0], other]) is None
