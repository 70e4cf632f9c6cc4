"""One rule on one pair.

Failures. Wehe's client has no failure of its own: a port that does not answer, or a test without a result, is
"differentiation" in a port test and an error in a test of an app; where a replay was cut before its first byte, the
server puts zeros in its place, which differ from any control. Here an original that fails while its control does not is
``blocked``, an accusation under every rule (the reading that favours Wehe's power, as in detection.md 5.1); a control that
fails is an error and no verdict.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from tests.rivals.rules import Rule
from tests.rivals.samples import Floats, samples_mbit_s
from tests.rivals.statistics import Statistics, half_sample_ratio, statistics

PairVerdict = Literal["none", "inconclusive", "slowed", "favoured", "blocked", "unusable"]
FEWEST_SAMPLES: Final = 4
"""With fewer, half of them is no sample at all."""


@dataclass(frozen=True)
class Replay:
    """One run as Wehe's client would have logged it: times in seconds from the first byte, cumulative bytes."""

    failed: bool
    t_s: tuple[float, ...] = ()
    received_bytes: tuple[float, ...] = ()

    def samples(self, duration_s: float, interval_s: float | None) -> Floats:
        """Throughput samples, Mbit/s."""
        return samples_mbit_s(self.t_s, self.received_bytes, duration_s, interval_s)


def pair_verdict(
    rule: Rule, original: Replay, control: Replay, duration_s: float, rng: np.random.Generator
) -> PairVerdict:
    """What the rule says of a pair; ``duration_s`` is the replays' nominal duration."""
    if control.failed:
        return "unusable"
    if original.failed:
        return "blocked"
    lists = [run.samples(duration_s, rule.interval_s) for run in (original, control)]
    return verdict_of_samples(rule, lists[0], lists[1], rng)


def verdict_of_samples(
    rule: Rule, original: Floats, control: Floats, rng: np.random.Generator
) -> PairVerdict:
    """What the rule says of two lists of rates, Mbit/s.

    >>> from tests.rivals.rules import CLIENT
    >>> verdict_of_samples(CLIENT, np.full(100, 1.5), np.full(100, 20.0), np.random.default_rng(1))
    'slowed'
    """
    if min(original.size, control.size) < FEWEST_SAMPLES:
        return "unusable"
    found = statistics(original, control, rule.area_kind, without_zeros=rule.ks_without_zeros)
    ratio = 1.0
    if rule.half_samples != "ignored":
        ratio = half_sample_ratio(original, control, found.ks_p, rng)
    return decide(rule, found, ratio)


def decide(rule: Rule, found: Statistics, ratio: float) -> PairVerdict:
    """The rule on its statistics."""
    fast = max(found.original_mbit_s, found.control_mbit_s) > rule.fast_mbit_s
    far = abs(found.area) >= (rule.area_fast if fast else rule.area)
    unlike = found.ks_p < rule.ks_p
    direction: PairVerdict = "slowed" if found.area > 0 else "favoured"
    if rule.half_samples == "else_area_alone":
        if ratio <= rule.half_sample_ratio:
            return direction if far else "none"
        if far == unlike:
            return direction if far else "none"
        return "inconclusive"
    trusted = rule.half_samples == "ignored" or ratio >= rule.half_sample_ratio
    if far:
        return direction if unlike and trusted else "inconclusive"
    return "none"
