"""Predictions for the lab: near 1 where it must find, near 0 where there is nothing, and monotone."""

from itertools import pairwise

import numpy as np
import pytest

from analysis.stats.predict import Treatment, predict


def predicted(treatment, *, homes=5, pairs=6, variant="paced", m=20, repeats=100, **more):
    """The lab's line and RTT, and a seed."""
    return predict(
        treatment, homes=homes, pairs=pairs, variant=variant, line_bit_s=50e6, rtt_ms=20, m=m, repeats=repeats,
        rng=np.random.default_rng(1), **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    "treatment",
    [
        Treatment("police", 1.5e6, 16_000),
        Treatment("shape", 4e6, 6_000),
        Treatment("burst_then_police", 4e6, burst_bytes=3e6),
        Treatment("loss", loss_share=0.03),
        Treatment("delay", delay_ms=40),
        Treatment("blocked"),
        Treatment("frozen", burst_bytes=16_000),
        Treatment("favoured", 4e6),
        Treatment("favoured", delay_ms=40),
    ],
)
def test_what_the_lab_does_is_found_by_five_homes_with_six_pairs(treatment):
    """Among twenty services, in at least 98 of 100 repeats."""
    assert 0.98 <= predicted(treatment).probability


@pytest.mark.parametrize(
    "treatment",
    [
        Treatment(),
        Treatment("slow", factor=0.95),
        Treatment("share", factor=0.8),
        Treatment("after_then_police", 4e6, after_s=5.0),
        Treatment("police", 4e6, hours=(18.0, 23.0)),
        Treatment("police", 1.5e6, share_of_homes=0.2),
    ],
)
def test_what_cannot_be_seen_is_not_predicted(treatment):
    """Nothing at all, inside delta, below the pace, after the run, at another hour, in one home of five."""
    assert 0.02 >= predicted(treatment).probability


def test_late_throttles_are_found_by_long_pairs_and_windows_in_their_hours():
    """The same treatments, measured as they must be."""
    assert 0.98 <= predicted(Treatment("after_then_police", 4e6, after_s=5.0), variant="long").probability
    assert 0.98 <= predicted(Treatment("police", 4e6, hours=(18.0, 23.0)), local_hour=20).probability


@pytest.mark.parametrize(
    "treatment", [Treatment("slow", factor=0.9), Treatment("police", 4e6, carry_over=True)]
)
def test_more_homes_never_find_less(treatment):
    """From three homes to twelve the probability does not fall (beyond chance), and rises from 0 to above .9."""
    found = [predicted(treatment, homes=homes).probability for homes in (3, 4, 6, 8, 12)]
    assert all(more >= fewer - 0.05 for fewer, more in pairwise(found))
    assert (found[0], found[-1] > 0.9) == (0.0, True)


def test_a_larger_family_finds_less():
    """The bar grows with m."""
    slow = Treatment("slow", factor=0.9)
    found = [predicted(slow, homes=4, m=m).probability for m in (1, 20, 2000)]
    assert found[0] >= found[1] > found[2]


def test_the_interval_is_that_of_the_repeats():
    """Clopper-Pearson: of 100 hits in 100 the lower end is .025 ** (1 / 100)."""
    certain = predicted(Treatment("police", 1.5e6))
    assert (1.0, 1.0, 100) == (certain.probability, certain.high, certain.repeats)
    assert 0.025 ** (1 / 100) == pytest.approx(certain.low, abs=1e-6)
    nothing = predicted(Treatment())
    assert (0.0, 0.0) == (nothing.probability, nothing.low)
    assert 1 - 0.025 ** (1 / 100) == pytest.approx(nothing.high, abs=1e-6)


def test_the_same_generator_predicts_the_same():
    """A prediction can be repeated."""
    slow = Treatment("slow", factor=0.9)
    assert predicted(slow, homes=4) == predicted(slow, homes=4)


def test_sizes_below_one_are_refused():
    """There is no cell without homes."""
    with pytest.raises(ValueError, match="at least 1"):
        predicted(Treatment(), homes=0)
