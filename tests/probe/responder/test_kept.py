"""Statements are kept: an answer to ``close`` that was lost on its way can be had again, and is the same."""

import time

import msgspec

from probe.responder.config import Bounds
from probe.responder.kept import Kept
from probe.wire.messages import Close, Closed
from tests.support.knock import ask_alone, knock, open_pair, refusal, start_run
from tests.support.responder import ethernet_net, running_responder


def closed(number: int) -> Closed:
    """An answer that can be told from others."""
    return Closed(msgspec.Raw(b"%d" % number), msgspec.Raw(b"{}"))


def test_asked_again_the_statement_is_the_same_byte_for_byte(far):
    """Signature, body and ticks do not change, whoever asks and from wherever: the pair id is what counts."""
    ticket = open_pair(far)
    start_run(far, ticket, 1, name="late.service.example").reset()
    first = ask_alone(far, Close(ticket.pair_id), ethernet_net("127.0.5.1"))
    again = [ask_alone(far, Close(ticket.pair_id), ethernet_net(f"127.0.{n}.1")) for n in (5, 6)]
    assert [(bytes(first.statement), bytes(first.ticks))] * 2 == [
        (bytes(answer.statement), bytes(answer.ticks)) for answer in again
    ]


def test_a_reset_closing_connection_costs_no_statement(far):
    """Who resets the connection that closes a pair cannot make its statement unavailable."""
    ticket = open_pair(far)
    connection = knock(far)
    connection.say(Close(ticket.pair_id))
    time.sleep(0.2)
    connection.reset()
    assert None is refusal(far, Close(ticket.pair_id))


def test_statements_are_forgotten_after_their_time(tmp_path):
    """After ``kept_s`` a closed pair is a pair unknown."""
    with running_responder(tmp_path, bounds={"kept_s": 0.3}) as far:
        ticket = open_pair(far)
        assert None is refusal(far, Close(ticket.pair_id))
        time.sleep(0.4)
        assert "no_ticket" == refusal(far, Close(ticket.pair_id))


def test_kept_statements_are_bounded_in_number_and_time():
    """The oldest makes way for the newest, and what is over its time takes no room."""
    kept = Kept(Bounds(kept_statements=2, kept_s=10.0))
    for n in range(3):
        kept.keep(bytes([n]) * 16, closed(n), float(n))
    assert [None, closed(1), closed(2)] == [kept.find(bytes([n]) * 16, 3.0) for n in range(3)]
    assert None is kept.find(bytes([1]) * 16, 11.0)
    kept.keep(bytes([3]) * 16, closed(3), 20.0)
    assert 1 == len(kept._answers)
