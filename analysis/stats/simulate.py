"""Worlds to try the procedure on: cells of homes, their pairs, and what a network does to some of them.

Not a model of TCP's packets: a run delivers min(pace, what the line has left, what a treatment lets pass), read by
memoryless ticks and interpolated as in production; the features, scores and evidence are production's own. All that
matters for validity is that both slots of a pair come from one law and that a fair coin says which is the original; all
that matters for power is the size of the effect against the noise (detection.md 5 and 5.8). The generator is an
argument: the same one gives the same world.

`simulate_lines` makes what lines have left, `simulate_treatments` and `simulate_tcp` what becomes of it, `simulate_ticks`
what is seen, `simulate_forgers` adds homes that lie.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.stats.cell import cell_terms, log_e_values
from analysis.stats.home import home_evidence
from analysis.stats.pair import Hypothesis, PairTable
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats, Ints, compare
from analysis.stats.simulate_lines import (
    WIFI,
    WIRED,
    Lines,
    Noise,
    capacities_bit_s,
    left_bit_s,
    steps_of,
    unsteady,
)
from analysis.stats.simulate_tcp import SEGMENT_BYTES
from analysis.stats.simulate_ticks import binned_bit_s, ticks_s
from analysis.stats.simulate_treatments import NOTHING, Boxes, Runs, Treatment, treat

Variant = Literal["paced", "long", "saturate"]
VARIANTS: tuple[Variant, ...] = ("paced", "long", "saturate")
DURATION_S: dict[Variant, float] = {"paced": 4.0, "long": 10.0, "saturate": 2.0}
"""The 20 s pair that a home measures once a quarter is not simulated."""
_LONG = VARIANTS.index("long")
_SATURATE = VARIANTS.index("saturate")
_MOST_BIT_S = 2e9
_CHUNK = 4000


@dataclass(frozen=True)
class World:
    """The conditions of cells; the defaults are detection.md 5 without bias and without rogue homes.

    line_bit_s: the lines' capacity, or None for lognormal with median 80 Mbit/s, within 5-1000; varying: lines jump
    between LEVELS_BIT_S instead; pace_bit_s: the catalogue's, the pace being at most .7 of the line; wifi: share of homes
    behind Wi-Fi; congested: share of cells whose lines have only `congested_left` of themselves in the evening;
    second_slot: factor on what the second run finds; bias: ln units added to the original's rate (an instrument's fault);
    failures: probability that a run fails; rtt_ms: None for lognormal with median 25.

    treatment: what the network does to the service; on_owned, on_spoofed: what it does to controls of those strata
    (unknown names slowed; names that do not fit the address slowed); rogue: share of homes whose own equipment applies
    rogue_treatment to the service.

    variant: of all pairs, or None for the sampling plan: long one in four and one among a home's first three;
    saturate_share: share of the plan's other pairs that are unpaced; hour: of all pairs, or None for all round the clock;
    keys_per_line: so many homes of a cell share one line and one cluster; exact_share: a treatment of a share of homes
    befalls that number of each cell's homes, rounded, and not each by chance.
    """

    line_bit_s: float | None = None
    varying: bool = False
    pace_bit_s: float = 20e6
    wifi: float = 0.6
    congested: float = 0.2
    congested_left: tuple[float, float] = (0.1, 0.6)
    second_slot: float = 1.0
    bias: float = 0.0
    failures: float = 0.01
    rtt_ms: float | None = None
    treatment: Treatment = NOTHING
    on_owned: Treatment = NOTHING
    on_spoofed: Treatment = NOTHING
    rogue: float = 0.0
    rogue_treatment: Treatment = field(default_factory=lambda: Treatment("slow", factor=0.5))
    variant: Variant | None = None
    saturate_share: float = 0.0
    hour: float | None = None
    keys_per_line: int = 1
    exact_share: bool = False
    wired_noise: Noise = WIRED
    wifi_noise: Noise = WIFI
    boxes: Boxes = field(default_factory=Boxes)


@dataclass(frozen=True)
class Simulated:
    """Pairs of many cells, and what is known of them.

    pairs: the table, its clusters numbered through all cells; cell: of each cluster; order: of each pair within its
    home, from 0; spoofed: whether its control was a spoofed name, else an owned one; original_first: its coin; variant:
    index into VARIANTS; tail_original_bit_s, tail_control_bit_s: late rates, NaN where a run failed.
    """

    pairs: PairTable
    cell: Ints
    cells: int
    order: Ints
    spoofed: NDArray[np.bool_]
    original_first: NDArray[np.bool_]
    variant: Ints
    tail_original_bit_s: Floats
    tail_control_bit_s: Floats

    def take(self, which: NDArray[np.bool_]) -> "Simulated":
        """The pairs of a mask; clusters and cells stay, and those without a pair have wagered nothing."""
        return Simulated(
            self.pairs.take(which), self.cell, self.cells, self.order[which], self.spoofed[which],
            self.original_first[which], self.variant[which], self.tail_original_bit_s[which],
            self.tail_control_bit_s[which],
        )  # fmt: skip


@dataclass(frozen=True)
class _Plan:
    """One entry a pair: home (key) and line, order in the home, variant, local hour, coin, stratum, share left."""

    home: Ints
    line: Ints
    order: Ints
    variant: Ints
    hour: Floats
    original_first: NDArray[np.bool_]
    spoofed: NDArray[np.bool_]
    busy: Floats
    hit: NDArray[np.bool_]
    rogue: NDArray[np.bool_]


def simulate(
    world: World, *, cells: int, homes: int, pairs: int, rng: np.random.Generator, parameters: Parameters
) -> Simulated:
    """`cells` cells of `homes` homes with `pairs` pairs each.

    >>> s = simulate(
    ...     World(), cells=2, homes=3, pairs=4, rng=np.random.default_rng(1), parameters=Parameters()
    ... )
    >>> len(s.pairs), s.cell.tolist(), s.order[:4].tolist()
    (24, [0, 0, 0, 1, 1, 1], [0, 1, 2, 3])
    """
    lines_per_cell = -(-homes // world.keys_per_line)
    lines = _lines(world, cells, lines_per_cell, rng)
    plan = _planned(world, lines, (cells, homes, pairs), rng, parameters)
    columns = {name: np.full(plan.home.size, np.nan) for name in _COLUMNS}
    for rows, variant in _chunks(plan.variant):
        for name, values in _pairs(world, lines, plan, rows, variant, rng, parameters).items():
            columns[name][rows] = values
    tails = columns.pop("tail_original_bit_s"), columns.pop("tail_control_bit_s")
    evening = (parameters.evening_from_h <= plan.hour) & (plan.hour < parameters.evening_to_h)
    table = PairTable(**columns, cluster=plan.line, long=plan.variant == _LONG, evening=evening)
    cell = np.repeat(np.arange(cells), lines_per_cell)
    return Simulated(
        table, cell, cells, plan.order, plan.spoofed, plan.original_first, plan.variant, tails[0], tails[1]
    )


def recut(simulated: Simulated, homes: int, pairs: int) -> Simulated:
    """The same homes in cells of `homes` clusters, with their first `pairs` pairs: small cells out of large ones.

    Cells made of one another are not independent; homes that do not fill a last cell are left out.

    >>> s = simulate(
    ...     World(), cells=1, homes=10, pairs=4, rng=np.random.default_rng(1), parameters=Parameters()
    ... )
    >>> small = recut(s, 3, 2)
    >>> small.cells, len(small.pairs)
    (3, 18)
    """
    cells = simulated.cell.size // homes
    kept = cells * homes
    short = simulated.take((simulated.order < pairs) & (simulated.pairs.cluster < kept))
    return Simulated(
        short.pairs, np.repeat(np.arange(cells), homes), cells, short.order, short.spoofed, short.original_first,
        short.variant, short.tail_original_bit_s, short.tail_control_bit_s,
    )  # fmt: skip


def log_e(simulated: Simulated, parameters: Parameters, hypothesis: Hypothesis = "slowed") -> Floats:
    """Ln E of every simulated cell, shape (cells,)."""
    homes = home_evidence(simulated.pairs, parameters, hypothesis, clusters=simulated.cell.size)
    return log_e_values(cell_terms(homes, parameters, simulated.cell, simulated.cells), parameters)


def planned_variants(homes: int, pairs: int, rng: np.random.Generator, saturate_share: float = 0.0) -> Ints:
    """The sampling plan, shape (homes, pairs), indices into VARIANTS: one long among the first three, then one in four.

    >>> planned_variants(2, 11, np.random.default_rng(1)).sum(axis=1).tolist()
    [3, 3]
    """
    unpaced = rng.random((homes, pairs)) < saturate_share
    variant = np.where(unpaced, _SATURATE, VARIANTS.index("paced"))
    rows = np.arange(homes)
    begin, block = 0, 3
    while begin < pairs:  # ends: begin grows
        at = begin + rng.integers(0, block, homes)
        inside = at < pairs
        variant[rows[inside], at[inside]] = _LONG
        begin, block = begin + block, 4
    return variant.astype(np.int64)


def _lines(world: World, cells: int, lines_per_cell: int, rng: np.random.Generator) -> Lines:
    count = cells * lines_per_cell
    fixed = world.line_bit_s is not None
    return Lines(
        capacity=np.full(count, world.line_bit_s) if fixed else capacities_bit_s(count, rng),
        wifi=rng.random(count) < world.wifi,
        rtt=rng.lognormal(np.log(25_000), 0.4, count) if world.rtt_ms is None else np.full(count, world.rtt_ms * 1e3),
        congested=np.repeat(rng.random(cells) < world.congested, lines_per_cell),
    )  # fmt: skip


def _planned(
    world: World, lines: Lines, size: tuple[int, int, int], rng: np.random.Generator, parameters: Parameters
) -> _Plan:
    """When, how and on what line each pair is measured, and whom the treatments befall."""
    cells, homes, pairs = size
    keys = cells * homes
    home = np.repeat(np.arange(keys), pairs)
    lines_per_cell = lines.capacity.size // cells
    line_of = np.arange(keys) // homes * lines_per_cell + np.arange(keys) % homes // world.keys_per_line
    line = line_of[home]
    shape = (keys, pairs)
    if world.variant is None:
        variant = planned_variants(keys, pairs, rng, world.saturate_share).ravel()
    else:
        variant = np.full(home.size, VARIANTS.index(world.variant))
    hour = np.full(home.size, world.hour) if world.hour is not None else rng.uniform(0, 24, home.size)
    evening = (parameters.evening_from_h <= hour) & (hour < parameters.evening_to_h)
    busy = np.where(evening & lines.congested[line], rng.uniform(*world.congested_left, home.size), 1.0)
    # Strata in blocks of two: each once before any twice (integrity.md 3).
    lead = rng.integers(0, 2, (keys, -(-pairs // 2)))
    spoofed = (np.repeat(lead, 2, axis=1)[:, :pairs] + np.arange(pairs)) % 2 == 1
    hit = _befallen(world, cells, lines_per_cell, rng)[line] & world.treatment.active(hour)
    return _Plan(
        home=home,
        line=line,
        order=np.broadcast_to(np.arange(pairs), shape).ravel(),
        variant=variant,
        hour=hour,
        original_first=rng.integers(0, 2, home.size) == 0,
        spoofed=spoofed.ravel(),
        busy=busy,
        hit=hit,
        rogue=(rng.random(lines.capacity.size) < world.rogue)[line],
    )


def _befallen(world: World, cells: int, lines_per_cell: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Which lines the treatment befalls."""
    share = world.treatment.share_of_homes
    if not world.exact_share:
        return np.asarray(rng.random(cells * lines_per_cell) < share)
    rank = np.argsort(rng.random((cells, lines_per_cell)), axis=1)
    return np.asarray((rank < round(share * lines_per_cell)).ravel())


def _chunks(variant: Ints) -> Iterator[tuple[Ints, Variant]]:
    """Rows of one variant at a time, so many as fit a processor's cache."""
    for code, name in enumerate(VARIANTS):
        rows = np.flatnonzero(variant == code)
        for begin in range(0, rows.size, _CHUNK):
            yield rows[begin : begin + _CHUNK], name


_COLUMNS = (
    "d_thr", "d_tail", "d_rtt", "loss_original", "loss_control", "d_fail", "s", "tail_original_bit_s",
    "tail_control_bit_s",
)  # fmt: skip


def _pairs(
    world: World, lines: Lines, plan: _Plan, rows: Ints, variant: Variant, rng: np.random.Generator,
    parameters: Parameters,
) -> dict[str, Floats]:  # fmt: skip
    """Columns of some pairs of one variant."""
    slots, pace = _slots(world, lines, plan, rows, DURATION_S[variant], variant == "saturate", rng)
    index = np.arange(rows.size)
    second = 1 - plan.original_first[rows].astype(np.int64)  # the original's slot
    original, control = slots.take((index, second)), slots.take((index, 1 - second))
    _act(world, plan, rows, original, control, pace, rng)
    original.rate[:] *= np.exp(world.bias)
    times = [ticks_s(rows.size, DURATION_S[variant], rng) for _ in "oc"]
    seen = [
        binned_bit_s(run.rate, at, parameters) for run, at in zip((original, control), times, strict=True)
    ]
    rates = compare(seen[0], seen[1], parameters)
    failed = original.failed | control.failed
    missing = np.where(failed, np.nan, 0.0)
    return {
        "d_thr": rates.d_thr + missing,
        "d_tail": rates.d_tail + missing,
        "d_rtt": np.log(control.rtt / original.rtt) + missing,
        "loss_original": _counted_loss(original, DURATION_S[variant], rng) + missing,
        "loss_control": _counted_loss(control, DURATION_S[variant], rng) + missing,
        "d_fail": control.failed.astype(np.float64) - original.failed,
        "s": np.where(failed, parameters.s_floor, rates.s),
        "tail_original_bit_s": rates.tail_original_bit_s + missing,
        "tail_control_bit_s": rates.tail_control_bit_s + missing,
    }


def _slots(
    world: World, lines: Lines, plan: _Plan, rows: Ints, duration_s: float, unpaced: bool,
    rng: np.random.Generator,
) -> tuple[Runs, Floats]:  # fmt: skip
    """Two runs a pair, of one law, shape (pairs, 2, ..), and the pace; labels come after."""
    line = plan.line[rows]
    capacity, wifi, busy = lines.capacity[line], lines.wifi[line], plan.busy[rows]
    pace = np.full(rows.size, _MOST_BIT_S) if unpaced else np.minimum(world.pace_bit_s, 0.7 * capacity)
    left = np.empty((rows.size, 2, steps_of(duration_s)))
    rate = np.empty_like(left)
    for noise, mine in ((world.wired_noise, ~wifi), (world.wifi_noise, wifi)):
        some = left_bit_s(capacity[mine], busy[mine], noise, duration_s, world.varying, rng)
        some[:, 1] *= world.second_slot
        paced = np.minimum(some, pace[mine, None, None])
        left[mine] = some
        rate[mine] = unsteady(paced.reshape(-1, paced.shape[2]), noise, rng).reshape(paced.shape)
    rtt_sd = np.where(wifi, world.wifi_noise.rtt_run, world.wired_noise.rtt_run)[:, None]
    lost = np.where(wifi, world.wifi_noise.loss, world.wired_noise.loss)[:, None]
    shape = (rows.size, 2)
    # A full line queues: the same for both slots, but for what a moment does.
    queue = np.where(busy < 1, rng.uniform(20_000, 150_000, rows.size), 0.0)[:, None] * rng.lognormal(
        0, 0.2, shape
    )
    runs = Runs(
        rate=rate,
        left=left,
        failed=rng.random(shape) < world.failures,
        rtt=lines.rtt[line][:, None] * np.exp(rtt_sd * rng.normal(0, 1, shape)) + queue,
        loss=np.minimum(lost * rng.lognormal(0, 1.0, shape) * np.where(busy < 1, 3.0, 1.0)[:, None], 0.2),
    )  # fmt: skip
    return runs, pace


def _act(
    world: World,
    plan: _Plan,
    rows: Ints,
    original: Runs,
    control: Runs,
    pace: Floats,
    rng: np.random.Generator,
) -> None:
    """Let the network and rogue equipment act on the labelled runs, in place."""
    hit, rogue, spoofed = plan.hit[rows], plan.rogue[rows], plan.spoofed[rows]
    treatment = world.treatment
    if treatment.gain > 1:
        more = np.minimum(original.left * treatment.gain, pace[:, None]) / np.minimum(
            original.left, pace[:, None]
        )
        original.rate[hit] *= more[hit]
    treat(original, hit, treatment.on_original, world.boxes, rng)
    treat(control, hit, treatment.on_control, world.boxes, rng)
    if treatment.carry_over:
        treat(control, hit & plan.original_first[rows], treatment.on_original, world.boxes, rng)
    treat(control, ~spoofed, world.on_owned, world.boxes, rng)
    treat(control, spoofed, world.on_spoofed, world.boxes, rng)
    treat(original, rogue, world.rogue_treatment, world.boxes, rng)


def _counted_loss(runs: Runs, duration_s: float, rng: np.random.Generator) -> Floats:
    """The share of segments sent again, as counted: binomial about the run's loss."""
    segments = np.maximum(1, runs.rate.mean(axis=1) * duration_s / (8 * SEGMENT_BYTES)).astype(np.int64)
    return np.asarray(rng.binomial(segments, runs.loss) / segments)
