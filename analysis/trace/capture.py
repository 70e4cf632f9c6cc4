"""A capture file as TCP packets: pcap (µs, ns) or pcapng, plain, .xz or .gz; Ethernet, Linux cooked, loopback, raw IP.

The only file that imports dpkt (why dpkt: docs/notes/007-trace.md). One packet is in memory at a time.
"""

import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import dpkt

from analysis.messages import Trouble

LARGEST_RECORD: Final = 1 << 20
"""Bytes. No link carries more in one record, so a larger length is a damaged file, and is not read into memory."""
BACKWARDS_S: Final = 1.0
"""Clocks are adjusted and queues of several cores mixed: so much is put right; more is not a capture in order of time."""
_ETHERNET, _RAW, _COOKED, _COOKED_2, _LOOPBACK = {1}, {12, 14, 101, 228, 229}, {113}, {276}, {0, 108}
LINK_TYPES: Final = frozenset(_ETHERNET | _RAW | _COOKED | _COOKED_2 | _LOOPBACK)
_LINK_BYTES: Final = {1: 14}
"""Cooked and loopback headers exist in the capture only: the wire had an Ethernet header, or none."""
_PLAIN_IP: Final = (b"\x08\x00", b"\x86\xdd")
_SACK, _MSS = 5, 2


class Packet(NamedTuple):
    """One TCP packet.

    t_s: seconds of the capture's clock; source and destination: packed address and port; bytes: of the IP packet and
    the link header the capture shows; payload_bytes: from the IP header, whatever the capture cut off; sacks: (left,
    right) edges, as they stand; mss: the SYN's, else None; header_bytes: of TCP, with options.
    """

    t_s: float
    source: tuple[bytes, int]
    destination: tuple[bytes, int]
    seq: int
    ack: int
    flags: int
    payload_bytes: int
    bytes: int
    header_bytes: int
    sacks: tuple[tuple[int, int], ...]
    mss: int | None


@dataclass
class Read:
    """What reading met: packets in all, those that are no readable TCP, and whether the last one is cut off."""

    packets: int = 0
    not_tcp: int = 0
    cut_short: bool = False
    last_t_s: float = field(default=-float("inf"))


def packets(path: Path, read: Read) -> Iterator[Packet]:
    """The TCP packets of a capture, in order; ``read`` is kept up to date.

    A last record that is cut off ends the reading (a capture that was killed), and is told in ``read``. Raises Trouble
    naming file and offset for anything else that is no capture.
    """
    try:
        with _opened(path) as stream:
            counted = _Counted(stream, path)
            reader = _reader(counted, path)
            link_type = int(reader.datalink())
            if link_type not in LINK_TYPES:
                raise Trouble("trace.link_type", path=path, number=link_type)
            yield from _tcp_packets(reader, link_type, counted, path, read)
    except OSError as error:
        raise Trouble("trace.cannot_read", path=path, detail=error.strerror or error) from error


class _Counted:
    """A stream that knows its offset and refuses a read no capture can want."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream, self._path, self.name = stream, path, str(path)
        self.offset = 0
        self.short = False

    def read(self, size: int) -> bytes:
        if not 0 <= size <= LARGEST_RECORD:
            raise Trouble("trace.too_long", path=self._path, offset=self.offset, size=size)
        try:
            content = self._stream.read(size)
        except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
            raise Trouble("trace.damaged", path=self._path, offset=self.offset, detail=error) from error
        self.short = 0 <= len(content) < size
        self.offset += len(content)
        return content


def _opened(path: Path) -> IO[bytes]:
    """By its first bytes, not by its name."""
    with path.open("rb") as stream:
        magic = stream.read(6)
    if magic == b"\xfd7zXZ\x00":
        return lzma.open(path)
    if magic[:2] == b"\x1f\x8b":
        return io.BufferedReader(gzip.GzipFile(path))
    return path.open("rb")


def _reader(counted: _Counted, path: Path) -> Any:
    """dpkt's reader for what the first four bytes say the file is."""
    start = counted.read(4)
    if not start:
        raise Trouble("trace.empty", path=path)
    again = _Again(start, counted)
    kind = dpkt.pcapng.Reader if start == b"\x0a\x0d\x0d\x0a" else dpkt.pcap.Reader
    try:
        return kind(again)
    except (dpkt.UnpackError, ValueError) as error:
        raise Trouble("trace.not_a_capture", path=path, start=start.hex(), detail=error) from error


class _Again:
    """A stream whose first bytes were already looked at."""

    def __init__(self, start: bytes, counted: _Counted) -> None:
        self._start, self._counted, self.name = start, counted, counted.name

    def read(self, size: int) -> bytes:
        start, self._start = self._start[:size], self._start[size:]
        return start + self._counted.read(size - len(start)) if size > len(start) else start


def _tcp_packets(reader: Any, link_type: int, counted: _Counted, path: Path, read: Read) -> Iterator[Packet]:
    records = iter(reader)
    while True:  # ends: the file has an end, and a damaged one raises
        before = counted.offset
        try:
            stamp, content = next(records)
        except StopIteration:
            return
        except (dpkt.UnpackError, ValueError, IndexError) as error:
            if counted.short:
                read.cut_short = True
                return
            raise Trouble("trace.damaged", path=path, offset=before, detail=error) from error
        if counted.short:
            read.cut_short = True
            return
        read.packets += 1
        t_s = _forward(float(stamp) if isinstance(stamp, Decimal) else stamp, path, before, read)
        packet = _packet(t_s, content, link_type)
        if packet is None:
            read.not_tcp += 1
        else:
            yield packet


def _forward(t_s: float, path: Path, offset: int, read: Read) -> float:
    if t_s < read.last_t_s - BACKWARDS_S:
        raise Trouble("trace.backwards", path=path, offset=offset, seconds=round(read.last_t_s - t_s, 3))
    read.last_t_s = max(t_s, read.last_t_s)
    return read.last_t_s


def _packet(t_s: float, content: bytes, link_type: int) -> Packet | None:
    """None for what is no TCP, or cut off within its headers."""
    try:
        link, ip = _ip_of(content, link_type)
        tcp = ip.data
        if not isinstance(tcp, dpkt.tcp.TCP):
            return None
        header = tcp.off * 4
        if isinstance(ip, dpkt.ip.IP):
            whole, before = ip.len or len(content) - link, ip.hl * 4
        else:
            whole = 40 + ip.plen if ip.plen else len(content) - link
            before = 40 + sum(extension.length for extension in ip.all_extension_headers)
        sacks, mss = _options(tcp.opts)
    except (dpkt.UnpackError, IndexError, AttributeError):
        return None
    payload = whole - before - header
    if payload < 0:
        return None
    source, destination = (ip.src, tcp.sport), (ip.dst, tcp.dport)
    return Packet(
        t_s, source, destination, tcp.seq, tcp.ack, tcp.flags, payload, whole + link, header, sacks, mss
    )


def _ip_of(content: bytes, link_type: int) -> tuple[int, Any]:
    """The length of the link header and dpkt's IP packet; raises dpkt's errors or AttributeError for anything else."""
    if link_type in _ETHERNET and content[12:14] in _PLAIN_IP:  # nearly all: spares dpkt the frame around it
        kind = dpkt.ip.IP if content[12] == 0x08 else dpkt.ip6.IP6
        return _LINK_BYTES[1], kind(content[14:])
    if link_type in _ETHERNET:
        frame: Any = dpkt.ethernet.Ethernet(content)
    elif link_type in _COOKED:
        frame = dpkt.sll.SLL(content)
    elif link_type in _COOKED_2:
        frame = dpkt.sll2.SLL2(content)
    elif link_type in _LOOPBACK:
        frame = dpkt.loopback.Loopback(content)
    else:
        version = content[0] >> 4
        return 0, dpkt.ip.IP(content) if version == 4 else dpkt.ip6.IP6(content)
    ip = frame.data
    if not isinstance(ip, dpkt.ip.IP | dpkt.ip6.IP6):
        raise dpkt.UnpackError("not IP")
    return _LINK_BYTES.get(link_type, 0) + 4 * len(getattr(frame, "vlan_tags", ())), ip


def _options(content: bytes) -> tuple[tuple[tuple[int, int], ...], int | None]:
    """The edges of SACK blocks and the MSS; what is cut off is not there."""
    sacks: list[tuple[int, int]] = []
    mss = None
    at = 0
    while at < len(content):  # ends: `at` grows by at least one each time
        kind = content[at]
        if kind == 0:
            break
        size = 1 if kind == 1 else content[at + 1] if at + 1 < len(content) else 0
        if kind != 1 and (size < 2 or at + size > len(content)):
            break
        value = content[at + 2 : at + size]
        if kind == _SACK:
            edges = [int.from_bytes(value[i : i + 4], "big") for i in range(0, len(value) - 7, 8)]
            rights = [int.from_bytes(value[i + 4 : i + 8], "big") for i in range(0, len(value) - 7, 8)]
            sacks = list(zip(edges, rights, strict=True))
        elif kind == _MSS and size == 4:
            mss = int.from_bytes(value, "big")
        at += size
    return tuple(sacks), mss
