"""The simulations behind docs/power.md: which worlds are tried, and what the procedure makes of them.

`final` is the procedure as built. `base` is the design's earlier choice, rebuilt here because detection.md prints its
power table for `base` alone: it separates what this simulator's worlds do from what the better procedure does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.stats.cell import CellTerms, cell_terms, log_e_values
from analysis.stats.home import home_evidence
from analysis.stats.pair import HYPOTHESES, Hypothesis
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats
from analysis.stats.simulate import Simulated, World, log_e, simulate
from analysis.stats.simulate_forgers import Aim, no_homes, with_forgers
from analysis.stats.simulate_treatments import Treatment

FINAL = Parameters()
BASE = replace(
    FINAL, weight_pooled=1.0, weight_long=0.0, weight_all_hours=0.7, weight_evening=0.3, pi_grid=(0.2, 0.5, 0.9),
    c_grid=(0.1, 0.3, 0.9),
)  # fmt: skip
"""`base` but for its average over variants, which `_base_log_e` takes; its long pairs were of 20 s, here of 10."""

BAR = 400.0
GROUP = 100
"""Homes that share a cell while they are simulated; smaller cells are cut out of these."""
PAIRS = 20
NULL_HOMES, NULL_PAIRS = (3, 10, 30, 100), (1, 5, 20)

_MEASURED = World(bias=-0.01, rogue=0.02)
_BLOCKED = Treatment("blocked")
NULLS: Mapping[str, World] = {
    "clean": World(),
    "bias -1 %": World(bias=-0.01),
    "bias -1 %, rogue 2 %": _MEASURED,
    "bias -5 % (edge)": World(bias=-0.05),
    "second slot 10 % faster": World(bias=-0.01, second_slot=1.1),
    "all Wi-Fi": replace(_MEASURED, wifi=1.0),
    "congested at peak, all cells": replace(_MEASURED, congested=1.0),
    "heavily congested at peak, all Wi-Fi": replace(
        _MEASURED, congested=1.0, wifi=1.0, congested_left=(0.02, 0.3)
    ),
    "time-varying capacity": replace(_MEASURED, varying=True),
    "time-varying, bias -5 %": World(varying=True, bias=-0.05),
    "access failures 5 %": replace(_MEASURED, failures=0.05),
    "rogue 2 % blocked": World(bias=-0.01, rogue=0.02, rogue_treatment=_BLOCKED),
    "rogue 5 % halved": World(bias=-0.01, rogue=0.05),
    "rogue 5 % blocked": World(bias=-0.01, rogue=0.05, rogue_treatment=_BLOCKED),
    "rogue 10 % halved": World(bias=-0.01, rogue=0.1),
    "rogue 10 % blocked": World(bias=-0.01, rogue=0.1, rogue_treatment=_BLOCKED),
    "pace 40, rogue 2 %": replace(_MEASURED, pace_bit_s=40e6),
}
BEYOND_RHO = ("rogue 5 % halved", "rogue 5 % blocked", "rogue 10 % halved", "rogue 10 % blocked")
"""Settings with more odd homes than rho = 2 % allows for: they are not null, and E owes them nothing."""


def _both(policer: Treatment) -> tuple[Treatment, ...]:
    """A policer and the shaper of its rate and bucket, for one half of the cells each."""
    return policer, replace(policer, kind="shape")


_R4 = Treatment("police", 4e6, 250e3)
_EVENING = (18.0, 23.0)
TREATMENTS: Mapping[str, tuple[Treatment, ...]] = {
    **{
        f"R{rate:g} {name}": _both(Treatment("police", rate * 1e6, bucket))
        for rate in (0.5, 1.5, 4, 10, 15)
        for name, bucket in (("B16k", 16e3), ("B250k", 250e3), ("B2M", 2e6))
    },
    **{f"slow{cut}": (Treatment("slow", factor=1 - cut / 100),) for cut in (5, 10, 20, 50)},
    **{f"share{cut}": (Treatment("share", factor=1 - cut / 100),) for cut in (20, 50, 70)},
    "burst3MB R4": (Treatment("burst_then_police", 4e6, burst_bytes=3e6),),
    "after5s R4": (Treatment("after_then_police", 4e6, after_s=5.0),),
    "loss+1%": (Treatment("loss", loss_share=0.01),),
    "loss+3%": (Treatment("loss", loss_share=0.03),),
    "+40ms": (Treatment("delay", delay_ms=40.0),),
    "blocked": (_BLOCKED,),
    "30%subs R4": _both(replace(_R4, share_of_homes=0.3)),
    "30%subs slow20": (Treatment("slow", factor=0.8, share_of_homes=0.3),),
    "30%subs blocked": (Treatment("blocked", share_of_homes=0.3),),
    "peak R4": _both(replace(_R4, hours=_EVENING)),
    "peak slow20": (Treatment("slow", factor=0.8, hours=_EVENING),),
    "fav +50% avail": (Treatment("favoured", factor=1.5),),
    "fav others -33%": (Treatment("favoured", factor=0.67),),
    "carry2 R4": _both(replace(_R4, carry_over=True)),
    "carry2 slow20": (Treatment("slow", factor=0.8, carry_over=True),),
    "15%subs R4": _both(replace(_R4, share_of_homes=0.15)),
}


@dataclass(frozen=True)
class NullRow:
    """A null setting: over all sizes and both hypotheses, and the size at which mean E is largest."""

    mean: float
    worst: float
    worst_at: str
    at_20: int
    at_400: int
    evaluations: int


@dataclass(frozen=True)
class PowerCell:
    """Share of cells with E >= 400 by the procedure as built and by `base`, and of how many cells."""

    final: float
    base: float
    cells: int


@dataclass(frozen=True)
class ForgedCell:
    """Median E, and the share of cells with E >= 400."""

    median: float
    share: float


def null_row(world: World, homes: int, rng: np.random.Generator) -> NullRow:
    """Validity in one world: `homes` homes of 20 pairs, cut into cells of every size."""
    simulated = simulate(world, cells=homes // GROUP, homes=GROUP, pairs=PAIRS, rng=rng, parameters=FINAL)
    found: dict[str, list[Floats]] = {}
    for pairs in NULL_PAIRS:
        for hypothesis in HYPOTHESES:
            evidence = _evidence(simulated, pairs, FINAL, hypothesis)
            for size in NULL_HOMES:
                found.setdefault(f"{size}x{pairs}", []).append(np.exp(_cut(evidence, size, FINAL)))
    every = np.concatenate([e for both in found.values() for e in both])
    means = {f"{size}": max(float(e.mean()) for e in both) for size, both in found.items()}
    worst_at = max(means, key=lambda size: means[size])
    return NullRow(
        float(every.mean()), means[worst_at], worst_at, int((every >= 20).sum()), int((every >= BAR).sum()), every.size
    )  # fmt: skip


def power_row(
    treatments: Sequence[Treatment], sizes: Sequence[tuple[int, int]], homes: int, rng: np.random.Generator
) -> dict[tuple[int, int], PowerCell]:
    """Power against a treatment (or several, each for an equal part of the cells) at each homes x pairs."""
    groups = max(1, homes // GROUP // len(treatments))
    parts = [
        simulate(replace(_MEASURED, treatment=t), cells=groups, homes=GROUP, pairs=PAIRS, rng=rng, parameters=FINAL)
        for t in treatments
    ]  # fmt: skip
    hypothesis: Hypothesis = "favoured" if treatments[0].kind == "favoured" else "slowed"
    found: dict[tuple[int, int], list[tuple[Floats, Floats]]] = {size: [] for size in sizes}
    for part in parts:
        for pairs in sorted({pairs for _, pairs in sizes}):
            final = _evidence(part, pairs, FINAL, hypothesis)
            paced = _evidence(part.take(~part.pairs.long), pairs, BASE, hypothesis)
            long = _evidence(part.take(part.pairs.long), pairs, BASE, hypothesis)
            for count in (homes_ for homes_, pairs_ in sizes if pairs_ == pairs):
                base = _base_log_e(_cut(paced, count, BASE), _cut(long, count, BASE))
                found[count, pairs].append((_cut(final, count, FINAL), base))
    return {size: _shares(both) for size, both in found.items()}


def forged_cell(
    aim: Aim,
    *,
    honest: int,
    keys: int,
    pairs: int,
    cells: int,
    rng: np.random.Generator,
    one_line: bool = False,
) -> ForgedCell:
    """`keys` forged homes beside `honest` ones: to accuse an innocent network, or to acquit one of R4 B250k.

    Under `acquit` honest homes are throttled to 4 Mbit/s. Without forged homes (keys 0) it is the honest cell's E.
    """
    world = _MEASURED
    if aim == "acquit":
        world = replace(world, treatment=TREATMENTS["R4 B250k"][0])
    true = (
        simulate(world, cells=cells, homes=honest, pairs=pairs, rng=rng, parameters=FINAL)
        if honest
        else no_homes(cells)
    )
    if keys:
        true = with_forgers(true, keys, aim, rng, FINAL, pairs=pairs, one_line=one_line)
    e = np.exp(log_e(true, FINAL))
    return ForgedCell(float(np.median(e)), float((e >= BAR).mean()))


def _evidence(simulated: Simulated, pairs: int, parameters: Parameters, hypothesis: Hypothesis) -> CellTerms:
    """Every home as a cell of its own, from its first `pairs` pairs: terms of larger cells are sums of these."""
    first = simulated.take(simulated.order < pairs)
    count = simulated.cell.size
    evidence = home_evidence(first.pairs, parameters, hypothesis, clusters=count)
    return cell_terms(evidence, parameters, np.arange(count), count)


def _cut(terms: CellTerms, homes: int, parameters: Parameters) -> Floats:
    """Ln E of cells of `homes` consecutive homes; homes that do not fill a last cell are left out."""
    kept = terms.pairs.size // homes * homes
    starts = np.arange(0, kept, homes)
    joined = CellTerms(
        np.add.reduceat(terms.log_capped[:kept], starts),
        np.add.reduceat(terms.clusters[:kept], starts),
        np.add.reduceat(terms.pairs[:kept], starts),
    )
    return log_e_values(joined, parameters)


def _base_log_e(paced: Floats, long: Floats) -> Floats:
    """`base` averaged the variants: paced .5, long .3, saturate .2, which nobody ran (E = 1)."""
    return np.asarray(np.log(0.5 * np.exp(paced) + 0.3 * np.exp(long) + 0.2))


def _shares(both: Sequence[tuple[Floats, Floats]]) -> PowerCell:
    final, base = (np.concatenate(parts) for parts in zip(*both, strict=True))
    bar = np.log(BAR)
    return PowerCell(float((final >= bar).mean()), float((base >= bar).mean()), final.size)
