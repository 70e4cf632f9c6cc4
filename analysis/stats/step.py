"""Steps: did what a group of lines sees change at a week's beginning? One rule, fixed beforehand. Pure.

Null hypothesis, at each Monday (UTC): the change of a line's own median difference of original and control, from before to after,
is as likely above zero as below it. Within a pair both runs share the line's hour, weather and congestion, so where treatment did not
change a line's word is such a throw, however much its pairs depend on each other. The median over lines with its order-statistic interval
(``order_interval``), at 95 % shared among all Mondays asked (Bonferroni), must leave out zero, and be 5 % or more: the least difference that
is looked for anywhere. So nine lines or so are needed at least, and more for a long quarter. Of several Mondays the one at which a step
fits best is *the* step: its neighbours show the same one. Unit: ln of original over control.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from analysis.stats.order_interval import MedianInterval, median_interval

DAY_US: Final = 86_400_000_000
WEEK_US: Final = 7 * DAY_US
MONDAY_US: Final = 4 * DAY_US
"""1970-01-05, the first Monday of unix time."""
LEVEL: Final = 0.95
LEAST_LN: Final = 0.05
"""In ln units: a smaller change is within the margin that is registered for rates."""
FEWEST_LINES: Final = 5


class Told(NamedTuple):
    """What a line says: at which time (µs, 1970 UTC), ln of original over control."""

    line: str | int
    at_us: int
    d: float


def changes_by_monday(told: Sequence[Told]) -> dict[int, MedianInterval]:
    """The change over lines at each Monday (µs) that five lines speak of, each with its interval.

    >>> weeks = [(n, MONDAY_US + w * WEEK_US + 1) for n in range(12) for w in range(4)]
    >>> told = [Told(n, at, -1.0 if at > MONDAY_US + 2 * WEEK_US else 0.01 * n) for n, at in weeks]
    >>> {monday // WEEK_US: round(over.median, 3) for monday, over in changes_by_monday(told).items()}
    {1: -1.055, 2: -1.055, 3: -1.055}
    >>> step_at(told, changes_by_monday(told)) == MONDAY_US + 2 * WEEK_US
    True
    """
    said = {monday: _changes(told, monday) for monday in _mondays(told)}
    asked = {monday: changes for monday, changes in said.items() if len(changes) >= FEWEST_LINES}
    level = 1 - (1 - LEVEL) / max(1, len(asked))
    return {monday: median_interval(changes, level) for monday, changes in asked.items()}


def step_at(told: Sequence[Told], changes: Mapping[int, MedianInterval]) -> int | None:
    """The Monday (µs) of the step, of those where there is one; ``None`` where there is none."""
    level = 1 - (1 - LEVEL) / max(1, len(changes))
    found = [monday for monday, over in changes.items() if _is_step(over, level)]
    return min(found, key=lambda monday: (_misfit(told, monday), monday), default=None)


def steps(told: Sequence[Told]) -> list[int]:
    """The Mondays (µs) of all steps, in order: of the whole, then of what lies before and behind one that was found."""
    at = step_at(told, changes_by_monday(told)) if told else None
    if at is None:
        return []
    before, after = [one for one in told if one.at_us < at], [one for one in told if one.at_us >= at]
    return [*steps(before), at, *steps(after)]  # ends: both are shorter than the whole


def _mondays(told: Sequence[Told]) -> range:
    first, last = min(one.at_us for one in told), max(one.at_us for one in told)
    start = (first - MONDAY_US) // WEEK_US + 1
    return range(start * WEEK_US + MONDAY_US, last + 1, WEEK_US)


def _sides(told: Sequence[Told], monday_us: int) -> dict[str | int, tuple[list[float], list[float]]]:
    """What each line says before and after."""
    sides: dict[str | int, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))
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


def _is_step(over: MedianInterval, level: float) -> bool:
    """Whether the interval guarantees its share of the level and leaves out zero, and the change is no trifle."""
    if over.low is None or over.high is None or over.coverage < level:
        return False
    return abs(over.median) >= LEAST_LN and (over.low > 0 or over.high < 0)
