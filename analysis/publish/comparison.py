"""Providers side by side, within one technology and one region only, and never in the order of a number. For the inside alone. Pure.

Percentiles 10, 50 and 90 over lines, each line once by its own median: of what the original got in per cent of its control (100: the same), of
the control's rate, and of the line's whole access. A provider is shown with ten lines or more in the region (small regions are few people),
and only where another one is too: below that there is nothing to compare, and nothing is told.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np

from analysis.observe.record import Observation
from analysis.public.form import FEWEST_LINES_REGION
from analysis.public.pictures import DIGITS, tail_rate
from analysis.publish.compared import OTHER
from collector.timeseries.lines import Point, Value

PERCENTILES: Final = (10, 50, 90)
FEWEST_BRANDS: Final = 2


def comparison(
    observations: Iterable[Observation],
    line_of: Mapping[str, str],
    capacities: Mapping[str, float],
    time_ns: int,
) -> list[Point]:
    """One point a technology, region and brand. ``observations``: those that count, whose brands are registered."""
    places: dict[tuple[str, str], dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    for one in observations:
        if one.region and one.brand != OTHER and one.direction == "down":
            places[one.technology, one.region][one.brand].append(one)
    points = []
    for (technology, region), brands in sorted(places.items()):
        enough = {
            brand: group
            for brand, group in sorted(brands.items())
            if len({line_of[one.home] for one in group}) >= FEWEST_LINES_REGION
        }
        if len(enough) < FEWEST_BRANDS:
            continue
        for brand, group in enough.items():
            tags = {"technology": technology, "region": region, "brand": brand}
            points.append(Point("comparison", tags, _fields(group, line_of, capacities), time_ns))
    return points


def _fields(
    group: Sequence[Observation], line_of: Mapping[str, str], capacities: Mapping[str, float]
) -> dict[str, Value]:
    lines = [line_of[one.home] for one in group]
    index = [
        None
        if one.features is None or one.features.d_thr is None
        else 100 * float(np.exp(one.features.d_thr))
        for one in group
    ]
    fields: dict[str, Value] = {"lines": len(set(lines)), "pairs": len(group)}
    for name, values in (
        ("index", index),
        ("control", [tail_rate(one.control) for one in group]),
        ("access", [capacities.get(one.measurement_id) for one in group]),
    ):
        fields |= _percentiles(name, lines, values)
    return fields


def _percentiles(name: str, lines: Sequence[str], values: Iterable[float | None]) -> dict[str, Value]:
    """To three digits; nothing where fewer than ten lines have the value."""
    by_line: dict[str, list[float]] = defaultdict(list)
    for line, value in zip(lines, values, strict=True):
        if value is not None:
            by_line[line].append(value)
    if len(by_line) < FEWEST_LINES_REGION:
        return {}
    medians = [float(np.median(own)) for own in by_line.values()]
    return {
        f"{name}_p{p}": float(f"{value:.{DIGITS}g}")
        for p, value in zip(PERCENTILES, np.percentile(medians, PERCENTILES).tolist(), strict=True)
    }
