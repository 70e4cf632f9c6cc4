"""The scoreboard's rows: each against what was expected and predicted."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from analysis.stats.predict import predict
from tests.lab.experiment import ASN
from tests.scenarios.scenario import SERVICE, Scenario

REPEATS = 200
SURE = 0.99
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
