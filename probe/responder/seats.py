"""Seats: who may be connected at once, and who must go when it gets crowded. Decided by age and stage alone.

A connection is a *newcomer* until it has opened a ticket or started a run. Newcomers can be put out: with as many
from one prefix as are allowed the oldest of them goes, with every seat taken the oldest of all. So idle sockets,
whoever's they are, never keep a home out: it is in and has its answer in a few round trips. Who is *settled* is
never put out; a settled connection costs its owner a ticket, and tickets are counted.

With every seat settled nobody is turned away either: accepting waits. A home sees a slow handshake then, not
a broken one, and the kernel's queue keeps its place.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from probe.responder.config import Bounds


@dataclass(eq=False)
class Seat:
    """One connection's place. ``prefix`` is the day's name of where it came from, ``put_out`` ends its visit.

    ``greeted`` is true once its TLS handshake has ended.
    """

    prefix: bytes
    taken_s: float
    put_out: Callable[[], object] = lambda: None
    greeted: bool = False


class Seats:
    """The seats of one responder. ``now_s`` arguments are seconds of a clock that never steps."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._newcomers: dict[Seat, None] = {}  # oldest first
        self._settled: set[Seat] = set()
        self._freed = asyncio.Event()

    @property
    def taken(self) -> int:
        """How many are connected."""
        return len(self._newcomers) + len(self._settled)

    @property
    def full(self) -> bool:
        """Whether every seat is taken and nobody can be put out for another: all are settled."""
        return self.taken >= self._bounds.connections and not self._newcomers

    async def room(self) -> None:
        """Wait until somebody may be let in. Ends: every settled visit is bounded in time."""
        while len(self._settled) >= self._bounds.connections:
            self._freed.clear()
            await self._freed.wait()

    def take(self, prefix: bytes, now_s: float) -> Seat:
        """A newcomer's seat, once there is ``room``; whoever must make way is put out.

        Each listener may let in one more than there is room for, if all newcomers settled while it listened.
        """
        if 2 * self.taken >= self._bounds.connections:
            for seat in list(self._newcomers):
                if not seat.greeted and now_s - seat.taken_s > self._bounds.handshake_crowded_s:
                    self._put_out(seat)
        neighbours = [seat for seat in self._newcomers if seat.prefix == prefix]
        if len(neighbours) >= self._bounds.newcomers_per_prefix:
            self._put_out(neighbours[0])
        if self.taken >= self._bounds.connections and self._newcomers:
            self._put_out(next(iter(self._newcomers)))
        seat = Seat(prefix, now_s)
        self._newcomers[seat] = None
        return seat

    def settle(self, seat: Seat) -> None:
        """The connection has a ticket: it stays until it ends."""
        if seat in self._newcomers:
            del self._newcomers[seat]
            self._settled.add(seat)

    def leave(self, seat: Seat) -> None:
        """The connection has ended. Leaving twice is leaving once."""
        self._newcomers.pop(seat, None)
        self._settled.discard(seat)
        self._freed.set()

    def _put_out(self, seat: Seat) -> None:
        del self._newcomers[seat]
        seat.put_out()
