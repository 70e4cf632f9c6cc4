"""Knocking at a responder by hand: one message at a time, in whatever order an attacker likes."""

import time
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.coin import commit
from probe.measurement.receipt import ResponderTicks, Statement
from probe.measurement.signing import OPENING, STATEMENT, TICKET, Signed, open_signed, sign
from probe.measurement.ticket import Opening, Ticket
from probe.nettests.base import Net
from probe.nettests.connection import Connection, RunFailed, dial
from probe.wire.messages import Close, Open, Reveal, Start
from probe.wire.tls import client_context
from tests.support.responder import CONTROLS, ORIGINAL, OWNED_NAME, RunningResponder, lab_net

NONCE = bytes(range(32))


def knock(
    far: RunningResponder, name: str = OWNED_NAME, index: int = 0, net: Net | None = None
) -> Connection:
    """A pinned TLS connection under ``name``, nothing said yet."""
    responder = far.responder
    connection = dial(net or lab_net(), (responder.addresses[index], responder.port), name, client_context)
    try:
        connection.handshake(responder.certificate_sha256)
    except RunFailed:
        connection.close()
        raise
    return connection


def make_opening(far: RunningResponder, **changes: Any) -> Opening:
    """An opening in order, but for ``changes``."""
    terms: dict[str, Any] = {
        "grant": far.grant() if "grant" not in changes else None,
        "responder": far.responder.id,
        "commit": commit(NONCE),
        "nettest": "replay_tls",
        "variant": "paced",
        "service": "video",
        "direction": "down",
        "address_family": "ipv4",
        "original_name": ORIGINAL,
        "stratum": "owned",
        "control_candidates": CONTROLS,
        "pace_bit_s": 8_000_000,
        "duration_ms": 200,
        "sent_at_us": time.time_ns() // 1000,
    }
    return Opening(**{**terms, **changes})


def signed_opening(far: RunningResponder, key: Ed25519PrivateKey | None = None, **changes: Any) -> bytes:
    """The JSON of a signed opening."""
    return msgspec.json.encode(sign(key or far.quarter_key, OPENING, make_opening(far, **changes)))


def ask(connection: Connection, message: Any) -> Any:
    """Say and hear; raises ``RunFailed`` with the refusal's code."""
    connection.say(message)
    return connection.hear()


def ask_alone(far: RunningResponder, message: Any, net: Net | None = None) -> Any:
    """The answer to one message on a connection of its own."""
    connection = knock(far, net=net)
    try:
        return ask(connection, message)
    finally:
        connection.close()


def refusal(far: RunningResponder, message: Any, net: Net | None = None) -> str | None:
    """The code that refuses ``message`` on a connection of its own; ``None`` if it was answered."""
    try:
        ask_alone(far, message, net)
    except RunFailed as failed:
        return failed.code or failed.failure
    return None


def open_pair(
    far: RunningResponder, *, reveal: bool = True, net: Net | None = None, **changes: Any
) -> Ticket:
    """An open pair; ``reveal`` false leaves the nonce unsaid."""
    connection = knock(far, net=net)
    try:
        opened = ask(connection, Open(msgspec.Raw(signed_opening(far, **changes))))
        ticket = open_signed(msgspec.json.decode(bytes(opened.ticket), type=Signed), TICKET, Ticket)
        if reveal:
            ask(connection, Reveal(ticket.pair_id, NONCE))
        return ticket
    finally:
        connection.close()


def start_run(far: RunningResponder, ticket: Ticket, order: int, **where: Any) -> Connection:
    """A connection on which run ``order`` of a ticket goes."""
    connection = knock(far, **where)
    try:
        ask(connection, Start(ticket.pair_id, 1 if order else 0))
    except RunFailed:
        connection.close()
        raise
    return connection


def close_pair(
    far: RunningResponder, ticket: Ticket, net: Net | None = None
) -> tuple[Statement, ResponderTicks]:
    """The verified statement of a pair, and its ticks."""
    closed = ask_alone(far, Close(ticket.pair_id), net)
    signed = msgspec.json.decode(bytes(closed.statement), type=Signed)
    assert far.responder.key == signed.key
    ticks = msgspec.json.decode(bytes(closed.ticks), type=ResponderTicks)
    return open_signed(signed, STATEMENT, Statement), ticks
