"""A ledger in which a finding was published, after the steps that must come before."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from analysis import state_ledger
from analysis.states import Change, State

STEPS: tuple[State, ...] = ("candidate", "replicated", "notified", "replied", "published")
REASONS = {
    "candidate": "E au-delà du seuil",
    "replicated": "paires neuves",
    "notified": "dossier envoyé",
    "replied": "« Nous vérifions ce réglage. »",
    "published": "décision du comité de lecture",
}


def published(path: Path, finding_id: str, moments: Iterable[datetime]) -> None:
    """Enter the finding's steps, one at each moment; who found it does not adjudicate."""
    for state, at in zip(STEPS, moments, strict=True):
        change = Change(
            finding_id=finding_id,
            state=state,
            at=at.isoformat(),
            actor="sonde" if state == "candidate" else "revue",
            reason=REASONS[state],
            evidence=("f" * 24,) if state == "replicated" else (),
        )
        state_ledger.append(path, change, nameable=True)
