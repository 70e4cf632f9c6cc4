"""Sending bulk over QUIC: at the ticket's pace, for its bytes and time, whatever the name was. This file knows no name.

The kernel paces TCP; here the channel does (`quic.Pacer`), so what it was late is what tells whether the program, not
the network, was the limit: a tick before which more than 5 % of the time was lost counts as late (integrity.md 8).
"""

import random
import time
from typing import TYPE_CHECKING, Final

from probe.measurement.receipt import Ended
from probe.measurement.ticket import GRACE_S, Ticket
from probe.measurement.ticks import Ticks, next_tick_s
from probe.responder.entry import RunSeen
from probe.responder.sender import BLOCK, WAIT_FOR_PEER_S
from probe.wire.quic import CONGESTION_CONTROL, LATE_SHARE, QuicChannel

if TYPE_CHECKING:
    from probe.responder.quic_door import QuicVisit

AHEAD_BYTES: Final = 64 * 1024
"""So much is written before it is sent: what the kernel's socket holds for TCP."""


async def send_bulk(
    visit: "QuicVisit", going: bytes, ticket: Ticket, seen: RunSeen, rng: random.Random
) -> None:
    """Say ``going``, then send until bytes or time are used up or the peer ends it; fills ``seen``."""
    channel = visit.channel
    channel.pace(ticket.pace_bit_s)
    channel.write(going)
    seen.congestion_control, seen.late_ticks = CONGESTION_CONTROL, 0
    watch = _Watch(channel, len(going), seen, rng)
    try:
        seen.ended = await _push(visit, watch, ticket)
    finally:
        watch.note()
        seen.wire_bytes = watch.handed_bytes
        seen.ticks = watch.ticks()
        seen.ended_at_us = time.time_ns() // 1000


async def _push(visit: "QuicVisit", watch: "_Watch", ticket: Ticket) -> Ended:
    """Ends: after the ticket's duration and grace, with its bytes and a moment for the peer, or with the peer."""
    channel, written = visit.channel, 0
    end_s = time.monotonic() + ticket.duration_ms / 1000 + GRACE_S
    ended: Ended = "duration"
    while time.monotonic() < end_s:
        if channel.closed:
            return "peer_closed" if ended == "duration" else ended
        while written < ticket.max_run_bytes and channel.unsent_bytes < AHEAD_BYTES:
            channel.write(BLOCK)
            written += len(BLOCK)
        if written >= ticket.max_run_bytes and ended == "duration" and not channel.unsent_bytes:
            ended, end_s = "bytes", time.monotonic() + WAIT_FOR_PEER_S
            watch.target_reached = True
        await visit.turn(min(end_s, watch.tick_s))
        watch.pass_time()
    return ended


class _Watch:
    """Notes QUIC's statistics on memoryless ticks, and whether the sending program was late."""

    def __init__(self, channel: QuicChannel, before_bytes: int, seen: RunSeen, rng: random.Random) -> None:
        self.channel = channel
        self.before_bytes = before_bytes
        self.seen = seen
        self.rng = rng
        self.began_s = self.noted_s = time.monotonic()
        self.lost_s = channel.lost_s
        self.tick_s = self.began_s
        self.target_reached = False
        self.columns: dict[str, list[int]] = {}

    @property
    def handed_bytes(self) -> int:
        return max(0, self.channel.sent_bytes - self.before_bytes)

    def pass_time(self) -> None:
        """A tick, if one is due."""
        if time.monotonic() >= self.tick_s:
            self.note()
            self.tick_s = time.monotonic() + next_tick_s(self.rng)

    def note(self) -> None:
        """One tick now."""
        now_s = time.monotonic()
        noted = {
            "t_us": round((now_s - self.began_s) * 1e6),
            "wire_bytes": self.handed_bytes,
            **self.channel.sender_fields(self.before_bytes),
        }
        for name, value in noted.items():
            self.columns.setdefault(name, []).append(value)
        late = self.channel.lost_s - self.lost_s > LATE_SHARE * (now_s - self.noted_s)
        if late and not self.target_reached:
            self.seen.late_ticks = (self.seen.late_ticks or 0) + 1
        self.noted_s, self.lost_s = now_s, self.channel.lost_s

    def ticks(self) -> Ticks:
        return Ticks(**{name: tuple(values) for name, values in self.columns.items()})
