"""Matrix and parity: what compares networks, for the inside alone (evidence.md: anything that does is a finding). Pure.

The matrix puts a brand's cells of a sector together; the parity index asks, of a brand's lines, how services of one origin
fare against their controls. Both are medians over lines of each line's median, with the interval of ``stats.effect``.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from analysis.finding import Finding
from analysis.observe.record import Observation
from analysis.public.form import FEWEST_LINES
from analysis.publish.hours import percent
from analysis.sentences import is_blocked
from analysis.stats.effect import Effect, effect
from collector.timeseries.lines import Point, Value
from probe.catalogue.read import shipped
from probe.plan import Plan

OTHER: Final = "other"
OUTCOMES: Final = ("different", "equivalent", "undetermined", "invalid")
SYMBOLS: Final = {
    "blocked": "■", "slowed": "▼", "favoured": "▲", "equivalent": "=", "undetermined": "?", "invalid": "×",
}  # fmt: skip
"""A mark beside every colour, for who does not see colours; those of the pages where they have one."""
TOO_FEW: Final = "·"


def sectors(plans: Sequence[Plan]) -> Callable[[str], str]:
    """The sector of a service: as planned, else as in the catalogue, else "other"."""
    catalogue = shipped()
    planned = {one.id: one.sector for plan in plans for one in plan.services if isinstance(one.sector, str)}

    def sector(service: str) -> str:
        entry = catalogue.entry(service)
        return planned.get(service) or (OTHER if entry is None else entry.group())

    return sector


def origins() -> Callable[[str], str]:
    """The origin of a service in the catalogue (local, national, Francophonie, global platform), else "other"."""
    catalogue = shipped()

    def origin(service: str) -> str:
        entry = catalogue.entry(service)
        return OTHER if entry is None else entry.origin

    return origin


def matrix(
    observations: Sequence[Observation],
    findings: Sequence[Finding],
    line_of: Mapping[str, str],
    sector: Callable[[str], str],
    time_ns: int,
) -> list[Point]:
    """One point a brand and sector with a registered cell. Without five lines: counts and a dot, nothing to read a rate from."""
    told: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        told[finding.brand, sector(finding.service)].append(finding)
    seen: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for one in observations:
        seen[one.brand, sector(one.service)].append(one)
    points = []
    for key, group in sorted(told.items()):
        lines, found = over_lines(seen[key], line_of)
        fields: dict[str, Value] = {"lines": lines, "pairs": len(seen[key]), "cells": len(group)}
        fields |= {outcome: sum(one.outcome == outcome for one in group) for outcome in OUTCOMES}
        fields |= {"grade": max(one.grade for one in group), "symbol": TOO_FEW}
        if found is not None:
            fields |= {"symbol": symbol(group), **_numbers(found)}
        points.append(Point("matrix", {"brand": key[0], "sector": key[1]}, fields, time_ns))
    return points


def symbol(findings: Sequence[Finding]) -> str:
    """The mark of the gravest finding: blocked, slowed, favoured, invalid, undetermined, equivalent."""
    if any(is_blocked(one) for one in findings):
        return SYMBOLS["blocked"]
    for direction in ("slowed", "favoured"):
        if any(one.outcome == "different" and one.direction_of_effect == direction for one in findings):
            return SYMBOLS[direction]
    return next(
        SYMBOLS[name]
        for name in ("invalid", "undetermined", "equivalent")
        if any(f.outcome == name for f in findings)
    )


def parity(
    observations: Sequence[Observation],
    line_of: Mapping[str, str],
    origin: Callable[[str], str],
    time_ns: int,
) -> list[Point]:
    """One point a brand and origin of at least five lines: 100 is a service treated as its control."""
    seen: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for one in observations:
        seen[one.brand, origin(one.service)].append(one)
    points = []
    for key, group in sorted(seen.items()):
        lines, found = over_lines(group, line_of)
        if found is not None:
            numbers = {
                name: 100 + value for name, value in _numbers(found).items() if isinstance(value, float)
            }
            fields: dict[str, Value] = {"lines": lines, "pairs": len(group)}
            fields |= {name.replace("effect", "index"): value for name, value in numbers.items()}
            points.append(Point("parity", {"brand": key[0], "origin": key[1]}, fields, time_ns))
    return points


def over_lines(group: Sequence[Observation], line_of: Mapping[str, str]) -> tuple[int, Effect | None]:
    """How many lines a group has, and its effect; ``None`` of fewer than five lines."""
    lines = {line: n for n, line in enumerate(sorted({line_of[one.home] for one in group}))}
    differences = [
        np.nan if one.features is None or one.features.d_thr is None else one.features.d_thr for one in group
    ]
    found = effect(differences, [lines[line_of[one.home]] for one in group]) if group else None
    return len(lines), found if found is not None and found.homes >= FEWEST_LINES else None


def _numbers(found: Effect) -> dict[str, Value]:
    return {
        "effect_percent": percent(found.value),
        "effect_low": None if found.low is None else percent(found.low),
        "effect_high": None if found.high is None else percent(found.high),
    }
