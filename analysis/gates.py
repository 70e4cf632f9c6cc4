"""Gates: what must hold beside the evidence (detection.md 4.12), as far as a store alone can tell.

A finding must rest on the service's name and not on a control's (integrity.md 3). So each control stratum with five
pairs must bear it out by itself: its own E, on the finding's metric and in its direction, reaches the registered
``stratum_bar``. The sign of a median does not: a true zero has the right sign half the time, and a policy that hits
fewer than half of the pairs has a median of zero. Strata whose effects contradict each other say more: the control
names are not treated alike.

The third stratum, names of the service's own sector elsewhere, is not neutral where a whole sector is treated otherwise:
there the service does as badly as its control, and that acquits nobody. So it neither confirms nor holds back; a finding
says whether it rests on these names too (``same_sector_alike``).

The effect by first label must not turn: where the original came first it is not better, and where it came second worse,
beyond delta (or the other way round), for then it is the slot that counts and not the name. A box that remembers the
line weakens the effect in one order; that is said, and costs the higher grades, but accuses nobody wrongly.

Gates that are cells of their own (``gate_cells``) count where they were registered. Failed: no finding, of the networks
or the direction it speaks of. Unknown: no finding either, for a gate in doubt is no reason to accuse; but where the
negative control leaves a bias of b open, a finding stands if it also stands against a margin of delta + b: on each metric that
metric's own, on failures as on rate. What it did not measure at all carries nothing.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.cell import Cell, evidence
from analysis.gate_cells import GateResult
from analysis.observe.record import Observation
from analysis.stats.cell import cell_terms, log_e_values, metric_log_es
from analysis.stats.ebh import NEAR
from analysis.stats.effect import Effect, effect
from analysis.stats.home import home_evidence
from analysis.stats.pair import HYPOTHESES, Hypothesis, joined
from analysis.stats.parameters import Parameters
from probe.plan import SAME_SECTOR

FEWEST_PAIRS: Final = 5
NEUTRAL_STRATA: Final = frozenset({"owned", "spoofed_popular"})
"""Those that must bear out a finding (integrity.md 3)."""
CONTROL_NOT_NEUTRAL: Final = "control_not_neutral"
NOT_CONFIRMED: Final = "not_confirmed"
CARRY_OVER: Final = "carry_over"
WEAKER: Final = 0.5
"""An order of labels is weaker than the other if its effect is less than this share of the other's."""
AT_ONCE: Final = 256
"""Parts of cells whose evidence is computed together: their terms take some megabytes."""
LARGEST_OPEN_BIAS: Final = 0.2
"""ln units of rate and delay: a negative control that leaves more open than this says nothing of them."""
MEASURED_BY: Final = {"tail": "thr"}
"""The metric whose bias stands for another's: a late rate is a rate."""
CONTRADICTION: Final = 0.5
"""Two strata contradict each other if their intervals are disjoint and their effects differ by this share of the larger."""


@dataclass(frozen=True)
class SplitEffects:
    """The effect on one metric within the parts of a cell: by control stratum, and by which run came first.

    ``log_e`` is ln E of each stratum with FEWEST_PAIRS, on that metric alone, by hypothesis; ``log_e_by_variant`` that of
    each variant alone, on all metrics, where there is more than one. No decision rests on the latter: the pairs of all
    variants are pooled (detection.md 4.7), and separate E's would spend them twice (5.4).
    """

    by_stratum: dict[str, Effect]
    by_first: dict[str, Effect]
    log_e: dict[str, dict[str, float]]
    log_e_by_variant: dict[str, dict[str, float]] = field(default_factory=dict)


def split_effects(cell: Cell, metric: str, parameters: Parameters) -> SplitEffects:
    """The effect on ``metric`` in each part that has it, and what each stratum says by itself."""
    return splits_of([cell], [metric], parameters)[0]


def splits_of(cells: Sequence[Cell], metrics: Sequence[str], parameters: Parameters) -> list[SplitEffects]:
    """The same of many cells, each on its own metric; their evidence is computed together."""
    strata = [_parts(cell, lambda pair: pair.stratum) for cell in cells]
    variants = [_parts(cell, lambda pair: pair.variant) for cell in cells]
    asked: list[_Part] = []
    for index, metric in enumerate(metrics):
        enough = {name: mine for name, mine in strata[index].items() if mine.sum() >= FEWEST_PAIRS}
        asked += [_Part(index, metric, name, mine) for name, mine in enough.items()]
        several = variants[index] if len(variants[index]) > 1 else {}
        asked += [_Part(index, None, name, mine) for name, mine in several.items()]
    of_strata: list[dict[str, dict[str, float]]] = [{} for _ in cells]
    of_variants: list[dict[str, dict[str, float]]] = [{} for _ in cells]
    for part, log_e in zip(asked, _log_e_of_parts(cells, asked, parameters), strict=True):
        (of_variants if part.metric is None else of_strata)[part.cell][part.name] = log_e
    return [
        SplitEffects(
            _effects(cell, metric, strata[index]),
            _effects(cell, metric, _parts(cell, lambda pair: pair.first or "")),
            of_strata[index],
            of_variants[index],
        )
        for index, (cell, metric) in enumerate(zip(cells, metrics, strict=True))
    ]


@dataclass(frozen=True)
class _Part:
    """Some pairs of a cell, whose evidence is asked for: on one metric, or on all."""

    cell: int
    metric: str | None
    name: str
    mine: NDArray[np.bool_]


def _log_e_of_parts(
    cells: Sequence[Cell], parts: Sequence[_Part], parameters: Parameters
) -> list[dict[str, float]]:
    """Ln E of each part by hypothesis, many at a time: the numbers are few, and calls cost more."""
    found: list[dict[str, float]] = [{} for _ in parts]
    for metric in sorted({part.metric for part in parts}, key=str):
        alike = [index for index, part in enumerate(parts) if part.metric == metric]
        for begin in range(0, len(alike), AT_ONCE):
            some = alike[begin : begin + AT_ONCE]
            lines = [len(cells[parts[index].cell].lines) for index in some]
            table = joined([cells[parts[index].cell].table.take(parts[index].mine) for index in some], lines)
            for side in HYPOTHESES:
                homes = home_evidence(table, parameters, side, clusters=sum(lines), metric=metric)
                terms = cell_terms(homes, parameters, np.repeat(np.arange(len(some)), lines), len(some))
                values = (
                    log_e_values(terms, parameters)
                    if metric is None
                    else metric_log_es(terms, parameters, metric)
                )
                for index, value in zip(some, values.tolist(), strict=True):
                    found[index][side] = value
    return found


def _parts(cell: Cell, part_of: Callable[[Observation], str]) -> dict[str, NDArray[np.bool_]]:
    parts = np.array([part_of(pair) for pair in cell.pairs], dtype=object)
    return {part: parts == part for part in sorted(set(parts.tolist()))}


def _effects(cell: Cell, metric: str, parts: dict[str, NDArray[np.bool_]]) -> dict[str, Effect]:
    differences = cell.metric(metric)
    found = {part: effect(differences[mine], cell.home[mine]) for part, mine in parts.items()}
    return {part: over for part, over in found.items() if over is not None}


def margin_of(metric: str, parameters: Parameters) -> float:
    """What a metric may differ by without being a difference."""
    return {"loss": parameters.delta_loss, "fail": parameters.delta_fail}.get(metric, parameters.delta_log)


def held_back(split: SplitEffects, side: Hypothesis, bar: float, delta: float) -> tuple[str, ...]:
    """Why the strata do not bear out a finding: ``control_not_neutral``, or each stratum that does not confirm it.

    Empty if they do. ``delta`` is what the metric may differ by without being a difference.
    """
    if _contradict(split, delta):
        return (CONTROL_NOT_NEUTRAL,)
    if split.log_e and not NEUTRAL_STRATA & split.log_e.keys():
        return (f"{NOT_CONFIRMED}:owned",)  # names of the sector alone accuse nobody
    least = math.log(bar) + NEAR
    return tuple(
        f"{NOT_CONFIRMED}:{stratum}"
        for stratum, of in split.log_e.items()
        if stratum in NEUTRAL_STRATA and of[side] < least
    )


def same_sector_alike(split: SplitEffects, side: Hypothesis, bar: float) -> bool:
    """Whether names of the service's sector were treated as the service was, as far as enough pairs can tell."""
    own = split.log_e.get(SAME_SECTOR)
    return own is not None and own[side] < math.log(bar) + NEAR


def turns(split: SplitEffects, delta: float) -> bool:
    """Whether the effect has one sign where the original came first and the other where it came second."""
    both = [split.by_first[first] for first in ("original", "control") if first in split.by_first]
    if len(both) < 2 or min(one.pairs for one in both) < FEWEST_PAIRS:
        return False
    return any(_below(one, -delta) and _above(other, delta) for one, other in (both, both[::-1]))


def remembers(split: SplitEffects) -> bool:
    """Whether the effect is much weaker in one order: a box may remember the line after an original (integrity.md 4)."""
    both = [split.by_first[first] for first in ("original", "control") if first in split.by_first]
    if len(both) < 2 or min(one.pairs for one in both) < FEWEST_PAIRS:
        return False
    weak, strong = sorted(both, key=lambda one: abs(one.value))
    apart = not (_reaches(weak, strong) and _reaches(strong, weak))
    return apart and abs(weak.value) < WEAKER * abs(strong.value)


def _reaches(one: Effect, other: Effect) -> bool:
    return one.low is None or other.high is None or one.low <= other.high


def _below(one: Effect, bound: float) -> bool:
    return one.high is not None and one.high < bound


def _above(one: Effect, bound: float) -> bool:
    return one.low is not None and one.low > bound


def failed_gates(results: tuple[GateResult, ...]) -> tuple[str, ...]:
    """Gates that make a cell invalid, whatever its evidence: "negative_failed", "placebo_failed", "positive_failed"."""
    failed = {one.gate for one in results if one.status == "failed" and one.gate != "neutral"}
    return tuple(f"{gate}_failed" for gate in sorted(failed))


def doubted_gates(
    cell: Cell, side: Hypothesis, results: tuple[GateResult, ...], parameters: Parameters, log_bar: float
) -> tuple[str, ...]:
    """Gates on account of which a finding is withheld: a control that is not neutral, or a gate without an answer."""
    if any((one.gate, one.status) == ("neutral", "failed") for one in results):
        return (CONTROL_NOT_NEUTRAL,)
    unknown = [one for one in results if one.status == "unknown" and one.gate != "positive"]
    doubts = {
        one.gate
        for one in unknown
        if not (one.gate == "negative" and _stands(cell, side, one, parameters, log_bar))
    }
    return tuple(f"{gate}_unknown" for gate in sorted(doubts))


def _stands(
    cell: Cell, side: Hypothesis, negative: GateResult, parameters: Parameters, log_bar: float
) -> bool:
    """Whether the evidence stands against margins widened by the largest bias that the negative control leaves open, metric by metric."""
    left_open = negative.left_open or {}
    parts = [
        math.log(weight) + _log_e_beyond(cell, side, metric, bias, parameters)
        for metric, weight in parameters.metric_weights.items()
        if weight > 0
        and (bias := left_open.get(MEASURED_BY.get(metric, metric))) is not None
        and (metric in ("loss", "fail") or bias <= LARGEST_OPEN_BIAS)
    ]
    return bool(parts) and float(np.logaddexp.reduce(parts)) >= log_bar + NEAR


def _log_e_beyond(cell: Cell, side: Hypothesis, metric: str, bias: float, parameters: Parameters) -> float:
    """Ln E on one metric alone, against its margin and so much more."""
    if metric == "loss":
        wider = replace(parameters, delta_loss=parameters.delta_loss + bias)
    elif metric == "fail":
        delta = parameters.delta_fail + bias
        # Bets shrink as the margin grows, so that no pair can lose more than all.
        shrunk = (1 + parameters.delta_fail) / (1 + delta)
        wider = replace(parameters, delta_fail=delta, c_grid=tuple(c * shrunk for c in parameters.c_grid))
    else:
        wider = replace(parameters, delta_log=parameters.delta_log + bias)
    return evidence(cell, side, wider).cell.log_e_by_metric[metric]


def _contradict(split: SplitEffects, delta: float) -> bool:
    """Whether two neutral strata, compared directly, have different effects beyond ``delta``."""
    comparable = (NEUTRAL_STRATA & split.log_e.keys()) & split.by_stratum.keys()
    effects = [split.by_stratum[stratum] for stratum in sorted(comparable)]
    return any(_disjoint(one, other, delta) for one, other in combinations(effects, 2))


def _disjoint(one: Effect, other: Effect, delta: float) -> bool:
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return False
    apart = abs(one.value - other.value)
    largest = max(abs(one.value), abs(other.value))
    overlap = one.low <= other.high and other.low <= one.high
    return not overlap and apart > max(delta, CONTRADICTION * largest)
