"""Findings as a table for a person, with the account of what was not counted."""

from collections.abc import Iterator, Sequence

from analysis import quality
from analysis.finding import Finding
from analysis.judge import Judged, Summary
from analysis.messages import say
from analysis.missing import TAKEN_OUT
from analysis.words import NARROW, Language, amount, decimal, decimal_down, interval

COLUMNS = (
    "service",
    "cell",
    "outcome",
    "grade",
    "e",
    "rate",
    "mechanism",
    "homes",
    "pairs",
    "bytes",
    "seconds",
)
_NUMBERS = frozenset({"grade", "e", "homes", "pairs", "bytes", "seconds"})


def lines(judgement: Judged, language: Language) -> Iterator[str]:
    """The table, each finding's sentences, and the account."""
    header = [say(f"table.{column}", language) for column in COLUMNS]
    rows = [_row(finding, language) for finding in judgement.findings]
    yield from _aligned([header, *rows])
    for finding in judgement.findings:
        yield ""
        yield from finding.sentences[language]
    yield ""
    yield from account(judgement.summary, language)
    yield say("table.next", language)


def account(summary: Summary, language: Language) -> Iterator[str]:
    """What became of every row."""
    yield say(
        "table.judged",
        language,
        pairs=summary.counted,
        discarded=sum(sum(by.values()) for by in summary.discarded.values()),
        skipped=sum(summary.skipped.values()),
        unjudged=sum(summary.unjudged.values()),
        hypotheses=summary.hypotheses,
    )
    meaning = {rule.id: rule.fr if language == "fr" else rule.en for rule in quality.RULES}
    meaning[TAKEN_OUT] = say("table.set_aside", language)
    colon = f"{NARROW}:" if language == "fr" else ":"
    for rule, by_network in summary.discarded.items():
        where = ", ".join(f"{network}{colon} {count}" for network, count in by_network.items())
        total = sum(by_network.values())
        yield say("table.discards", language, reason=meaning.get(rule, rule), where=where, count=total)
    for rule, by_network in summary.also_struck.items():
        reason = meaning.get(rule, rule)
        yield say("table.also_struck", language, reason=reason, count=sum(by_network.values()))
    for reason, count in summary.skipped.items():
        yield say("table.skipped", language, reason=reason, count=count)
    for nettest, count in summary.results.items():
        yield say("table.results", language, nettest=nettest, count=count)
    for reason, count in summary.unjudged.items():
        yield say("table.unjudged", language, reason=reason, count=count)
    for where in summary.corrupt:
        yield say("table.corrupt", language, where=where)
    if summary.older_than_registration:
        yield say("table.before", language, count=summary.older_than_registration)
    if summary.gate_pairs:
        yield say("table.gate_pairs", language, count=summary.gate_pairs)
    for cell in summary.alerts:
        yield say("table.alert", language, cell=cell)
    if summary.missing or summary.pending:
        yield say("table.missing", language, missing=summary.missing, pending=summary.pending)
    yield from _of_registration(summary, language)


def _of_registration(summary: Summary, language: Language) -> Iterator[str]:
    """What is to be said of the registration itself, and of who signed by it."""
    for brand in summary.brands_without_asn:
        yield say("table.without_asn", language, brand=brand)
    if summary.foreign_reports:
        yield say("table.foreign_reports", language, count=summary.foreign_reports)
    if not summary.responder_keys:
        yield say("table.responder_keys_unregistered", language)
    if summary.other_rules:
        yield say("table.other_rules", language)


def _row(finding: Finding, language: Language) -> list[str]:
    cells = (finding.brand, finding.technology, finding.plan_class, finding.direction)
    rate = "–"
    if finding.delivered_mbit_s is not None:
        rate = f"{decimal(finding.delivered_mbit_s, language)} {interval(finding.interval, language)}"
    return [
        finding.service,
        "/".join(cells),
        say(f"outcome.{finding.direction_of_effect or finding.outcome}", language),
        str(finding.grade),
        decimal_down(finding.e_value, language),
        rate,
        say(f"mechanism.{finding.mechanism}", language) if finding.mechanism else "–",
        str(finding.homes),
        str(finding.pairs),
        amount(finding.bytes, language),
        decimal(finding.seconds, language),
    ]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    for row in rows:
        parts = [
            text.rjust(width) if name in _NUMBERS else text.ljust(width)
            for name, text, width in zip(COLUMNS, row, widths, strict=True)
        ]
        yield "  ".join(parts).rstrip()
