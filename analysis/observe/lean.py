"""Lean: what a judgement reads of a measurement, as types; the rest of the document is passed over unread.

A tick has eighteen columns, of which six decide anything: decoding all of them costs three times what this does. For rows
that were decoded whole, and checked, at the collector's door. Constraints hold for what is read; who wants all of
them reads ``probe.measurement.envelope`` (``opened.open_stored``).
"""

from datetime import datetime
from typing import Annotated, Final, Generic, Literal, TypeVar

import msgspec

from probe.measurement.envelope import Line, Text
from probe.measurement.http import HttpSeen
from probe.measurement.pair import Limits
from probe.measurement.receipt import Statement
from probe.measurement.run import Phase, Role
from probe.measurement.ticket import ByteCount, Hash, Micros, Name, Nonce, ShortText, Ticket
from probe.measurement.ticks import Count

ABSENT: Final = (msgspec.Raw(), msgspec.Raw(b"null"))
"""A raw value that is not there."""


Column = Annotated[list[Count], msgspec.Meta(max_length=1000)]
"""A list, for a tuple is made by way of one."""


class NearTicks(msgspec.Struct, frozen=True, gc=False):
    """Ticks of the end that received the bulk (``probe.measurement.ticks``)."""

    t_us: Column = []
    wire_bytes: Column = []

    @property
    def even(self) -> bool:
        """Whether columns that say something have one length."""
        return len(self.t_us) == len(self.wire_bytes) or not (self.t_us and self.wire_bytes)


class FarTicks(NearTicks, frozen=True, gc=False):
    """Ticks of the end that sent the bulk."""

    rtt_us: Column = []
    segs_out: Column = []
    total_retrans: Column = []
    bytes_acked: Column = []

    @property
    def even(self) -> bool:
        """Whether columns that say something have one length."""
        size = len(self.t_us)
        if size == len(self.rtt_us) == len(self.bytes_acked) == len(self.segs_out) == len(self.total_retrans):
            return len(self.wire_bytes) in (0, size) or not size
        return len({len(column) for column in msgspec.structs.astuple(self)} - {0}) <= 1


T = TypeVar("T", NearTicks, FarTicks)
"""Ticks of the probe: it receives a download, and sends an upload."""


class LeanHello(msgspec.Struct, frozen=True, gc=False):
    """The hash of a ClientHello."""

    sha256: Hash


class LeanRun(msgspec.Struct, Generic[T], kw_only=True, gc=False):
    """A run (``probe.measurement.run.Run``); the responder's ticks stay as they stand there, for their digest is over those bytes.

    Both ends' are let go when they are packed, and with them the document.
    """

    role: Role
    order: Literal[0, 1]
    name: Name
    address_index: Literal[0, 1]
    failure: Annotated[str, msgspec.Meta(max_length=200)]
    started_at_us: Micros
    connect_us: Phase | None = None
    tls_us: Phase | None = None
    first_byte_us: Phase | None = None
    duration_us: Phase | None = None
    wire_bytes: ByteCount = 0
    cpu_share: Annotated[float, msgspec.Meta(ge=0, le=1000)] | None = None
    client_hello: LeanHello | None = None
    ticks: T | None = None
    responder_ticks: msgspec.Raw = msgspec.Raw()
    sender_late_ticks: ByteCount | None = None
    http: HttpSeen | None = None

    @property
    def ok(self) -> bool:
        """Whether the run reached its end."""
        return self.failure == "ok"


class LeanSentinel(msgspec.Struct, frozen=True, gc=False):
    """Whether a sentinel's evidence was kept: then the document is read whole."""

    ticket: msgspec.Raw = msgspec.Raw()


class LeanTicket(msgspec.Struct, frozen=True, gc=False):
    """A signed ticket without its signature."""

    key: bytes
    body: Ticket


class LeanStatement(msgspec.Struct, frozen=True, gc=False):
    """A signed statement without its signature."""

    key: bytes
    body: Statement


class LeanPair(msgspec.Struct, Generic[T], frozen=True, kw_only=True, gc=False):
    """A pair (``probe.measurement.pair.Pair``)."""

    ticket: LeanTicket
    nonce: Nonce
    runs: tuple[LeanRun[T], ...]
    limits: Limits
    gap_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)]
    statement: LeanStatement | None = None
    aborted: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    sentinel: LeanSentinel | None = None

    @property
    def in_order(self) -> bool:
        """Whether the runs are those of a pair: 0 then 1, one original and one control."""
        if len(self.runs) != 2:
            return not self.runs or (len(self.runs) == 1 and self.runs[0].order == 0)
        first, second = self.runs
        return first.order == 0 and second.order == 1 and first.role != second.role


class LeanMeasurement(msgspec.Struct, Generic[T], frozen=True, kw_only=True, gc=False):
    """A measurement (``probe.measurement.envelope.Measurement``); one that holds no pair is read whole."""

    schema_version: Literal[1]
    nettest: ShortText
    probe_key: Hash
    started_at: Annotated[datetime, msgspec.Meta(tz=True)]
    utc_offset_min: Annotated[int, msgspec.Meta(ge=-18 * 60, le=18 * 60)]
    catalogue_version: ShortText
    plan_serial: Micros
    line: Line = Line()
    pair: LeanPair[T] | None = None
    skipped: Text | None = None
    result: msgspec.Raw = msgspec.Raw()


DOWN: Final = msgspec.json.Decoder(LeanMeasurement[NearTicks])
UP: Final = msgspec.json.Decoder(LeanMeasurement[FarTicks])
NEAR: Final = msgspec.json.Decoder(NearTicks)
FAR: Final = msgspec.json.Decoder(FarTicks)

AnyLeanRun = LeanRun[NearTicks] | LeanRun[FarTicks]
AnyLeanPair = LeanPair[NearTicks] | LeanPair[FarTicks]
AnyLeanMeasurement = LeanMeasurement[NearTicks] | LeanMeasurement[FarTicks]
