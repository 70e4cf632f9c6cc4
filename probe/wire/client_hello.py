"""The ClientHello as it went over the wire: name, hash, bytes without keys, JA4.

RFC 8446 section 4.1.2 gives the layout, RFC 6066 section 3 the server name, the FoxIO specification JA4
(https://github.com/FoxIO-LLC/ja4, client part, BSD 3-Clause) the fingerprint. This parser only reads bytes that were recorded; no transfer code
calls it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

RECORD_HEADER: Final = 5
EXT_SERVER_NAME: Final = 0x0000
EXT_SIGNATURE_ALGORITHMS: Final = 0x000D
EXT_ALPN: Final = 0x0010
EXT_SUPPORTED_VERSIONS: Final = 0x002B
EXT_KEY_SHARE: Final = 0x0033
EXT_QUIC_PARAMETERS: Final = 0x0039
INITIAL_SOURCE_CID: Final = 0x0F
_VERSIONS: Final = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10"}


class NotAClientHello(ValueError):
    """The bytes do not hold one whole ClientHello in one record."""


@dataclass(frozen=True)
class Hello:
    """What a ClientHello says. ``raw`` is the handshake message; ``keys`` are the (start, end) to be zeroed."""

    raw: bytes
    server_name: str | None
    ciphers: tuple[int, ...]
    extensions: tuple[int, ...]
    signature_algorithms: tuple[int, ...]
    alpn_first: str
    version: int
    keys: tuple[tuple[int, int], ...]

    def sha256(self) -> bytes:
        """Hash of the handshake message exactly as it stood on the wire."""
        return sha256(self.raw).digest()

    def without_keys(self) -> bytes:
        """The message with random, session id and key shares zeroed: what two connections have in common."""
        blank = bytearray(self.raw)
        for start, end in self.keys:
            blank[start:end] = bytes(end - start)
        return bytes(blank)

    def ja4(self) -> str:
        """The JA4 fingerprint: the same for two names, so original and control must agree in it."""
        ciphers = [c for c in self.ciphers if not _is_grease(c)]
        extensions = [e for e in self.extensions if not _is_grease(e)]
        named = "d" if EXT_SERVER_NAME in extensions else "i"
        alpn = self.alpn_first[:1] + self.alpn_first[-1:] if self.alpn_first else "00"
        carrier = "q" if EXT_QUIC_PARAMETERS in extensions else "t"
        head = f"{carrier}{_VERSIONS.get(self.version, '00')}{named}{min(len(ciphers), 99):02}{min(len(extensions), 99):02}{alpn}"
        sorted_extensions = sorted(e for e in extensions if e not in (EXT_SERVER_NAME, EXT_ALPN))
        tail = _hex_list(sorted_extensions)
        if self.signature_algorithms:
            tail += "_" + _hex_list(list(self.signature_algorithms))
        return f"{head}_{_short_hash(_hex_list(sorted(ciphers)))}_{_short_hash(tail)}"


def parse(first_flight: bytes) -> Hello:
    """The ClientHello at the start of ``first_flight`` (TLS records); raises ``NotAClientHello``."""
    try:
        return _parse(first_flight)
    except (IndexError, UnicodeDecodeError) as error:
        raise NotAClientHello("the ClientHello is cut short or malformed") from error


def _parse(first_flight: bytes) -> Hello:
    if len(first_flight) < RECORD_HEADER + 4 or first_flight[0] != 0x16 or first_flight[5] != 0x01:
        raise NotAClientHello("no handshake record with a ClientHello")
    length = int.from_bytes(first_flight[6:9], "big")
    if _u16(first_flight, 3) < 4 + length:
        raise NotAClientHello("the ClientHello is spread over several records")
    raw = first_flight[RECORD_HEADER : RECORD_HEADER + 4 + length]
    if len(raw) < 4 + length:
        raise NotAClientHello(f"the ClientHello has {4 + length} bytes, only {len(raw)} are here")
    random_at = 6
    session_at = random_at + 32 + 1
    session_end = session_at + raw[session_at - 1]
    ciphers_at = session_end + 2
    ciphers_end = ciphers_at + _u16(raw, session_end)
    extensions_at = ciphers_end + 1 + raw[ciphers_end] + 2
    name: str | None = None
    algorithms: tuple[int, ...] = ()
    alpn, version = "", 0x0303
    kinds: list[int] = []
    keys = [(random_at, random_at + 32), (session_at, session_end)]
    for kind, start, end in _extensions(raw, extensions_at):
        kinds.append(kind)
        if kind == EXT_SERVER_NAME:
            name = raw[start + 5 : start + 5 + _u16(raw, start + 3)].decode("ascii")
        elif kind == EXT_SIGNATURE_ALGORITHMS:
            algorithms = _u16_list(raw, start + 2, end)
        elif kind == EXT_ALPN:
            alpn = raw[start + 3 : start + 3 + raw[start + 2]].decode("ascii")
        elif kind == EXT_SUPPORTED_VERSIONS:
            offered = (v for v in _u16_list(raw, start + 1, end) if not _is_grease(v))
            version = max(offered, default=version)
        elif kind == EXT_KEY_SHARE:
            keys += _key_shares(raw, start + 2, end)
        elif kind == EXT_QUIC_PARAMETERS:
            keys += _source_cid(raw, start, end)
    return Hello(
        raw,
        name,
        _u16_list(raw, ciphers_at, ciphers_end),
        tuple(kinds),
        algorithms,
        alpn,
        version,
        tuple(keys),
    )


def _extensions(raw: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """(type, start, end) of each extension. Ends: ``at`` grows by at least 4 a turn."""
    while at + 4 <= len(raw):
        end = at + 4 + _u16(raw, at + 2)
        if end > len(raw):
            raise NotAClientHello("an extension is longer than the message")
        yield _u16(raw, at), at + 4, end
        at = end


def _key_shares(raw: bytes, at: int, end: int) -> list[tuple[int, int]]:
    """Where the public keys stand. Ends: ``at`` grows by at least 4 a turn."""
    shares = []
    while at + 4 <= end:
        stop = at + 4 + _u16(raw, at + 2)
        shares.append((at + 4, min(stop, end)))
        at = stop
    return shares


def _source_cid(raw: bytes, at: int, end: int) -> list[tuple[int, int]]:
    """Where QUIC's random connection id stands in its transport parameters (RFC 9000, 18). Ends: ``at`` grows."""
    while at < end:
        kind, at = _varint(raw, at)
        length, at = _varint(raw, at)
        if kind == INITIAL_SOURCE_CID:
            return [(at, min(at + length, end))]
        at += length
    return []


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer (RFC 9000, 16) and where it ends."""
    size = 1 << (raw[at] >> 6)
    return int.from_bytes(raw[at : at + size], "big") & ((1 << (8 * size - 2)) - 1), at + size


def _u16(raw: bytes, at: int) -> int:
    return raw[at] << 8 | raw[at + 1]


def _u16_list(raw: bytes, at: int, end: int) -> tuple[int, ...]:
    return tuple(_u16(raw, i) for i in range(at, end - 1, 2))


def _is_grease(value: int) -> bool:
    """RFC 8701: 0x?A?A."""
    return value & 0x0F0F == 0x0A0A and value >> 8 == value & 0xFF


def _hex_list(values: list[int]) -> str:
    return ",".join(f"{value:04x}" for value in values)


def _short_hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
