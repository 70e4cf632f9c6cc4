"""A ticket and what became of it: its runs as they were seen, what was set aside for it, its digest."""

import asyncio
from dataclasses import dataclass, field
from typing import Final, Literal

from probe.measurement.receipt import Ended, TicketDigest
from probe.measurement.signing import Signed
from probe.measurement.ticket import Ticket
from probe.measurement.ticks import Ticks
from probe.responder.bounds import Charge
from probe.wire.http_heads import Request

Carrier = Literal["tls", "quic", "http"]
"""What a run travels in. A ticket for one is no ticket for another."""
_CARRIERS: Final[dict[str, Carrier]] = {"replay_quic": "quic", "replay_http": "http"}


def carrier_of(nettest: str) -> Carrier:
    """What the runs of a nettest travel in."""
    return _CARRIERS.get(nettest, "tls")


@dataclass
class RunSeen:
    """What the responder noted of a run: filled by ``serve``, ``sender``, ``receiver``; read by ``receipts``."""

    address: str
    address_index: int
    started_at_us: int
    first_flight: bytes = b""
    ended_at_us: int = 0
    ended: Ended = "stopped"
    wire_bytes: int = 0
    late_ticks: int | None = None
    ticks: Ticks = field(default_factory=Ticks)
    congestion_control: str = ""
    carrier: Carrier = "tls"
    http: Request | None = None
    """The request of a plain run, as it arrived."""


@dataclass
class Entry:
    """A ticket in the book. ``charge`` is what ``bounds`` set aside for it."""

    ticket: Ticket
    signed: Signed
    sha256: bytes
    expires_s: float
    charge: Charge
    nonce: bytes | None = None
    closed: bool = False
    runs: dict[int, RunSeen] = field(default_factory=dict)
    running: set[int] = field(default_factory=set)
    quiet: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def runs_allowed(self) -> int:
        """One for a capacity transfer or a sentinel, two for a pair."""
        return runs_of(self.ticket.variant)

    @property
    def spent_bytes(self) -> int:
        """Bytes of bulk that its ended runs have cost, sent or received."""
        return sum(seen.wire_bytes for seen in self.runs.values())

    def expired(self, now_s: float) -> bool:
        """Whether its time is over. A run that goes on is let end first: what it sends is not known before."""
        return now_s > self.expires_s and not self.running

    def digest(self) -> TicketDigest:
        """What the collector is told of this ticket."""
        return TicketDigest(
            pair_id=self.ticket.pair_id,
            probe_key=self.ticket.probe_key,
            service=self.ticket.service,
            variant=self.ticket.variant,
            opened_at_us=self.ticket.opened_at_us,
            counter=self.ticket.counter,
            revealed=self.nonce is not None,
            original_first=self.ticket.coin(self.nonce).original_first if self.nonce else None,
            direction=self.ticket.direction,
            runs_seen=len(self.runs),
            last_order=max(self.runs) if self.runs else None,
            closed=self.closed,
        )


def runs_of(variant: str) -> int:
    """The runs of a ticket: one for a capacity transfer or a sentinel, two for a pair."""
    return 1 if variant in ("capacity", "sentinel") else 2
