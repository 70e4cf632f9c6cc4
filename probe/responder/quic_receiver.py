"""Receiving bulk over QUIC: an upload, counted as its stream arrives, for the ticket's bytes and time. This file knows no name.

What it does with what arrives is told in ``intake``; it ends its side of the stream to say that the time is over.
"""

import random
import time
from typing import TYPE_CHECKING

from probe.measurement.receipt import Ended
from probe.measurement.ticket import Ticket
from probe.measurement.ticks import Ticks, next_tick_s
from probe.quic_ticks import Columns
from probe.responder.entry import RunSeen
from probe.responder.intake import FIRST_BYTE_S, WAIT_FOR_PEER_S, take_in

if TYPE_CHECKING:
    from probe.responder.quic_door import QuicVisit


async def receive_bulk(
    visit: "QuicVisit", going: bytes, ticket: Ticket, seen: RunSeen, rng: random.Random
) -> None:
    """Say ``going``, then receive until the bytes or the time are used up or the peer ends it; fills ``seen``."""
    intake = _Intake(visit, rng)
    visit.channel.write(going)
    await take_in(intake, ticket, seen)


class _Intake:
    """Counts what arrives in order, and notes it with QUIC's statistics on memoryless ticks."""

    def __init__(self, visit: "QuicVisit", rng: random.Random) -> None:
        self.visit, self.channel, self.rng = visit, visit.channel, rng
        self.before_bytes = self.channel.received_bytes
        self.columns = Columns()
        self.first_s: float | None = None
        self.tick_s = float("inf")

    @property
    def wire_bytes(self) -> int:
        """Bytes of the stream that have arrived since the run began."""
        return self.channel.received_bytes - self.before_bytes

    async def fill(self, duration_s: float, most_bytes: int) -> Ended:
        """Take bytes; returns how it ended. Ends: ``duration_s`` after the first, at ``most_bytes``, or with the peer."""
        end_s = time.monotonic() + FIRST_BYTE_S
        while self.wire_bytes < most_bytes:
            if self.channel.closed:
                return "peer_closed"
            if time.monotonic() >= end_s:
                return "stopped" if self.first_s is None else "duration"
            await self._turn(end_s)
            if self.first_s is None and self.wire_bytes:
                self._begin()
                end_s = time.monotonic() + duration_s
        return "bytes"

    async def drain(self, most_bytes: int) -> None:
        """Say that this was all and count what is still on its way. Ends: with the peer, in time, at ``most_bytes``."""
        self.channel.finish()
        end_s = time.monotonic() + WAIT_FOR_PEER_S
        while self.channel.closed is None and time.monotonic() < end_s and self.wire_bytes < most_bytes:
            await self._turn(end_s)

    def end(self) -> Ticks:
        """The last tick, at the end of the run, and all of them."""
        self._note()
        return self.columns.ticks()

    def _note(self) -> None:
        """One tick now, once there were bytes."""
        if self.first_s is not None:
            t_us = round((time.monotonic() - self.first_s) * 1e6)
            self.columns.note(t_us, self.wire_bytes, self.channel.receiver_fields())

    def _begin(self) -> None:
        """The first bytes are here: the first tick, at 0 and with them."""
        self.first_s = time.monotonic()
        self.columns.note(0, self.wire_bytes, self.channel.receiver_fields())
        self.tick_s = self.first_s + next_tick_s(self.rng)

    async def _turn(self, until_s: float) -> None:
        """Let datagrams come and go once; the content is thrown away, QUIC has checked its integrity."""
        await self.visit.turn(min(until_s, self.tick_s))
        self.channel.read()
        if time.monotonic() >= self.tick_s:
            self._note()
            self.tick_s = time.monotonic() + next_tick_s(self.rng)
