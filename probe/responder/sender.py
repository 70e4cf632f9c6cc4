"""Sending bulk: at the ticket's pace, for its bytes and time, whatever the name was. This file knows no name."""

import asyncio
import os
import random
import socket
import time
from typing import Final

from probe.measurement.receipt import Ended
from probe.measurement.ticket import GRACE_S, Ticket
from probe.measurement.ticks import next_tick_s
from probe.responder.door import congestion_control, set_pace
from probe.responder.entry import RunSeen
from probe.responder.stream import PlainStream, TlsStream
from probe.tcpinfo import SENDER, TickRecorder

BLOCK: Final = os.urandom(16 * 1024 - 256)
TURN_BLOCKS: Final = 16
"""After so many blocks other connections get their turn, even while the kernel takes all at once."""
WAIT_FOR_PEER_S: Final = 2.0


async def send_bulk(
    stream: TlsStream | PlainStream, ticket: Ticket, seen: RunSeen, rng: random.Random, block: bytes = BLOCK
) -> None:
    """Send until the bytes or the time are used up or the peer ends it; fills ``seen``. Never raises for the peer."""
    set_pace(stream.sock, ticket.pace_bit_s)
    seen.congestion_control, seen.late_ticks = congestion_control(stream.sock), 0
    began_s = time.monotonic()
    handed_before = stream.handed_bytes
    watch = _Watch(stream, began_s, handed_before, seen)
    watching = asyncio.create_task(watch.run(rng))
    try:
        seen.ended = await _push(stream, ticket.duration_ms / 1000 + GRACE_S, ticket.max_run_bytes, block)
        watch.target_reached = True
        if seen.ended in ("duration", "bytes"):
            await _wait_for_peer(stream)
    finally:
        watching.cancel()
        watch.note()
        seen.wire_bytes = stream.handed_bytes - handed_before
        seen.ticks = watch.recorder.ticks()
        seen.ended_at_us = time.time_ns() // 1000


async def _push(stream: TlsStream | PlainStream, longest_s: float, max_bytes: int, block: bytes) -> Ended:
    """Write blocks; returns how it ended. Ends: after ``longest_s``, at ``max_bytes``, or with the peer."""
    sent = 0
    try:
        async with asyncio.timeout(longest_s):
            while sent < max_bytes:
                await stream.write(block)
                sent += len(block)
                if sent % (TURN_BLOCKS * len(block)) == 0:
                    await asyncio.sleep(0)
        return "bytes"
    except TimeoutError:
        return "duration"
    except BrokenPipeError:
        return "peer_closed"
    except OSError:
        return "peer_reset"


async def _wait_for_peer(stream: TlsStream | PlainStream) -> None:
    """Say that this was all, and let the peer end the connection, for a moment."""
    try:
        stream.sock.shutdown(socket.SHUT_WR)
        await asyncio.wait_for(stream.read(), WAIT_FOR_PEER_S)
    except (TimeoutError, OSError, EOFError):
        return


class _Watch:
    """Notes TCP_INFO on memoryless ticks, and whether the sending application was late."""

    def __init__(
        self, stream: TlsStream | PlainStream, began_s: float, handed_before: int, seen: RunSeen
    ) -> None:
        self.stream = stream
        self.began_s = began_s
        self.handed_before = handed_before
        self.seen = seen
        self.recorder = TickRecorder(stream.sock, SENDER)
        self.target_reached = False

    async def run(self, rng: random.Random) -> None:
        """Ends: cancelled by ``send_bulk``."""
        while True:
            self.note()
            await asyncio.sleep(next_tick_s(rng))

    def note(self) -> None:
        """One tick now."""
        t_us = round((time.monotonic() - self.began_s) * 1e6)
        fields = self.recorder.note(t_us, self.stream.handed_bytes - self.handed_before)
        if fields and not self.target_reached and t_us > 0 and fields["notsent_bytes"] == 0:
            self.seen.late_ticks = (self.seen.late_ticks or 0) + 1
