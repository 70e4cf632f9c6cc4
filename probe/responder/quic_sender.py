"""Sending bulk over QUIC: at the ticket's pace, for its bytes and time, whatever the name was. This file knows no name."""

import random
import time
from typing import TYPE_CHECKING

from probe.measurement.receipt import Ended
from probe.measurement.ticket import GRACE_S, Ticket
from probe.measurement.ticks import next_tick_s
from probe.quic_ticks import SenderWatch
from probe.responder.entry import RunSeen
from probe.responder.sender import BLOCK, WAIT_FOR_PEER_S
from probe.wire.quic import AHEAD_BYTES, CONGESTION_CONTROL

if TYPE_CHECKING:
    from probe.responder.quic_door import QuicVisit


async def send_bulk(
    visit: "QuicVisit", going: bytes, ticket: Ticket, seen: RunSeen, rng: random.Random
) -> None:
    """Say ``going``, then send until bytes or time are used up or the peer ends it; fills ``seen``."""
    channel = visit.channel
    channel.pace(ticket.pace_bit_s)
    channel.write(going)
    seen.congestion_control, seen.late_ticks = CONGESTION_CONTROL, 0
    bulk = _Bulk(visit, SenderWatch(channel, len(going), time.monotonic()), ticket, rng)
    try:
        seen.ended = await bulk.push()
    finally:
        bulk.note()
        seen.wire_bytes = bulk.watch.handed_bytes
        seen.late_ticks = bulk.watch.late_ticks
        seen.ticks = bulk.watch.ticks()
        seen.ended_at_us = time.time_ns() // 1000


class _Bulk:
    """One run's bulk, and its memoryless ticks."""

    def __init__(self, visit: "QuicVisit", watch: SenderWatch, ticket: Ticket, rng: random.Random) -> None:
        self.visit, self.watch, self.ticket, self.rng = visit, watch, ticket, rng
        self.tick_s = watch.began_s
        self.all_sent = False

    async def push(self) -> Ended:
        """Ends: after the ticket's duration and grace, with its bytes and a moment for the peer, or with the peer."""
        channel, written, most_bytes = self.visit.channel, 0, self.ticket.max_run_bytes
        end_s = time.monotonic() + self.ticket.duration_ms / 1000 + GRACE_S
        while time.monotonic() < end_s:
            if channel.closed:
                return "bytes" if self.all_sent else "peer_closed"
            while written < most_bytes and channel.unsent_bytes < AHEAD_BYTES:
                channel.write(BLOCK)
                written += len(BLOCK)
            if written >= most_bytes and not self.all_sent and not channel.unsent_bytes:
                self.all_sent, end_s = True, time.monotonic() + WAIT_FOR_PEER_S
            await self.visit.turn(min(end_s, self.tick_s))
            if time.monotonic() >= self.tick_s:
                self.note()
                self.tick_s = time.monotonic() + next_tick_s(self.rng)
        return "bytes" if self.all_sent else "duration"

    def note(self) -> None:
        """One tick now."""
        self.watch.note(time.monotonic(), counts=not self.all_sent)
