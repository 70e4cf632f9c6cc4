"""The book of tickets: opened, revealed, each run once, closed once; kept for the hourly digest.

A ticket's life::

    open ──reveal──▶ ready ──start 0, start 1──▶ (running) ──close──▶ closed
      └───────────────── expires after Bounds.ticket_s ─────────────────┘

Tickets live in memory: a responder that restarts forgets the open ones, their runs are refused with
``no_ticket`` and the pairs are measurements with that outcome.
"""

import asyncio
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.coin import NONCE_BYTES, commit
from probe.measurement.receipt import Ended, TicketDigest
from probe.measurement.signing import TICKET, Signed, document_id, sign
from probe.measurement.ticket import PAIR_ID_BYTES, Opening, Ticket
from probe.measurement.ticks import Ticks
from probe.responder.config import Bounds


class Refusal(Exception):
    """The request is refused with a code of ``probe/wire/README.md``."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass
class RunSeen:
    """What the responder noted of a run: filled by ``serve`` and ``sender``, read by ``receipts``."""

    address: str
    address_index: int
    started_at_us: int
    first_flight: bytes = b""
    ended_at_us: int = 0
    ended: Ended = "stopped"
    wire_bytes: int = 0
    late_ticks: int = 0
    ticks: Ticks = field(default_factory=Ticks)
    congestion_control: str = ""


@dataclass
class Entry:
    """A ticket and what became of it."""

    ticket: Ticket
    signed: Signed
    sha256: bytes
    expires_s: float
    nonce: bytes | None = None
    closed: bool = False
    runs: dict[int, RunSeen] = field(default_factory=dict)
    running: set[int] = field(default_factory=set)
    quiet: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def runs_allowed(self) -> int:
        """One for a capacity transfer, two for a pair."""
        return 1 if self.ticket.variant == "capacity" else 2

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
            runs_seen=len(self.runs),
            last_order=max(self.runs) if self.runs else None,
            closed=self.closed,
        )


@dataclass
class Book:
    """All open tickets and the digests of those that ended."""

    responder: str
    key: Ed25519PrivateKey
    bounds: Bounds
    counter: int = 0
    _open: dict[bytes, Entry] = field(default_factory=dict)
    _ended: list[TicketDigest] = field(default_factory=list)

    def make_room(self, probe_key: bytes, now_s: float) -> None:
        """Forget what has expired; raises ``Refusal("over_limit")`` if there is still no room for this key."""
        self.expire(now_s)
        if len(self._open) >= self.bounds.open_tickets:
            raise Refusal("over_limit", "too many open tickets; try later")
        if (
            sum(e.ticket.probe_key == probe_key for e in self._open.values())
            >= self.bounds.open_tickets_per_key
        ):
            raise Refusal("over_limit", "too many open tickets of this key; close them or wait")

    def open(self, opening: Opening, probe_key: bytes, now_us: int, now_s: float) -> Entry:
        """A new signed ticket for a request that was found in order; raises ``Refusal("over_limit")``."""
        self.make_room(probe_key, now_s)
        self.counter += 1
        ticket = Ticket(
            pair_id=os.urandom(PAIR_ID_BYTES),
            responder=self.responder,
            probe_key=probe_key,
            nettest=opening.nettest,
            variant=opening.variant,
            service=opening.service,
            direction=opening.direction,
            address_family=opening.address_family,
            original_name=opening.original_name,
            stratum=opening.stratum,
            control_candidates=opening.control_candidates,
            pace_bit_s=opening.pace_bit_s,
            duration_ms=opening.duration_ms,
            max_run_bytes=run_bytes(opening, self.bounds),
            commit=opening.commit,
            nonce=os.urandom(NONCE_BYTES),
            counter=self.counter,
            opened_at_us=now_us,
            expires_at_us=now_us + int(self.bounds.ticket_s * 1e6),
        )
        signed = sign(self.key, TICKET, ticket)
        entry = Entry(ticket, signed, document_id(signed.body_bytes()), now_s + self.bounds.ticket_s)
        entry.quiet.set()
        self._open[ticket.pair_id] = entry
        return entry

    def reveal(self, pair_id: bytes, nonce: bytes, now_s: float) -> None:
        """Accept the probe's nonce; raises ``Refusal``."""
        entry = self._find(pair_id, now_s)
        if commit(nonce) != entry.ticket.commit:
            raise Refusal("bad_nonce", "the nonce does not fit the commitment")
        entry.nonce = nonce

    def start(self, pair_id: bytes, order: int, seen: RunSeen, now_s: float) -> Entry:
        """Claim a run; raises ``Refusal``. Whatever happens next, this run of the ticket is used."""
        entry = self._find(pair_id, now_s)
        if entry.nonce is None:
            raise Refusal("not_ready", "reveal the nonce first")
        if order in entry.runs or order >= entry.runs_allowed:
            raise Refusal("used", f"run {order} of this ticket has been started before")
        entry.runs[order] = seen
        entry.running.add(order)
        entry.quiet.clear()
        return entry

    def finish(self, entry: Entry, order: int) -> None:
        """A started run has ended and ``entry.runs[order]`` is complete."""
        entry.running.discard(order)
        if not entry.running:
            entry.quiet.set()

    async def close(self, pair_id: bytes, wait_s: float, now_s: float) -> Entry:
        """Take the ticket out once its runs are quiet; raises ``Refusal``."""
        entry = self._find(pair_id, now_s)
        try:
            await asyncio.wait_for(entry.quiet.wait(), wait_s)
        except TimeoutError:
            raise Refusal("over_limit", "a run of this ticket is still going on; try again") from None
        entry.closed = True
        if self._open.pop(pair_id, None) is None:
            raise Refusal("no_ticket", "this ticket has been closed")
        self._ended.append(entry.digest())
        return entry

    def _find(self, pair_id: bytes, now_s: float) -> Entry:
        entry = self._open.get(pair_id)
        if entry is None or now_s > entry.expires_s:
            raise Refusal("no_ticket", "no such open ticket: unknown, expired or closed")
        return entry

    def expire(self, now_s: float) -> None:
        """Move expired tickets to the digests."""
        for pair_id in [p for p, entry in self._open.items() if now_s > entry.expires_s]:
            self._ended.append(self._open.pop(pair_id).digest())

    def ended(self) -> tuple[TicketDigest, ...]:
        """Digests of the tickets that ended and were not yet reported."""
        return tuple(self._ended)

    def reported(self, count: int) -> None:
        """The first ``count`` of ``ended`` have reached the collector."""
        del self._ended[:count]


GRACE_S = 0.5
"""The responder sends this much longer than the ticket says, so that the probe, not it, ends the run."""


def run_bytes(opening: Opening, bounds: Bounds) -> int:
    """The most that one run of ``opening`` may send."""
    if not opening.pace_bit_s:
        return bounds.largest_run_bytes
    return min(
        bounds.largest_run_bytes, round(opening.pace_bit_s / 8 * (opening.duration_ms / 1000 + GRACE_S))
    )
