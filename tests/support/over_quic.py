"""A made pair as if it had gone over QUIC: another ticket, the letter of QUIC in its fingerprints, and the CPU's ceiling."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from probe.measurement.envelope import Measurement
from probe.measurement.run import Run
from probe.measurement.signing import STATEMENT, TICKET, document_id, sign

NAME = "replay_quic"


def over_quic(
    made: Measurement, responder_key: Ed25519PrivateKey, ceiling_bit_s: int, **terms: Any
) -> Measurement:
    """``made``, a closed pair over TLS, with a ticket for QUIC (``terms`` replace more of it) and the statement that fits it."""
    pair = made.pair
    assert pair is not None
    ticket = replace(pair.open_ticket(), nettest=NAME, **terms)
    signed = sign(responder_key, TICKET, ticket)
    statement = pair.open_statement()
    assert statement is not None
    fitting = replace(
        statement, ticket_sha256=document_id(signed.body_bytes()), ticket_signature=signed.signature
    )
    limits = replace(pair.limits, pace_bit_s=ticket.pace_bit_s, ceiling_bit_s=ceiling_bit_s)
    changed = replace(
        pair,
        ticket=signed,
        runs=tuple(_shown_in_quic(run) for run in pair.runs),
        limits=limits,
        statement=sign(responder_key, STATEMENT, fitting),
    )
    return replace(made, nettest=NAME, pair=changed)


def _shown_in_quic(run: Run) -> Run:
    hello = run.client_hello
    return run if hello is None else replace(run, client_hello=replace(hello, ja4=f"q{hello.ja4[1:]}"))
