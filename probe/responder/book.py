"""The book of tickets: opened, revealed, each run once, closed once; kept for the hourly digest.

A ticket's life::

    open ──reveal──▶ ready ──start 0, start 1──▶ (running) ──close──▶ closed
      └───────────────── expires after Bounds.ticket_s ─────────────────┘

Tickets live in memory: a responder that restarts forgets the open ones, their runs are refused with
``no_ticket`` and the pairs are measurements with that outcome.
"""

import asyncio
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.coin import NONCE_BYTES, commit
from probe.measurement.receipt import TicketDigest
from probe.measurement.signing import TICKET, document_id, sign
from probe.measurement.ticket import PAIR_ID_BYTES, Direction, Grant, Opening, Ticket, most_run_bytes
from probe.responder.bounds import Ledger, OverLimit
from probe.responder.config import Bounds
from probe.responder.entry import Entry, RunSeen, carrier_of, runs_of
from probe.wire.http import run_token

_ORDERS: Final[tuple[Literal[0, 1], ...]] = (0, 1)


class Refusal(Exception):
    """The request is refused with a code of ``probe/wire/README.md``."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass
class Book:
    """All open tickets and the digests of those that ended."""

    responder: str
    key: Ed25519PrivateKey
    bounds: Bounds
    ledger: Ledger
    counter: int = 0
    _open: dict[bytes, Entry] = field(default_factory=dict)
    _ended: list[TicketDigest] = field(default_factory=list)
    _tokens: dict[str, tuple[bytes, Literal[0, 1]]] = field(default_factory=dict)

    def _make_room(self, probe_key: bytes, prefix: bytes, now_s: float) -> None:
        """Forget what has expired; raises ``Refusal("over_limit")`` if there is still no room."""
        self.expire(now_s)
        if len(self._open) >= self.bounds.open_tickets:
            raise Refusal("over_limit", "too many open tickets; try later")
        charges = [entry.charge for entry in self._open.values()]
        if sum(charge.key == probe_key for charge in charges) >= self.bounds.open_tickets_per_key:
            raise Refusal("over_limit", "too many open tickets of this key; close them or wait")
        if sum(charge.prefix == prefix for charge in charges) >= self.bounds.open_tickets_per_prefix:
            raise Refusal("over_limit", "too many open tickets of this prefix; try later")

    def open(self, opening: Opening, grant: Grant, prefix: bytes, now_us: int, now_s: float) -> Entry:
        """A new signed ticket for a request that was found in order; raises ``Refusal("over_limit")``.

        ``prefix`` is the day's name of the asker's prefix. A refusal is charged to nobody.
        """
        probe_key = grant.probe_key
        self._make_room(probe_key, prefix, now_s)
        cost = runs_of(opening.variant) * run_bytes(opening, self.bounds)
        try:
            charge = self.ledger.reserve(probe_key, prefix, cost, grant.bytes_per_day, now_s)
        except OverLimit as limit:
            raise Refusal("over_limit", f"used up: {limit}") from limit
        self.counter += 1
        lives_s = self.bounds.ticket_s + opening.wash_ms / 1000
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
            expires_at_us=now_us + int(lives_s * 1e6),
            wash_ms=opening.wash_ms,
        )
        signed = sign(self.key, TICKET, ticket)
        expires_s = now_s + lives_s
        entry = Entry(ticket, signed, document_id(signed.body_bytes()), expires_s, charge)
        entry.quiet.set()
        self._open[ticket.pair_id] = entry
        return entry

    def open_pace_bit_s(self, nettest: str, now_s: float) -> Counter[Direction]:
        """The paces of a nettest's open tickets, summed by direction: each has one run at a time at most."""
        summed: Counter[Direction] = Counter()
        for entry in self._open.values():
            if entry.ticket.nettest == nettest and not entry.expired(now_s):
                summed[entry.ticket.direction] += entry.ticket.pace_bit_s
        return summed

    def reveal(self, pair_id: bytes, nonce: bytes, now_s: float) -> None:
        """Accept the probe's nonce; raises ``Refusal``."""
        entry = self._find(pair_id, now_s)
        if commit(nonce) != entry.ticket.commit:
            raise Refusal("bad_nonce", "the nonce does not fit the commitment")
        entry.nonce = nonce
        if entry.ticket.nettest == "replay_http":
            self._tokens |= {run_token(nonce, pair_id, order): (pair_id, order) for order in _ORDERS}

    def start(self, pair_id: bytes, order: int, seen: RunSeen, now_s: float) -> Entry:
        """Claim a run; raises ``Refusal``. Whatever happens next, this run of the ticket is used."""
        entry = self._find(pair_id, now_s)
        if entry.nonce is None:
            raise Refusal("not_ready", "reveal the nonce first")
        if seen.carrier != carrier_of(entry.ticket.nettest):
            raise Refusal("bad_request", "this ticket is for another protocol")
        if order in entry.runs or order >= entry.runs_allowed:
            raise Refusal("used", f"run {order} of this ticket has been started before")
        entry.runs[order] = seen
        entry.running.add(order)
        entry.quiet.clear()
        return entry

    def find_http_run(self, token: str) -> tuple[bytes, Literal[0, 1]] | None:
        """Pair id and order of the plain run that is asked for by ``token``, of tickets whose nonce is known."""
        return self._tokens.get(token)

    def finish(self, entry: Entry, order: int) -> None:
        """A started run has ended and ``entry.runs[order]`` is complete."""
        entry.running.discard(order)
        if not entry.running:
            entry.quiet.set()

    async def quiet(self, pair_id: bytes, wait_s: float) -> None:
        """Wait until no run of the ticket goes on, if there is such a ticket; raises ``Refusal("over_limit")``."""
        if (entry := self._open.get(pair_id)) is None:
            return
        try:
            await asyncio.wait_for(entry.quiet.wait(), wait_s)
        except TimeoutError:
            raise Refusal("over_limit", "a run of this ticket is still going on; try again") from None

    def close(self, pair_id: bytes, now_s: float) -> Entry:
        """Take a quiet ticket out; raises ``Refusal``."""
        entry = self._find(pair_id, now_s)
        entry.closed = True
        self._end(entry)
        return entry

    def _find(self, pair_id: bytes, now_s: float) -> Entry:
        entry = self._open.get(pair_id)
        if entry is None or now_s > entry.expires_s:
            raise Refusal("no_ticket", "no such open ticket: unknown, expired or closed")
        return entry

    def expire(self, now_s: float) -> None:
        """Move expired tickets to the digests."""
        for entry in [entry for entry in self._open.values() if entry.expired(now_s)]:
            self._end(entry)

    def abandon(self) -> None:
        """Move every ticket to the digests: what is open is lost with this process, and said to be."""
        for entry in list(self._open.values()):
            self._end(entry)

    def _end(self, entry: Entry) -> None:
        del self._open[entry.ticket.pair_id]
        if entry.nonce is not None:
            for order in _ORDERS:
                self._tokens.pop(run_token(entry.nonce, entry.ticket.pair_id, order), None)
        self.ledger.give_back(entry.charge, entry.spent_bytes)
        self._ended.append(entry.digest())

    def ended(self) -> tuple[TicketDigest, ...]:
        """Digests of the tickets that ended and were not yet reported."""
        return tuple(self._ended)

    def reported(self, count: int) -> None:
        """The first ``count`` of ``ended`` have reached the collector."""
        del self._ended[:count]


def run_bytes(opening: Opening, bounds: Bounds) -> int:
    """The most that one run of ``opening`` may move, either way."""
    return most_run_bytes(opening.pace_bit_s, opening.duration_ms, bounds.largest_run_bytes)
