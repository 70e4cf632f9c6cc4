"""Seats: idle sockets keep no home out, whoever holds a ticket stays, and who must wait is not turned away."""

import asyncio
import socket
import threading
import time
from contextlib import ExitStack
from functools import partial

import pytest

from probe.responder.config import Bounds
from probe.responder.seats import Seats
from probe.wire.messages import Close, Start
from tests.probe.responder.test_blind import in_process
from tests.support.knock import close_pair, knock, open_pair, refusal, start_run
from tests.support.responder import ethernet_net, running_responder

SMALL = {"connections": 8, "newcomers_per_prefix": 4}


def idle(far, held: ExitStack, source: str) -> socket.socket:
    """A connection from ``source`` that says nothing."""
    return held.enter_context(
        ethernet_net(source).connect((far.responder.addresses[0], far.responder.port), 5)
    )


def serves(far, source: str) -> bool:
    """Whether a home at ``source`` is answered."""
    return refusal(far, Close(bytes(16)), ethernet_net(source)) == "no_ticket"


def test_a_neighbours_idle_sockets_keep_no_home_out(tmp_path):
    """Ten times as many silent sockets as a /24 may have newcomers, and the home in that /24 is served."""
    with running_responder(tmp_path, bounds=SMALL) as far, ExitStack() as held:
        for _ in range(40):
            idle(far, held, "127.0.7.7")
        assert serves(far, "127.0.7.1")


def test_idle_sockets_of_many_prefixes_keep_no_home_out(tmp_path):
    """All seats taken by silent sockets of eight /24s, and a home elsewhere is served."""
    with running_responder(tmp_path, bounds=SMALL) as far, ExitStack() as held:
        for n in range(40):
            idle(far, held, f"127.0.{20 + n % 8}.1")
        assert serves(far, "127.0.99.1")


def test_handshakes_that_lead_nowhere_keep_no_home_out(tmp_path):
    """Who finishes the handshake and then says nothing can be put out like who says nothing at all."""
    with running_responder(tmp_path, bounds=SMALL) as far, ExitStack() as held:
        for n in range(16):
            held.callback(knock(far, net=ethernet_net(f"127.0.{20 + n % 8}.1")).close)
        assert serves(far, "127.0.99.1")


def test_a_run_that_goes_on_is_not_put_out(tmp_path):
    """A home's run gets all its bytes while a flood of newcomers, also of its own /24, comes and goes."""
    with running_responder(tmp_path, bounds=SMALL) as far, ExitStack() as held:
        home = ethernet_net("127.0.7.1")
        ticket = open_pair(far, net=home, duration_ms=600)
        connection = start_run(far, ticket, 0, net=home)
        for n in range(40):
            idle(far, held, "127.0.7.7" if n % 2 else f"127.0.{20 + n}.1")
        received = 0
        while data := connection.sock.recv(65536):
            received += len(data)
        connection.close()
        statement, _ = close_pair(far, ticket, home)
        assert statement.receipts[0].ended in {"duration", "bytes"}
        assert received > ticket.pace_bit_s / 8 * 0.6


def test_with_every_seat_settled_a_newcomer_waits_and_is_served(tmp_path):
    """No connection is refused while runs have all the seats: it waits in the queue until one ends."""
    with running_responder(tmp_path, bounds={"connections": 2}, listen=["127.0.0.1"]) as far:
        ticket = open_pair(far, duration_ms=5000)
        runs = [start_run(far, ticket, order) for order in (0, 1)]
        # the listener was asked before both were settled, and may still let one in: let it be a silent one
        address = (far.responder.addresses[0], far.responder.port)
        with ethernet_net().connect(address, 5):
            timer = threading.Timer(1.0, runs[0].reset)
            timer.start()
            began = time.monotonic()
            assert serves(far, "127.0.99.1")
            assert 0.8 < time.monotonic() - began < 3
            timer.join()
        runs[1].reset()


def test_connections_opened_and_reset_leave_nothing(tmp_path):
    """After resets in every stage before a ticket, the responder holds no seat, ticket, charge, statement or task."""
    with in_process(tmp_path) as (service, far):
        for n in range(60):
            match n % 3:
                case 0:
                    sock = socket.create_connection((far.responder.addresses[0], far.responder.port))
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    sock.close()
                case 1:
                    knock(far).reset()
                case _:
                    connection = knock(far)
                    connection.say(Start(bytes(16), 0))
                    connection.reset()
        deadline = time.monotonic() + 5
        while service.seats.taken and time.monotonic() < deadline:
            time.sleep(0.02)
        assert 0 == service.seats.taken
        assert ({}, []) == (service.book._open, service.book._ended)
        assert (0, {}) == (service.ledger.bytes_today, service.ledger._openings)
        assert {} == service.kept._answers


def put_out_by(seats: Seats, arrivals: list[tuple[bytes, float]]) -> list[int]:
    """Take seats in turn for (prefix, time); the numbers of those put out, in the order of their going."""
    gone: list[int] = []
    for n, (prefix, now_s) in enumerate(arrivals):
        seats.take(prefix, now_s).put_out = partial(gone.append, n)
    return gone


def test_the_oldest_of_the_prefix_goes_first_then_the_oldest_of_all():
    """A crowded prefix loses its own oldest, not another's; a full house loses its oldest."""
    seats = Seats(Bounds(connections=4, newcomers_per_prefix=2))
    assert [1, 0] == put_out_by(seats, [(p, 0.0) for p in (b"a", b"b", b"b", b"b", b"c", b"d")])
    assert 4 == seats.taken


def test_slow_handshakes_go_when_half_the_seats_are_taken():
    """With little room a handshake has its shorter time; with much room it is left alone."""
    bounds = Bounds(connections=4, newcomers_per_prefix=4, handshake_crowded_s=3.0)
    assert [] == put_out_by(Seats(bounds), [(b"a", 0.0), (b"b", 9.0)])
    assert [0] == put_out_by(Seats(bounds), [(b"a", 0.0), (b"b", 2.9), (b"c", 3.1)])
    greeted = Seats(bounds)
    greeted.take(b"a", 0.0).greeted = True
    assert [] == put_out_by(greeted, [(b"b", 9.0), (b"c", 9.0)])


def test_who_is_settled_is_never_put_out_and_leaves_once():
    """A settled seat survives a full house; leaving twice frees one seat."""
    seats = Seats(Bounds(connections=2, newcomers_per_prefix=9))
    home = seats.take(b"a", 0.0)
    seats.settle(home)
    assert [0, 1] == put_out_by(seats, [(b"b", 0.0), (b"b", 0.0), (b"c", 0.0)])
    assert 2 == seats.taken
    seats.leave(home)
    seats.leave(home)
    seats.settle(home)  # too late: it has gone
    assert 1 == seats.taken


async def test_room_waits_for_a_settled_seat_to_be_left():
    """``room`` returns at once while a newcomer could be put out, and else when somebody leaves."""
    seats = Seats(Bounds(connections=1))
    home = seats.take(b"a", 0.0)
    await asyncio.wait_for(seats.room(), 1)
    seats.settle(home)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(seats.room(), 0.05)
    waiting = asyncio.create_task(seats.room())
    await asyncio.sleep(0)
    seats.leave(home)
    await asyncio.wait_for(waiting, 1)


def test_who_is_put_out_before_its_first_step_is_closed(tmp_path):
    """More arrivals in one breath than there are seats: those put out see the end, none hangs."""
    with (
        running_responder(tmp_path, bounds={"connections": 1, "handshake_s": 30.0}) as far,
        ExitStack() as held,
    ):
        socks = [idle(far, held, "127.0.7.7") for _ in range(12)]
        for sock in socks[:-1]:
            sock.settimeout(3)
            assert b"" == sock.recv(1)
        assert serves(far, "127.0.99.1")


def test_full_is_where_nobody_can_make_way():
    """Newcomers in every seat are no reason to turn one more away, and the bound holds; settled ones are."""
    seats = Seats(Bounds(connections=3))
    for n in range(5):
        assert not seats.full
        seats.take(bytes([n]), float(n))
        assert 3 >= seats.taken
    kept = list(seats._newcomers)
    for seat in kept[:2]:
        seats.settle(seat)
    assert not seats.full
    seats.settle(kept[2])
    assert seats.full
