"""The rules reproduce numbers that notes and tables print: peers-wehe.md 2.4 and 9, detection.md 3.1."""

from dataclasses import replace

import numpy as np
import pytest

from tests.rivals.decide import verdict_of_samples
from tests.rivals.rules import CLIENT, IOS, LAB
from tests.rivals.series import ln_sd, noise, redrawn_line, replayed
from tests.rivals.statistics import area_of_means, ks_p

PAIRS = 300
DIFFERENT = ("slowed", "favoured")


def twins(correlation: float, cv: float, seed: int) -> list:
    """Pairs of runs of one and the same process: nobody did anything."""
    rng = np.random.default_rng(seed)
    both = noise(rng, 2 * PAIRS, 100, correlation, ln_sd(cv))
    return list(zip(both[:PAIRS], both[PAIRS:], strict=True))


def near(expected: float, found: float, pairs: int) -> bool:
    """Within four standard errors, both numbers being shares that were simulated."""
    share = min(max(expected, 1 / pairs), 1 - 1 / pairs)
    return bool(abs(expected - found) <= 4 * np.sqrt(2 * share * (1 - share) / pairs))


@pytest.mark.parametrize(
    ("correlation", "share"), [(0, 0.01), (0.5, 0.11), (0.8, 0.38), (0.9, 0.61), (0.95, 0.79)]
)
def test_ks_takes_autocorrelation_for_difference(correlation, share):
    """KS p < .01 on twins: 1 % where samples are independent, 79 % at lag-1 correlation .95 (peers-wehe.md 2.4)."""
    found = float(np.mean([ks_p(one, other) < 0.01 for one, other in twins(correlation, 0.3, seed=1)]))
    assert near(share, found, PAIRS), found


@pytest.mark.parametrize(
    ("cv", "correlation", "share"), [(0.3, 0.5, 0.0), (0.3, 0.8, 0.005), (0.6, 0.8, 0.14), (1.0, 0.8, 0.27)]
)
def test_thirty_percent_and_ks_accuse_noisy_twins(cv, correlation, share):
    """An area of .3 with p < .01 on twins: never on a calm line, in 27 % at a variation of 1 (peers-wehe.md 2.4)."""
    pairs = twins(correlation, cv, seed=2)
    found = float(np.mean([ks_p(o, c) < 0.01 and abs(area_of_means(o, c)) >= 0.3 for o, c in pairs]))
    assert near(share, found, PAIRS), found


def test_a_line_that_changes_is_accused_as_often_as_in_the_lab():
    """Whole-line capacity redrawn every 5-20 s: Wehe itself accused in 12 of 24 first passes, finally in 6 of 23."""
    rng, step_s = np.random.default_rng(3), 0.45
    verdicts = []
    for _ in range(PAIRS):
        line = redrawn_line(rng, 211, step_s)
        one, other = (replayed(part, 23.0, step_s) for part in (line[:100], line[111:]))
        verdicts.append(verdict_of_samples(CLIENT, one, other, rng))
    first = np.mean([v in DIFFERENT for v in verdicts])
    repeated = np.mean([v != "none" for v in verdicts])
    assert 0.31 <= first <= 0.69  # 12 of 24, +- twice its standard error
    assert 0.10 <= repeated * first <= 0.44  # 6 of 23


def test_the_ratio_does_not_save_what_changed():
    """On lines that change, every verdict of "different" has its half-samples behind it: the ratio was 1.0 in each (9)."""
    rng = np.random.default_rng(4)
    fast, slow = np.full(100, 25.0), np.full(100, 5.0)
    assert "slowed" == verdict_of_samples(IOS, slow, fast * noise(rng, 1, 100, 0.7, 0.1)[0], rng)


@pytest.mark.parametrize(
    ("offered_mbit_s", "limit_mbit_s", "verdict"),
    [
        (23.0, 0.5, "slowed"), (23.0, 4.0, "slowed"), (23.0, 15.0, "slowed"),
        (3.5, 0.5, "slowed"), (3.5, 1.5, "slowed"), (3.5, 4.0, "none"), (3.5, 15.0, "none"),
        (0.385, 0.5, "none"), (0.385, 15.0, "none"),
    ],
)  # fmt: skip
def test_a_trace_hides_a_limit_above_what_it_offers(offered_mbit_s, limit_mbit_s, verdict):
    """Netflix (23 Mbit/s) shows every limit, Twitch (3.5) those below 3.5, YouTube (0.385) none (peers-wehe.md 9)."""
    rng = np.random.default_rng(5)
    line = 50.0 * noise(rng, 2, 100, 0.7, 0.05)
    original = replayed(np.minimum(line[0], limit_mbit_s), offered_mbit_s, 0.4)
    control = replayed(line[1], offered_mbit_s, 0.4)
    assert verdict == verdict_of_samples(CLIENT, original, control, rng)


def mixed_lines(rng: np.random.Generator, pairs: int, factor: float = 1.0) -> list:
    """25 s in samples of .25 s, lag-1 correlation .73, 60 % on Wi-Fi (detection.md 3.1); the original times ``factor``.

    The noise (.12 wired, .25 on Wi-Fi, .03 between the two runs) is chosen so that a flat 10 % flags about a fifth; all
    other shares follow from it.
    """
    sd = np.where(rng.random(pairs) < 0.6, 0.25, 0.12)
    runs = [
        40.0 * noise(rng, pairs, 100, 0.73, sd) * np.exp(rng.normal(0.0, 0.03, (pairs, 1))) for _ in range(2)
    ]
    return list(zip(factor * runs[0], runs[1], strict=True))


def shares(rule, pairs: list, rng: np.random.Generator) -> tuple[float, float]:
    """Shares of pairs called different, and of pairs called slowed."""
    verdicts = [verdict_of_samples(rule, original, control, rng) for original, control in pairs]
    return float(np.mean([v in DIFFERENT for v in verdicts])), float(
        np.mean([v == "slowed" for v in verdicts])
    )


FLAT = replace(LAB, half_samples="ignored")


def test_flat_ten_percent_flags_a_fifth_of_the_innocent():
    """Flat 10 % with KS flags .199 of innocent pairs, .112 as slowed; the client's thresholds .020 (detection.md 3.1)."""
    rng = np.random.default_rng(6)
    innocent = mixed_lines(rng, PAIRS)
    any_flat, slowed_flat = shares(FLAT, innocent, rng)
    any_client, _ = shares(CLIENT, innocent, rng)
    assert 0.12 <= any_flat <= 0.30
    assert near(any_flat / 2, slowed_flat, PAIRS)  # either way alike: it is noise
    assert any_client <= 0.04


def test_half_samples_do_not_repair_flat_ten_percent():
    """Asking 95 % of half-samples leaves a good part of the false verdicts: there .147 of .199, here .08 of .19 (3.1)."""
    rng = np.random.default_rng(7)
    flagged = [
        (o, c) for o, c in mixed_lines(rng, PAIRS) if verdict_of_samples(FLAT, o, c, rng) in DIFFERENT
    ][:40]
    kept, _ = shares(replace(FLAT, half_samples="required"), flagged, rng)
    assert 0.3 <= kept <= 0.95


@pytest.mark.parametrize(
    ("factor", "flat", "client"),
    [(0.9, (0.3, 0.7), (0, 0.1)), (0.8, (0.75, 1), (0, 0.3)), (0.5, (0.98, 1), (0.93, 1))],
)
def test_what_the_thresholds_can_see(factor, flat, client):
    """A slow-down of 10 / 20 / 50 %: flat 10 % .474 / .829 / .998, client .034 / .110 / .965 (detection.md 3.1)."""
    rng = np.random.default_rng(8)
    pairs = mixed_lines(rng, 150, factor)
    for rule, (least, most) in ((FLAT, flat), (CLIENT, client)):
        found, _ = shares(rule, pairs, rng)
        assert least <= found <= most, rule.id
