"""Cell-hours and their like: what at least five lines saw of a service in an hour, on a day, at an hour of the day or on a weekday. Pure.

Rates are those of the pages' figures, taken by the same functions: a line counts once, by its median over its pairs, then come
percentiles over lines. Hours of fewer lines are counted and withheld (evidence.md, L2), inside as well, for five years are longer than raw facts are kept.
Each span is summed up from its own pairs: no mean of percentiles is ever taken, here or in a query.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
import numpy as np

from analysis.observe.record import Observation, RunObserved
from analysis.public.form import FEWEST_LINES
from analysis.public.pictures import spread, tail_rate
from analysis.registration import CellKey
from analysis.scope import cell_of
from analysis.stats.effect import effect
from collector.timeseries.lines import Point, Value

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
THURSDAY: Final = 4
"""Of 1970-01-01, ISO's number."""
Capacities = Mapping[str, float]
"""The whole access of a pair's line, Mbit/s, by measurement id (hex)."""
NO_CAPACITY: Final[Capacities] = {}
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
    return _spans("cell_hour", HOUR_US, observations, line_of)


def cell_days(observations: Sequence[Observation], line_of: Mapping[str, str]) -> Hours:
    """One point a cell and day (UTC), at its beginning: the trend, of which a quarter has ninety."""
    return _spans("cell_day", DAY_US, observations, line_of)


def cell_clocks(
    observations: Sequence[Observation],
    line_of: Mapping[str, str],
    time_ns: int,
    capacities: Capacities = NO_CAPACITY,
) -> Hours:
    """One point a cell and hour of the local day (tag ``hour``, "00" to "23") over all that is judged, at ``time_ns``."""

    def hour(one: Observation) -> str:
        return f"{int(one.local_hour):02}"

    return _places("cell_clock", "hour", hour, observations, line_of, time_ns, capacities)


def cell_weekdays(
    observations: Sequence[Observation],
    line_of: Mapping[str, str],
    time_ns: int,
    capacities: Capacities = NO_CAPACITY,
) -> Hours:
    """One point a cell and local weekday (tag ``weekday``, "1" Monday to "7") over all that is judged, at ``time_ns``."""
    return _places("cell_weekday", "weekday", local_weekday, observations, line_of, time_ns, capacities)


def local_weekday(one: Observation) -> str:
    """The weekday where the line is, ISO's number: its local hour says by how much its date may differ from UTC's.

    The responder's clock and the declared offset, which lies within half a day of UTC but for a few islands.
    """
    utc_h = one.opened_at_us % DAY_US / HOUR_US
    ahead_h = (one.local_hour - utc_h + 12) % 24 - 12
    day = int((one.opened_at_us / HOUR_US + ahead_h) // 24)
    return str((day + THURSDAY - 1) % 7 + 1)


def _spans(
    measurement: str, length_us: int, observations: Sequence[Observation], line_of: Mapping[str, str]
) -> Hours:
    def key(one: Observation) -> tuple[CellKey, int]:
        return cell_of(one), one.opened_at_us // length_us

    points, withheld = [], 0
    for (cell, span), group in _grouped(observations, key):
        fields = summary(group, line_of)
        if fields is None:
            withheld += 1
        else:
            points.append(Point(measurement, tags_of(cell), fields, span * length_us * 1000))
    return Hours(tuple(points), withheld)


def _places(
    measurement: str,
    tag: str,
    place: Callable[[Observation], str],
    observations: Sequence[Observation],
    line_of: Mapping[str, str],
    time_ns: int,
    capacities: Capacities,
) -> Hours:
    def key(one: Observation) -> tuple[CellKey, str]:
        return cell_of(one), place(one)

    points, withheld = [], 0
    for (cell, value), group in _grouped(observations, key):
        fields = summary(group, line_of, capacities)
        if fields is None:
            withheld += 1
        else:
            points.append(Point(measurement, {**tags_of(cell), tag: value}, fields, time_ns))
    return Hours(tuple(points), withheld)


def _grouped(
    observations: Iterable[Observation], key: Callable[[Observation], K]
) -> Iterator[tuple[K, list[Observation]]]:
    groups: dict[K, list[Observation]] = defaultdict(list)
    for one in observations:
        groups[key(one)].append(one)
    yield from groups.items()


def summary(
    group: Sequence[Observation], line_of: Mapping[str, str], capacities: Capacities = NO_CAPACITY
) -> dict[str, Value] | None:
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
        failed = sum(run is not None and run.failure != "ok" for _, run in runs)
        fields |= {f"{role}_failed": failed, f"{role}_failed_percent": round(100 * failed / len(group), 6)}
        rates = spread((line, tail_rate(run)) for line, run in runs)
        if rates is not None:
            fields |= {f"{role}_p10": rates.low, f"{role}_p50": rates.mid, f"{role}_p90": rates.high}
    access = spread((line_of[one.home], capacities.get(one.measurement_id)) for one in group)
    if access is not None:
        fields |= {"access_p10": access.low, "access_p50": access.mid, "access_p90": access.high}
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
        for name, ln in (
            ("index_percent", found.value),
            ("index_low", found.low),
            ("index_high", found.high),
        ):
            fields[name] = None if ln is None else round(100 + percent(ln), 1)
    return fields


def _run(one: Observation, role: str) -> RunObserved | None:
    return one.original if role == "original" else one.control


def percent(ln_ratio: float) -> float:
    """A difference of logarithms as a change in per cent.

    >>> percent(-0.6931471805599453)
    -50.0
    """
    return round(float(np.expm1(ln_ratio)) * 100, 6)
