"""The delivered rate: right on average, covered as stated, deaf to homes that are slowed by something else."""

import numpy as np
import pytest

from analysis.stats.delivered import delivered_rate


def cell(rng, rate, homes, pairs, *, share=1.0, spread=0.05, other=0):
    """Homes throttled at `rate` (5 % from home to home), the rest not; `other` slowed at rates of their own."""
    home = np.repeat(np.arange(homes), pairs)
    control = 20.0 * np.exp(rng.normal(0, 0.02, home.size))
    of_home = np.where(
        np.arange(homes) < round(share * homes), rate * np.exp(rng.normal(0, spread, homes)), 20.0
    )
    of_home[homes - other :] = rng.uniform(0.5, 15, other)
    return of_home[home] * np.exp(rng.normal(0, 0.02, home.size)), control, home


def rate_of(*columns):
    """The delivered rate, where there must be one."""
    result = delivered_rate(*columns)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("rate", "homes", "share"), [(1.5, 8, 1.0), (4.0, 10, 1.0), (4.0, 30, 0.3), (10.0, 30, 1.0)]
)
def test_the_interval_covers_the_rate_as_it_says(rate, homes, share):
    """detection.md 6: coverage .89-.99, error below 4.5 % in nine of ten."""
    rng = np.random.default_rng(1)
    results = [rate_of(*cell(rng, rate, homes, 5, share=share)) for _ in range(300)]
    assert np.mean([r.low <= rate <= r.high for r in results]) > 0.9
    assert np.quantile([abs(r.rate / rate - 1) for r in results], 0.9) < 0.045
    assert all(r.basis == "homes" for r in results)


def test_homes_slowed_by_something_else_do_not_move_it():
    """Three of eleven homes crawl for reasons of their own; the mode is the network's."""
    rng = np.random.default_rng(2)
    rates = [rate_of(*cell(rng, 4.0, 11, 5, share=8 / 11, other=3)).rate for _ in range(200)]
    assert np.median(rates) == pytest.approx(4.0, rel=0.02)


def test_a_line_slower_than_the_limit_is_not_slowed():
    """A home whose control is as slow as its original says nothing of the limit."""
    assert delivered_rate([3.9, 3.9], [4.0, 4.0], [0, 0]) is None
    r = rate_of([3.9, 2.0, 2.0], [4.0, 20.0, 20.0], [0, 1, 1])
    assert (2.0, 1, 1) == (r.rate, r.homes, r.slowed_homes)


def test_few_homes_get_the_interval_of_their_runs():
    """Five homes x six pairs: labelled `runs`, and still an interval around the rate."""
    r = rate_of(*cell(np.random.default_rng(3), 1.5, 5, 6))
    assert ("runs", 30) == (r.basis, r.runs)
    assert r.low < r.rate < r.high


def test_a_single_run_has_a_rate_and_no_interval():
    """From two runs on there is one."""
    assert rate_of([4.0], [20.0], [0]).low is None
    two = rate_of([4.0, 4.2], [20.0, 20.0], [0, 0])
    assert (4.0, 4.2) == (two.low, two.high)


def test_blocked_homes_have_no_rate():
    """Failures leave NaN, and NaN is nobody's rate."""
    assert delivered_rate([float("nan")] * 4, [20.0] * 4, [0, 0, 1, 1]) is None


def test_the_order_of_pairs_leaves_no_trace():
    """Any permutation gives the same result."""
    rng = np.random.default_rng(4)
    columns = np.array(cell(rng, 4.0, 10, 5, other=2))
    expected = rate_of(*columns)
    for _ in range(5):
        assert expected == rate_of(*columns[:, rng.permutation(50)])
