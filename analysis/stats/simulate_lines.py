"""Homes' lines: capacity, Wi-Fi, congestion in the evening, and what they leave for a run at each moment.

Both runs of a pair come from one law, whatever the line: that is all that validity rests on (detection.md 4.7). The
numbers are those of detection.md 5 where it gives them; sizes of noise are a choice, checked against its table of single
homes (5.5) and, for `LAB`, against what 192 pairs of the lab's demonstration showed.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from analysis.stats.series import Floats
from analysis.stats.simulate_ticks import STEP_S

LEVELS_BIT_S = (2e6, 5e6, 10e6, 25e6, 50e6)
"""What a time-varying line jumps between, every 5-20 s (detection.md 5.1)."""
GAP_S = 2.0
"""Between the runs of a pair (integrity.md 4)."""
CORRELATION = 0.84
"""Between steps of 0.1 s: .7 between bins of 0.2 s (detection.md 3.1: .73)."""
_HOLDS = 6


@dataclass(frozen=True)
class Noise:
    """How unsteady a kind of line is. All but the last two are standard deviations of a natural logarithm.

    left_run, left_step: of what the line has left, between runs and, autocorrelated, between steps; rate_run,
    rate_step: of what arrives of a paced stream, between runs and between steps; rtt_run: of the round-trip time
    between runs; loss: median share of segments lost; dips: probability that a run loses half of its rate for up to 1 s.
    """

    left_run: float
    left_step: float
    rate_run: float
    rate_step: float
    rtt_run: float
    loss: float
    dips: float


WIRED = Noise(0.1, 0.2, 0.005, 0.04, 0.02, 3e-4, 0.02)
WIFI = Noise(0.25, 0.4, 0.03, 0.1, 0.08, 6e-4, 0.08)
LAB = Noise(0.0, 0.0, 0.0004, 0.002, 0.003, 1e-6, 0.01)
"""The lab: d_thr of neutral pairs had a standard deviation of .0006 but for one pair in thirty; d_rtt .004; no loss."""


@dataclass(frozen=True)
class Lines:
    """One entry a line: capacity in bit/s, whether Wi-Fi is between, base RTT in us, whether its cell is congested."""

    capacity: Floats
    wifi: NDArray[np.bool_]
    rtt: Floats
    congested: NDArray[np.bool_]


def capacities_bit_s(lines: int, rng: np.random.Generator) -> Floats:
    """Lognormal within 5-1000 Mbit/s, median 80 (detection.md 5).

    >>> c = capacities_bit_s(9999, np.random.default_rng(1)) / 1e6
    >>> round(float(np.median(c))), float(c.min()), float(c.max())
    (79, 5.0, 1000.0)
    """
    return np.clip(rng.lognormal(np.log(80e6), 1.0, lines), 5e6, 1000e6)


def steps_of(duration_s: float) -> int:
    """How many steps a run has.

    >>> steps_of(4.0)
    40
    """
    return round(duration_s / STEP_S)


def left_bit_s(
    level: Floats, busy: Floats, noise: Noise, duration_s: float, varying: bool, rng: np.random.Generator
) -> Floats:
    """What lines have left, bit/s: shape (pairs, 2 slots, steps).

    level: the lines' capacities; busy: the share of them that is free during the pair; both of shape (pairs,).
    """
    steps = steps_of(duration_s)
    shape = (level.size, 2, steps)
    if varying:
        left = _jumping(level.size, duration_s, rng) * busy[:, None, None]
    else:
        left = np.broadcast_to((level * busy)[:, None, None], shape).copy()
    if noise.left_run or noise.left_step:
        waves = autocorrelated(shape, rng)
        waves *= noise.left_step
        waves += rng.normal(0.0, noise.left_run, (level.size, 2, 1))
        left *= np.exp(waves, out=waves)
    return left


def unsteady(rate: Floats, noise: Noise, rng: np.random.Generator) -> Floats:
    """Rates of shape (runs, steps) as they arrive: between runs, between steps, and a dip now and then."""
    runs, steps = rate.shape
    ln = rng.normal(0.0, noise.rate_step, rate.shape)
    ln += rng.normal(0.0, noise.rate_run, (runs, 1))
    one = (runs, 1)
    dipped = rng.random(one) < noise.dips
    begin = rng.uniform(0, steps, one)
    length = rng.uniform(0.2, 1.0, one) / STEP_S
    step = np.arange(steps)
    ln -= np.log(2.0) * (dipped & (begin <= step) & (step < begin + length))
    return np.asarray(rate * np.exp(ln, out=ln))


def autocorrelated(shape: tuple[int, int, int], rng: np.random.Generator) -> Floats:
    """Standard normal series along the last axis, stationary, with CORRELATION between neighbours."""
    series: Floats = rng.normal(0.0, np.sqrt(1 - CORRELATION**2), shape)
    series[..., 0] /= np.sqrt(1 - CORRELATION**2)
    return np.asarray(lfilter([1.0], [1.0, -CORRELATION], series, axis=-1))


def _jumping(pairs: int, duration_s: float, rng: np.random.Generator) -> Floats:
    """Levels that hold for 5-20 s each, seen through the two slots of a pair."""
    ends: Floats = np.asarray(np.cumsum(rng.uniform(5.0, 20.0, (pairs, _HOLDS)), axis=1))
    ends -= rng.random((pairs, 1)) * ends[:, :1]  # a pair begins anywhere within the first hold
    levels = np.asarray(LEVELS_BIT_S)[rng.integers(0, len(LEVELS_BIT_S), (pairs, _HOLDS))]
    one = (np.arange(steps_of(duration_s)) + 0.5) * STEP_S
    times = np.stack([one, one + duration_s + GAP_S])
    hold = np.zeros((pairs, *times.shape), dtype=np.int64)
    for end in ends[:, :-1].T:
        hold += times >= end[:, None, None]
    return np.asarray(levels[np.arange(pairs)[:, None, None], hold])
