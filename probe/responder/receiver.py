"""Receiving bulk: an upload, counted as it arrives, for the ticket's bytes and time. This file knows no name.

What it does with what arrives is told in ``intake``.
"""

import asyncio
import random
import socket
import ssl
import time
from typing import Final

from probe.measurement.receipt import Ended
from probe.measurement.ticket import Ticket
from probe.measurement.ticks import Ticks, next_tick_s
from probe.responder.entry import RunSeen
from probe.responder.intake import BEYOND_BYTES, FIRST_BYTE_S, WAIT_FOR_PEER_S, take_in
from probe.responder.stream import TlsStream
from probe.tcpinfo import RECEIVER, TickRecorder

ALERT_S: Final = 1.0


async def receive_bulk(stream: TlsStream, ticket: Ticket, seen: RunSeen, rng: random.Random) -> None:
    """Receive until the bytes or the time are used up or the peer ends it; fills ``seen``. Never raises for the peer."""
    await take_in(_Intake(stream, rng), ticket, seen)


class _Intake:
    """Counts what arrives, and notes it with TCP_INFO on memoryless ticks."""

    def __init__(self, stream: TlsStream, rng: random.Random) -> None:
        self.stream = stream
        self.rng = rng
        self.taken_before = stream.taken_bytes
        self.recorder = TickRecorder(stream.sock, RECEIVER)
        self.first_s: float | None = None
        self._ticking: asyncio.Task[None] | None = None

    @property
    def wire_bytes(self) -> int:
        """TCP payload that has arrived since the run began."""
        return self.stream.taken_bytes - self.taken_before

    async def fill(self, duration_s: float, most_bytes: int) -> Ended:
        """Take bytes; returns how it ended. Ends: ``duration_s`` after the first, at ``most_bytes``, or with the peer."""
        try:
            async with asyncio.timeout(FIRST_BYTE_S) as limit:
                while self.wire_bytes < most_bytes:
                    await self.stream.absorb()
                    if self.first_s is None:
                        self._begin()
                        limit.reschedule(asyncio.get_running_loop().time() + duration_s)
            return "bytes"
        except TimeoutError:
            return "stopped" if self.first_s is None else "duration"
        except EOFError:
            return "peer_closed"
        except ssl.SSLError:
            await self._alert()
            return "stopped"
        except OSError:
            return "peer_reset"

    async def drain(self, most_bytes: int) -> None:
        """Say that this was all and count what is still on its way. Ends: with the peer, in time, at ``most_bytes``."""
        try:
            self.stream.sock.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(WAIT_FOR_PEER_S):
                while self.wire_bytes < most_bytes:
                    await self.stream.absorb()
        except (TimeoutError, EOFError, OSError):  # an ``ssl.SSLError`` is an ``OSError``
            return

    def end(self) -> Ticks:
        """The last tick, at the end of the run, and all of them."""
        if self._ticking is not None:
            self._ticking.cancel()
            self._note()
        return self.recorder.ticks()

    def _begin(self) -> None:
        """The first bytes are here: the first tick, at 0 and with them."""
        self.first_s = time.monotonic()
        self.recorder.note(0, self.wire_bytes)
        self._ticking = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        """Ends: cancelled by ``end``."""
        while True:
            await asyncio.sleep(next_tick_s(self.rng))
            self._note()

    def _note(self) -> None:
        if self.first_s is not None:
            self.recorder.note(round((time.monotonic() - self.first_s) * 1e6), self.wire_bytes)

    async def _alert(self) -> None:
        """A record that fails its integrity check is answered with TLS's alert, so that the probe knows of it."""
        try:
            async with asyncio.timeout(ALERT_S):
                await self.stream.flush()
                self.stream.sock.shutdown(socket.SHUT_WR)
                most_bytes = self.wire_bytes + BEYOND_BYTES
                while self.wire_bytes < most_bytes and await self.stream.discard():
                    pass
        except (TimeoutError, OSError):
            return
