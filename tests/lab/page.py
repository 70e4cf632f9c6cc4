"""The scoreboard's page: a table of the guilty, one of the innocent, totals, and what did not run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.lab.board import Result, Row
from tests.lab.results import HOMES
from tests.lab.totals import short
from tests.rivals.measured import COST, WEHE_ITSELF
from tests.rivals.rules import SHOWN
from tests.scenarios.scenario import Scenario

_FOLDER = re.compile(r"(?<![\w.])/[\w.+-]+(?:/[\w.+-]+)*")

HEADS = (
    "scénario / scenario",
    "attendu / expected",
    "observé / observed",
    "degré / grade",
    "mécanisme attendu, observé / mechanism expected, observed",
    "imputation attendue, observée / attribution expected, observed",
    "prédit / predicted",
    "délivré Mbit/s, écart au compteur / delivered, error against counter",
    "Mo / MB",
    "s",
    "règle de Wehe, client / Wehe's rule, client",
    "règle de Wehe, labo / Wehe's rule, lab tools",
    "Wehe lui-même / Wehe itself",
    "droit, commit / right, commit",
)


def markdown(rows: Sequence[Row], waiting: Sequence[Scenario], summary: Mapping[str, Any], homes: int) -> str:
    """Return the published page."""
    cells = rows[0].scenario.family(homes) if rows else 0
    how = "make scoreboard" if homes == HOMES else f"HOMES={homes} make scoreboard"
    lines = [
        f"# Le tableau des scores, {homes} foyers | The scoreboard, {homes} homes",
        "",
        f"- **fr** Chaque ligne est passée par la sonde, le répondeur, le collecteur et l’analyse, dans le laboratoire : {homes} foyers,",
        f"  m = {cells} services inscrits, deux hypothèses chacun. Page écrite par `{how}`.",
        f"- **en** Each row went through probe, responder, collector and analysis, in the lab: {homes} homes,",
        f"  m = {cells} registered services, two hypotheses each. Page written by `{how}`.",
        "",
        "`**` autrement que prévu / not as expected. *Prédit / predicted*: `analysis.stats.predict`, 200 repeats. Wehe's rules judge the",
        "same pairs: verdict of the majority, pairs flagged, and after `!` what somebody with confirmation on would have read. *Wehe itself*:",
        f"its own client and servers in another lab; its cost there: {COST}.",
        "",
    ]  # fmt: skip
    for guilty, title in ((True, "Coupables | Guilty"), (False, "Innocents | Innocent")):
        lines += [f"## {title}", "", f"| {' | '.join(HEADS)} |", "|" + " --- |" * len(HEADS)]
        lines += [_line(row, r) for row in rows if row.scenario.guilty is guilty for r in _all(row)]
        lines.append("")
    return "\n".join([*lines, *_totals(summary), *_not_run(waiting), ""])


def _all(row: Row) -> list[Result]:
    return [*row.results, *([row.second] if row.second is not None and row.sure_and_missed else [])]


def _line(row: Row, result: Result) -> str:
    scenario = row.scenario
    expected = scenario.expected + (f" ({scenario.direction})" if scenario.expected == "different" else "")
    attributed = str(result["attribution"])
    cells = (
        f"`{scenario.name}` {result['seed']}: {scenario.fr} / {scenario.en}",
        expected,
        _observed(row, result),
        str(result["grade"]),
        f"{scenario.mechanism or '–'}, {result['mechanism'] or '–'}",
        f"{scenario.attribution}, {attributed}",
        "–" if row.predicted is None else f"{row.predicted:.2f}",
        _rate(result),
        str(round(result["bytes"] / 1e6)),
        str(round(result["seconds"])),
        *(_rival(result, rule.id) for rule in SHOWN),
        WEHE_ITSELF.get(scenario.name, "–"),
        f"{result['mode']}, {short(result['commit'], 7)}",
    )
    return f"| {' | '.join(cells)} |"


def _observed(row: Row, result: Result) -> str:
    if result["lab_fault"]:
        return "faute du laboratoire / lab fault"
    direction = result["direction_of_effect"]
    said = result["outcome"] + (f" ({direction})" if direction else "")
    if not row.is_right(result):
        said = f"**{said}**"
    others = [f"**{name}**" for name in result["others_flagged"]]
    others += [_named(one) for one in result.get("observed") or ()]
    reasons = [reason for reason in result["reasons"] if reason != "too_little_evidence"]
    return ", ".join([said, *others]) + (f": {', '.join(reasons)}" if reasons else "")


def _named(one: Mapping[str, Any]) -> str:
    """Return a false answer by rule: what, on how many lines, not seen on how many others, and what it lacks for more."""
    lacks = f"; lacks {', '.join(one['missing'])}" if one["missing"] else ""
    return f"{one['kind']} {one['lines']}, elsewhere honest {one['elsewhere_lines']}{lacks}"


def _rate(result: Result) -> str:
    if result["delivered_mbit_s"] is None:
        return "–"
    error = "" if result["rate_error"] is None else f", {result['rate_error']:+.1%}"
    return f"{result['delivered_mbit_s']:.2f}{error}"


def _rival(result: Result, rule: str) -> str:
    """Return a rival's verdict by the majority of pairs, how many pairs it flagged, and what confirmed tests said."""
    verdict = result["rivals"].get(rule)
    if verdict is None:
        return "–"
    confirmed = f" ! {', '.join(verdict['confirmed'])}" if verdict["confirmed"] else ""
    return f"{verdict['majority'] or 'none'} {verdict['flagged']}/{verdict['pairs']}{confirmed}"


def _totals(summary: Mapping[str, Any]) -> list[str]:
    def said(name: str) -> str:
        share = summary[name]
        return f"{share['count']}/{share['of']} (95 % : {share['low']:.3f}–{share['high']:.3f})"

    def names(name: str) -> str:
        return ", ".join(summary[name]) or "–"

    def counts(name: str) -> str:
        return ", ".join(f"{key}: {n}" for key, n in summary[name].items()) or "–"

    p, error = summary["agreement_p"], summary["largest_rate_error"]
    return [
        "## Totaux | Totals",
        "",
        f"- coupables trouvés / guilty found: {said('guilty_found')}",
        f"- fausses réponses nommées par règle / false answers named by rule: {said('observed_by_rule')}",
        (
            f"- innocents signalés / innocent flagged: {said('innocent_flagged')};"
            f" auraient pu l’être, la moitié des paires au moins comptant / could have been, at least half of the pairs counting: {summary['innocent_could_be']}"
        ),
        (
            f"- mécanisme juste, de ceux qui furent nommés / mechanism right, of those that were named: {said('mechanism_right')};"
            f" non nommés / not named: {summary['mechanism_unnamed']}"
        ),
        f"- mécanisme faux / mechanism wrong: {counts('mechanism_wrong')}",
        (
            f"- trouvés, prédits / found, predicted: {summary['observed_found']} / {summary['predicted_found']}"
            f" ({summary['predicted_rows']}; Poisson-binomial p = {'–' if p is None else p})"
        ),
        f"- sans prédiction / not predicted: {names('not_predicted')}",
        f"- prédits sûrs, manqués deux fois / predicted sure, missed twice: {names('sure_missed')}",
        f"- prédits sûrs, manqués une fois / predicted sure, missed once: {names('missed_once')}",
        f"- dont la seconde graine manque encore / of these, without a second seed yet: {names('not_tried_again')}",
        f"- autrement que prévu / not as expected: {names('wrong')}",
        f"- plus grand écart au compteur / largest error against the counter: {'–' if error is None else f'{error:.1%}'}",
        (
            f"- par verdict, médiane / per verdict, median: {summary['megabytes_per_verdict']} Mo / MB,"
            f" {summary['seconds_per_verdict']} s; {summary['megabytes']} Mo / MB en tout / in all"
        ),
        f"- de quel droit / by what right: {counts('modes')}; commit: {counts('commits')} (chacun jugé par son propre code / each judged by its own code)",
        f"- fautes du laboratoire / lab faults: {len(summary['lab_faults'])}",
        *(f"  - {run}: {_short(reason)}" for run, reason in summary["lab_faults"].items()),
        f"- voulus et sans résultat, fautes comprises / wanted and without result, faults among them: {len(summary['missing'])}: {names('missing')}",
        "",
    ]


def _short(reason: str) -> str:
    """Return a reason's beginning and its last line, without what would spoil a list, and without this machine's folders."""
    plain = _FOLDER.sub("…", reason.replace("`", "'"))
    lines = [" ".join(line.split()) for line in plain.splitlines() if line.strip()]
    return " … ".join(dict.fromkeys([*lines[:1], *lines[-1:]]))[:300]


def _not_run(waiting: Sequence[Scenario]) -> list[str]:
    lines = [f"## Pas encore exécutés | Not run: {len(waiting)}", ""]
    for scenario in waiting:
        why = f"needs {', '.join(scenario.needs)}" if scenario.needs else f"not built: {scenario.not_built}"
        lines.append(f"- `{scenario.name}` {scenario.fr} / {scenario.en}: not run: {why}")
    return lines
