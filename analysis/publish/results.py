"""Findings and their states as points: one a finding and look, one a change of state. Pure.

A finding's id changes with every pair that comes in, so it is a field; the tags are those of its cell, which is registered.
The time of a finding is that of the look, not of its judgement: what was published stays the newest of its cell.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from analysis.finding import Finding
from analysis.public.form import Reply
from analysis.public.rule import may_show
from analysis.public.standing import cell_key, is_withdrawn, reply_state
from analysis.publish.cell_words import in_words
from analysis.publish.hours import percent, tags_of
from analysis.registration import CellKey
from analysis.states import Change
from analysis.words import LANGUAGES
from collector.quarters import unix_us
from collector.timeseries.lines import LONGEST_TEXT, Point, Value

Replies = Mapping[str, Sequence[Reply]]
"""Replies by finding."""
DAY_NS: Final = 86_400_000_000_000
LATER: Final = "–"
CUT: Final = " […]"
"""Ends a reply that is longer than a text field may be: the whole stands on the page."""
LOGARITHMIC: Final = ("thr", "tail", "rtt")
"""Metrics whose effect is a difference of logarithms."""


def state_of(finding: Finding, changes: Iterable[Change]) -> str:
    """The state a finding is in; "–" where nobody has entered any."""
    states = [change.state for change in changes if change.finding_id == finding.finding_id]
    return states[-1] if states else LATER


def reply_of(finding: Finding, changes: Iterable[Change], filed: Sequence[Reply]) -> str:
    """What was answered, each with who and when; where nothing is filed, a code of which boards have the words."""
    told = " · ".join(f"{one.text} — {one.by}, {one.at[:10]}" for one in filed)
    return _whole_or_marked(told) or reply_state(finding, changes)


def _whole_or_marked(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - len(CUT)]}{CUT}"


def finding_points(
    findings: Iterable[Finding],
    changes: Sequence[Change],
    replies: Replies,
    time_ns: int,
    pages: str | None = None,
) -> list[Point]:
    """Findings as they stand at this look. Of a cell the one that stands is the newest: each before it is a nanosecond older.

    Their order: withdrawn ones first, then as they were judged. ``pages``: where the public pages are served, if they are.
    """
    ordered = sorted(
        findings, key=lambda one: (not is_withdrawn(one, changes), one.quarter, one.judged_at), reverse=True
    )
    before: Counter[CellKey] = Counter()
    points = []
    for one in ordered:
        filed = replies.get(one.finding_id, ())
        point = finding_point(one, changes, filed, time_ns - before[cell_key(one)])
        points.append(point._replace(fields={**point.fields, **_page(one, changes, pages)}))
        before[cell_key(one)] += 1
    return points


def finding_point(finding: Finding, changes: Sequence[Change], filed: Sequence[Reply], time_ns: int) -> Point:
    """A finding and its state at the time of a look; ``judged_at`` says when it was judged."""
    fields: dict[str, Value] = {
        "finding_id": finding.finding_id,
        "title": finding.title,
        "outcome": finding.outcome,
        "direction_of_effect": finding.direction_of_effect,
        "different": int(finding.outcome == "different"),
        "grade": finding.grade,
        "e_value": finding.e_value,
        "log_e": finding.log_e,
        "log_bar": finding.log_bar,
        "mechanism": finding.mechanism,
        "attribution": finding.attribution,
        "homes": finding.homes,
        "pairs": finding.pairs,
        "discarded": sum(finding.discards.values()),
        "missing_tickets": finding.missing_tickets,
        "delivered_mbit_s": finding.delivered_mbit_s,
        "delivered_low": finding.interval[0] if finding.interval else None,
        "delivered_high": finding.interval[1] if finding.interval else None,
        "highest_rate_mbit_s": finding.highest_rate_mbit_s,
        "nameable": int(finding.nameable),
        "certificate": int(finding.certificate is not None and finding.certificate.issued),
        "state": state_of(finding, changes),
        "reply": reply_of(finding, changes, filed),
        "judged_at": finding.judged_at,
        "age_days": _age_days(finding, changes, time_ns),
        "code_version": finding.code_version,
        **_sentences(finding),
        **_effect(finding),
    }
    tags = {**tags_of(cell_key(finding)), "quarter": finding.quarter}
    return Point("finding", tags, fields, time_ns)


def _age_days(finding: Finding, changes: Iterable[Change], time_ns: int) -> int | None:
    """Whole days since the ledger first named the finding; ``None`` where it does not."""
    entered = next((one.at for one in changes if one.finding_id == finding.finding_id), None)
    return None if entered is None else (time_ns - _ns(entered)) // DAY_NS


def _page(finding: Finding, changes: Sequence[Change], pages: str | None) -> dict[str, Value]:
    """The address of the finding's public page in each language, where it has one."""
    if pages is None or not may_show(finding, changes, "public"):
        return {}
    base = pages.rstrip("/")
    return {
        f"page_{language}": f"{base}/{language}/findings/{finding.finding_id}.html" for language in LANGUAGES
    }


def _sentences(finding: Finding) -> dict[str, Value]:
    return {
        f"sentences_{language}": " ".join(
            in_words(one, finding, language) for one in finding.sentences.get(language, ())
        )
        for language in LANGUAGES
    }


def _effect(finding: Finding) -> dict[str, Value]:
    found = finding.effect
    if found is None or finding.metric not in LOGARITHMIC:
        return {}
    return {
        "effect_percent": percent(found.value),
        "effect_low": None if found.low is None else percent(found.low),
        "effect_high": None if found.high is None else percent(found.high),
    }


def state_points(findings: Iterable[Finding], changes: Iterable[Change]) -> list[Point]:
    """Each change of state of these findings, when it was made."""
    known = {finding.finding_id: finding for finding in findings}
    return [
        Point(
            "finding_state",
            {**tags_of(cell_key(known[one.finding_id])), "state": one.state},
            {
                "count": 1,
                "finding_id": one.finding_id,
                "actor": one.actor,
                "reason": one.reason,
                "title": known[one.finding_id].title,
            },
            _ns(one.at),
        )
        for one in changes
        if one.finding_id in known
    ]


def _ns(text: str) -> int:
    return unix_us(datetime.fromisoformat(text)) * 1000
