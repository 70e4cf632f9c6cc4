"""A stored measurement, opened with a look at what a judgement needs alone, for rows that were verified at the door. Pure.

It makes the same observation of the same bytes as ``opened.open_stored`` does, which decodes all of it; wherever something is
out of the ordinary that one decides.
"""

from typing import Any, Final

import msgspec

from analysis.observe.lean import (
    ABSENT,
    DOWN,
    FAR,
    NEAR,
    UP,
    AnyLeanMeasurement,
    AnyLeanPair,
    AnyLeanRun,
)
from analysis.observe.opened import Both, Opened, Resulted, Skipped, Told, open_stored
from analysis.observe.packed import packed, packed_near
from collector.reader import StoredMeasurement
from probe.measurement.failures import OK, is_known
from probe.measurement.receipt import Statement
from probe.measurement.signing import document_id
from probe.measurement.ticket import Ticket

HEAD_BYTES: Final = 1000
UPWARDS: Final = b'"direction":"up"'
"""Stands in the head of an upload's document: a guess at which columns are wanted of which end; the ticket tells."""
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError)


class Lean(Told, msgspec.Struct, frozen=True, gc=False):
    """A pair of whose document only what is needed was read. ``both`` are the runs' ticks, near and far;
    ``digests`` the SHA-256 of the responder's, as they stand there.
    """

    measurement_id: bytes
    conflict: bool
    measurement: AnyLeanMeasurement
    pair: AnyLeanPair
    ticket: Ticket
    statement: Statement | None
    both: tuple[Both, ...]
    digests: tuple[bytes | None, ...]
    watched: None = None

    def ticks(self, order: int) -> Both:
        """The ticks of that run: of the end that received the bulk, and of the one that sent it."""
        return self.both[order]

    def named(self, order: int, sha256: bytes | None) -> bool:
        """Whether the run carries the responder's ticks whose digest that is: of its bytes, as they stand there."""
        own = self.digests[order]
        return own is not None and own == sha256


AnyOpened = Opened | Lean


def open_lean(stored: StoredMeasurement) -> AnyOpened | Skipped | Resulted:
    """The measurement in ``stored``, whose signatures were verified at the door; raises ``Corrupt``.

    What ``open_stored`` without signatures says, at a fraction of its cost.
    """
    try:
        lean = _lean(stored)
    except UNREADABLE:
        lean = None
    return open_stored(stored, signatures=False) if lean is None else lean


def _lean(stored: StoredMeasurement) -> Lean | None:
    """``None`` for a document that is to be read whole: without a pair, with a sentinel's evidence, or not as it should be."""
    body, id_ = stored.body, stored.measurement_id
    if document_id(body) != id_:
        return None
    up = body.find(UPWARDS, 0, HEAD_BYTES) >= 0
    measurement = UP.decode(body) if up else DOWN.decode(body)
    pair = measurement.pair
    if pair is None or measurement.skipped is not None or measurement.result not in ABSENT:
        return None
    if not pair.in_order or (pair.sentinel is not None and pair.sentinel.ticket not in ABSENT):
        return None
    ticket, statement = pair.ticket.body, None if pair.statement is None else pair.statement.body
    if not measurement.probe_key == ticket.probe_key == stored.key or up != (ticket.direction == "up"):
        return None
    if statement is not None and statement.pair_id != ticket.pair_id:
        return None
    if pair.statement is not None and pair.statement.key != pair.ticket.key:
        return None
    both: list[Both] = []
    digests: list[bytes | None] = []
    for run in pair.runs:
        read = _ticks_of(run, up=up)
        if read is None:
            return None
        both.append(read[0])
        digests.append(read[1])
    for receipt in statement.receipts if statement is not None else ():
        # Ticks that stand otherwise than they were digested may yet say the same: that takes reading all of them.
        own = digests[receipt.order] if receipt.order < len(digests) else None
        if own is not None and own != receipt.ticks_sha256:
            return None
    return Lean(id_, stored.conflict, measurement, pair, ticket, statement, tuple(both), tuple(digests))


def _ticks_of(run: AnyLeanRun, *, up: bool) -> tuple[Both, bytes | None] | None:
    """The ticks of a run, packed, and the SHA-256 of the responder's; ``None`` of a run that is to be read whole."""
    if run.failure != OK and not is_known(run.failure):
        return None
    sent, sha256 = run.responder_ticks, None
    near: Any = run.ticks
    far: Any = None
    if sent not in ABSENT:
        # Far and near of an upload, near and far of a download: so ``up`` chose the decoders.
        sha256, far = document_id(sent), NEAR.decode(sent) if up else FAR.decode(sent)
    if up:
        near, far = far, near
    if not ((near is None or near.even) and (far is None or far.even)):
        return None
    run.ticks, run.responder_ticks = None, msgspec.Raw()
    return (None if near is None else packed_near(near), None if far is None else packed(far)), sha256
