"""Admission: whether a key may be enrolled, by the operator's policy, an invitation or approval.

A home that was admitted once renews its key every quarter without being asked again: a lost invitation must not lose
measurements. An invitation is worth one home: whoever comes with it first has it, and vetted by it is that home alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from collector.enrolment import Enrolled
from collector.homes.book import HomeBook
from collector.homes.codes import hash_of
from collector.operator_file import HomesBlock
from collector.roster import Outcome, Roster

Refusal = Literal[
    "home_withdrawn",
    "home_revoked",
    "bad_invitation",
    "invitation_used",
    "invitation_needed",
    "awaiting_approval",
]
NO_REASON: Final = ""


@dataclass(frozen=True)
class Admission:
    """Enrols into ``roster`` by what ``book`` says. For the one thread that writes both; ``clock_us`` in µs."""

    roster: Roster
    book: HomeBook
    policy: HomesBlock
    clock_us: Callable[[], int]

    def enrol(self, entry: Enrolled) -> Outcome | Refusal:
        """Enrol a key; "accepted" means committed. Raises ``sqlite3.Error`` when the disk will not have it."""
        return self._refusal(entry) or self.roster.add(entry)

    def _refusal(self, entry: Enrolled) -> Refusal | None:
        home = entry.long_lived_key
        if self.book.is_withdrawn(home) or self.book.is_withdrawn(entry.quarter_key):
            return "home_withdrawn"
        state = self.book.state(home)
        if state == "revoked":
            return "home_revoked"
        if state == "vetted":
            return None
        if entry.invitation is not None:
            refusal = self._invited(entry, entry.invitation)
            # A home that is in already stays in, whatever became of its code.
            return None if refusal and self.roster.knows(home) else refusal
        if self.roster.knows(home) or self.policy.admission == "open":
            return None
        if self.policy.admission == "invitation":
            return "invitation_needed"
        if state != "waiting":
            self.book.decide(home, "waiting", None, NO_REASON, self.clock_us())
        return "awaiting_approval"

    def _invited(self, entry: Enrolled, code: str) -> Refusal | None:
        """Take up the invitation; ``None`` if the home is vetted by it now, or needs none here."""
        now_us = self.clock_us()
        invitation = self.book.invitation(hash_of(code))
        if invitation is None and self.policy.admission == "open" and not self.book.invitations():
            return None  # an operator that keeps its invitations elsewhere, in registrations alone
        if invitation is None or (invitation.used_by is None and now_us >= invitation.expires_at_us):
            return "bad_invitation"
        if not self.book.use(invitation, entry.long_lived_key, now_us):
            return "invitation_used"
        self.book.decide(entry.long_lived_key, "invited", invitation.channel, NO_REASON, now_us)
        return None
