"""Receipts and statement: what was seen, in the responder's name. Here, after the fact, the name is read."""

from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.http import HttpArrived, kept
from probe.measurement.receipt import Receipt, ResponderTicks, Statement
from probe.measurement.signing import STATEMENT, Signed, sign
from probe.measurement.ticks import digest
from probe.responder.entry import Entry
from probe.responder.line import LineFinder
from probe.scrub import Scrubber
from probe.wire import http
from probe.wire.client_hello import NotAClientHello, parse
from probe.wire.http_heads import Request


def statement(
    entry: Entry, closer: str, lines: LineFinder, key: Ed25519PrivateKey, now_us: int
) -> tuple[Signed, ResponderTicks]:
    """The signed statement of a closed ticket and the ticks it names; ``closer`` is the closing peer's address."""
    orders: tuple[Literal[0, 1], ...] = (0, 1) if entry.runs_allowed == 2 else (0,)
    body = Statement(
        pair_id=entry.ticket.pair_id,
        ticket_sha256=entry.sha256,
        path=lines.path(closer),
        receipts=tuple(_receipt(order, entry, lines) for order in orders),
        closed_at_us=now_us,
        ticket_signature=entry.signed.signature,
    )
    ticks = ResponderTicks(
        tuple(entry.runs[order].ticks if order in entry.runs else None for order in orders)
    )
    return sign(key, STATEMENT, body), ticks


def _receipt(order: Literal[0, 1], entry: Entry, lines: LineFinder) -> Receipt:
    seen = entry.runs.get(order)
    if seen is None:
        return Receipt(order=order, seen=False)
    name, hello_sha256 = _hello(seen.first_flight)
    if seen.http is not None:
        name = _host(seen.http, entry)
    return Receipt(
        order=order,
        seen=True,
        path=lines.path(seen.address),
        address_index=seen.address_index,
        name_seen=name,
        client_hello_sha256=hello_sha256,
        started_at_us=seen.started_at_us,
        ended_at_us=seen.ended_at_us,
        ended=seen.ended,
        wire_bytes=seen.wire_bytes,
        ticks=len(seen.ticks.t_us),
        sender_late_ticks=seen.late_ticks,
        ticks_sha256=digest(seen.ticks),
        congestion_control=seen.congestion_control or None,
        http=None if seen.http is None else _arrived(seen.http, seen.address, entry, order),
    )


def _arrived(head: Request, peer: str, entry: Entry, order: int) -> HttpArrived:
    """The request's head, values kept only where they are what the probe sends; the answer's as it was sent.

    ``peer``: whose address may be in no name of a header either.
    """
    ticket = entry.ticket
    hosts = {ticket.original_name, *ticket.control_candidates}
    ours = [pair for host in hosts for pair in http.request_headers(host)]
    marked = http.mark(entry.nonce or b"", ticket.pair_id, order)
    sent = http.answer_headers(http.body_bytes(marked, ticket.max_run_bytes))
    token = http.run_token(entry.nonce or b"", ticket.pair_id, order)
    return HttpArrived(
        arrived=kept(head.headers, ours, Scrubber((peer.removeprefix("::ffff:"),)).text),
        sent=kept(sent, sent),
        line_intact=head.line == f"GET /{token} HTTP/1.1",
    )


def _host(head: Request, entry: Entry) -> str | None:
    """The Host that arrived, if it is one of the ticket's names; whatever else stood there is withheld."""
    host, ticket = head.value("Host"), entry.ticket
    return host if host in {ticket.original_name, *ticket.control_candidates} else None


def _hello(first_flight: bytes) -> tuple[str | None, bytes | None]:
    try:
        hello = parse(first_flight)
    except NotAClientHello:
        return None, None
    return hello.server_name, hello.sha256()
