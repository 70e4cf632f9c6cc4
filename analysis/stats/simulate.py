"""Worlds to try the procedure on: homes, what befalls their lines, and what a network may do to the original.

Not a model of TCP: a run delivers min(pace, what the line has left, what the policy lets pass) in bins, with noise that
is autocorrelated and lognormal. All that matters for validity is that both slots of a pair come from one law and that
a fair coin says which is the original; all that matters for power is the size of the effect against that noise
(detection.md 5 and 5.8). The generator is an argument: the same one gives the same world.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.stats.cell import cell_terms, log_e_values
from analysis.stats.home import home_evidence
from analysis.stats.pair import Hypothesis, PairTable
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats, compare

LEVELS_MBIT_S = (2.0, 5.0, 10.0, 25.0, 50.0)
"""What a time-varying line jumps between, every 5-20 s (detection.md 5.1)."""


@dataclass(frozen=True)
class Policy:
    """What a network does to the original.

    police, shape: no faster than rate_mbit_s once bucket_bytes are through, with loss or with delay; slow: factor times
    what would have come; block: every original fails; none: nothing.
    """

    kind: Literal["none", "police", "shape", "slow", "block"] = "none"
    rate_mbit_s: float = float("inf")
    bucket_bytes: float = 16_000.0
    factor: float = 1.0


@dataclass(frozen=True)
class World:
    """The conditions of a cell.

    capacity_mbit_s: the lines' capacity, or None for a lognormal with median 80, within 5-1000; varying: whether lines
    jump between LEVELS_MBIT_S instead; noise: sd of the ln of what a line has left, correlation .7 between bins;
    congested: share of pairs that find the line at 2-60 % of itself; second_slot: factor on the rate of the second
    run; bias: ln units added to the original's rate (an instrument's fault); failures: probability that a run fails;
    rogue: share of homes whose own equipment applies rogue_policy; policy: what the network does.
    """

    capacity_mbit_s: float | None = None
    varying: bool = False
    pace_mbit_s: float = 20.0
    duration_s: float = 4.0
    noise: float = 0.2
    congested: float = 0.1
    second_slot: float = 1.0
    bias: float = 0.0
    failures: float = 0.01
    rogue: float = 0.0
    rogue_policy: Policy = field(default_factory=lambda: Policy("slow", factor=0.5))
    policy: Policy = field(default_factory=Policy)
    evening: float = 5 / 24


@dataclass(frozen=True)
class Simulated:
    """Pairs of many cells: the table, the cell of each cluster (one cluster a home), and the late rates in Mbit/s."""

    pairs: PairTable
    cell: NDArray[np.int64]
    cells: int
    tail_original_mbit_s: Floats
    tail_control_mbit_s: Floats


def simulate(
    world: World, *, cells: int, homes: int, pairs: int, rng: np.random.Generator, parameters: Parameters
) -> Simulated:
    """`cells` cells of `homes` homes with `pairs` pairs each.

    >>> s = simulate(
    ...     World(), cells=2, homes=3, pairs=4, rng=np.random.default_rng(1), parameters=Parameters()
    ... )
    >>> len(s.pairs), s.cell.tolist()
    (24, [0, 0, 0, 1, 1, 1])
    """
    lines = cells * homes
    home = np.repeat(np.arange(lines), pairs)
    capacity = _capacities(world, lines, rng)[home]
    pace = np.minimum(world.pace_mbit_s, 0.7 * capacity)
    rogue = (rng.random(lines) < world.rogue)[home]
    base_rtt = rng.lognormal(np.log(20_000), 0.3, lines)[home, None]
    # Two slots a pair, of one law; then the coin says which is the original, and only then policies act.
    slots = _Runs(
        rate=np.minimum(pace[:, None, None], _available(world, capacity, rng, parameters)),
        failed=rng.random((home.size, 2)) < world.failures,
        rtt=base_rtt * rng.lognormal(0, 0.05, (home.size, 2)),
        loss=rng.lognormal(np.log(5e-4), 1.0, (home.size, 2)),
    )
    coin = rng.integers(0, 2, home.size)
    rows = np.arange(home.size)
    original, control = slots.take((rows, coin)), slots.take((rows, 1 - coin))
    for policy, hit in ((world.policy, ~rogue), (world.rogue_policy, rogue)):
        original.put(hit, _applied(policy, original.take(hit), parameters.bin_s))
    original.rate[:] *= np.exp(world.bias)
    table, tails = _compared(original, control, home, rng.random(home.size) < world.evening, parameters)
    return Simulated(table, np.repeat(np.arange(cells), homes), cells, *tails)


@dataclass(frozen=True)
class _Runs:
    """Runs: rate (.., bins) in Mbit/s, failed, rtt in us, loss as a share."""

    rate: Floats
    failed: NDArray[np.bool_]
    rtt: Floats
    loss: Floats

    def take(self, which: Any) -> "_Runs":
        """A copy of the runs of an index."""
        return _Runs(self.rate[which], self.failed[which], self.rtt[which], self.loss[which])

    def put(self, which: NDArray[np.bool_], runs: "_Runs") -> None:
        """Replace the runs of a mask."""
        self.rate[which], self.failed[which] = runs.rate, runs.failed
        self.rtt[which], self.loss[which] = runs.rtt, runs.loss


def _compared(
    original: _Runs,
    control: _Runs,
    home: NDArray[np.int64],
    evening: NDArray[np.bool_],
    parameters: Parameters,
) -> tuple[PairTable, tuple[Floats, Floats]]:
    """The table of pairs, and their late rates in Mbit/s; what a failure takes away is NaN."""
    floor = parameters.floor_bit_s
    rates = compare(np.maximum(original.rate * 1e6, floor), np.maximum(control.rate * 1e6, floor), parameters)
    failed = original.failed | control.failed
    missing = np.where(failed, np.nan, 0.0)
    table = PairTable(
        d_thr=rates.d_thr + missing,
        d_tail=rates.d_tail + missing,
        d_rtt=np.log(control.rtt / original.rtt) + missing,
        loss_original=original.loss + missing,
        loss_control=control.loss + missing,
        d_fail=control.failed.astype(np.float64) - original.failed,
        s=np.where(failed, parameters.s_floor, rates.s),
        cluster=home,
        long=np.zeros(home.size, dtype=np.bool_),
        evening=evening,
    )
    return table, (rates.tail_original_bit_s / 1e6 + missing, rates.tail_control_bit_s / 1e6 + missing)


def log_e(simulated: Simulated, parameters: Parameters, hypothesis: Hypothesis = "slowed") -> Floats:
    """Ln E of every simulated cell, shape (cells,)."""
    homes = home_evidence(simulated.pairs, parameters, hypothesis, clusters=simulated.cell.size)
    return log_e_values(cell_terms(homes, parameters, simulated.cell, simulated.cells), parameters)


def _capacities(world: World, lines: int, rng: np.random.Generator) -> Floats:
    """Capacity of each line, Mbit/s."""
    if world.capacity_mbit_s is not None:
        return np.full(lines, world.capacity_mbit_s)
    return np.clip(rng.lognormal(np.log(80.0), 1.0, lines), 5.0, 1000.0)


def _available(world: World, capacity: Floats, rng: np.random.Generator, parameters: Parameters) -> Floats:
    """What each line has left, Mbit/s: shape (pairs, 2 slots, bins); 2 s lie between the slots."""
    bins = round(world.duration_s / parameters.bin_s)
    gap = round(2.0 / parameters.bin_s)
    length = 2 * bins + gap
    level = np.repeat(capacity[:, None], length, axis=1)
    if world.varying:
        # Memoryless jumps of the same mean as holds of 5-20 s.
        jump = rng.random(level.shape) < parameters.bin_s / 12.5
        levels = rng.choice(LEVELS_MBIT_S, level.shape)
        level[:, 0] = levels[:, 0]
        for b in range(1, length):
            level[:, b] = np.where(jump[:, b], levels[:, b], level[:, b - 1])
    noise = rng.normal(0.0, 1.0, level.shape)
    for b in range(1, length):
        noise[:, b] = 0.7 * noise[:, b - 1] + np.sqrt(1 - 0.7**2) * noise[:, b]
    busy = np.where(rng.random(capacity.size) < world.congested, rng.uniform(0.02, 0.6, capacity.size), 1.0)
    left = level * busy[:, None] * np.exp(world.noise * noise)
    return np.stack([left[:, :bins], left[:, bins + gap :] * world.second_slot], axis=1)


def _applied(policy: Policy, runs: _Runs, bin_s: float) -> _Runs:
    """Originals under a policy."""
    if policy.kind == "none":
        return runs
    if policy.kind == "block":
        return replace(runs, failed=np.ones_like(runs.failed))
    if policy.kind == "slow":
        return replace(runs, rate=runs.rate * policy.factor)
    passed = np.empty_like(runs.rate)
    bucket = policy.bucket_bytes * 8e-6  # Mbit
    tokens = np.full(runs.rate.shape[0], bucket)
    for b in range(runs.rate.shape[1]):
        tokens = tokens + policy.rate_mbit_s * bin_s
        passed[:, b] = np.minimum(runs.rate[:, b], tokens / bin_s)
        tokens = np.minimum(tokens - passed[:, b] * bin_s, bucket)
    limited = passed.mean(axis=1) < 0.95 * runs.rate.mean(axis=1)
    if policy.kind == "shape":
        return replace(runs, rate=passed, rtt=runs.rtt + np.where(limited, 60_000.0, 0.0))
    # Loss at which TCP settles at this rate (Mathis et al., CCR 1997), as far as policers let it come.
    settled = np.minimum(0.05, 1.5 * (1448 * 8 / (runs.rtt * policy.rate_mbit_s)) ** 2)
    return replace(runs, rate=passed, loss=runs.loss + np.where(limited, settled, 0.0))
