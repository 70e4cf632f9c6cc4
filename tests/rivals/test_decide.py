"""A rule on a pair: thresholds, directions, failures, and lists that say too little."""

import numpy as np
import pytest
from scipy.stats import ks_2samp

from tests.rivals.decide import Replay, decide, pair_verdict, verdict_of_samples
from tests.rivals.rules import CLIENT, IOS, LAB, OLDER_ANDROID, RULES
from tests.rivals.statistics import (
    Statistics,
    area_of_cdfs,
    area_of_means,
    half_sample_ratio,
    ks_p,
    statistics,
)


def rng() -> np.random.Generator:
    """A generator, always the same."""
    return np.random.default_rng(1)


def steady(rate_mbit_s: float, seconds: int = 4) -> Replay:
    """A run at a constant rate."""
    times = tuple(float(t) for t in np.arange(0.25, seconds + 0.1, 0.25))
    return Replay(False, times, tuple(t * rate_mbit_s * 125_000 for t in times))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_both_directions_are_seen(rule):
    """1.5 against 20 Mbit/s is slowed, and with the labels exchanged favoured, under every rule."""
    slow, fast = steady(1.5), steady(20.0)
    assert "slowed" == pair_verdict(rule, slow, fast, 4.0, rng())
    assert "favoured" == pair_verdict(rule, fast, slow, 4.0, rng())
    assert "none" == pair_verdict(rule, fast, fast, 4.0, rng())


@pytest.mark.parametrize(
    ("rule", "area", "rate", "verdict"),
    [
        (CLIENT, 0.49, 9.9, "none"), (CLIENT, 0.5, 9.9, "slowed"), (CLIENT, 0.31, 10.1, "slowed"),
        (CLIENT, 0.29, 10.1, "none"), (CLIENT, -0.5, 9.9, "favoured"),
        (OLDER_ANDROID, 0.11, 9.9, "slowed"), (OLDER_ANDROID, 0.29, 10.1, "none"),
        (LAB, 0.11, 50.0, "slowed"), (LAB, 0.09, 1.0, "inconclusive"), (LAB, -0.11, 1.0, "favoured"),
    ],
)  # fmt: skip
def test_thresholds(rule, area, rate, verdict):
    """50 %, 30 % from 10 Mbit/s; older Android 10 % and 30 %; lab tools a flat 10 % (with p far below each threshold)."""
    assert verdict == decide(rule, Statistics(area, 1e-9, rate / 2, rate), 1.0)


@pytest.mark.parametrize(
    ("rule", "p", "ratio", "verdict"),
    [
        (CLIENT, 0.009, 0.0, "slowed"), (CLIENT, 0.011, 1.0, "inconclusive"),
        (IOS, 0.009, 0.95, "slowed"), (IOS, 0.009, 0.94, "inconclusive"),
        (LAB, 0.04, 0.96, "slowed"), (LAB, 0.06, 0.96, "inconclusive"), (LAB, 0.9, 0.95, "slowed"),
        (OLDER_ANDROID, 0.04, 0.0, "slowed"), (OLDER_ANDROID, 0.06, 0.0, "inconclusive"),
    ],
)  # fmt: skip
def test_p_and_half_samples(rule, p, ratio, verdict):
    """Far apart by 60 %: the client ignores the ratio, iOS needs .95, the lab tools drop KS where it is not above .95."""
    assert verdict == decide(rule, Statistics(0.6, p, 2.0, 5.0), ratio)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_failures(rule):
    """The original alone failed: blocked. The control failed, with or without it: no verdict, an error."""
    fine, failed = steady(20.0), Replay(failed=True)
    assert "blocked" == pair_verdict(rule, failed, fine, 4.0, rng())
    assert "unusable" == pair_verdict(rule, fine, failed, 4.0, rng())
    assert "unusable" == pair_verdict(rule, failed, failed, 4.0, rng())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_too_few_samples_are_no_verdict(rule):
    """A run without ticks, or over after three samples, is no verdict, whatever the rate."""
    fine = steady(20.0)
    step_s = rule.interval_s or 0.04
    short = Replay(False, (3 * step_s,), (100_000.0,))
    for one in (Replay(failed=False), short):
        assert "unusable" == pair_verdict(rule, one, fine, 4.0, rng())
        assert "unusable" == pair_verdict(rule, fine, one, 4.0, rng())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_zero_rates(rule):
    """Nothing at all arrived in the original: slowed. In both: none, and nothing is divided by zero."""
    nothing, fine = np.zeros(100), np.full(100, 20.0)
    assert "slowed" == verdict_of_samples(rule, nothing, fine, rng())
    assert "favoured" == verdict_of_samples(rule, fine, nothing, rng())
    assert "none" == verdict_of_samples(rule, nothing, nothing, rng())


def test_zeros_count_in_the_area_and_not_in_ks():
    """A run that stands still half of the time has half the mean, and the same distribution of what moved."""
    stalled = np.tile([20.0, 0.0], 50)
    found = statistics(stalled, np.full(100, 20.0), "means", without_zeros=True)
    assert (0.5, 1.0) == (found.area, found.ks_p)
    assert ks_p(stalled, np.full(100, 20.0)) < 1e-9


def test_p_is_scipys():
    """Equal to scipy's p for lists of many sizes, ties included, however often it was asked before."""
    draw = rng()
    for _ in range(60):
        one, other = (draw.integers(0, 9, draw.integers(2, 100)).astype(float) for _ in range(2))
        assert ks_2samp(one, other).pvalue == ks_p(one, other) == ks_p(one[::-1], other)


def test_both_areas():
    """Of 8 against 10 Mbit/s: 20 % of the larger mean, 25 % of the smaller maximum."""
    slow, fast = np.full(100, 8.0), np.full(100, 10.0)
    assert 0.2 == pytest.approx(area_of_means(slow, fast))
    assert 0.25 == pytest.approx(area_of_cdfs(slow, fast), abs=0.003)
    assert -0.25 == pytest.approx(area_of_cdfs(fast, slow), abs=0.003)


def test_half_samples_agree_where_the_lists_are_far_apart():
    """Lists without overlap agree in every half-sample; half of one sample is refused."""
    slow, fast = np.linspace(1, 2, 100), np.linspace(3, 4, 100)
    assert 1.0 == half_sample_ratio(slow, fast, ks_p(slow, fast), rng())
    with pytest.raises(ValueError, match="half of 1"):
        half_sample_ratio(slow[:1], fast, 0.5, rng())


def test_rules_name_themselves():
    """Every rule has an id of its own, a version and a source: none is simply "Wehe"."""
    assert len(RULES) == len({rule.id for rule in RULES})
    assert all(rule.version and rule.source and rule.program for rule in RULES)
