"""QUIC version 1 (RFC 9000, 9001) without a socket: the one file that wraps aioquic, which the extra `quic` brings.

aioquic is sans-I/O: datagrams in, datagrams out, a timer. What is fixed here, so that original and control differ in
the server name alone: version 1 only, connection ids of 8 bytes, datagrams of at most 1200 bytes and Initials padded
to them, one ALPN (QUIC must have one, RFC 9001 section 8.1; `h3` is what the services' own traffic shows), the same
groups, ciphers and transport parameters in the library's one order, no 0-RTT, no session tickets.

aioquic tells no statistics, so its recovery and stream objects are read by their private names. They are read in
this file alone, and `tests/probe/wire/test_quic.py` fails with the release that renames one.
"""

# ruff: noqa: SLF001 - see the docstring: what QUIC gives about losses and round trips stands in private attributes

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from aioquic.buffer import Buffer, BufferReadError  # type: ignore[attr-defined]  # its public door, without __all__
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.crypto import CryptoError, CryptoPair  # type: ignore[attr-defined]  # as above
from aioquic.quic.events import ConnectionTerminated, HandshakeCompleted, StreamDataReceived
from aioquic.quic.packet import (
    QuicErrorCode,
    QuicPacketType,
    QuicProtocolVersion,
    encode_quic_retry,
    encode_quic_version_negotiation,
    pull_quic_header,
)
from aioquic.quic.recovery import QuicPacketPacer
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding

VERSION_1: Final = int(QuicProtocolVersion.VERSION_1)
DATAGRAM_BYTES: Final = 1200
CID_BYTES: Final = 8
ALPN: Final = "h3"
STREAM: Final = 0
CONGESTION_CONTROL: Final = "cubic"
WINDOW_BYTES: Final = 8 * 1024 * 1024
"""Flow control: as much as a browser offers, so that it is never what limits a paced run."""
IDLE_S: Final = 30.0
BURST_S: Final = 0.010
"""The pacer may catch up so much: what an event loop on a machine at work is late now and then."""
BURST_DATAGRAMS: Final = 16
"""… or so many datagrams, where they take longer: as many as TCP's segmentation offload sends at once."""
GRAIN_S: Final = 0.001
"""The pacer sleeps at least so long: datagrams go in twos and threes at 20 Mbit/s, as the kernel's own pacing sends them."""
LATE_SHARE: Final = 0.05
FIRST_FLIGHT_DATAGRAMS: Final = 4
_CRYPTO_ALERTS: Final = range(QuicErrorCode.CRYPTO_ERROR, QuicErrorCode.CRYPTO_ERROR + 256)
logging.getLogger(
    "quic"
).disabled = True  # the library writes of connections and addresses, which we never do
_NOBODY: Final = ("far end", 0)
"""aioquic wants an address for each datagram; a channel has one far end, known to its socket."""


def client_configuration(name: str) -> QuicConfiguration:
    """The settings of every QUIC run at the probe. The pin, not a CA, is the trust."""
    return _configuration(is_client=True, server_name=name, verify_mode=0)


def server_configuration(certificate_pem: str, key_pem: str) -> QuicConfiguration:
    """The responder's one configuration, from two PEM files; it knows no name."""
    configuration = _configuration(is_client=False)
    configuration.load_cert_chain(certificate_pem, key_pem)
    return configuration


def _configuration(**more: Any) -> QuicConfiguration:
    return QuicConfiguration(
        alpn_protocols=[ALPN],
        congestion_control_algorithm=CONGESTION_CONTROL,
        connection_id_length=CID_BYTES,
        idle_timeout=IDLE_S,
        max_data=WINDOW_BYTES,
        max_stream_data=WINDOW_BYTES,
        max_datagram_size=DATAGRAM_BYTES,
        supported_versions=[VERSION_1],
        **more,
    )


@dataclass(frozen=True)
class Closed:
    """How a connection ended. ``by_far``: the far end closed it; ``alert``: for a TLS alert; ``version``: no common one."""

    by_far: bool
    alert: bool
    version: bool
    idle: bool


class Pacer(QuicPacketPacer):
    """aioquic's pacer, never faster than ``pace_bit_s`` of UDP payload; 0 leaves it to the congestion control.

    ``lost_s`` sums the time in which a datagram was due and the program did not come to send it.
    """

    def __init__(self, pace_bit_s: int) -> None:
        super().__init__(max_datagram_size=DATAGRAM_BYTES)
        self.least_s = DATAGRAM_BYTES * 8 / pace_bit_s if pace_bit_s else 0.0
        self.held_by_network = True
        self.lost_s = 0.0
        if self.least_s:
            self.packet_time = self.least_s
            self._bound()

    def update_rate(self, congestion_window: int, smoothed_rtt: float) -> None:
        """The congestion control's rate, or the ticket's if that is lower."""
        super().update_rate(congestion_window, smoothed_rtt)
        if self.least_s:
            self.packet_time = max(self.packet_time or 0.0, self.least_s)
            self._bound()

    def next_send_time(self, now: float) -> float | None:  # type: ignore[override]  # the library's own returns None
        """When the next datagram may go; ``None``: now."""
        if self.packet_time is None:
            return None
        self.update_bucket(now)
        return None if self.bucket_time > 0 else now - self.bucket_time + max(self.packet_time, GRAIN_S)

    def update_after_send(self, now: float) -> None:
        """One datagram's time is spent, also beyond what the bucket holds: the library forgives that, and so exceeds its rate."""
        if self.packet_time is not None:
            self.update_bucket(now)
            self.bucket_time -= self.packet_time

    def _bound(self) -> None:
        self.bucket_max = max(BURST_DATAGRAMS * (self.packet_time or 0.0), BURST_S)
        self.bucket_time = min(self.bucket_time, self.bucket_max)

    def update_bucket(self, now: float) -> None:
        """Fill the bucket; what does not fit is time that was lost, unless the network had us wait."""
        if not self.held_by_network and now > self.evaluation_time:
            self.lost_s += max(0.0, self.bucket_time + now - self.evaluation_time - self.bucket_max)
        super().update_bucket(now)


@dataclass
class QuicChannel:
    """One connection and its one stream. Feed it what came, take what must go, mind the timer.

    ``first_flight`` keeps the client's Initials, sent or received, as raw datagrams: nobody looks into them before
    ``hello_record``. ``stream`` counts bytes of the stream: ``received_bytes`` those delivered in order.
    """

    connection: QuicConnection
    established: bool = False
    closed: Closed | None = None
    retried: bool = False
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


# -------------------------------------------------------------------------------------- before there is a connection


@dataclass(frozen=True)
class Validated:
    """A client that brought the token of our Retry back: the two ids that the handshake must repeat."""

    original_cid: bytes
    retry_cid: bytes


@dataclass
class Doorkeeper:
    """Answers datagrams that belong to no connection: a Retry, a version negotiation, or nothing.

    It keeps nothing: the token holds all, sealed under a key of this process, for this address and a few seconds. Each
    answer is shorter than the datagram that caused it, and short datagrams get none (RFC 9000, 8.1: never more than
    three times what came; here never as much).
    """

    key: bytes = field(default_factory=lambda: AESGCM.generate_key(128))
    token_s: float = 10.0

    def answer(self, datagram: bytes, peer: tuple[str, int], now_s: float) -> bytes | Validated | None:
        """What to send back, or the client to let in, or ``None``."""
        if len(datagram) < DATAGRAM_BYTES:
            return None
        try:
            header = pull_quic_header(Buffer(data=datagram), host_cid_length=CID_BYTES)
        except ValueError:
            return None
        if header.version is None or header.packet_type is QuicPacketType.VERSION_NEGOTIATION:
            return None
        if header.version != VERSION_1:
            return encode_quic_version_negotiation(
                source_cid=header.destination_cid,
                destination_cid=header.source_cid,
                supported_versions=[VERSION_1],
            )
        if header.packet_type is not QuicPacketType.INITIAL:
            return None
        if not header.token:
            return self._retry(header.source_cid, header.destination_cid, peer, now_s)
        return self._validated(header.token, header.destination_cid, peer, now_s)

    def _retry(self, source_cid: bytes, original_cid: bytes, peer: tuple[str, int], now_s: float) -> bytes:
        retry_cid, nonce = os.urandom(CID_BYTES), os.urandom(12)
        plain = int(now_s * 1000).to_bytes(8, "big") + retry_cid + original_cid
        return encode_quic_retry(
            version=VERSION_1,
            source_cid=retry_cid,
            destination_cid=source_cid,
            original_destination_cid=original_cid,
            retry_token=nonce + AESGCM(self.key).encrypt(nonce, plain, _named(peer)),
        )

    def _validated(self, token: bytes, cid: bytes, peer: tuple[str, int], now_s: float) -> Validated | None:
        try:
            plain = AESGCM(self.key).decrypt(token[:12], token[12:], _named(peer))
        except (InvalidTag, ValueError):
            return None
        made_s, retry_cid = int.from_bytes(plain[:8], "big") / 1000, plain[8 : 8 + CID_BYTES]
        if not -1.0 <= now_s - made_s <= self.token_s or retry_cid != cid:
            return None
        return Validated(original_cid=plain[8 + CID_BYTES :], retry_cid=retry_cid)


def _named(peer: tuple[str, int]) -> bytes:
    return f"{peer[0]} {peer[1]}".encode()


def is_retry(datagram: bytes) -> bool:
    """Whether a datagram is a Retry of version 1 (RFC 9000, 17.2.5)."""
    return len(datagram) > 5 and datagram[0] & 0xF0 == 0xF0 and datagram[1:5] == VERSION_1.to_bytes(4, "big")


def destination_cid(datagram: bytes) -> bytes | None:
    """The id to which a datagram is addressed, ``None`` where it has none that could be ours."""
    if not datagram:
        return None
    if datagram[0] & 0x80:
        if len(datagram) < 6:
            return None
        return datagram[6 : 6 + datagram[5]]
    return datagram[1 : 1 + CID_BYTES] if len(datagram) > CID_BYTES else None


# -------------------------------------------------------------------------------------------------- the ClientHello


def hello_record(datagrams: list[bytes]) -> bytes:
    """The ClientHello of a first flight as one TLS record, for ``client_hello.parse``; empty if it is not whole.

    The keys of Initials are public (RFC 9001, 5.2), so that any box on the way can read the name, and so do we.
    """
    pieces: dict[int, bytes] = {}
    for datagram in datagrams:
        try:
            pieces |= _crypto_frames(datagram)
        except (ValueError, CryptoError, BufferReadError):
            continue
    message = _joined(pieces)
    if len(message) < 4 or len(message) < 4 + int.from_bytes(message[1:4], "big"):
        return b""
    message = message[: 4 + int.from_bytes(message[1:4], "big")]
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


def _joined(pieces: dict[int, bytes]) -> bytes:
    message = b""
    for offset in sorted(pieces):
        if offset > len(message):
            break
        message = message[:offset] + pieces[offset] + message[offset + len(pieces[offset]) :]
    return message


def _crypto_frames(datagram: bytes) -> dict[int, bytes]:
    """Offset to data of the CRYPTO frames in a client's Initial. Ends: each turn pulls at least a byte."""
    buffer = Buffer(data=datagram)
    header = pull_quic_header(buffer, host_cid_length=CID_BYTES)
    if header.version != VERSION_1 or header.packet_type is not QuicPacketType.INITIAL:
        return {}
    pair = CryptoPair()
    pair.setup_initial(cid=header.destination_cid, is_client=False, version=VERSION_1)
    _, plain, _ = pair.decrypt_packet(datagram[: header.packet_length], buffer.tell(), 0)
    found: dict[int, bytes] = {}
    frames = Buffer(data=plain)
    while not frames.eof():
        kind = frames.pull_uint_var()
        if kind == 0x06:
            offset, length = frames.pull_uint_var(), frames.pull_uint_var()
            found[offset] = frames.pull_bytes(length)
        elif kind not in (0x00, 0x01):  # padding, ping
            break
    return found
