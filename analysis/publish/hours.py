"""Cell-hours and cell-clocks: what at least five lines saw of a service in an hour, or at an hour of the day. Pure.

Rates are those of the pages' figures, taken by the same functions: a line counts once, by its median over its pairs, then come
percentiles over lines. Hours of fewer lines are counted and withheld (evidence.md, L2), inside as well, for five years are longer than raw facts are kept.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
import numpy as np

from analysis.judge import cell_of
from analysis.observe.record import Observation, RunObserved
from analysis.public.form import FEWEST_LINES
from analysis.public.pictures import spread, tail_rate
from analysis.registration import CellKey
from analysis.stats.effect import effect
from collector.timeseries.lines import Point, Value

HOUR_US: Final = 3_600_000_000
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Hours:
    """Points to publish, and how many groups had too few lines."""

    points: tuple[Point, ...]
    withheld: int


def tags_of(cell: CellKey) -> dict[str, str | None]:
    """The tags of a cell: bounded by what is registered."""
    return dict(msgspec.structs.asdict(cell))


def cell_hours(observations: Sequence[Observation], line_of: Mapping[str, str]) -> Hours:
    """One point a cell and hour (UTC), at the hour's beginning."""

    def key(one: Observation) -> tuple[CellKey, int]:
        return cell_of(one), one.opened_at_us // HOUR_US

    points, withheld = [], 0
    for (cell, hour), group in _grouped(observations, key):
        fields = summary(group, line_of)
        if fields is None:
            withheld += 1
        else:
            points.append(Point("cell_hour", tags_of(cell), fields, hour * HOUR_US * 1000))
    return Hours(tuple(points), withheld)


def cell_clocks(observations: Sequence[Observation], line_of: Mapping[str, str], time_ns: int) -> Hours:
    """One point a cell and hour of the local day (tag ``hour``, "00" to "23") over all that is judged, at ``time_ns``."""

    def key(one: Observation) -> tuple[CellKey, int]:
        return cell_of(one), int(one.local_hour)

    points, withheld = [], 0
    for (cell, hour), group in _grouped(observations, key):
        fields = summary(group, line_of)
        if fields is None:
            withheld += 1
        else:
            points.append(Point("cell_clock", {**tags_of(cell), "hour": f"{hour:02}"}, fields, time_ns))
    return Hours(tuple(points), withheld)


def _grouped(
    observations: Iterable[Observation], key: Callable[[Observation], K]
) -> Iterator[tuple[K, list[Observation]]]:
    groups: dict[K, list[Observation]] = defaultdict(list)
    for one in observations:
        groups[key(one)].append(one)
    yield from groups.items()


def summary(group: Sequence[Observation], line_of: Mapping[str, str]) -> dict[str, Value] | None:
    """What the lines of a group saw; ``None`` of fewer than ``FEWEST_LINES``."""
    lines = {line_of[one.home] for one in group}
    if len(lines) < FEWEST_LINES:
        return None
    fields: dict[str, Value] = {
        "lines": len(lines),
        "pairs": len(group),
        "bytes": sum(one.bytes for one in group),
        "pace_mbit_s": float(np.median([one.pace_bit_s for one in group])) / 1e6,
    }
    for role in ("original", "control"):
        runs = [(line_of[one.home], _run(one, role)) for one in group]
        fields[f"{role}_failed"] = sum(run is not None and run.failure != "ok" for _, run in runs)
        rates = spread((line, tail_rate(run)) for line, run in runs)
        if rates is not None:
            fields |= {f"{role}_p10": rates.low, f"{role}_p50": rates.mid, f"{role}_p90": rates.high}
    numbers = Counter({line: n for n, line in enumerate(sorted(lines))})
    found = effect(
        [
            np.nan if one.features is None or one.features.d_thr is None else one.features.d_thr
            for one in group
        ],
        [numbers[line_of[one.home]] for one in group],
    )
    if found is not None and found.homes >= FEWEST_LINES:
        fields["effect_percent"] = percent(found.value)
    return fields


def _run(one: Observation, role: str) -> RunObserved | None:
    return one.original if role == "original" else one.control


def percent(ln_ratio: float) -> float:
    """A difference of logarithms as a change in per cent.

    >>> percent(-0.6931471805599453)
    -50.0
    """
    return round(float(np.expm1(ln_ratio)) * 100, 6)
