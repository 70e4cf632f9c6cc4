"""States of a finding, from candidate to published and after: which may follow which, and on what terms. No I/O.

evidence.md: candidate → replicated (fresh pairs) → notified (the clock of 20 days begins) → replied | silent → re-tested (on
request) → published → corrected | withdrawn. Nothing is deleted; every change has a date, an actor and a reason. Who flags
does not adjudicate: whoever made the candidate neither publishes, corrects nor withdraws it.

A change names the record that it is about by hash: what was entered as a candidate is what is published, word for word, unless
it is corrected.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

import msgspec

from probe.printable import JOINERS, printable

State = Literal[
    "candidate",
    "replicated",
    "notified",
    "replied",
    "silent",
    "retested",
    "published",
    "corrected",
    "withdrawn",
]
STATES: Final[tuple[State, ...]] = get_args(State)
REPLY_DAYS: Final = 20

FOLLOWS: Final[dict[State | None, tuple[State, ...]]] = {
    None: ("candidate",),
    "candidate": ("replicated", "withdrawn"),
    "replicated": ("notified", "withdrawn"),
    "notified": ("replied", "silent", "withdrawn"),
    "replied": ("retested", "published", "withdrawn"),
    "silent": ("replied", "retested", "published", "withdrawn"),
    "retested": ("published", "withdrawn"),
    "published": ("corrected", "withdrawn"),
    "corrected": ("corrected", "withdrawn"),
    "withdrawn": (),
}
"""What may follow a state; a reply that comes late, before anything is published, is still a reply."""
ADJUDICATES: Final = frozenset({"published", "corrected", "withdrawn"})
SHOWS: Final = frozenset({"published", "corrected"})
"""Whose record is the one that is shown."""
_SHA256: Final = re.compile("[0-9a-f]{64}")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of state. ``evidence`` is what it rests on: ids of findings of fresh pairs for ``replicated``, the SHA-256 (hex) of the
    reply for ``replied``; ``finding_sha256`` that of the finding's record (``analysis.record``), ``None`` in early ledgers alone.
    """

    finding_id: str
    state: State
    at: str
    actor: str
    reason: str
    evidence: tuple[str, ...] = ()
    finding_sha256: str | None = None


class Refused(ValueError):
    """A change that may not be; ``why`` is a message id's last part, ``values`` what it names."""

    def __init__(self, why: str, **values: str) -> None:
        super().__init__(why)
        self.why = why
        self.values: dict[str, Any] = dict(values)


def check(history: Sequence[Change], change: Change, *, nameable: bool | None = None) -> None:
    """Raises ``Refused`` unless ``change`` may follow the changes of its finding.

    ``nameable``: whether the finding may be named in public (integrity.md 10); it must be true for ``published``.
    """
    own = [one for one in history if one.finding_id == change.finding_id]
    last = own[-1] if own else None
    allowed = FOLLOWS[last.state if last else None]
    if change.state not in allowed:
        raise Refused("not_next", state=last.state if last else "–", allowed=", ".join(allowed) or "–")
    if not change.actor.strip() or not change.reason.strip():
        raise Refused("no_reason")
    at = _moment(change.at)
    if history and at < _moment(history[-1].at):
        raise Refused("before_last", last=history[-1].at)
    if change.state in ADJUDICATES and own and same_person(change.actor, own[0].actor):
        raise Refused("own_case", actor=change.actor)
    if change.state == "replicated" and not set(change.evidence) - {change.finding_id}:
        raise Refused("no_replication")
    if change.state == "replied" and not any(map(_SHA256.fullmatch, change.evidence)):
        raise Refused("no_reply")
    entered = record_of(own)
    if change.state != "corrected" and entered not in (None, change.finding_sha256):
        raise Refused("other_record", entered=str(entered), found=str(change.finding_sha256))
    if change.state == "silent" and at < _notified(own) + timedelta(days=REPLY_DAYS):
        raise Refused("clock_runs", until=(_notified(own) + timedelta(days=REPLY_DAYS)).isoformat())
    if change.state == "published" and not nameable:
        raise Refused("not_nameable")


def record_of(own: Sequence[Change]) -> str | None:
    """The hash of the record that the changes of one finding are about: the last one entered, which only a correction changes."""
    return next((one.finding_sha256 for one in reversed(own) if one.finding_sha256 is not None), None)


def shown_record(history: Sequence[Change], finding_id: str) -> str | None:
    """The hash of the record that was published under an id, or that corrects it; ``None`` if none was."""
    own = [one for one in history if one.finding_id == finding_id and one.state in SHOWS]
    return own[-1].finding_sha256 if own else None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a finding stands by a ledger, and which of its lines name a record.

    ``record``: ``named`` by every line; ``named_late`` by the later ones alone, so that nothing shows which record the earlier ones were about;
    ``unnamed`` by none. ``shown_sha256`` is that of the record which public surfaces may show, ``None`` where there is none.
    """

    finding_id: str
    state: State
    lines: int
    unnamed: int
    record: Literal["named", "named_late", "unnamed"]
    shown_sha256: str | None


def standings(history: Sequence[Change]) -> tuple[Standing, ...]:
    """Of each finding of a ledger, in the order of their first lines."""
    found = []
    for finding_id in dict.fromkeys(one.finding_id for one in history):
        own = [one for one in history if one.finding_id == finding_id]
        unnamed = sum(one.finding_sha256 is None for one in own)
        found.append(
            Standing(
                finding_id=finding_id,
                state=own[-1].state,
                lines=len(own),
                unnamed=unnamed,
                record="named" if not unnamed else "unnamed" if unnamed == len(own) else "named_late",
                shown_sha256=shown_record(own, finding_id),
            )
        )
    return tuple(found)


def same_person(one: str, other: str) -> bool:
    r"""Whether two actors are one, however their name is typed.

    >>> same_person("Ana Roy", " ana  roy "), same_person("ana", "an\u200ba\u200d"), same_person("ana", "ben")
    (True, True, False)
    """
    return _plain(one) == _plain(other)


def _plain(actor: str) -> str:
    seen = "".join(one for one in actor if one not in JOINERS)
    return " ".join(printable(unicodedata.normalize("NFKC", seen)).casefold().split())


def state_of(history: Sequence[Change], finding_id: str) -> State | None:
    """The state of a finding, ``None`` if it never was a candidate."""
    return next((one.state for one in reversed(history) if one.finding_id == finding_id), None)


def _notified(own: Sequence[Change]) -> datetime:
    return _moment(next(one.at for one in own if one.state == "notified"))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused("bad_time", detail=text) from error
    if moment.tzinfo is None:
        raise Refused("bad_time", detail=text)
    return moment
