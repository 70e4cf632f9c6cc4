"""A capture file as TCP packets, in order: plain, .xz, .gz or .bz2; each packet once. One is in memory at a time."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

from analysis.messages import Trouble
from analysis.trace.headers import Packet, packet_of
from analysis.trace.records import LARGEST_RECORD, CutShortError, records

__all__ = ["LARGEST_RECORD", "Packet", "Read", "packets"]

BACKWARDS_S: Final = 1.0
"""Clocks are adjusted and queues of several cores mixed: so much is put right; more is not a capture in order of time."""
COPY_S, COPY_WITHOUT_IDENT_S = 0.5, 0.0002
"""A packet seen twice (on two interfaces, at both sides of a mirror) has the same identification; a retransmission has another. Where
hosts write none, only what follows at once is a copy: no retransmission does.
"""
_REMEMBERED: Final = 8192
"""Packets, and as many again: enough for a copy that comes 100 ms later on a line of 1 Gbit/s."""


@dataclass
class Read:
    """What reading met: packets in all, those that are no readable TCP, second copies, and whether the last record is cut off."""

    packets: int = 0
    not_tcp: int = 0
    copies: int = 0
    cut_short: bool = False
    last_t_s: float = field(default=-float("inf"))


def packets(path: Path, read: Read) -> Iterator[Packet]:
    """The TCP packets of a capture, in order; ``read`` is kept up to date.

    A last record that is cut off ends the reading (a capture that was killed), and is told in ``read``. Raises Trouble
    naming file and offset for anything else that is no capture.
    """
    copies = _Copies()
    try:
        with _opened(path) as stream:
            for record in records(_Counted(stream, path), path):
                read.packets += 1
                t_s = _forward(record.t_s, path, record.offset, read)
                packet = packet_of(t_s, record.content, record.link_type)
                if packet is None:
                    read.not_tcp += 1
                elif copies.holds(packet):
                    read.copies += 1
                else:
                    yield packet
    except CutShortError:
        read.cut_short = True
    except OSError as error:
        raise Trouble("trace.cannot_read", path=path, detail=error.strerror or error) from error


class _Copies:
    """The last packets, to know a second copy of one."""

    def __init__(self) -> None:
        self._last: dict[tuple[Any, ...], tuple[int, int]] = {}
        self._now: dict[tuple[Any, ...], float] = {}
        self._before: dict[tuple[Any, ...], float] = {}

    def holds(self, packet: Packet) -> bool:
        """Whether the same packet was captured just before; it is remembered if not."""
        key = packet[1:7] + packet[9:]  # all but the time and what a link adds
        seen_s = self._now.get(key, self._before.get(key))
        within_s = COPY_S if self._identified(packet) else COPY_WITHOUT_IDENT_S
        if seen_s is not None and packet.t_s - seen_s <= within_s:
            return True
        if len(self._now) >= _REMEMBERED:
            self._before, self._now = self._now, {}
        self._now[key] = packet.t_s
        return False

    def _identified(self, packet: Packet) -> bool:
        """Whether the sender numbers its packets: one that gives another packet the same number does not."""
        ends = packet.source, packet.destination
        ident, seq = self._last.get(ends, (0, packet.seq))
        self._last[ends] = packet.ident, packet.seq
        return packet.ident > 0 and (ident != packet.ident or seq == packet.seq)


class _Counted:
    """A stream that knows its offset and refuses a read no capture can want."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self._stream, self._path = stream, path
        self.offset = 0

    def read(self, size: int) -> bytes:
        if not 0 <= size <= LARGEST_RECORD:
            raise Trouble("trace.too_long", path=self._path, offset=self.offset, size=size)
        try:
            content = self._stream.read(size)
        except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
            raise Trouble("trace.damaged", path=self._path, offset=self.offset, detail=error) from error
        self.offset += len(content)
        return content


def _opened(path: Path) -> IO[bytes]:
    """By its first bytes, not by its name."""
    with path.open("rb") as stream:
        magic = stream.read(6)
    if magic == b"\xfd7zXZ\x00":
        return lzma.open(path)
    if magic[:2] == b"\x1f\x8b":
        return cast("IO[bytes]", io.BufferedReader(cast("Any", gzip.GzipFile(path))))
    if magic[:3] == b"BZh":
        return cast("IO[bytes]", bz2.open(path))
    return path.open("rb")


def _forward(t_s: float, path: Path, offset: int, read: Read) -> float:
    if t_s < read.last_t_s - BACKWARDS_S:
        raise Trouble("trace.backwards", path=path, offset=offset, seconds=round(read.last_t_s - t_s, 3))
    read.last_t_s = max(t_s, read.last_t_s)
    return read.last_t_s
