"""The scoreboard as a whole: each row against what was expected and predicted, and the totals."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from statistics import median
from typing import Any

import numpy as np

from analysis.stats.predict import predict
from tests.lab.experiment import ASN
from tests.lab.tally import agreement, counted
from tests.scenarios.scenario import SERVICE, Scenario

REPEATS = 200
SURE = 0.99
LEAST_AGREEMENT = 0.01
BLAMED_ON_NOBODY = ("rogue-router", "plan-limit", "unpaced-plan-limit", "one-of-two-providers-plan-limit")
"""Innocent rows that no number of runs excuses."""
UNJUDGED = "unknown"
"""What findings say of a place that cannot be told, and of a mechanism that no rule names."""

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A scenario with its results, one a seed, and the predicted probability that it is flagged (None: not predicted).

    `second` is that of a second seed, run because the first missed; it is not counted among the results.
    """

    scenario: Scenario
    results: tuple[Result, ...]
    predicted: float | None
    second: Result | None = None

    @property
    def valid(self) -> list[Result]:
        """Return the results that are no lab fault."""
        return [result for result in self.results if not result["lab_fault"]]

    @property
    def sure_and_missed(self) -> bool:
        """Return whether the simulator was sure, and no result so far found it."""
        sure = (self.predicted or 0) >= SURE
        return sure and bool(self.valid) and not any(self.is_found(r) for r in self.valid)

    @property
    def missed_twice(self) -> bool:
        """Return whether a sure row was missed in two seeds."""
        return self.sure_and_missed and self.tried_again and not self.is_found(self.second or {})

    @property
    def tried_again(self) -> bool:
        """Return whether a second seed has a result that is no lab fault."""
        return self.second is not None and not self.second["lab_fault"]

    def is_found(self, result: Result) -> bool:
        """Return whether the service was flagged, in the scenario's direction if it has one."""
        direction = self.scenario.direction
        right = direction is None or result["direction_of_effect"] == direction
        return result["outcome"] == "different" and right

    def is_accused(self, result: Result) -> bool:
        """Return whether somebody was flagged who must not be: a bystander, an innocent, one of which nothing can be known,
        a place on the path where there is nothing, or the guilty one of the opposite of what it does.
        """
        lucky = self.scenario.visible_from is not None and self.scenario.in_force and self.is_found(result)
        due, told = self.scenario.direction, result["direction_of_effect"]
        turned = result["outcome"] == "different" and due is not None and told != due
        mine = self.scenario.expected == "undetermined" and result["outcome"] == "different" and not lucky
        misplaced = result["attribution"] not in (UNJUDGED, self.scenario.attribution)
        more = any(not self._is_due(one) for one in _observed(result))
        return bool(result["others_flagged"]) or mine or misplaced or more or turned

    def is_placed(self, result: Result) -> bool:
        """Return whether a finding names the place, where the row has all that it takes."""
        must = self.scenario.two_by_two and self.scenario.expected == "different"
        return not must or result["attribution"] == self.scenario.attribution

    def is_observed(self, result: Result) -> bool:
        """Return whether the false answer that the row is about was named, of all the ISP's homes and of nobody else's."""
        seen = [one for one in _observed(result) if self._is_due(one)]
        return not self.scenario.observed or [result["homes"]] == [one["lines"] for one in seen]

    def _is_due(self, one: Mapping[str, Any]) -> bool:
        """Return whether this false answer is the one that the row is about; no run of a day may come to a grade."""
        about = (SERVICE.id, ASN, self.scenario.observed, 0)
        return (one["service"], one["network"], one["kind"], one["grade"]) == about

    def is_right(self, result: Result) -> bool:
        """Return whether a result is what it must be.

        A row that is expected to need a larger size may be found all the same; one that cannot be seen may not.
        """
        said = self.scenario.reason is None or self.scenario.reason in result["reasons"]
        found = self.scenario.expected != "different" or self.is_found(result)
        placed = self.is_placed(result) and self.is_observed(result)
        return found and placed and said and not self.is_accused(result)


def _observed(result: Result) -> Sequence[Mapping[str, Any]]:
    """Return the false answers that a result names; older ones, and those of pairs, name none."""
    return result.get("observed") or ()


@cache
def predicted(scenario: Scenario, homes: int) -> float | None:
    """Return the simulator's probability that the row is flagged; None where it has no word for what is done."""
    if scenario.treatment is None or not scenario.guilty or not scenario.runnable:
        return None
    seed = zlib.crc32(f"{scenario.name} {homes}".encode())
    return predict(
        scenario.treatment,
        homes=homes,
        pairs=scenario.pairs,
        variant=scenario.variant,
        line_bit_s=scenario.line_bit_s,
        rtt_ms=scenario.rtt_ms,
        m=scenario.family(homes),
        local_hour=scenario.local_hour + 0.5,
        repeats=REPEATS,
        rng=np.random.default_rng(seed),
        pace_bit_s=min(scenario.pace_bit_s, 0.7 * scenario.line_bit_s),
    ).probability


def totals(
    rows: Sequence[Row],
    waiting: Sequence[Scenario],
    homes: int,
    faults: Mapping[str, str],
    missing: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the counts over rows that were run, with intervals, and whether the board shows what it must.

    `faults`: why runs came to nothing; `missing`: all that are wanted and have no result, these among them. At most one flag may befall the innocent of a board larger than five homes, where each ran
    three times, and none the others; what a rogue home or a plan does is blamed on nobody.
    """
    runs = [(row, result) for row in rows for result in row.valid]
    due = [(row, result) for row, result in runs if row.scenario.expected == "different"]
    hits = [(row, result) for row, result in due if row.is_found(result)]
    innocent = [(row, result) for row, result in runs if not row.scenario.guilty]
    by_rule = [(row, result) for row, result in runs if row.scenario.observed]
    foretold = [(row, r) for row, r in runs if row.scenario.guilty and row.predicted is not None]
    found = sum(row.is_found(result) for row, result in foretold)
    p = agreement([row.predicted or 0.0 for row, _ in foretold], found) if foretold else None
    seconds = [(row, row.second) for row in rows if row.second is not None and not row.second["lab_fault"]]
    accused = [row for row, result in (*runs, *seconds) if row.is_accused(result)]
    once = [row.scenario.name for row in rows if row.sure_and_missed and not row.tried_again]
    excused = homes > 5 and len(accused) == 1 and _excusable(accused[0])
    twice = [row.scenario.name for row in rows if row.missed_twice]
    errors = [abs(r["rate_error"]) for _, r in hits if r["rate_error"] is not None]
    no_results = {
        f"{row.scenario.name} {r['seed']}": str(r.get("fault"))
        for row in rows
        for r in row.results
        if r["lab_fault"]
    }
    return {
        "runs": len(runs),
        "guilty_found": asdict(counted(len(hits), len(due))),
        "innocent_flagged": asdict(counted(sum(row.is_accused(r) for row, r in innocent), len(innocent))),
        "innocent_could_be": sum(could_be_flagged(r) for _, r in innocent),
        "observed_by_rule": asdict(counted(sum(row.is_observed(r) for row, r in by_rule), len(by_rule))),
        **_mechanisms(hits),
        "predicted_found": round(sum(row.predicted or 0.0 for row, _ in foretold), 3),
        "observed_found": found,
        "predicted_rows": len(foretold),
        "agreement_p": p,
        "not_predicted": sorted(r.scenario.name for r in rows if r.scenario.guilty and r.predicted is None),
        "missed_once": [row.scenario.name for row in rows if row.sure_and_missed and not row.missed_twice],
        "sure_missed": twice,
        "not_tried_again": once,
        "wrong": sorted({row.scenario.name for row, result in runs if not row.is_right(result)}),
        "wrongly_accused": [row.scenario.name for row in accused],
        "lab_faults": {**faults, **no_results},
        "missing": list(missing),
        "largest_rate_error": max(errors) if errors else None,
        "megabytes": round(sum(r["bytes"] for _, r in runs) / 1e6),
        "megabytes_per_verdict": _median([r["bytes"] / 1e6 for _, r in runs]),
        "seconds_per_verdict": _median([r["seconds"] for _, r in runs]),
        "modes": dict(Counter(r["mode"] for _, r in runs)),
        "commits": dict(Counter(short(r["commit"], 12) for _, r in runs)),
        "not_run": dict(sorted(Counter(need for scenario in waiting for need in scenario.needs).items())),
        "not_built": {s.name: s.not_built for s in waiting if s.not_built},
        "passed": bool(runs)
        and (excused or not accused)
        and not twice
        and not once
        and (p is None or p >= LEAST_AGREEMENT),
    }


def could_be_flagged(result: Result) -> bool:
    """Return whether at least half of an innocent run's pairs counted: of fewer, or of none, no finding could have come."""
    discarded: int = sum((result.get("discards") or {}).values())
    return result["outcome"] != "invalid" and 2 * discarded <= int(result["pairs"])


def _mechanisms(hits: Sequence[tuple[Row, Result]]) -> dict[str, Any]:
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


def short(commit: str, digits: int) -> str:
    """Return a commit's first digits, and the plus of a tree that was not clean."""
    return commit[:digits] + ("+" if commit.endswith("+") else "")


def _excusable(row: Row) -> bool:
    return not row.scenario.guilty and row.scenario.name not in BLAMED_ON_NOBODY


def _median(values: Sequence[float]) -> float | None:
    return round(median(values), 1) if values else None


def report(rows: Sequence[Row], summary: Mapping[str, Any], homes: int, commit: str) -> dict[str, Any]:
    """Return the whole board as plain types: `build/scoreboard.json`."""
    made = [
        {
            "scenario": row.scenario.name,
            "guilty": row.scenario.guilty,
            "expected": row.scenario.expected,
            "expected_mechanism": row.scenario.mechanism,
            "expected_attribution": row.scenario.attribution,
            "predicted": row.predicted,
            "visible_from": row.scenario.visible_from,
            "unseen_because": row.scenario.unseen_because,
            "twin": row.scenario.twin,
            "right": [row.is_right(result) for result in row.results],
            "results": list(row.results),
            "second_seed": row.second,
        }
        for row in rows
    ]
    return {"homes": homes, "commit": commit, "rows": made, "totals": dict(summary)}
