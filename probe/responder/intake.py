"""Taking in an upload, over TLS or QUIC: receive, say that this was all, count what is still on its way, keep what was seen.

The rate of an upload is judged by these counts (integrity.md 1): they begin with the first byte that arrives. When the
time is over the responder says so by an orderly end and counts on while the peer empties its queues, for a moment.
"""

import time
from typing import Final, Protocol

from probe.measurement.receipt import Ended
from probe.measurement.ticket import Ticket
from probe.measurement.ticks import Ticks
from probe.responder.entry import RunSeen

FIRST_BYTE_S: Final = 5.0
WAIT_FOR_PEER_S: Final = 2.0
BEYOND_BYTES: Final = 1_000_000
"""What may still arrive after the ticket's bytes, as it was on its way: then the connection is cut."""


class Intake(Protocol):
    """Counts what arrives over one carrier, and notes it on memoryless ticks."""

    @property
    def wire_bytes(self) -> int:
        """Bytes that have arrived since the run began."""

    async def fill(self, duration_s: float, most_bytes: int) -> Ended:
        """Take bytes; returns how it ended. Ends: ``duration_s`` after the first, at ``most_bytes``, or with the peer."""

    async def drain(self, most_bytes: int) -> None:
        """Say that this was all and count what is still on its way. Ends: with the peer, in time, at ``most_bytes``."""

    def end(self) -> Ticks:
        """The last tick, at the end of the run, and all of them."""


async def take_in(intake: Intake, ticket: Ticket, seen: RunSeen) -> None:
    """Receive until the bytes or the time are used up or the peer ends it; fills ``seen``. Never raises for the peer."""
    try:
        seen.ended = await intake.fill(ticket.duration_ms / 1000, ticket.max_run_bytes)
        if seen.ended in ("duration", "bytes"):
            await intake.drain(ticket.max_run_bytes + BEYOND_BYTES)
    finally:
        seen.ticks = intake.end()
        seen.wire_bytes = intake.wire_bytes
        seen.ended_at_us = time.time_ns() // 1000
