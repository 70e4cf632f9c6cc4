"""A stored measurement, opened: hash and signatures verified, documents decoded. Pure.

``open_stored`` decodes all of it and verifies every signature; ``open_lean.open_lean`` reads what a judgement needs of a row
that was so verified before. Both make the same observation of the same bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from analysis.observe.lean import AnyLeanPair
from analysis.observe.packed import Packed, packed
from collector.ed25519 import verify_fast
from collector.reader import StoredMeasurement
from probe.measurement.coin import commit
from probe.measurement.envelope import Measurement
from probe.measurement.pair import Pair
from probe.measurement.receipt import Path, Receipt, Statement
from probe.measurement.signing import (
    MEASUREMENT,
    STATEMENT,
    TICKET,
    BadSignature,
    Signed,
    document_id,
)
from probe.measurement.ticket import Ticket
from probe.measurement.ticks import digest

_MEASUREMENT: Final = msgspec.json.Decoder(Measurement)
_TICKET: Final = msgspec.json.Decoder(Ticket)
_STATEMENT: Final = msgspec.json.Decoder(Statement)


Both = tuple[Packed | None, Packed | None]
"""Ticks of a run: of the end that received the bulk, and of the one that sent it."""


class Corrupt(ValueError):
    """A stored row is not what was signed, or cannot be read; the text says what is wrong with it."""


class Unproved(Corrupt):
    """A row is as it came, and the responder never signed its statement: at the door it vouched for it (``collector.rolls``)."""


class Told:
    """What the responder told of a pair, whichever way its document was read."""

    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def pair(self) -> Pair | AnyLeanPair:
            """The pair."""

        @property
        def ticket(self) -> Ticket:
            """Its ticket."""

        @property
        def statement(self) -> Statement | None:
            """The responder's statement, ``None`` where the pair was never closed."""

        @property
        def watched(self) -> Statement | None:
            """The statement on the pair's sentinel, where it is kept: the responder saw it go well just before."""

    def receipt(self, order: int) -> Receipt | None:
        """The responder's receipt of the run with that order."""
        for receipt in self.statement.receipts if self.statement else ():
            if receipt.order == order:
                return receipt
        return None

    @property
    def both_failed(self) -> bool:
        """Whether two runs were tried and neither went well."""
        return len(self.pair.runs) == 2 and not any(run.ok for run in self.pair.runs)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths that were measured: those of the runs; the closing connection's too where a run was not seen.

        Over plain HTTP the closing one's alone: a transparent proxy may stand between, for every home the same.
        Whoever carries the closing connection knows the result: were it to count always, it could veto the pair.
        """
        if self.statement is None:
            return (self.watched.path,) if self.both_failed and self.watched else ()
        # A transparent proxy shows its own address; the closing connection, over TLS, goes past it.
        if self.ticket.nettest == "replay_http":
            return (self.statement.path,)
        seen = tuple([r.path for r in self.statement.receipts if r.seen and r.path is not None])
        return seen if len(seen) == 2 else (*seen, self.statement.path)


@dataclass(frozen=True)
class Opened(Told):
    """A pair that was measured, its document read whole. ``statement`` is ``None`` where it was never closed."""

    measurement_id: bytes
    conflict: bool
    measurement: Measurement
    pair: Pair
    ticket: Ticket
    statement: Statement | None
    watched: Statement | None = None

    def ticks(self, order: int) -> Both:
        """The ticks of that run: of the end that received the bulk, and of the one that sent it."""
        run = self.pair.runs[order]
        probe, responder = (None if one is None else packed(one) for one in (run.ticks, run.responder_ticks))
        return (probe, responder) if self.ticket.direction == "down" else (responder, probe)

    def named(self, order: int, sha256: bytes | None) -> bool:
        """Whether the run carries the responder's ticks whose digest that is."""
        ticks = self.pair.runs[order].responder_ticks
        return ticks is not None and digest(ticks) == sha256


@dataclass(frozen=True)
class Skipped:
    """A planned pair that did not run, and why."""

    measurement_id: bytes
    measurement: Measurement
    reason: str


@dataclass(frozen=True)
class Resulted:
    """The result of a nettest without a pair: counted, not judged (integrity.md 7)."""

    measurement_id: bytes
    measurement: Measurement


def check_coin(opened: Told) -> None:
    """Raises ``Corrupt`` unless order, names and addresses of the runs are what ticket and nonce decide."""
    ticket, pair = opened.ticket, opened.pair
    if commit(pair.nonce) != ticket.commit:
        raise Corrupt("the nonce is not the one the ticket was opened for")
    if not ticket.control_candidates:  # capacity has one run and no control
        return
    coin = ticket.coin(pair.nonce)
    original = ("original", ticket.original_name, coin.original_address)
    control = ("control", coin.control_name(ticket.control_candidates), coin.control_address)
    for run in pair.runs:
        decided = original if coin.original_first == (run.order == 0) else control
        if decided != (run.role, run.name, run.address_index):
            raise Corrupt(f"run {run.order} is not what the coin decided")


def open_stored(stored: StoredMeasurement, *, signatures: bool = True) -> Opened | Skipped | Resulted:
    """The measurement in ``stored``; raises ``Corrupt``.

    The collector verified all this before it accepted the row. It is verified again because a judgement rests on
    signed bytes, not on a file's good health. Without ``signatures`` all but these is: the row's hash, the transcript of the
    coin, and what the statement says of the ticket; whoever judges so verifies the signatures of what accuses (``judge``).
    """
    proved = verify_fast if signatures else _taken
    if document_id(stored.body) != stored.measurement_id:
        raise Corrupt("the stored bytes do not have the hash the row is named after")
    try:
        proved(Signed(stored.key, stored.signature, msgspec.Raw(stored.body)), MEASUREMENT)
        measurement = _MEASUREMENT.decode(stored.body)
        if measurement.probe_key != stored.key:
            raise Corrupt("the measurement names another key than the one that signed it")
        if measurement.result is not None:
            return Resulted(stored.measurement_id, measurement)
        if measurement.pair is None:
            return Skipped(stored.measurement_id, measurement, measurement.skipped or "")
        pair = measurement.pair
        closing = pair.statement
        if closing is not None and closing.key != pair.ticket.key:
            raise Corrupt("the statement is by another key than the ticket")
        statement = None if closing is None else _STATEMENT.decode(_stated(closing, proved))
        vouched = pair.vouched(statement)
        told = signatures and statement is not None and not vouched
        if told and statement and statement.ticket_sha256 != document_id(pair.ticket.body_bytes()):
            raise Corrupt("the statement is about a ticket with other content")
        ticket = _TICKET.decode(pair.ticket.body_bytes() if vouched else proved(pair.ticket, TICKET))
        watched = _watched(pair, ticket, proved)
    except (BadSignature, msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError) as error:
        raise Corrupt(str(error)) from error
    if ticket.probe_key != stored.key:
        raise Corrupt("the ticket was opened for another key than the one that signed the measurement")
    if statement is not None and statement.pair_id != ticket.pair_id:
        raise Corrupt("the statement is about another ticket")
    return Opened(stored.measurement_id, stored.conflict, measurement, pair, ticket, statement, watched)


def _stated(closing: Signed, proved: Callable[[Signed, str], bytes]) -> bytes:
    try:
        return proved(closing, STATEMENT)
    except BadSignature as error:
        raise Unproved(f"{error}; its responder vouched for it") from error


def _taken(signed: Signed, _purpose: str) -> bytes:
    """The body of a document whose signature is not looked at."""
    return signed.body_bytes()


def _watched(pair: Pair, ticket: Ticket, proved: Callable[[Signed, str], bytes]) -> Statement | None:
    """The statement on a good sentinel of this very key and responder; raises what a bad signature does."""
    sentinel = pair.sentinel
    if sentinel is None or sentinel.ticket is None or sentinel.statement is None or not sentinel.run.ok:
        return None
    signed, closing = sentinel.ticket, sentinel.statement
    own = _TICKET.decode(proved(signed, TICKET))
    statement = _STATEMENT.decode(proved(closing, STATEMENT))
    same = (own.probe_key, signed.key, closing.key) == (ticket.probe_key, pair.ticket.key, pair.ticket.key)
    fits = statement.pair_id == own.pair_id and statement.ticket_sha256 == document_id(signed.body_bytes())
    return statement if same and fits and any(receipt.seen for receipt in statement.receipts) else None
