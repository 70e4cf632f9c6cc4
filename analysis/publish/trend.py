"""Change points: the cells whose treatment changed at a week's beginning (``stats.step``), as points for the inside alone. Pure.

Nobody is accused by one: it says where in a curve to look, beside the dates that are known.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from analysis.messages import say
from analysis.observe.record import Observation
from analysis.publish.hours import percent, tags_of
from analysis.registration import CellKey
from analysis.scope import cell_of
from analysis.stats.order_interval import MedianInterval
from analysis.stats.step import Told, changes_by_monday, step_at
from analysis.words import LANGUAGES
from collector.timeseries.lines import Point, Value


def change_points(observations: Sequence[Observation], line_of: Mapping[str, str]) -> list[Point]:
    """One point a cell and Monday that five lines speak of, ``found`` 1 at the change: written anew at each look, so that none stays."""
    cells: dict[CellKey, list[Told]] = defaultdict(list)
    for one in observations:
        if one.features is not None and one.features.d_thr is not None:
            cells[cell_of(one)].append(Told(line_of[one.home], one.opened_at_us, one.features.d_thr))
    return [point for cell, told in cells.items() for point in _of_cell(cell, told)]


def _of_cell(cell: CellKey, told: Sequence[Told]) -> list[Point]:
    found = changes_by_monday(told)
    at = step_at(told, found)
    return [
        Point(
            "change_point",
            tags_of(cell),
            {"found": int(monday == at), **_fields(found[monday])},
            monday * 1000,
        )
        for monday in sorted(found)
    ]


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
