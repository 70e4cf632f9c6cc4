"""A run: one transfer as the probe saw it."""

from typing import Annotated, Literal

import msgspec

from probe.measurement.failures import OK, is_known
from probe.measurement.http import HttpSeen
from probe.measurement.ticket import ByteCount, Hash, Micros, Name
from probe.measurement.ticks import Ticks

Phase = Annotated[int, msgspec.Meta(ge=0, le=120_000_000)]
"""The length of a phase of a run, µs: no run lasts two minutes."""
Role = Literal["original", "control"]


class ClientHello(msgspec.Struct, frozen=True):
    """The ClientHello as sent: its hash, its bytes with random, session id and key shares zeroed, and JA4."""

    sha256: Hash
    without_keys: Annotated[bytes, msgspec.Meta(max_length=2048)]
    ja4: str


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Times are ``None`` for phases it did not reach.

    ``started_at_us`` is the probe's clock at the first SYN; ``connect_us``, ``tls_us`` and ``first_byte_us``
    are the lengths of the TCP handshake, of the TLS handshake and of the wait for the first byte of bulk;
    ``duration_us`` and ``wire_bytes`` span the bulk. ``address`` is the responder's literal address.
    ``http`` is what a run of replay_http saw besides; over QUIC ``connect_us`` is the round trip of the Retry.
    ``cpu_share`` is this process's CPU time over wall time during the bulk (1.0: one core).

    Of an upload the probe is the sender: ``first_byte_us`` is the wait for the first byte's acknowledgement, ``wire_bytes``
    what was acknowledged, the ticks' ``wire_bytes`` what was handed to the socket; ``sender_late_ticks`` counts ticks at
    which it had nothing left to send. What arrived, and when, the responder's ticks tell.
    """

    role: Role
    order: Literal[0, 1]
    name: Name
    address: Annotated[str, msgspec.Meta(max_length=64)]
    address_index: Literal[0, 1]
    failure: Annotated[str, msgspec.Meta(max_length=200)]
    started_at_us: Micros
    connect_us: Phase | None = None
    tls_us: Phase | None = None
    first_byte_us: Phase | None = None
    duration_us: Phase | None = None
    wire_bytes: ByteCount = 0
    cpu_share: Annotated[float, msgspec.Meta(ge=0, le=1000)] | None = None
    client_hello: ClientHello | None = None
    ticks: Ticks | None = None
    responder_ticks: Ticks | None = None
    sender_late_ticks: ByteCount | None = None
    congestion_control: Annotated[str, msgspec.Meta(max_length=32)] | None = None
    http: HttpSeen | None = None

    def __post_init__(self) -> None:
        if not is_known(self.failure):
            raise ValueError(f"failure {self.failure!r} is not in the list of failures")

    @property
    def ok(self) -> bool:
        """Whether the run reached its end."""
        return self.failure == OK
