"""The scoreboard's totals: how many of the guilty were found, how many of the innocent flagged, and whether the board passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from tests.lab.board import UNJUDGED, Result, Row
from tests.lab.tally import agreement, counted
from tests.scenarios.scenario import Scenario

LEAST_AGREEMENT = 0.01
BLAMED_ON_NOBODY = ("rogue-router", "plan-limit", "unpaced-plan-limit", "one-of-two-providers-plan-limit")
"""Innocent rows that no number of runs excuses."""

Run = tuple[Row, Result]


def totals(
    rows: Sequence[Row],
    waiting: Sequence[Scenario],
    homes: int,
    faults: Mapping[str, str],
    missing: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the counts over rows that were run, with intervals, and whether the board shows what it must.

    `faults`: why runs came to nothing; `missing`: all that are wanted and have no result, these among them. At most one flag may befall
    the innocent of a board larger than five homes, where each ran three times, and none the others; what a rogue home or
    a plan does is blamed on nobody.
    """
    runs = [(row, result) for row in rows for result in row.valid]
    hits = [(row, result) for row, result in runs if _due(row) and row.is_found(result)]
    accused = _accused(rows, runs)
    summary = {
        "runs": len(runs),
        "guilty_found": asdict(counted(len(hits), sum(_due(row) for row, _ in runs))),
        **_innocent(runs),
        **_by_rule(runs),
        **_mechanisms(hits),
        **_predictions(rows, runs),
        "wrong": sorted({row.scenario.name for row, result in runs if not row.is_right(result)}),
        "wrongly_accused": [row.scenario.name for row in accused],
        "lab_faults": {**faults, **_without_result(rows)},
        "missing": list(missing),
        "largest_rate_error": _largest_rate_error(hits),
        **_costs(runs),
        "not_run": dict(sorted(Counter(need for scenario in waiting for need in scenario.needs).items())),
        "not_built": {s.name: s.not_built for s in waiting if s.not_built},
    }
    excused = homes > 5 and len(accused) == 1 and _excusable(accused[0])
    return {**summary, "passed": bool(runs) and (excused or not accused) and _agrees(summary)}


def could_be_flagged(result: Result) -> bool:
    """Return whether at least half of an innocent run's pairs counted: of fewer, or of none, no finding could have come."""
    discarded: int = sum((result.get("discards") or {}).values())
    return result["outcome"] != "invalid" and 2 * discarded <= int(result["pairs"])


def short(commit: str, digits: int) -> str:
    """Return a commit's first digits, and the plus of a tree that was not clean."""
    return commit[:digits] + ("+" if commit.endswith("+") else "")


def _due(row: Row) -> bool:
    return row.scenario.expected == "different"


def _accused(rows: Sequence[Row], runs: Sequence[Run]) -> list[Row]:
    """Return a row for each run, second seeds among them, that accuses where it must not."""
    seconds = [(row, row.second) for row in rows if row.second is not None and not row.second["lab_fault"]]
    return [row for row, result in (*runs, *seconds) if row.is_accused(result)]


def _excusable(row: Row) -> bool:
    return not row.scenario.guilty and row.scenario.name not in BLAMED_ON_NOBODY


def _innocent(runs: Sequence[Run]) -> dict[str, Any]:
    innocent = [(row, result) for row, result in runs if not row.scenario.guilty]
    flagged = sum(row.is_accused(result) for row, result in innocent)
    return {
        "innocent_flagged": asdict(counted(flagged, len(innocent))),
        "innocent_could_be": sum(could_be_flagged(result) for _, result in innocent),
    }


def _by_rule(runs: Sequence[Run]) -> dict[str, Any]:
    asked = [(row, result) for row, result in runs if row.scenario.observed]
    return {
        "observed_by_rule": asdict(counted(sum(row.is_observed(result) for row, result in asked), len(asked)))
    }


def _predictions(rows: Sequence[Row], runs: Sequence[Run]) -> dict[str, Any]:
    """Return found against predicted, pooled over the guilty, and the rows of which the simulator was sure and the lab not."""
    foretold = [(row, r) for row, r in runs if row.scenario.guilty and row.predicted is not None]
    found = sum(row.is_found(result) for row, result in foretold)
    return {
        "predicted_found": round(sum(row.predicted or 0.0 for row, _ in foretold), 3),
        "observed_found": found,
        "predicted_rows": len(foretold),
        "agreement_p": agreement([row.predicted or 0.0 for row, _ in foretold], found) if foretold else None,
        "not_predicted": sorted(r.scenario.name for r in rows if r.scenario.guilty and r.predicted is None),
        "missed_once": [row.scenario.name for row in rows if row.sure_and_missed and not row.missed_twice],
        "sure_missed": [row.scenario.name for row in rows if row.missed_twice],
        "not_tried_again": [row.scenario.name for row in rows if row.sure_and_missed and not row.tried_again],
    }


def _agrees(summary: Mapping[str, Any]) -> bool:
    """Return whether what was found agrees with what was predicted, and no sure row was missed, or waits for its second seed."""
    p = summary["agreement_p"]
    sure = not summary["sure_missed"] and not summary["not_tried_again"]
    return sure and (p is None or p >= LEAST_AGREEMENT)


def _mechanisms(hits: Sequence[Run]) -> dict[str, Any]:
    """Return how many were called by their name, of those that have one; and what was called by another."""
    due_a_name = [(row.scenario.mechanism, r["mechanism"]) for row, r in hits if row.scenario.mechanism]
    named = [(expected, said) for expected, said in due_a_name if said not in (None, UNJUDGED)]
    return {
        "mechanism_right": asdict(counted(sum(expected == said for expected, said in named), len(named))),
        "mechanism_unnamed": len(due_a_name) - len(named),
        "mechanism_wrong": {
            row.scenario.name: f"{r['mechanism']}, not {row.scenario.mechanism or 'any that there is a name for'}"
            for row, r in hits
            if r["mechanism"] not in (None, UNJUDGED, row.scenario.mechanism)
        },
    }


def _without_result(rows: Sequence[Row]) -> dict[str, str]:
    return {
        f"{row.scenario.name} {result['seed']}": str(result.get("fault"))
        for row in rows
        for result in row.results
        if result["lab_fault"]
    }


def _largest_rate_error(hits: Sequence[Run]) -> float | None:
    errors = [abs(result["rate_error"]) for _, result in hits if result["rate_error"] is not None]
    return max(errors) if errors else None


def _costs(runs: Sequence[Run]) -> dict[str, Any]:
    """Return what verdicts cost, in all and at the median, and by what right and code they were made."""
    return {
        "megabytes": round(sum(result["bytes"] for _, result in runs) / 1e6),
        "megabytes_per_verdict": _median([result["bytes"] / 1e6 for _, result in runs]),
        "seconds_per_verdict": _median([result["seconds"] for _, result in runs]),
        "modes": dict(Counter(result["mode"] for _, result in runs)),
        "commits": dict(Counter(short(result["commit"], 12) for _, result in runs)),
    }


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 1) if values else None
