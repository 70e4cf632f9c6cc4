"""Effects: medians over homes, honest intervals, shares."""

import numpy as np
import pytest

from analysis.stats.effect import effect, home_medians, share_of_homes
from analysis.stats.order_interval import median_interval


def measured(d, home):
    """The effect, where there must be one."""
    result = effect(d, home)
    assert result is not None
    return result


def test_order_statistics_cover_at_least_as_often_as_they_say():
    """Skewed values of several sample sizes: the true median is inside as often as stated, within noise."""
    rng = np.random.default_rng(1)
    for n in (6, 8, 15, 40):
        intervals = [median_interval(rng.lognormal(0, 1, n)) for _ in range(1500)]
        inside = np.mean([(i.low or 0) <= 1.0 <= (i.high or 0) for i in intervals])
        assert inside == pytest.approx(intervals[0].coverage, abs=0.025)
        assert intervals[0].coverage >= 0.95


def test_few_values_say_that_they_are_few():
    """Below six the extremes, with what they guarantee; a single one has no interval."""
    assert (0.5, 0.75, 0.875, 0.9375) == tuple(median_interval(range(n)).coverage for n in (2, 3, 4, 5))
    assert median_interval([3.0]).low is None


def test_a_home_with_many_pairs_counts_once():
    """One noisy home cannot move the effect by measuring more."""
    d = [-0.5] * 100 + [0.0] * 6
    assert measured(d, [0] * 100 + list(range(1, 7))).value == 0.0


def test_six_homes_give_an_interval_over_homes_and_fewer_do_not():
    """The basis says which it is."""
    rng = np.random.default_rng(2)
    for homes, basis in ((5, "pairs"), (6, "homes")):
        result = measured(rng.normal(-1, 0.1, homes * 4), np.repeat(np.arange(homes), 4))
        assert basis == result.basis
        assert result.low <= result.value <= result.high


def test_missing_differences_are_missing():
    """Pairs that failed have no rate; a cell of nothing else has no effect."""
    assert effect([float("nan")] * 3, [0, 1, 2]) is None
    assert measured([float("nan"), -1.0, -1.2], [0, 1, 1]).homes == 1
    assert home_medians([], []).size == 0


def test_swapping_the_labels_negates_the_effect():
    """Effect and interval are mirrored."""
    rng = np.random.default_rng(3)
    d, home = rng.normal(-0.3, 0.2, 60), np.repeat(np.arange(10), 6)
    forth, back = measured(d, home), measured(-d, home)
    assert (forth.value, forth.low, forth.high) == (-back.value, -back.high, -back.low)


def test_clopper_pearson_is_the_published_one():
    """Clean homes: 1 - .025^(1/n); 8 of 8; and 1 of 10 as in any table (.0025, .4450)."""
    assert 1 - 0.025 ** (1 / 30) == pytest.approx(share_of_homes(0, 30).high, abs=1e-6)
    assert (1.0, 1.0) == (share_of_homes(8, 8).value, share_of_homes(8, 8).high)
    one = share_of_homes(1, 10)
    assert (0.0025, 0.4450) == (round(one.low, 4), round(one.high, 4))


def test_more_affected_than_homes_is_refused():
    """A count that cannot be is an error of the caller."""
    with pytest.raises(ValueError, match="9 of 8 homes"):
        share_of_homes(9, 8)
