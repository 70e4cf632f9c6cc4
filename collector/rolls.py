"""Rolls that come with a batch (``probe.measurement.roll``): what a responder says of many of its statements in one signature.

A statement whose entry is in a roll by its own key needs no verification of its own. What is no roll of a responder we know counts for
nothing: the statements are then verified one by one, as where no roll came.

A responder that vouches for what it never signed spoils its own pairs: whoever verifies them leaves them out, and names them
(``analysis.observe.opened``: ``Unproved``). The collector finds such a responder out by verifying one batch in sixteen without
its rolls, and names it to the operator (``BatchRolls.examine``).
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import msgspec

from collector.ed25519 import verify_fast
from probe.measurement.roll import LARGEST_ROLL_BYTES, Roll, entry_of, holds
from probe.measurement.signing import KEY_BYTES, ROLL, BadSignature, Signed
from probe.rolls import MOST_ROLLS

_SIGNED: Final = msgspec.json.Decoder(Signed)
_ROLL: Final = msgspec.json.Decoder(Roll)

LOG: Final = logging.getLogger("isonomia.collector.rolls")
SPOT_CHECK: Final = 16
"""Of so many batches one is verified statement by statement, whatever vouches for them: at most a sixteenth of what rolls save."""

Vouched = tuple[bytes, ...]
"""For each roll the responder's key and, behind it, the entries."""


class _OfPair(msgspec.Struct, frozen=True):
    statement: Signed | None = None


class _Glance(msgspec.Struct, frozen=True):
    """What is looked for in a measurement: its statement."""

    pair: _OfPair | None = None


_GLANCE: Final = msgspec.json.Decoder(_Glance)


class KnowsKeys(Protocol):
    """What is asked: whose key it is."""

    def responder_of(self, key: bytes) -> str | None:
        """The responder with that key, if any."""


def vouched_by(headers: Sequence[str], known: KnowsKeys) -> Vouched:
    """What the rolls in ``headers`` vouch for; of more than ``MOST_ROLLS`` the first."""
    return tuple(found for text in headers[:MOST_ROLLS] if (found := _opened(text, known)))


class BatchRolls:
    """The rolls of one collector's batches, of every ``SPOT_CHECK``-th none; of no batch where they are not ``believed``.

    The statements of that batch are verified one by one: so a responder that vouches for what it never signed is found out here, and
    not by whoever verifies a finding.
    """

    def __init__(self, known: KnowsKeys, *, believed: bool = True) -> None:
        self._known = known
        self._believed = believed
        self._batches = 0

    def of(self, headers: Sequence[str]) -> Vouched:
        """What the rolls in a batch's ``headers`` vouch for."""
        self._batches += 1
        if not self._believed or self._batches % SPOT_CHECK == 0:
            return ()
        return vouched_by(headers, self._known)

    def examine(self, headers: Sequence[str], documents: Iterable[bytes]) -> int:
        """Name to the operator who vouched, in a batch's ``headers``, for statements in ``documents`` whose signature was found bad.

        How many of these statements there are.
        """
        vouched = vouched_by(headers, self._known)
        statements = filter(None, map(_statement_in, documents))
        false = [statement.key for statement in statements if is_vouched(statement, vouched)]
        for key in set(false):
            LOG.error(
                "responder %s vouched for statements that it never signed: take it out of the plan",
                self._known.responder_of(key),
            )
        return len(false)


def is_vouched(statement: Signed, vouched: Vouched) -> bool:
    """Whether the responder's own roll holds this very statement."""
    if not vouched:
        return False
    entry = entry_of(statement)
    return any(one.startswith(statement.key) and holds(one[KEY_BYTES:], entry) for one in vouched)


def _statement_in(document: bytes) -> Signed | None:
    """The statement of a measurement's pair, if it has one."""
    try:
        pair = _GLANCE.decode(_SIGNED.decode(document).body_bytes()).pair
    except (msgspec.MsgspecError, RecursionError):
        return None
    return None if pair is None else pair.statement


def _opened(text: str, known: KnowsKeys) -> bytes:
    """Key and entries of a roll; empty for anything else."""
    if len(text) > LARGEST_ROLL_BYTES or not text.isascii():
        return b""
    try:
        signed = _SIGNED.decode(text)
        if known.responder_of(signed.key) is None:
            return b""
        return signed.key + _ROLL.decode(verify_fast(signed, ROLL)).entries
    except (BadSignature, msgspec.MsgspecError, RecursionError):
        return b""
