"""The series behind a finding's figures: original and control within a transfer, over the period, by hour of the day.

Each line counts once: the median of its own transfers first, then percentiles over lines. A place with fewer than five lines is left
out and counted. The period is cut into whole hours or multiples of them, never finer.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from analysis.observe.features import run_rates
from analysis.observe.opened import Opened, open_stored
from analysis.observe.record import Observation, RunObserved
from analysis.public.form import FEWEST_LINES, Pictures, Point, Spread
from analysis.stats.parameters import Parameters
from collector.reader import read_measurements

HOUR_S: Final = 3600
STEPS_S: Final = (HOUR_S, 6 * HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S)
MOST_POINTS: Final = 100
"""A figure of more points says no more."""
DIGITS: Final = 3
US: Final = 1_000_000
OK: Final = "ok"

Course = Sequence[float]
"""Rates of one transfer in equal bins, Mbit/s."""


@dataclass(frozen=True)
class Taken:
    """One pair, as far as figures need it: its line, and each run's rate (``None``: it failed)."""

    line: str
    original: float | None
    control: float | None


def pictures(
    pairs: Iterable[Observation],
    line_of: Mapping[str, str],
    courses: Mapping[str, tuple[Course | None, Course | None]],
    bin_s: float,
) -> Pictures:
    """The series of a finding's pairs. ``courses``: of each measurement id, original and control."""
    counting = [pair for pair in pairs if pair.discarded_by is None]
    step_s = _step_s(counting)
    over, missing = _points(counting, line_of, lambda pair: pair.opened_at_us // US // step_s * step_s)
    hours, missing_hours = _points(counting, line_of, lambda pair: int(pair.local_hour) % 24)
    within, missing_bins = _within(counting, line_of, courses, bin_s)
    withheld = missing + missing_hours + missing_bins
    return Pictures(within=within, over=over, step_s=step_s, hours=hours, withheld=withheld)


def read_courses(
    store: Path, wanted: frozenset[str], parameters: Parameters
) -> dict[str, tuple[Course | None, Course | None]]:
    """Rates within the transfers of the ``wanted`` measurement ids (hex): of the original and of the control."""
    found: dict[str, tuple[Course | None, Course | None]] = {}
    if not wanted:
        return found
    for stored in read_measurements(store):
        identifier = stored.measurement_id.hex()
        if identifier not in wanted or identifier in found:
            continue
        opened = open_stored(stored)
        if isinstance(opened, Opened):
            found[identifier] = (
                _course(opened, "original", parameters),
                _course(opened, "control", parameters),
            )
    return found


def _course(opened: Opened, role: str, parameters: Parameters) -> Course | None:
    run = next((run for run in opened.pair.runs if run.role == role), None)
    if run is None:
        return None
    try:
        rates = run_rates(run, opened.ticket.duration_ms / 1000, opened.ticket.direction, parameters)
    except ValueError:
        return None
    return None if rates is None else (rates / 1e6).tolist()


def _step_s(pairs: Sequence[Observation]) -> int:
    """The shortest step that keeps the period within MOST_POINTS."""
    if not pairs:
        return HOUR_S
    times = [pair.opened_at_us for pair in pairs]
    span_s = (max(times) - min(times)) / US
    return next((step for step in STEPS_S if span_s / step < MOST_POINTS), STEPS_S[-1])


def _points(
    pairs: Iterable[Observation],
    line_of: Mapping[str, str],
    place: Callable[[Observation], int],
) -> tuple[tuple[Point, ...], int]:
    """Points by ``place``, in order, and how many places were left out."""
    by_place: dict[int, list[Taken]] = defaultdict(list)
    for pair in pairs:
        by_place[place(pair)].append(
            Taken(line_of[pair.home], tail_rate(pair.original), tail_rate(pair.control))
        )
    points = []
    for at, taken in sorted(by_place.items()):
        lines = len({one.line for one in taken})
        if lines < FEWEST_LINES:
            continue
        points.append(
            Point(
                at=float(at),
                lines=lines,
                pairs=len(taken),
                original=spread((one.line, one.original) for one in taken),
                control=spread((one.line, one.control) for one in taken),
                failed_original=sum(one.original is None for one in taken),
                failed_control=sum(one.control is None for one in taken),
            )
        )
    return tuple(points), len(by_place) - len(points)


def tail_rate(run: RunObserved | None) -> float | None:
    """A run's rate over the tail its pair was compared on; ``None`` for one that failed or told none."""
    return None if run is None or run.failure != OK else run.tail_mbit_s


def _within(
    pairs: Sequence[Observation],
    line_of: Mapping[str, str],
    courses: Mapping[str, tuple[Course | None, Course | None]],
    bin_s: float,
) -> tuple[tuple[Point, ...], int]:
    """Rate against time since the first byte, of the shortest variant that was measured most."""
    lengths: dict[int, int] = defaultdict(int)
    for pair in pairs:
        lengths[
            max((len(course) for course in courses.get(pair.measurement_id, ()) if course), default=0)
        ] += 1
    lengths.pop(0, None)
    if not lengths:
        return (), 0
    usual = max(lengths, key=lambda length: (lengths[length], -length))
    points: list[Point] = []
    for index in range(usual):  # ends: at the usual transfer's last bin
        taken = []
        for pair in pairs:
            original, control = courses.get(pair.measurement_id, (None, None))
            taken.append(Taken(line_of[pair.home], _at(original, index), _at(control, index)))
        one, other = spread((t.line, t.original) for t in taken), spread((t.line, t.control) for t in taken)
        if one is None and other is None:
            continue
        lines = len({t.line for t in taken if t.original is not None or t.control is not None})
        points.append(
            Point(
                at=round((index + 0.5) * bin_s, 3), lines=lines, pairs=len(taken), original=one, control=other
            )
        )
    return tuple(points), usual - len(points)


def _at(course: Course | None, index: int) -> float | None:
    return None if course is None or index >= len(course) else course[index]


def spread(rates: Iterable[tuple[Hashable, float | None]]) -> Spread | None:
    """Percentiles over lines (linear between ranks), to three digits; ``None`` where fewer than five lines have a rate.

    Pages and boards take their rates from here, so that they say the same.
    """
    by_line: dict[Hashable, list[float]] = defaultdict(list)
    for line, rate in rates:
        if rate is not None:
            by_line[line].append(rate)
    if len(by_line) < FEWEST_LINES:
        return None
    medians = [float(np.median(own)) for own in by_line.values()]
    low, mid, high = np.percentile(medians, (10, 50, 90)).tolist()
    return Spread(_rounded(low), _rounded(mid), _rounded(high))


def _rounded(value: float) -> float:
    """To three significant digits: enough to draw, too few to recognise a transfer by."""
    return float(f"{value:.{DIGITS}g}")
