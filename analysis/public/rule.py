"""What may leave (evidence.md, "Two surfaces"): in public, published findings, certificates, and counts of five lines or more.

A candidate shows in nothing: its cell reads as any other that is not judged yet. One that was withdrawn before it was published never
was public, and stays so; one that was withdrawn after remains as words, with the reason. What the ledger published is a record, by its
hash: another one under the same id, today's judgement of the same pairs among them, is not what was published.
"""

from collections.abc import Sequence
from typing import Final

from analysis.finding import Finding
from analysis.public.form import FEWEST_LINES, Counted, Shown, Surface
from analysis.record import record_sha256
from analysis.states import Change, shown_record, state_of

OPEN_STATES: Final = frozenset({"published", "corrected"})


def was_published(history: Sequence[Change], finding_id: str) -> bool:
    """Whether a finding of that id ever was published."""
    return any(one.finding_id == finding_id and one.state == "published" for one in history)


def is_the_published(finding: Finding, history: Sequence[Change]) -> bool:
    """Whether this very record was published, or corrects what was."""
    if not was_published(history, finding.finding_id):
        return False
    return shown_record(history, finding.finding_id) == record_sha256(finding)


def certified(finding: Finding) -> bool:
    """Whether the finding is a certificate of equivalence that was issued."""
    return finding.outcome == "equivalent" and finding.certificate is not None and finding.certificate.issued


def may_show(finding: Finding, history: Sequence[Change], surface: Surface) -> bool:
    """Whether a finding may stand on a surface. In public a finding of fewer than five lines never does."""
    if surface == "inside":
        return True
    if finding.homes < FEWEST_LINES:
        return False
    if was_published(history, finding.finding_id):
        return is_the_published(finding, history)
    return certified(finding)


def shown_as(finding: Finding | None, history: Sequence[Change], counted: Counted) -> Shown:
    """What a cell says of itself; ``finding`` is the one that may be shown on it, if any."""
    if finding is not None:
        if state_of(history, finding.finding_id) in OPEN_STATES:
            return "published"
        if certified(finding):
            return "certificate"
    return "withheld" if counted.lines is None else "not_judged"
