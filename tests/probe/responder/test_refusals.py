"""What a responder refuses, each with its own code."""

from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.signing import GRANT, OPENING, TICKET, public_bytes, sign
from probe.nettests.connection import RunFailed
from probe.wire.messages import Close, Open, Reveal, Start
from tests.support.knock import (
    NONCE,
    ask,
    close_pair,
    knock,
    make_opening,
    open_pair,
    refusal,
    signed_opening,
    start_run,
)
from tests.support.responder import OWNED_NAME

OTHER = Ed25519PrivateKey.generate()

BAD_GRANTS = {
    "signed by another operator": lambda far: {"grant": far.grant(by=OTHER)},
    "for another key": lambda far: {"grant": far.grant(OTHER)},
    "for another responder": lambda far: {"grant": far.grant(responders=("r2",))},
    "for no responder": lambda far: {"grant": far.grant(responders=())},
    "expired": lambda far: {"grant": far.grant(expires_at_us=1)},
    "another purpose": lambda far: {"grant": sign(far.operator, TICKET, far.grant().body_bytes())},
    "no grant inside": lambda far: {"grant": sign(far.operator, GRANT, b"[]")},
    "no UTF-8 inside": lambda far: {"grant": sign(far.operator, GRANT, b'{"probe_key":"\xff"}')},
    "one byte changed": lambda far: {
        "grant": msgspec.structs.replace(
            far.grant(),
            body=msgspec.Raw(far.grant().body_bytes().replace(b'"bytes_per_day":1', b'"bytes_per_day":9')),
        )
    },
    "an opening to another responder": lambda _far: {"responder": "r2"},
}


@pytest.mark.parametrize("name", BAD_GRANTS)
def test_a_grant_that_does_not_fit_is_a_bad_grant(far, name):
    """Signature, operator, key, responder and date must all fit."""
    assert "bad_grant" == refusal(far, Open(msgspec.Raw(signed_opening(far, **BAD_GRANTS[name](far)))))


def unsigned(far) -> bytes:
    """An opening without its signature."""
    return msgspec.json.encode(make_opening(far))


def tampered(far) -> bytes:
    """A signed opening with another pace written in."""
    return signed_opening(far).replace(b'"pace_bit_s":8000000', b'"pace_bit_s":9000000')


BAD_OPENINGS = {
    "unsigned": unsigned,
    "tampered with": tampered,
    "signed for another purpose": lambda far: msgspec.json.encode(
        sign(far.quarter_key, GRANT, make_opening(far))
    ),
    "no document": lambda _far: b"17",
    "no UTF-8": lambda _far: b'"\xff\xfe"',
    "nested too deep": lambda _far: b"[" * 7000 + b"]" * 7000,
    "no opening inside": lambda far: msgspec.json.encode(sign(far.quarter_key, OPENING, b"{}")),
    "no UTF-8 inside": lambda far: msgspec.json.encode(sign(far.quarter_key, OPENING, b'{"service":"\xff"}')),
}


@pytest.mark.parametrize("name", BAD_OPENINGS)
def test_what_is_no_signed_opening_is_refused(far, name):
    """Unsigned, altered or nonsense: refused as bad_opening, or cut off as no message at all."""
    expected = {"bad_opening", "start_eof", "start_reset"} if name.startswith("n") else {"bad_opening"}
    assert refusal(far, Open(msgspec.Raw(BAD_OPENINGS[name](far)))) in expected


BAD_REQUESTS: dict[str, dict[str, Any]] = {
    "a variant it does not serve": {"variant": "trace"},
    "a nettest it does not serve": {"nettest": "dance"},
    "a capacity disguised as a replay": {"variant": "capacity"},
    "unpaced": {"pace_bit_s": 0},
    "no control list": {"control_candidates": ()},
    "too fast": {"pace_bit_s": 100_000_001},
    "too long": {"duration_ms": 20_001},
    "capacity under a foreign name": {"nettest": "capacity", "variant": "capacity", "pace_bit_s": 0},
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_what_it_does_not_serve_is_a_bad_request(far, name):
    """A capacity transfer under a service's name would be unpaced bulk for sale: it is refused too."""
    assert "bad_request" == refusal(far, Open(msgspec.Raw(signed_opening(far, **BAD_REQUESTS[name]))))


def test_an_unknown_pair_has_no_ticket(far):
    """Start, close and reveal of a pair that never was are refused alike."""
    assert "no_ticket" == refusal(far, Start(bytes(16), 0))
    assert "no_ticket" == refusal(far, Close(bytes(16)))
    connection = knock(far)
    ask(connection, Open(msgspec.Raw(signed_opening(far))))
    with pytest.raises(RunFailed) as caught:
        ask(connection, Reveal(bytes(16), NONCE))
    assert "no_ticket" == caught.value.code
    connection.close()


def test_no_run_before_the_nonce_is_revealed(far):
    """Else a responder could be made to send while the coin is still open."""
    ticket = open_pair(far, reveal=False)
    assert "not_ready" == refusal(far, Start(ticket.pair_id, 0))
    close_pair(far, ticket)


def test_a_nonce_that_does_not_fit_is_refused(far):
    """The commitment binds; the ticket stays without a run."""
    connection = knock(far)
    opened = ask(connection, Open(msgspec.Raw(signed_opening(far))))
    pair_id = msgspec.json.decode(
        msgspec.json.decode(bytes(opened.ticket))["body"]["pair_id"].join('""'), type=bytes
    )
    with pytest.raises(RunFailed) as caught:
        ask(connection, Reveal(pair_id, bytes(32)))
    assert "bad_nonce" == caught.value.code
    connection.close()
    assert "not_ready" == refusal(far, Start(pair_id, 0))
    assert None is refusal(far, Close(pair_id))


def test_each_run_is_used_once_and_there_are_two(far):
    """A run that was started, however it went, is used; a third order cannot even be said."""
    ticket = open_pair(far)
    for order in (1, 0):
        start_run(far, ticket, order).reset()
        assert "used" == refusal(far, Start(ticket.pair_id, order))
    third = msgspec.json.encode(Start(ticket.pair_id, 0)).replace(b'"order":0', b'"order":2')
    connection = knock(far)
    connection.channel.write(len(third).to_bytes(4, "big") + third)
    connection.flush()
    with pytest.raises(RunFailed) as caught:
        connection.hear()
    assert caught.value.failure in {"start_eof", "start_reset"}
    connection.close()
    close_pair(far, ticket)


def test_capacity_has_one_run(far):
    """Run 1 of a capacity ticket does not exist."""
    ticket = open_pair(
        far,
        nettest="capacity",
        variant="capacity",
        pace_bit_s=0,
        original_name=OWNED_NAME,
        control_candidates=(),
    )
    assert "used" == refusal(far, Start(ticket.pair_id, 1))
    statement, _ = close_pair(far, ticket)
    assert [(0, False)] == [(r.order, r.seen) for r in statement.receipts]


def test_a_closed_pair_is_closed(far):
    """Any run after the close is refused, though the statement can be asked for again."""
    ticket = open_pair(far)
    close_pair(far, ticket)
    assert "no_ticket" == refusal(far, Start(ticket.pair_id, 0))
    assert None is refusal(far, Close(ticket.pair_id))


def test_two_closes_at_once_give_one_statement(far):
    """While a run still goes on, two closes wait; both get the statement, and it is one."""
    ticket = open_pair(far, duration_ms=400)
    running = start_run(far, ticket, 0)
    first, second = knock(far), knock(far)
    for connection in (first, second):
        connection.say(Close(ticket.pair_id))
    running.reset()
    said = set()
    for connection in (first, second):
        said.add(bytes(connection.hear().statement))
        connection.close()
    assert 1 == len(said)


def test_the_ticket_grants_what_was_asked(far):
    """Terms, commitment and key stand in the ticket; counters grow by one; nonces and ids are fresh."""
    first, second = open_pair(far), open_pair(far)
    assert 1 == second.counter - first.counter
    assert public_bytes(far.quarter_key) == first.probe_key
    assert (8_000_000, 200) == (first.pace_bit_s, first.duration_ms)
    assert first.nonce != second.nonce
    assert first.pair_id != second.pair_id
    # 200 ms and half a second of grace at the pace
    assert 700_000 == first.max_run_bytes
    for ticket in (first, second):
        close_pair(far, ticket)


def test_a_grant_is_no_secret_and_of_no_use_to_others(far):
    """Whoever has seen another's grant and opening cannot sign an opening of its own with it."""
    thief = Ed25519PrivateKey.generate()
    assert "bad_grant" == refusal(far, Open(msgspec.Raw(signed_opening(far, thief))))
