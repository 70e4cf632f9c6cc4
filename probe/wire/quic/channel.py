"""One QUIC connection and its one stream, and what it tells of losses and round trips.

aioquic tells no statistics, so its recovery and stream objects are read by their private names. They are read in
this file alone, and `tests/probe/wire/test_quic.py` fails with the release that renames one.
"""

# ruff: noqa: SLF001 - see the docstring: what QUIC gives about losses and round trips stands in private attributes

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted, StreamDataReceived
from aioquic.quic.packet import QuicErrorCode
from cryptography.hazmat.primitives.serialization import Encoding

from probe.wire.quic.doorkeeper import Validated, is_retry
from probe.wire.quic.pacer import Pacer
from probe.wire.quic.settings import DATAGRAM_BYTES, STREAM, client_configuration

FIRST_FLIGHT_DATAGRAMS: Final = 4
_CRYPTO_ALERTS: Final = range(QuicErrorCode.CRYPTO_ERROR, QuicErrorCode.CRYPTO_ERROR + 256)
_NOBODY: Final = ("far end", 0)
"""aioquic wants an address for each datagram; a channel has one far end, known to its socket."""


@dataclass(frozen=True)
class Closed:
    """How a connection ended. ``by_far``: the far end closed it; ``alert``: for a TLS alert; ``version``: no common one."""

    by_far: bool
    alert: bool
    version: bool
    idle: bool


@dataclass
class QuicChannel:
    """One connection and its one stream. Feed it what came, take what must go, mind the timer.

    ``first_flight`` keeps the client's Initials, sent or received, as raw datagrams: nobody looks into them before
    ``hello_record``. ``received_bytes`` of the stream were delivered in order; ``finished``: the far end has said that this was all.
    """

    connection: QuicConnection
    established: bool = False
    closed: Closed | None = None
    retried: bool = False
    finished: bool = False
    received_bytes: int = 0
    datagrams_in: int = 0
    datagram_bytes_in: int = 0
    lost_packets: int = 0
    lost_bytes: int = 0
    packets_out: int = 0
    first_flight: list[bytes] = field(default_factory=list)
    _plain: list[bytes] = field(default_factory=list)

    @classmethod
    def client(cls, name: str, now_s: float) -> QuicChannel:
        """A connection under ``name``, its first flight ready; raises ``ValueError`` for a name no ClientHello can hold."""
        if not name.isascii() or not 0 < len(name) < 254 or not all(0 < len(p) < 64 for p in name.split(".")):
            raise ValueError("a name that cannot stand in a ClientHello")
        channel = cls(QuicConnection(configuration=client_configuration(name)))
        channel._count_losses()
        channel.connection.connect(_NOBODY, now_s)
        return channel

    @classmethod
    def server(cls, configuration: QuicConfiguration, validated: Validated) -> QuicChannel:
        """The responder's end for a client that has shown its address."""
        channel = cls(
            QuicConnection(
                configuration=configuration,
                original_destination_connection_id=validated.original_cid,
                retry_source_connection_id=validated.retry_cid,
            )
        )
        channel._count_losses()
        return channel

    @property
    def own_cid(self) -> bytes:
        """The id by which the far end's datagrams are told to be ours."""
        return self.connection.host_cid

    def pace(self, pace_bit_s: int) -> None:
        """From now on never faster than that."""
        self.connection._loss._pacer = Pacer(pace_bit_s)

    def feed(self, datagram: bytes, now_s: float) -> None:
        """A datagram that came."""
        self.datagrams_in += 1
        self.datagram_bytes_in += len(datagram)
        if self.connection._is_client:
            if not self.retried and is_retry(datagram):
                before = self.connection._retry_count
                self.connection.receive_datagram(datagram, _NOBODY, now_s)
                self.retried = self.connection._retry_count > before
                if self.retried:
                    self.first_flight.clear()  # the ClientHello that counts is the one after the Retry
                self._events()
                return
        else:
            self._keep(datagram)
        self.connection.receive_datagram(datagram, _NOBODY, now_s)
        self._events()

    def take(self, now_s: float) -> list[bytes]:
        """Datagrams that must go now."""
        datagrams = [data for data, _ in self.connection.datagrams_to_send(now_s)]
        self.packets_out += len(datagrams)
        if self.connection._is_client:
            for datagram in datagrams:
                self._keep(datagram)
        pacer = self.connection._loss._pacer
        if isinstance(pacer, Pacer):
            loss = self.connection._loss
            full = loss.bytes_in_flight + DATAGRAM_BYTES > loss.congestion_window
            pacer.held_by_network = full or not self.unsent_bytes
        return datagrams

    def timer_s(self) -> float | None:
        """When ``wake`` must be called, on the clock that the caller passes as ``now_s``."""
        return self.connection.get_timer()

    def wake(self, now_s: float) -> None:
        """The timer is due."""
        self.connection.handle_timer(now_s)
        self._events()

    def write(self, data: bytes) -> None:
        """More bytes for the stream."""
        self.connection.send_stream_data(STREAM, data)

    def read(self) -> bytes:
        """What came on the stream, in order, since the last call."""
        data = b"".join(self._plain)
        self._plain.clear()
        return data

    def finish(self) -> None:
        """Say that nothing more will be written; what the far end writes is read on."""
        self.connection.send_stream_data(STREAM, b"", end_stream=True)

    def end(self) -> None:
        """Close the connection at once; ``take`` has the datagram that says so."""
        self.connection.close()
        self._events()

    def certificate_sha256(self) -> bytes | None:
        """SHA-256 of the far end's DER certificate: the pin. ``None`` before it came."""
        certificate = self.connection.tls._peer_certificate
        return None if certificate is None else sha256(certificate.public_bytes(Encoding.DER)).digest()

    # ---------------------------------------------------------------------------- what QUIC knows of itself

    @property
    def unsent_bytes(self) -> int:
        """Bytes of the stream that were written and have never been sent."""
        stream = self.connection._streams.get(STREAM)
        return 0 if stream is None else stream.sender._buffer_stop - stream.sender.highest_offset

    @property
    def sent_bytes(self) -> int:
        """Bytes of the stream that have been sent, each counted once."""
        stream = self.connection._streams.get(STREAM)
        return 0 if stream is None else stream.sender.highest_offset

    @property
    def acked_bytes(self) -> int:
        """Bytes of the stream that were acknowledged without a gap: what the far end can have read."""
        stream = self.connection._streams.get(STREAM)
        return 0 if stream is None else stream.sender._buffer_start

    @property
    def lost_s(self) -> float:
        """Seconds in which we were late to send (``Pacer``)."""
        pacer = self.connection._loss._pacer
        return pacer.lost_s if isinstance(pacer, Pacer) else 0.0

    def sender_fields(self, before_bytes: int = 0) -> dict[str, int]:
        """The columns of ``Ticks`` that QUIC's sender can fill; ``before_bytes`` of the stream are not bulk."""
        loss = self.connection._loss
        known = loss._rtt_initialized
        return {
            "rtt_us": _us(loss._rtt_smoothed) if known else 0,
            "rttvar_us": _us(loss._rtt_variance) if known else 0,
            "min_rtt_us": _us(loss._rtt_min) if known else 0,
            "snd_cwnd": loss.congestion_window // DATAGRAM_BYTES,
            "segs_out": self.packets_out,
            "total_retrans": self.lost_packets,
            "bytes_acked": max(0, self.acked_bytes - before_bytes),
            "bytes_retrans": self.lost_bytes,
            "notsent_bytes": self.unsent_bytes,
        }

    def receiver_fields(self) -> dict[str, int]:
        """The columns of ``Ticks`` that QUIC's receiver can fill."""
        return {"segs_in": self.datagrams_in, "bytes_received": self.datagram_bytes_in}

    def _count_losses(self) -> None:
        control = self.connection._loss._cc
        told = control.on_packets_lost

        def counted(*, now: float, packets: Any) -> None:
            lost = list(packets)
            self.lost_packets += len(lost)
            self.lost_bytes += sum(packet.sent_bytes for packet in lost)
            told(now=now, packets=lost)

        control.on_packets_lost = counted  # type: ignore[method-assign]  # the library has no other place to ask

    def _keep(self, datagram: bytes) -> None:
        if not self.established and len(self.first_flight) < FIRST_FLIGHT_DATAGRAMS:
            self.first_flight.append(datagram)

    def _events(self) -> None:
        """Take what aioquic has to say. Ends: each turn takes one event out."""
        while (event := self.connection.next_event()) is not None:
            if isinstance(event, StreamDataReceived):
                if event.stream_id == STREAM:
                    self.received_bytes += len(event.data)
                    self._plain.append(event.data)
                    self.finished = self.finished or event.end_stream
            elif isinstance(event, HandshakeCompleted):
                self.established = True
        ending = self.connection._close_event  # the event itself comes only when the closing period is over
        if ending is not None and self.closed is None:
            self.closed = _closed(ending, far=self.connection._state.name == "DRAINING")


def _closed(event: ConnectionTerminated, *, far: bool) -> Closed:
    return Closed(
        by_far=far,
        alert=event.error_code in _CRYPTO_ALERTS,
        version=event.reason_phrase == "Could not find a common protocol version",
        idle=event.reason_phrase == "Idle timeout",
    )


def _us(seconds: float) -> int:
    return max(0, round(seconds * 1e6))
