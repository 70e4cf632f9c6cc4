"""A capture file as records: pcap (µs, ns, Kuznetzov's) and pcapng (several sections and interfaces), one in memory at a time.

Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng. The libraries read the first interface of a pcapng only, and take
its link type and clock for all others.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from analysis.messages import Trouble
from analysis.trace.headers import LINK_TYPES

LARGEST_RECORD: Final = 1 << 20
"""Bytes. No link carries more in one record, so a larger length is a damaged file, and is not read into memory."""
_PCAP_UNITS: Final = {0xA1B2C3D4: 10**6, 0xA1B23C4D: 10**9, 0xA1B2CD34: 10**6}
_KUZNETZOV: Final = 0xA1B2CD34
"""An old patch of libpcap: eight more bytes in each record's header."""
_SECTION, _INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_BYTE_ORDER: Final = 0x1A2B3C4D
_RESOLUTION, _OFFSET = 9, 14
_FINEST_POWER: Final = 64


class Record(NamedTuple):
    """What was captured at ``t_s`` (seconds since 1970) on a link of this type; ``offset``: where the record begins in the file."""

    t_s: float
    link_type: int
    content: bytes
    offset: int


class Stream(Protocol):
    """A stream that knows its offset."""

    offset: int

    def read(self, size: int) -> bytes:
        """At most ``size`` bytes."""


class CutShortError(EOFError):
    """The file ends within a record."""


def records(stream: Stream, path: Path) -> Iterator[Record]:
    """The records of a capture, in the order of the file.

    Raises Trouble for what is no capture or damaged, CutShortError where it ends within a record.
    """
    start = stream.read(4)
    if not start:
        raise Trouble("trace.empty", path=path)
    if start == b"\x0a\x0d\x0d\x0a":
        yield from _pcapng(stream, path)
        return
    for order in "<>":
        magic = struct.unpack(f"{order}I", start)[0] if len(start) == 4 else 0
        if magic in _PCAP_UNITS:
            yield from _pcap(stream, path, order, magic)
            return
    raise Trouble("trace.not_a_capture", path=path, start=start.hex(), detail="magic")


def _pcap(stream: Stream, path: Path, order: str, magic: int) -> Iterator[Record]:
    head = stream.read(20)
    if len(head) < 20:
        raise Trouble("trace.not_a_capture", path=path, start=head.hex(), detail="header")
    link_type = _known(struct.unpack(f"{order}I", head[16:])[0] & 0xFFFF, path)  # above: frames' checksums
    form, size = (f"{order}IIII8x", 24) if magic == _KUZNETZOV else (f"{order}IIII", 16)
    unit = _PCAP_UNITS[magic]
    while True:  # ends: the file does
        offset = stream.offset
        head = stream.read(size)
        if not head:
            return
        seconds, part, length, _ = struct.unpack(form, _whole(head, size))
        yield Record(seconds + part / unit, link_type, _whole(stream.read(length), length), offset)


def _known(link_type: int, path: Path) -> int:
    if link_type not in LINK_TYPES:
        raise Trouble("trace.link_type", path=path, number=link_type)
    return link_type


def _whole(content: bytes, size: int) -> bytes:
    if len(content) < size:
        raise CutShortError
    return content


@dataclass
class _Section:
    """Of a pcapng: byte order, and each interface's link type, clock units a second, and offset in seconds."""

    order: str = "<"
    interfaces: list[tuple[int, int, int]] = field(default_factory=list)


def _pcapng(stream: Stream, path: Path) -> Iterator[Record]:
    section, kind = _Section(), b"\x0a\x0d\x0d\x0a"
    while True:  # ends: the file does
        offset = max(0, stream.offset - 4)
        if kind == b"\x0a\x0d\x0d\x0a":
            length = _whole(stream.read(4), 4)
            magic = _whole(stream.read(4), 4)
            section = _Section(_order_of(magic, path, offset))
            body = magic + _body(stream, path, section.order, length, offset, have=4)
        else:
            body = _body(stream, path, section.order, _whole(stream.read(4), 4), offset)
        number = struct.unpack(f"{section.order}I", kind)[0]
        if number == _INTERFACE:
            section.interfaces.append(_interface(body, path, section.order, offset))
        elif number in (_PACKET, _OLD_PACKET):
            yield _packet(body, path, section, offset, old=number == _OLD_PACKET)
        elif number == _SIMPLE_PACKET:
            raise Trouble("trace.without_times", path=path, offset=offset)
        kind = stream.read(4)
        if not kind:
            return
        _whole(kind, 4)


def _order_of(magic: bytes, path: Path, offset: int) -> str:
    for order in "<>":
        if struct.unpack(f"{order}I", magic)[0] == _BYTE_ORDER:
            return order
    raise Trouble("trace.damaged", path=path, offset=offset, detail="byte order")


def _body(stream: Stream, path: Path, order: str, length: bytes, offset: int, *, have: int = 0) -> bytes:
    """A block's content: its length stands before and behind it."""
    size = struct.unpack(f"{order}I", length)[0]
    if size < 12 + have or size % 4:
        raise Trouble("trace.damaged", path=path, offset=offset, detail=f"block of {size} bytes")
    body = _whole(stream.read(size - 12 - have), size - 12 - have)
    if _whole(stream.read(4), 4) != length:
        raise Trouble("trace.damaged", path=path, offset=offset, detail="block length")
    return body


def _interface(body: bytes, path: Path, order: str, offset: int) -> tuple[int, int, int]:
    if len(body) < 8:
        raise Trouble("trace.damaged", path=path, offset=offset, detail="interface")
    link_type = struct.unpack(f"{order}H", body[:2])[0]
    units, shift, at = 10**6, 0, 8
    while at + 4 <= len(body):  # ends: `at` grows by at least four each time
        code, size = struct.unpack(f"{order}HH", body[at : at + 4])
        value = body[at + 4 : at + 4 + size]
        if code == _RESOLUTION and len(value) == 1:
            power = value[0] & 0x7F
            if power > _FINEST_POWER:
                raise Trouble("trace.damaged", path=path, offset=offset, detail=f"clock of 10^-{power} s")
            units = int((2 if value[0] & 0x80 else 10) ** power)
        elif code == _OFFSET and len(value) == 8:
            shift = struct.unpack(f"{order}q", value)[0]
        at += 4 + size + -size % 4
    return link_type, units, shift


def _packet(body: bytes, path: Path, section: _Section, offset: int, *, old: bool) -> Record:
    if len(body) < 20:
        raise Trouble("trace.damaged", path=path, offset=offset, detail="packet block")
    number, high, low, kept = struct.unpack(f"{section.order}{'Hxx' if old else 'I'}III", body[:16])
    if number >= len(section.interfaces):
        raise Trouble("trace.damaged", path=path, offset=offset, detail=f"no interface {number}")
    if kept > len(body) - 20:
        raise Trouble(
            "trace.damaged", path=path, offset=offset, detail=f"{kept} bytes in a block of {len(body)}"
        )
    link_type, units, shift = section.interfaces[number]
    return Record((high << 32 | low) / units + shift, _known(link_type, path), body[20 : 20 + kept], offset)
