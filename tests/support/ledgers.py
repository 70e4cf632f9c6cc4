"""Ledgers in which a finding went as far as its provider's reply, or was published, after the steps that must come before."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from analysis import state_ledger
from analysis.finding import Finding
from analysis.record import record_sha256
from analysis.states import Change, State

STEPS: tuple[State, ...] = ("candidate", "replicated", "notified", "replied", "published")
REASONS = {
    "candidate": "E au-delà du seuil",
    "replicated": "paires neuves",
    "notified": "dossier envoyé",
    "replied": "« Nous vérifions ce réglage. »",
    "published": "décision du comité de lecture",
}

EVIDENCE = {"replicated": ("f" * 24,), "replied": ("ab" * 32,)}
"""Another finding, and the hash of a reply."""


def replied(path: Path, finding: Finding, moments: Iterable[datetime]) -> None:
    """Enter the steps up to the reply, one at each moment: as far as a finding of grade 2 goes."""
    _entered(path, finding, STEPS[:-1], moments)


def published(path: Path, finding: Finding, moments: Iterable[datetime]) -> None:
    """Enter the finding's steps, one at each moment, as many as there are of these; who found it does not adjudicate.

    Publication's own terms (grade 3, vetted homes, gates) are taken to hold: for tests of what is done with a published finding.
    """
    _entered(path, finding, STEPS, moments)


def _entered(path: Path, finding: Finding, steps: Iterable[State], moments: Iterable[datetime]) -> None:
    for state, at in zip(steps, moments, strict=False):
        change = Change(
            finding_id=finding.finding_id,
            state=state,
            at=at.isoformat(),
            actor="sonde" if state == "candidate" else "revue",
            reason=REASONS[state],
            evidence=EVIDENCE.get(state, ()),
            finding_sha256=record_sha256(finding),
        )
        state_ledger.append(path, change, nameable=True)
