"""Rolls that come with a batch (``probe.measurement.roll``): what a responder says of many of its statements in one signature.

A statement whose entry is in a roll by its own key needs no verification of its own. What is no roll of a responder we know counts for
nothing: the statements are then verified one by one, as where no roll came.

A responder that vouches for what it never signed spoils its own pairs: whoever verifies them leaves them out, and names them
(``analysis.observe.opened``: ``Unproved``).
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from collector.ed25519 import verify_fast
from probe.measurement.roll import LARGEST_ROLL_BYTES, Roll, entry_of, holds
from probe.measurement.signing import KEY_BYTES, ROLL, BadSignature, Signed
from probe.rolls import MOST_ROLLS

_SIGNED: Final = msgspec.json.Decoder(Signed)
_ROLL: Final = msgspec.json.Decoder(Roll)

SPOT_CHECK: Final = 16
"""Of so many batches one is verified statement by statement, whatever vouches for them: at most a sixteenth of what rolls save."""

Vouched = tuple[bytes, ...]
"""For each roll the responder's key and, behind it, the entries."""


class KnowsKeys(Protocol):
    """What is asked: whose key it is."""

    def responder_of(self, key: bytes) -> str | None:
        """The responder with that key, if any."""


def vouched_by(headers: Sequence[str], known: KnowsKeys) -> Vouched:
    """What the rolls in ``headers`` vouch for; of more than ``MOST_ROLLS`` the first."""
    return tuple(found for text in headers[:MOST_ROLLS] if (found := _opened(text, known)))


class BatchRolls:
    """The rolls of one collector's batches, of every ``SPOT_CHECK``-th none.

    The statements of that batch are verified one by one: so a responder that vouches for what it never signed is found out here, and
    not by whoever verifies a finding.
    """

    def __init__(self, known: KnowsKeys) -> None:
        self._known = known
        self._batches = 0

    def of(self, headers: Sequence[str]) -> Vouched:
        """What the rolls in a batch's ``headers`` vouch for."""
        self._batches += 1
        return () if self._batches % SPOT_CHECK == 0 else vouched_by(headers, self._known)


def is_vouched(statement: Signed, vouched: Vouched) -> bool:
    """Whether the responder's own roll holds this very statement."""
    if not vouched:
        return False
    entry = entry_of(statement)
    return any(one.startswith(statement.key) and holds(one[KEY_BYTES:], entry) for one in vouched)


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
