"""The ClientHello that stands in a QUIC first flight: its keys are public, so that any box on the way can read it."""

from __future__ import annotations

from aioquic.buffer import Buffer, BufferReadError  # type: ignore[attr-defined]  # its public door, without __all__
from aioquic.quic.crypto import CryptoError, CryptoPair  # type: ignore[attr-defined]  # as above
from aioquic.quic.packet import QuicPacketType, pull_quic_header

from probe.wire.quic.settings import CID_BYTES, VERSION_1


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
