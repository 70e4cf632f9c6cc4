"""One direction of one TCP connection, packet by packet: which transmissions were lost, and how long the others took.

As seen near the sender: every transmission is in the capture, also those that a limiter behind it drops. A byte range
sent n times arrived at least once if it was acknowledged, cumulatively or by SACK (RFC 2018). It was the last
transmission that can have caused the acknowledgement, one least round trip before it (Karn's problem, solved by time);
the others were lost, but for as many as DSACK reports as duplicates (RFC 2883). What is still unacknowledged when the
capture ends has no known fate. Segments larger than the path's (offloading) are split at its segment size.
"""

from array import array
from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.trace.headers import Packet

SOON: Final = 0.9
"""Of the least round trip: an acknowledgement that comes sooner answers an earlier transmission."""
IDLE_S: Final = 1.0
"""Silence with nothing under way after which a new chunk begins even without a request."""
MOST_GAPS: Final = 10_000
_HALF, _WHOLE = 1 << 31, 1 << 32
_DEFAULT_MSS: Final = 1460
_LARGEST_UNSPLIT: Final = 1500
_SMALLEST_SEGMENT: Final = 48
_NOT_LOST, _LOST, _UNKNOWN = 0, 1, 2


@dataclass(frozen=True)
class Sent:
    """The transmissions of a direction, in order: arrays of one length.

    t_s: when; bytes: on the wire, as captured; payload_bytes; lost: dropped on the way; known: whether that is known;
    rtt_s: until acknowledged, NaN where lost or unknown; chunk: number of the chunk, from 0.
    """

    t_s: NDArray[np.float64]
    bytes: NDArray[np.uint32]
    payload_bytes: NDArray[np.uint32]
    lost: NDArray[np.bool_]
    known: NDArray[np.bool_]
    rtt_s: NDArray[np.float64]
    chunk: NDArray[np.int32]


@dataclass(slots=True)
class _Segment:
    """A byte range under way and the transmissions that carried it."""

    start: int
    end: int
    sent: list[int]


class Transfer:
    """Takes the packets of both directions of a connection, of which it follows one."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._opened_by: int | None = None
        self._t_s = array("d")
        self._bytes = array("I")
        self._payload = array("I")
        self._fate = array("b")
        self._rtt_s = array("d")
        self._chunk = array("i")
        self._starts: list[int] = []
        self._segments: dict[int, _Segment] = {}
        self._contested: dict[int, list[int]] = {}
        self._gaps: list[tuple[int, int]] = []
        self._highest = 0
        self._least_rtt_s = float("inf")
        self._mss = _DEFAULT_MSS
        self._asked = False
        self.holes_filled = 0
        self.acknowledged = False

    def __len__(self) -> int:
        return len(self._t_s)

    def is_another(self, syn_seq: int) -> bool:
        """Whether a SYN with this number opens a new connection between the same ports; it is noted if not."""
        if self._opened_by in (None, syn_seq) and not len(self):
            self._opened_by = syn_seq
        return self._opened_by != syn_seq

    def limit_segment(self, mss: int) -> None:
        """The receiver's SYN says how large a segment may be, its options included."""
        self._mss = mss

    def asked(self) -> None:
        """The other side sent data: what follows once nothing is under way answers it."""
        self._asked = self._asked or not self._starts

    def sends(self, packet: Packet) -> None:
        """Note a packet with payload of the direction followed."""
        if self._first is None:
            self._first = packet.seq
        start = self._unwrapped(packet.seq)
        if self._begins_chunk(packet.t_s, start):
            chunk = self._chunk[-1] + 1
        else:
            chunk = self._chunk[-1] if self._chunk else 0
        self._asked = False
        headers = packet.bytes - packet.payload_bytes
        size = max(_SMALLEST_SEGMENT, self._mss - (packet.header_bytes - 20))
        if packet.payload_bytes <= max(size, _LARGEST_UNSPLIT):
            size = packet.payload_bytes
        for at in range(0, packet.payload_bytes, size):
            length = min(packet.payload_bytes - at, size)
            self._transmission(packet.t_s, start + at, length, headers + length, chunk)

    def _begins_chunk(self, t_s: float, start: int) -> bool:
        if not self._t_s or self._starts or start < self._highest:
            return False
        return self._asked or t_s - self._t_s[-1] >= IDLE_S

    def _unwrapped(self, number: int) -> int:
        """A 32-bit sequence number as a position from the first byte seen, near the highest position so far."""
        ahead = (number - (self._first or 0) - self._highest) % _WHOLE
        return self._highest + (ahead - _WHOLE if ahead >= _HALF else ahead)

    def _transmission(self, t_s: float, start: int, length: int, wire_bytes: int, chunk: int) -> None:
        index, end = len(self._t_s), start + length
        self._t_s.append(t_s)
        self._bytes.append(wire_bytes)
        self._payload.append(length)
        self._fate.append(_UNKNOWN)
        self._rtt_s.append(float("nan"))
        self._chunk.append(chunk)
        if start >= self._highest:
            if start > self._highest and len(self._gaps) < MOST_GAPS:
                self._gaps.append((self._highest, start))
            self._highest = end
            self._under_way(_Segment(start, end, [index]))
        else:
            self._again(index, start, end)

    def _under_way(self, segment: _Segment) -> None:
        insort(self._starts, segment.start)
        self._segments[segment.start] = segment

    def _again(self, index: int, start: int, end: int) -> None:
        """A retransmission: it joins the segments under way that it overlaps; else it fills a hole, or was needless."""
        joined = False
        at = max(0, bisect_left(self._starts, start) - 1)
        while at < len(self._starts) and self._starts[at] < end:  # ends: starts rise
            segment = self._segments[self._starts[at]]
            if segment.end > start:
                segment.sent.append(index)
                joined = True
            at += 1
        if joined:
            return
        hole = next((gap for gap in self._gaps if gap[0] < end and gap[1] > start), None)
        if hole is not None:
            self.holes_filled += 1
            self._gaps.remove(hole)
            self._gaps += [(a, b) for a, b in ((hole[0], start), (end, hole[1])) if a < b]
            self._under_way(_Segment(start, end, [index]))
            return
        self._fate[index] = _LOST
        self._contested.setdefault(start, []).append(index)

    def acknowledges(self, packet: Packet) -> None:
        """Note an acknowledgement from the other side."""
        if self._first is None:
            return
        self.acknowledged = True
        upto = self._unwrapped(packet.ack)
        blocks = [(self._unwrapped(left), self._unwrapped(right)) for left, right in packet.sacks]
        if blocks and _is_duplicate(blocks, upto):
            self._duplicate(blocks.pop(0)[0])
        arrived = self._starts[: bisect_left(self._starts, upto)]
        for left, right in blocks:
            arrived += self._starts[bisect_left(self._starts, left) : bisect_left(self._starts, right)]
        behind_hole = False
        for start in dict.fromkeys(arrived):
            segment = self._segments[start]
            if segment.end <= upto:
                self._arrived(segment, packet.t_s, timed=not behind_hole)
                behind_hole = behind_hole or len(segment.sent) > 1
            elif any(left <= start and segment.end <= right for left, right in blocks):
                self._arrived(segment, packet.t_s)

    def _arrived(self, segment: _Segment, t_s: float, *, timed: bool = True) -> None:
        """Of a segment that waited behind a hole, with no SACK to tell, it is not known when it arrived (``timed``)."""
        del self._segments[segment.start]
        self._starts.pop(bisect_left(self._starts, segment.start))
        sent = segment.sent
        soonest = SOON * self._least_rtt_s if self._least_rtt_s < float("inf") else 0.0
        winner = next((i for i in reversed(sent) if t_s - self._t_s[i] >= soonest), sent[0])
        if len(sent) == 1:
            self._least_rtt_s = min(self._least_rtt_s, t_s - self._t_s[winner])
        self._fate[winner] = _NOT_LOST
        if timed:
            self._rtt_s[winner] = t_s - self._t_s[winner]
        losers = [i for i in sent if i != winner and self._fate[i] == _UNKNOWN]
        for index in losers:
            self._fate[index] = _LOST
        if losers:
            self._contested[segment.start] = losers

    def _duplicate(self, start: int) -> None:
        """DSACK: one more transmission of this range arrived; the last thought lost did."""
        losers = self._contested.get(start)
        if losers:
            self._fate[losers.pop()] = _NOT_LOST

    def finish(self) -> Sent:
        """The transmissions. Of what is still under way, all but the last transmission were lost."""
        for segment in self._segments.values():
            for index in segment.sent[:-1]:
                if self._fate[index] == _UNKNOWN:
                    self._fate[index] = _LOST
        fate = np.frombuffer(self._fate, dtype=np.int8)
        return Sent(
            t_s=np.frombuffer(self._t_s, dtype=np.float64),
            bytes=np.frombuffer(self._bytes, dtype=np.uint32),
            payload_bytes=np.frombuffer(self._payload, dtype=np.uint32),
            lost=fate == _LOST,
            known=fate != _UNKNOWN,
            rtt_s=np.frombuffer(self._rtt_s, dtype=np.float64),
            chunk=np.frombuffer(self._chunk, dtype=np.int32),
        )


def _is_duplicate(blocks: Sequence[tuple[int, int]], upto: int) -> bool:
    """RFC 2883: the first block lies below the cumulative acknowledgement, or within the second block."""
    left, right = blocks[0]
    return left < upto or (len(blocks) > 1 and blocks[1][0] <= left and right <= blocks[1][1])
