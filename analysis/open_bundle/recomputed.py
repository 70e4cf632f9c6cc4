"""What a public bundle's pairs say again, and where the finding says something else. Pure.

Features have two digits, so that numbers made of them move a little: each is given the room that rounding can explain, and no more.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec
import numpy as np

from analysis.bundle import PAIRS
from analysis.cell import LONG, Cell, evidence
from analysis.finding import Finding
from analysis.finding_numbers import AFFECTED
from analysis.gates import SplitEffects, split_effects
from analysis.messages import Trouble
from analysis.observe.record import Observation
from analysis.open_bundle.form import LOG_E_WITHIN, PublicPair
from analysis.registration import CellKey
from analysis.stats.effect import Effect, effect, home_medians, share_of_homes
from analysis.stats.pair import HYPOTHESES, Hypothesis, pair_table
from analysis.stats.parameters import METRICS, Parameters

WITHIN: Final = 0.06
"""Of a difference: two digits are within a twentieth of it."""
WITHIN_LEAST: Final = 0.011
MBIT: Final = 1e6


@dataclass(frozen=True)
class Again:
    """The cell made of public pairs, and its ln E by hypothesis."""

    cell: Cell
    log_e: Mapping[str, float]
    split: SplitEffects | None


def again(key: CellKey, pairs: Sequence[PublicPair], metric: str, parameters: Parameters) -> Again:
    """The cell of the pairs that count; raises ``Trouble`` for a line that counts and has no features."""
    counting = [pair for pair in pairs if pair.discarded_by is None]
    features = [pair.features for pair in counting if pair.features is not None]
    if len(features) < len(counting):
        raise Trouble("finding.unreadable", path=PAIRS, detail="a pair that counts has no features")
    number = {line: index for index, line in enumerate(sorted({pair.line for pair in counting}))}
    table = pair_table(
        [one.numbers() for one in features],
        [number[pair.line] for pair in counting],
        long=[pair.variant == LONG for pair in counting],
        evening=[parameters.is_evening(pair.local_hour) for pair in counting],
    )
    # Of a pair a cell asks for stratum, variant and first label, which public ones have, too.
    as_observed = cast("tuple[Observation, ...]", tuple(counting))
    cell = Cell(key=key, pairs=as_observed, discarded=(), table=table, lines=tuple(map(str, number)))
    log_e: dict[str, float] = {side: evidence(cell, side, parameters).log_e for side in HYPOTHESES}
    return Again(cell, log_e, split_effects(cell, metric, parameters) if counting else None)


def differing(made: Again, finding: Finding, parameters: Parameters) -> Iterator[str]:
    """Where the finding's evidence, effects, share of homes and rate are not those of the pairs."""
    for side, recorded in (("slowed", finding.log_e_slowed), ("favoured", finding.log_e_favoured)):
        yield from _log_e(f"log_e_{side}", made.log_e[side], recorded)
    if made.split is None:
        return
    effects = {metric: _effect(made.cell, metric) for metric in METRICS}
    yield from _effects("effects", {name: one for name, one in effects.items() if one}, finding.effects)
    yield from _effects("effect_by_stratum", made.split.by_stratum, finding.effect_by_stratum)
    yield from _effects("effect_by_first", made.split.by_first, finding.effect_by_first)
    if finding.effect != finding.effects.get(finding.metric):
        yield "effect: not that of the metric"
    yield from _names("log_e_by_stratum", made.split.log_e, finding.log_e_by_stratum)
    for stratum, sides in made.split.log_e.items():
        for side, value in sides.items():
            said = finding.log_e_by_stratum.get(stratum, {}).get(side, math.nan)
            yield from _log_e(f"log_e_by_stratum.{stratum}.{side}", value, said)
    yield from _by_metric(made, finding, parameters)
    yield from _share(made.cell, finding)
    yield from _rate(made.cell, finding)


def _log_e(name: str, here: float, recorded: float) -> Iterator[str]:
    if not abs(here - recorded) <= LOG_E_WITHIN * max(1.0, abs(recorded)):
        yield f"{name}: {here:.3f}, recorded {recorded:.3f}"


def _by_metric(made: Again, finding: Finding, parameters: Parameters) -> Iterator[str]:
    side: Hypothesis = "slowed" if finding.log_e == finding.log_e_slowed else "favoured"
    side = finding.direction_of_effect or side
    for metric, value in evidence(made.cell, side, parameters).cell.log_e_by_metric.items():
        yield from _log_e(f"log_e_by_metric.{metric}", value, finding.log_e_by_metric.get(metric, math.nan))


def _effect(cell: Cell, metric: str) -> Effect | None:
    return effect(cell.metric(metric), cell.home)


def _effects(name: str, here: Mapping[str, Effect], recorded: Mapping[str, Effect]) -> Iterator[str]:
    yield from _names(name, here, recorded)
    for part in here.keys() & recorded.keys():
        one, other = here[part], recorded[part]
        exact = (one.homes, one.pairs, one.basis, one.coverage) == (
            other.homes, other.pairs, other.basis, other.coverage,
        )  # fmt: skip
        numbers = ((one.value, other.value), (one.low, other.low), (one.high, other.high))
        if not exact or not all(_near(*both) for both in numbers):
            yield f"{name}.{part}: {one.value:.3f}, recorded {other.value:.3f}"


def _names(name: str, here: Mapping[str, Any], recorded: Mapping[str, Any]) -> Iterator[str]:
    if here.keys() != recorded.keys():
        yield f"{name}: {sorted(here)} != {sorted(recorded)}"


def _near(here: float | None, recorded: float | None) -> bool:
    if here is None or recorded is None:
        return here is recorded
    return abs(here - recorded) <= max(WITHIN_LEAST, WITHIN * abs(recorded))


def _share(cell: Cell, finding: Finding) -> Iterator[str]:
    """How many homes differ: those whose median is so near the line that rounding may cross it may be counted or not."""
    share, side = finding.share_of_homes, finding.direction_of_effect
    if share is None or side is None:
        if (share is None) != (side is None):
            yield "share_of_homes: only of a finding that differs"
        return
    medians = home_medians(cell.metric(finding.metric) * (1.0 if side == "slowed" else -1.0), cell.home)
    bar = AFFECTED[finding.metric]
    room = max(WITHIN_LEAST, WITHIN * abs(bar))
    least, most = (int((medians < bar - way * room).sum()) for way in (1, -1))
    if share.homes != medians.size or not least <= share.affected <= most:
        yield f"share_of_homes: {least}-{most} of {medians.size}, recorded {share.affected} of {share.homes}"
    elif share != share_of_homes(share.affected, share.homes):
        yield "share_of_homes: not the interval of its numbers"


def _rate(cell: Cell, finding: Finding) -> Iterator[str]:
    """A delivered rate lies within what originals of the cell were delivered at; which of them it is over, attribution decides."""
    rates = _rates(finding)
    tails = np.array(list(_tails(cell.pairs))) / MBIT
    if not rates:
        return
    if not tails.size:
        yield "delivered_mbit_s: no transfer had a rate"
        return
    low, high = tails.min() * (1 - WITHIN), tails.max() * (1 + WITHIN)
    if not all(low <= one <= high for one in rates):
        yield f"delivered_mbit_s: {low:.3g} to {high:.3g}, recorded {rates}"
    if (None if finding.delivered is None else finding.delivered.rate) != finding.delivered_mbit_s:
        yield "delivered: not the delivered rate"


def _rates(finding: Finding) -> list[float]:
    """Every delivered rate that is told, and the bounds of its interval."""
    said = [finding.delivered_mbit_s, *(finding.interval or ())]
    for one in () if finding.stretches is msgspec.UNSET else finding.stretches:
        if one.delivered is not None:
            said += [one.delivered.rate, one.delivered.low, one.delivered.high]
    return [one for one in said if one is not None]


def _tails(pairs: Iterable[Any]) -> Iterator[float]:
    for pair in pairs:
        rate = pair.features.tail_original_bit_s
        if rate is not None and math.isfinite(rate):
            yield rate
