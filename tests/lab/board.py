"""The scoreboard as a whole: each row against what was expected and predicted, totals, and the table that is published."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from analysis.stats.predict import predict
from tests.lab.tally import agreement, counted
from tests.scenarios.scenario import Scenario

REPEATS = 200
SURE = 0.99
LEAST_AGREEMENT = 0.01
RIVALS = ("client", "lab")


@dataclass(frozen=True)
class Row:
    """A scenario with its results, one a seed, and the predicted probability that it is flagged (None: not predicted)."""

    scenario: Scenario
    results: tuple[Mapping[str, Any], ...]
    predicted: float | None

    @property
    def valid(self) -> list[Mapping[str, Any]]:
        """Return the results that are no lab fault."""
        return [result for result in self.results if not result["lab_fault"]]

    def is_found(self, result: Mapping[str, Any]) -> bool:
        """Return whether the service was flagged, in the scenario's direction if it has one."""
        direction = self.scenario.direction
        right = direction is None or result["direction_of_effect"] == direction
        return result["outcome"] == "different" and right

    def is_right(self, result: Mapping[str, Any]) -> bool:
        """Return whether a result is what it must be.

        A row that is expected to need a larger size may be found all the same; one that cannot be seen may not.
        """
        scenario = self.scenario
        if result["others_flagged"]:
            return False
        if scenario.expected == "different":
            return self.is_found(result)
        lucky = scenario.guilty and scenario.visible_from is not None and self.is_found(result)
        return lucky or result["outcome"] != "different"


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


def totals(rows: Sequence[Row], waiting: Sequence[Scenario]) -> dict[str, Any]:
    """Return the counts over rows that were run, with intervals, and whether the board shows what it must."""
    runs = [(row, result) for row in rows for result in row.valid]
    due = [(row, result) for row, result in runs if row.scenario.expected == "different"]
    hits = [(row, result) for row, result in due if row.is_found(result)]
    named = [(row, result) for row, result in hits if row.scenario.mechanism]
    innocent = [(row, result) for row, result in runs if not row.scenario.guilty]
    with_prediction = [
        (row, result) for row, result in runs if row.scenario.guilty and row.predicted is not None
    ]
    found = sum(row.is_found(result) for row, result in with_prediction)
    sure_missed = [
        row.scenario.name
        for row in rows
        if row.valid and (row.predicted or 0) >= SURE and not any(row.is_found(r) for r in row.valid)
    ]
    errors = [abs(r["rate_error"]) for _, r in hits if r["rate_error"] is not None]
    p = agreement([row.predicted or 0.0 for row, _ in with_prediction], found) if with_prediction else None
    wrong = sorted({row.scenario.name for row, result in runs if not row.is_right(result)})
    accused = [
        row.scenario.name
        for row, r in runs
        if r["others_flagged"] or (row.scenario.expected == "undetermined" and not row.is_right(r))
    ]
    return {
        "runs": len(runs),
        "guilty_found": asdict(counted(len(hits), len(due))),
        "innocent_flagged": asdict(
            counted(
                sum(r["outcome"] == "different" or bool(r["others_flagged"]) for _, r in innocent),
                len(innocent),
            )
        ),
        "mechanism_right": asdict(
            counted(sum(r["mechanism"] == row.scenario.mechanism for row, r in named), len(named))
        ),
        "predicted_found": round(sum(row.predicted or 0.0 for row, _ in with_prediction), 3),
        "observed_found": found,
        "predicted_rows": len(with_prediction),
        "agreement_p": p,
        "sure_missed": sure_missed,
        "wrong": wrong,
        "wrongly_accused": accused,
        "lab_faults": sorted(row.scenario.name for row in rows for r in row.results if r["lab_fault"]),
        "largest_rate_error": max(errors) if errors else None,
        "megabytes": round(sum(r["bytes"] for _, r in runs) / 1e6),
        "modes": dict(Counter(r["mode"] for _, r in runs)),
        "not_run": dict(sorted(Counter(need for scenario in waiting for need in scenario.needs).items())),
        "not_built": {s.name: s.not_built for s in waiting if s.not_built},
        "passed": bool(runs) and not accused and not sure_missed and (p is None or p >= LEAST_AGREEMENT),
    }


# -------------------------------------------------------------------------------------------- the table

HEADS = (
    "scénario / scenario",
    "attendu / expected",
    "observé / observed",
    "degré / grade",
    "mécanisme attendu, observé / mechanism expected, observed",
    "imputation / attribution",
    "prédit / predicted",
    "délivré Mbit/s, écart au compteur / delivered, error against counter",
    "Mo / MB",
    "s",
    "Wehe client, labo / client, lab",
)


def markdown(rows: Sequence[Row], waiting: Sequence[Scenario], summary: Mapping[str, Any], homes: int) -> str:
    """Return the published page."""
    lines = [
        "# Le tableau des scores | The scoreboard",
        "",
        (
            f"Chaque ligne est passée par la sonde, le répondeur, le collecteur et l’analyse, dans le laboratoire : {homes} foyers, "
            f"m = {rows[0].scenario.family(homes) if rows else 0} cellules inscrites. `make scoreboard` récrit cette page."
        ),
        "",
        (
            f"Each row went through probe, responder, collector and analysis, in the lab: {homes} homes, "
            f"m = {rows[0].scenario.family(homes) if rows else 0} registered cells. `make scoreboard` writes this page anew."
        ),
        "",
    ]
    for guilty, title in ((True, "Coupables | Guilty"), (False, "Innocents | Innocent")):
        lines += [f"## {title}", "", f"| {' | '.join(HEADS)} |", "|" + " --- |" * len(HEADS)]
        lines += [
            _line(row, result) for row in rows if row.scenario.guilty is guilty for result in row.results
        ]
        lines.append("")
    return "\n".join([*lines, *_totals(summary), *_not_run(waiting), ""])


def _line(row: Row, result: Mapping[str, Any]) -> str:
    scenario = row.scenario
    observed = result["outcome"] + (
        f" ({result['direction_of_effect']})" if result["direction_of_effect"] else ""
    )
    if result["lab_fault"]:
        observed = "faute du laboratoire / lab fault"
    expected = scenario.expected + (f" ({scenario.direction})" if scenario.expected == "different" else "")
    reasons = [reason for reason in result["reasons"] if reason != "too_little_evidence"]
    cells = (
        f"`{scenario.name}` {scenario.fr} / {scenario.en}",
        expected,
        ("" if row.is_right(result) else "**") + observed + ("" if row.is_right(result) else "**")
        + (f": {', '.join(reasons)}" if reasons else ""),
        str(result["grade"]),
        f"{scenario.mechanism or '–'}, {result['mechanism'] or '–'}",
        str(result["attribution"]),
        "–" if row.predicted is None else f"{row.predicted:.2f}",
        _rate(result),
        str(round(result["bytes"] / 1e6)),
        str(round(result["seconds"])),
        ", ".join(_rival(result, rule) for rule in RIVALS),
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _rate(result: Mapping[str, Any]) -> str:
    if result["delivered_mbit_s"] is None:
        return "–"
    error = "" if result["rate_error"] is None else f", {result['rate_error']:+.1%}"
    return f"{result['delivered_mbit_s']:.2f}{error}"


def _rival(result: Mapping[str, Any], rule: str) -> str:
    """Return a rival's verdict by the majority of pairs, and how many pairs it flagged."""
    verdict = result["rivals"].get(rule)
    if verdict is None:
        return "–"
    flagged = verdict["slowed"] + verdict["favoured"] + verdict["blocked"]
    return f"{verdict['majority'] or 'none'} {flagged}/{verdict['pairs']}"


def _totals(summary: Mapping[str, Any]) -> list[str]:
    def said(name: str) -> str:
        share = summary[name]
        return f"{share['count']}/{share['of']} (95 % : {share['low']:.3f}–{share['high']:.3f})"

    p = summary["agreement_p"]
    return [
        "## Totaux | Totals",
        "",
        f"- coupables trouvés / guilty found: {said('guilty_found')}",
        f"- innocents signalés / innocent flagged: {said('innocent_flagged')}",
        f"- mécanisme juste / mechanism right: {said('mechanism_right')}",
        (
            f"- trouvés, prédits / found, predicted: {summary['observed_found']} / {summary['predicted_found']}"
            f" ({summary['predicted_rows']}), p = {'–' if p is None else p}"
        ),
        f"- prédits sûrs et manqués / predicted sure and missed: {', '.join(summary['sure_missed']) or '–'}",
        f"- autrement que prévu / not as expected: {', '.join(summary['wrong']) or '–'}",
        f"- fautes du laboratoire / lab faults: {', '.join(summary['lab_faults']) or '–'}",
        f"- {summary['megabytes']} Mo / MB; {', '.join(f'{mode}: {n}' for mode, n in summary['modes'].items())}",
        "",
    ]


def _not_run(waiting: Sequence[Scenario]) -> list[str]:
    lines = ["## Pas encore exécutés | Not run", ""]
    for scenario in waiting:
        why = f"needs {', '.join(scenario.needs)}" if scenario.needs else f"not built: {scenario.not_built}"
        lines.append(f"- `{scenario.name}` {scenario.fr} / {scenario.en}: {why}")
    return lines
