"""Coverage and health of the fleet: who measures, what is discarded and why, what is missing. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

from analysis.judge import Summary
from analysis.observe.record import Observation
from analysis.public.form import FEWEST_LINES
from analysis.public.rest import told_of
from analysis.public.steps import Tally, coarse, lines_told
from collector.timeseries.lines import Point, Value
from probe.plan import Plan

DAY_US: Final = 86_400_000_000


def coverage(observations: Sequence[Observation], line_of: Mapping[str, str], time_ns: int) -> list[Point]:
    """One point a brand and technology: lines, pairs, what was discarded, since when."""
    groups: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for one in observations:
        groups[one.brand, one.technology].append(one)
    points = []
    for (brand, technology), group in sorted(groups.items()):
        discarded = sum(one.discarded_by is not None for one in group)
        fields: dict[str, Value] = {
            "lines": len({line_of[one.home] for one in group}),
            "pairs": len(group),
            "discarded": discarded,
            "discarded_percent": round(100 * discarded / len(group), 6),
            "services": len({one.service for one in group}),
            "days": len({one.opened_at_us // DAY_US for one in group}),
            "last_pair_ms": max(one.opened_at_us for one in group) // 1000,
        }
        points.append(Point("coverage", {"brand": brand, "technology": technology}, fields, time_ns))
    return points


def public_coverage(
    observations: Sequence[Observation], line_of: Mapping[str, str], time_ns: int
) -> list[Point]:
    """As ``coverage``, for anybody: groups that may be told beside their sum, in steps (``public.steps``), the last pair by its day.

    ``services`` and ``days`` are those of five lines or more: one more of them is not one home's doing.
    """
    groups: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for one in observations:
        groups[one.brand, one.technology].append(one)
    tally = Tally(line_of, "public")
    points = []
    for brand, technology in sorted(told_of(groups, line_of)):
        group = groups[brand, technology]
        fields: dict[str, Value] = {
            **_amounts(group, tally),
            "services": _of_enough(group, lambda one: one.service, tally),
            "days": _of_enough(group, lambda one: one.opened_at_us // DAY_US, tally),
        }
        points.append(Point("coverage", {"brand": brand, "technology": technology}, fields, time_ns))
    return points


def _amounts(group: Sequence[Observation], tally: Tally) -> dict[str, Value]:
    """Lines, pairs and what was discarded of them in steps; the day of the last pair."""
    pairs = tally.amount(group)
    discarded = tally.amount([one for one in group if one.discarded_by is not None])
    return {
        "lines": tally.told(tally.lines(group)),
        "pairs": pairs or None,
        "discarded": discarded,
        "discarded_percent": round(100 * discarded / pairs, 6) if pairs else None,
        "last_pair_ms": max(one.opened_at_us for one in group) // DAY_US * DAY_US // 1000,
    }


def _of_enough(group: Sequence[Observation], by: Callable[[Observation], Hashable], tally: Tally) -> int:
    """How many groups have lines enough."""
    found: dict[Hashable, list[Observation]] = defaultdict(list)
    for one in group:
        found[by(one)].append(one)
    return sum(tally.lines(own) >= FEWEST_LINES for own in found.values())


def discards(observations: Sequence[Observation], time_ns: int) -> list[Point]:
    """One point a brand and rule of quality."""
    counted = Counter((one.brand, one.discarded_by) for one in observations if one.discarded_by is not None)
    return [
        Point("discards", {"brand": brand, "rule": rule}, {"pairs": count}, time_ns)
        for (brand, rule), count in sorted(counted.items())
    ]


def fleet(
    observations: Sequence[Observation],
    line_of: Mapping[str, str],
    summary: Summary,
    hours: tuple[int, int],
    time_ns: int,
) -> Point:
    """The fleet as a whole, exactly; ``hours`` are cell-hours published and withheld."""
    now_us = time_ns // 1000

    def since(us: int) -> list[Observation]:
        return [one for one in observations if now_us - one.opened_at_us <= us]

    day, week = since(DAY_US), since(7 * DAY_US)
    discarded = sum(one.discarded_by is not None for one in observations)
    fields: dict[str, Value] = {
        "lines": len({line_of[one.home] for one in observations}),
        "lines_day": len({line_of[one.home] for one in day}),
        "lines_week": len({line_of[one.home] for one in week}),
        "brands": len({one.brand for one in observations}),
        "pairs": len(observations),
        "pairs_day": len(day),
        "discarded": discarded,
        "discarded_percent": round(100 * discarded / len(observations), 6) if observations else None,
        "skipped": sum(summary.skipped.values()),
        "results": sum(summary.results.values()),
        "corrupt": len(summary.corrupt),
        "missing": summary.missing,
        "pending": summary.pending,
        "hypotheses": summary.hypotheses,
        "hours_published": hours[0],
        "hours_withheld": hours[1],
        "last_pair_ms": max(one.opened_at_us for one in observations) // 1000 if observations else None,
    }
    return Point("fleet", {}, fields, time_ns)


def public_fleet(whole: Point, observations: Sequence[Observation], line_of: Mapping[str, str]) -> Point:
    """The fleet as anybody may see it, in steps; of fewer than five lines nothing is told but that hypotheses were registered.

    What was skipped, is missing, waits or cannot be read is one home's more often than not: it stays inside.
    """
    hypotheses = {"hypotheses": whole.fields["hypotheses"]}
    tally = Tally(line_of, "public")
    if tally.lines(observations) < FEWEST_LINES:
        return whole._replace(fields=hypotheses)
    brands = _of_enough(observations, lambda one: one.brand, tally)
    fields: dict[str, Value] = {**_amounts(observations, tally), **hypotheses, "brands": brands}
    for name in ("lines_day", "lines_week"):
        lines = whole.fields[name]
        fields[name] = lines_told(lines) or None if isinstance(lines, int) else None
    for name in ("hours_published", "hours_withheld"):
        hours = whole.fields[name]
        fields[name] = coarse(hours) if isinstance(hours, int) else None
    return whole._replace(fields=fields)


def catalogue_changes(plans: Sequence[Plan]) -> list[Point]:
    """One point each time a plan named another catalogue than the plan before."""
    points = []
    before: str | None = None
    for plan in plans:
        if plan.catalogue is not None and plan.catalogue != before:
            fields: dict[str, Value] = {
                "version": plan.catalogue,
                "serial": plan.serial,
                "services": len(plan.services),
            }
            points.append(Point("catalogue", {}, fields, plan.issued_at_us * 1000))
            before = plan.catalogue
    return points
