"""A responder's desk: opens tickets, settles pairs and reports them as a responder does, less the network."""

import random
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.receipt import DigestReport, Path, Receipt, Statement, TicketDigest
from probe.measurement.signing import DIGEST, STATEMENT, Signed, document_id, sign
from probe.measurement.ticket import Ticket
from tests.support.plans import unix_us


@dataclass
class ResponderDesk:
    """A responder without its network: opens tickets, signs statements, reports what it opened."""

    key: Ed25519PrivateKey
    id: str
    rng: random.Random
    counter: int = 0
    reports: int = 0
    opened: list[TicketDigest] = field(default_factory=list)

    def ticket(self, **terms: object) -> Ticket:
        """A ticket on ``terms`` (fields of ``Ticket``), with fresh pair id, nonce and counter."""
        self.counter += 1
        facts = {
            "pair_id": self.rng.randbytes(16),
            "responder": self.id,
            "nonce": self.rng.randbytes(32),
            "counter": self.counter,
            **terms,
        }
        ticket = msgspec.convert(facts, Ticket)
        self.opened.append(
            TicketDigest(
                pair_id=ticket.pair_id,
                probe_key=ticket.probe_key,
                service=ticket.service,
                variant=ticket.variant,
                opened_at_us=ticket.opened_at_us,
                counter=ticket.counter,
                runs_seen=2,
                last_order=1,
                closed=True,
            )
        )
        return ticket

    def settle(
        self, ticket: Ticket, signed_ticket: Signed, path: Path, receipts: tuple[Receipt, ...]
    ) -> Signed:
        """The statement that closes a pair."""
        statement = Statement(
            pair_id=ticket.pair_id,
            ticket_sha256=document_id(signed_ticket.body_bytes()),
            path=path,
            receipts=receipts,
            closed_at_us=max((r.ended_at_us or 0 for r in receipts), default=0) or ticket.opened_at_us,
            ticket_signature=signed_ticket.signature,
        )
        return sign(self.key, STATEMENT, statement)

    def report(self, made_at: datetime) -> Signed:
        """The signed digests of every ticket opened since the last report."""
        self.reports += 1
        report = DigestReport(
            responder=self.id, serial=self.reports, made_at_us=unix_us(made_at), tickets=tuple(self.opened)
        )
        self.opened.clear()
        return sign(self.key, DIGEST, report)
