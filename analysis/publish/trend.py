"""Change points: did what happens to a service change at a week's beginning? One rule, fixed beforehand; for the inside alone. Pure.

At each Monday (UTC) of the data every line that measured before and after says how much its own median difference of original and control
changed. Within a pair both runs share the line's hour, weather and congestion, so where treatment did not change a line's word is as likely to
be above zero as below it, however much its pairs depend on each other. The median over lines with its order-statistic interval (no model), at
95 % shared among all Mondays of the cell (Bonferroni), must leave out zero, and be 5 % or more: the least difference that is looked for anywhere.
So nine lines or so are needed at least, and more for a long quarter. Of several Mondays the one at which a step fits best is *the* change: its
neighbours show the same one. Nobody is accused by it: it says where in a curve to look, beside the dates that are known.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from analysis.judge import cell_of
from analysis.messages import say
from analysis.observe.record import Observation
from analysis.public.form import FEWEST_LINES
from analysis.publish.hours import percent, tags_of
from analysis.registration import CellKey
from analysis.stats.order_interval import MedianInterval, median_interval
from analysis.words import LANGUAGES
from collector.timeseries.lines import Point, Value

DAY_US: Final = 86_400_000_000
WEEK_US: Final = 7 * DAY_US
MONDAY_US: Final = 4 * DAY_US
"""1970-01-05, the first Monday of unix time."""
LEVEL: Final = 0.95
LEAST_LN: Final = 0.05
"""In ln units, as ``sentences.RATE_FELL``."""


class Told(NamedTuple):
    """What a line says: at which time (µs), ln of original over control."""

    line: str
    at_us: int
    d: float


def change_points(observations: Sequence[Observation], line_of: Mapping[str, str]) -> list[Point]:
    """One point a cell and Monday that five lines speak of, ``found`` 1 at the change: written anew at each look, so that none stays."""
    cells: dict[CellKey, list[Told]] = defaultdict(list)
    for one in observations:
        if one.features is not None and one.features.d_thr is not None:
            cells[cell_of(one)].append(Told(line_of[one.home], one.opened_at_us, one.features.d_thr))
    return [point for cell, told in cells.items() for point in _of_cell(cell, told)]


def _of_cell(cell: CellKey, told: Sequence[Told]) -> list[Point]:
    said = {monday: _changes(told, monday) for monday in _mondays(told)}
    asked = {monday: changes for monday, changes in said.items() if len(changes) >= FEWEST_LINES}
    found = {
        monday: median_interval(changes, 1 - (1 - LEVEL) / len(asked)) for monday, changes in asked.items()
    }
    changed = [monday for monday, over in found.items() if _is_change(over, len(asked))]
    at = min(changed, key=lambda monday: (_misfit(told, monday), monday), default=None)
    return [
        Point(
            "change_point",
            tags_of(cell),
            {"found": int(monday == at), **_fields(found[monday])},
            monday * 1000,
        )
        for monday in sorted(found)
    ]


def _mondays(told: Sequence[Told]) -> range:
    first, last = min(one.at_us for one in told), max(one.at_us for one in told)
    start = (first - MONDAY_US) // WEEK_US + 1
    return range(start * WEEK_US + MONDAY_US, last + 1, WEEK_US)


def _sides(told: Sequence[Told], monday_us: int) -> dict[str, tuple[list[float], list[float]]]:
    """What each line says before and after."""
    sides: dict[str, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
    for one in told:
        sides[one.line][one.at_us >= monday_us].append(one.d)
    return sides


def _misfit(told: Sequence[Told], monday_us: int) -> float:
    """How far, in sum, pairs lie from the median of their line on their side: least where the step is."""
    sides = [side for both in _sides(told, monday_us).values() for side in both if side]
    return sum(float(np.abs(np.array(side) - np.median(side)).sum()) for side in sides)


def _changes(told: Sequence[Told], monday_us: int) -> list[float]:
    """Of each line with pairs on both sides: the median after less the median before."""
    return [
        float(np.median(after)) - float(np.median(before))
        for before, after in _sides(told, monday_us).values()
        if before and after
    ]


def _is_change(over: MedianInterval, asked: int) -> bool:
    """Whether the interval guarantees its share of the level and leaves out zero, and the change is no trifle."""
    if over.low is None or over.high is None or over.coverage < 1 - (1 - LEVEL) / asked:
        return False
    return abs(over.median) >= LEAST_LN and (over.low > 0 or over.high < 0)


def _fields(over: MedianInterval) -> dict[str, Value]:
    change, low, high = (None if ln is None else percent(ln) for ln in (over.median, over.low, over.high))
    said = f"{change:+.0f}".replace("-", "−")
    return {
        "lines": over.n,
        "change_percent": change,
        "change_low": low,
        "change_high": high,
        **{f"says_{one}": say("publish.change", one, change=said, lines=over.n) for one in LANGUAGES},
    }
