"""Lean: what a judgement reads of a measurement, as types; the rest of the document is passed over unread.

A tick has eighteen columns, of which five decide anything: decoding all of them costs three times what this does. For rows
that were decoded whole, and checked, at the collector's door. Constraints hold for what is read; who wants all of
them reads ``probe.measurement.envelope`` (``opened.open_stored``).
"""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from probe.measurement.envelope import Line, Text
from probe.measurement.http import HttpSeen
from probe.measurement.pair import Limits
from probe.measurement.run import Phase, Role
from probe.measurement.signing import Signed
from probe.measurement.ticket import ByteCount, Hash, Micros, Name, Nonce, ShortText
from probe.measurement.ticks import Counts

ABSENT: Final = (msgspec.Raw(), msgspec.Raw(b"null"))
"""A raw value that is not there."""


class NearTicks(msgspec.Struct, frozen=True, gc=False):
    """Ticks of the end that received the bulk (``probe.measurement.ticks``)."""

    t_us: Counts = ()
    wire_bytes: Counts = ()

    @property
    def even(self) -> bool:
        """Whether columns that say something have one length."""
        return len(self.t_us) == len(self.wire_bytes) or not (self.t_us and self.wire_bytes)


class FarTicks(msgspec.Struct, frozen=True, gc=False):
    """Ticks of the end that sent the bulk."""

    t_us: Counts = ()
    wire_bytes: Counts = ()
    rtt_us: Counts = ()
    segs_out: Counts = ()
    total_retrans: Counts = ()
    bytes_acked: Counts = ()

    @property
    def even(self) -> bool:
        """Whether columns that say something have one length."""
        columns = (
            self.t_us, self.wire_bytes, self.rtt_us, self.segs_out, self.total_retrans, self.bytes_acked,
        )  # fmt: skip
        return len({len(column) for column in columns} - {0}) <= 1


class LeanHello(msgspec.Struct, frozen=True, gc=False):
    """The hash of a ClientHello."""

    sha256: Hash


class LeanRun(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A run (``probe.measurement.run.Run``); its ticks are decoded by whoever knows the direction."""

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
    ticks: msgspec.Raw = msgspec.Raw()
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


class LeanPair(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pair (``probe.measurement.pair.Pair``)."""

    ticket: Signed
    nonce: Nonce
    runs: tuple[LeanRun, ...]
    limits: Limits
    gap_ms: Annotated[int, msgspec.Meta(ge=0, le=3_600_000)]
    statement: Signed | None = None
    aborted: Annotated[str, msgspec.Meta(max_length=120)] | None = None
    sentinel: LeanSentinel | None = None

    @property
    def in_order(self) -> bool:
        """Whether the runs are those of a pair: 0 then 1, one original and one control."""
        orders = [run.order for run in self.runs]
        return orders in ([0, 1], [0], []) and len({run.role for run in self.runs}) == len(orders)

    def run(self, role: str) -> LeanRun | None:
        """The run with that role, ``None`` if the pair was aborted before it."""
        return next((run for run in self.runs if run.role == role), None)


class LeanMeasurement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A measurement (``probe.measurement.envelope.Measurement``); one that holds no pair is read whole."""

    schema_version: Literal[1]
    nettest: ShortText
    probe_key: Hash
    started_at: Annotated[datetime, msgspec.Meta(tz=True)]
    utc_offset_min: Annotated[int, msgspec.Meta(ge=-18 * 60, le=18 * 60)]
    catalogue_version: ShortText
    plan_serial: Micros
    line: Line = Line()
    pair: LeanPair | None = None
    skipped: Text | None = None
    result: msgspec.Raw = msgspec.Raw()


DOCUMENT: Final = msgspec.json.Decoder(LeanMeasurement)
NEAR: Final = msgspec.json.Decoder(NearTicks)
FAR: Final = msgspec.json.Decoder(FarTicks)
