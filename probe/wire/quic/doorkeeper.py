"""The door of a QUIC responder, before there is a connection: Retry, version negotiation, or nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from aioquic.buffer import Buffer  # type: ignore[attr-defined]  # its public door, without __all__
from aioquic.quic.packet import (
    QuicPacketType,
    encode_quic_retry,
    encode_quic_version_negotiation,
    pull_quic_header,
)
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from probe.wire.quic.settings import CID_BYTES, DATAGRAM_BYTES, VERSION_1


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
