"""latency: a name that is delayed is seen beside its control; loss, order and copies of datagrams are counted.

And the echo of the responder: nothing without a ticket, nothing longer than its question, so many and no more.
"""

import socket
import time

import msgspec
import pytest

from probe.measurement.receipt import Statement
from probe.measurement.results import LatencyResult
from probe.measurement.signing import STATEMENT, TICKET, open_signed
from probe.measurement.ticket import Ticket
from probe.nettests import latency
from probe.nettests.base import CannotRun
from probe.nettests.latency import LatencyParams, cost, run
from probe.nettests.pings import Tally
from probe.responder.echo import MOST_DATAGRAMS, Echo
from probe.wire.echo import answer_to, question, token_of
from probe.wire.quic import QuicChannel
from tests.support.relay import Relay, relaying
from tests.support.responder import CONTROLS, ORIGINAL, running_responder

pytestmark = pytest.mark.timed


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """A responder process on loopback that the tests of this file share."""
    with running_responder(tmp_path_factory.mktemp("responder")) as running:
        yield running
        assert running.alive(), "a test has brought the responder down"


def params(far, responder=None, **changes) -> LatencyParams:
    """A short measurement."""
    terms = {
        "responder": responder or far.responder,
        "grant": far.grant(),
        "quarter_key": far.quarter_key,
        "service": "video",
        "original_name": ORIGINAL,
        "stratum": "owned",
        "control_candidates": CONTROLS,
        "idle_rounds": 12,
        "rest_ms": 1,
    }
    return LatencyParams(**{**terms, **changes})


def series(result: LatencyResult) -> dict:
    """By phase and role, "udp" for the datagrams."""
    return {(s.phase, s.role or "udp"): s for s in result.series}


def test_an_open_line(net, far):
    """Every question answered, alike under both names; ticket and statement verify and tell the names that were seen."""
    result = run(net, params(far))
    assert result == msgspec.json.decode(msgspec.json.encode(result), type=LatencyResult)
    found = series(result)
    assert {("idle", "original"), ("idle", "control"), ("idle", "udp")} == set(found)
    for one in found.values():
        assert ("ok", one.sent, 0, 0) == (one.failure, one.answered, one.reordered, one.duplicates)
        assert one.min_us <= one.p10_us <= one.p50_us <= one.p90_us <= one.p99_us <= one.max_us
    assert (12, 24) == (found["idle", "original"].sent, found["idle", "udp"].sent)
    ticket = open_signed(result.ticket, TICKET, Ticket)
    assert result.statement is not None
    statement = open_signed(result.statement, STATEMENT, Statement)
    assert ("latency", "echo", ticket.pair_id) == (ticket.nettest, ticket.variant, statement.pair_id)
    assert {ORIGINAL, result.control_name} == {receipt.name_seen for receipt in statement.receipts}
    assert None is not statement.path.line_tag


def test_datagrams_where_quic_has_the_port(net, tmp_path):
    """A responder that serves QUIC on the same UDP port answers echoes there, too, and a QUIC client still gets its Retry."""
    with running_responder(tmp_path, quic=True) as quic:
        found = series(run(net, params(quic)))["idle", "udp"]
        assert (24, 24) == (found.sent, found.answered)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5.0)
            sock.connect((quic.responder.addresses[0], quic.responder.quic_port))
            sock.send(question(bytes(16), 1))  # a token of no ticket: nothing comes back
            sock.send(QuicChannel.client("video.example", time.monotonic()).take(time.monotonic())[0])
            answer = sock.recv(2048)
    assert 0xF0 == answer[0] & 0xF0, "a long header of the type Retry (RFC 9000, 17.2.5)"


@pytest.mark.parametrize("slow", [(ORIGINAL,), (), CONTROLS])
def test_a_name_that_is_delayed(slow, net, far):
    """40 ms added to one name's connections: its median is that much higher, and nobody else's."""
    with relaying(Relay(far.responder, frozenset(slow), 0.04)) as responder:
        found = series(run(net, params(far, responder)))
    medians = {role: found["idle", role].p50_us for role in ("original", "control", "udp")}
    expected = {"original": ORIGINAL in slow, "control": CONTROLS[0] in slow, "udp": False}
    assert expected == {role: median > 35_000 for role, median in medians.items()}


def test_datagrams_lost_late_and_twice(net, far):
    """Of four answers one is lost, one comes twice, one comes after its follower: each is counted as what it was."""

    def treat(count: int) -> tuple[int, float]:
        return {0: (1, 0.0), 1: (2, 0.0), 2: (1, 0.05), 3: (1, 0.0)}[count % 4] if count < 8 else (1, 0.0)

    with relaying(Relay(far.responder, datagram=treat)) as responder:
        found = series(run(net, params(far, responder)))["idle", "udp"]
    assert (24, 24, 2) == (found.sent, found.answered, found.reordered)
    assert 2 >= found.duplicates >= 1

    def lose(count: int) -> tuple[int, float]:
        return (0, 0.0) if count in (3, 8) else (1, 0.0)

    with relaying(Relay(far.responder, datagram=lose)) as responder:
        found = series(run(net, params(far, responder)))["idle", "udp"]
    assert (24, 22, 0) == (found.sent, found.answered, found.reordered)


def test_datagrams_that_go_nowhere_are_bounded(net, far):
    """A line without UDP: nothing is answered, the names are measured all the same, within a second a round."""
    with relaying(Relay(far.responder, datagram=lambda _: (0, 0.0))) as responder:
        began_s = time.monotonic()
        found = series(run(net, params(far, responder, idle_rounds=2)))
    assert (4, 0, None) == (
        found["idle", "udp"].sent,
        found["idle", "udp"].answered,
        found["idle", "udp"].p50_us,
    )
    assert 2 == found["idle", "original"].answered
    assert 6.0 > time.monotonic() - began_s


def test_under_load(net, far, monkeypatch):
    """While a transfer fills the line the same carriers are asked again, and the rate of the load is recorded."""
    monkeypatch.setattr(
        latency, "LOAD_BEGINS_S", 0.01
    )  # loopback carries the whole load in a few tenths of a second
    result = run(net, params(far, idle_rounds=3, load_rounds=1, load_ms=1500, load_bytes=50_000_000))
    found = series(result)
    assert {"idle", "load"} == {phase for phase, _ in found}
    assert 1 == found["load", "original"].answered
    assert result.load_bit_s is not None
    assert 1_000_000 < result.load_bit_s


def test_no_ticket_no_measurement(net, far):
    """A responder that refuses is a reason for `skipped`, not a result."""
    foreign = far.grant(responders=("r9",))
    with pytest.raises(CannotRun, match="responder:open"):
        run(net, params(far, grant=foreign))


def test_a_stranger_gets_no_datagram(far):
    """Without a ticket's token nothing comes back, whatever is sent; an answer would be no longer than its question."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.3)
        sock.connect((far.responder.addresses[0], far.responder.port))
        for datagram in (
            question(bytes(16), 1),
            b"",
            b"\x04" * 64,
            b"\xc0" * 1200,
            question(bytes(16), 1) + b"x",
        ):
            sock.send(datagram)
        with pytest.raises(TimeoutError):
            sock.recv(2048)


def a_ticket(far, net) -> tuple[Ticket, bytes]:
    """A ticket of the responder, and the nonce that was revealed."""
    result = run(net, params(far, idle_rounds=1))
    return open_signed(result.ticket, TICKET, Ticket), result.nonce


def test_what_a_ticket_allows(far, net):
    """Its datagrams, one answer each of the same length, until they are used up or its time is over; another token none."""
    ticket, nonce = a_ticket(far, net)
    echo, token = Echo(), token_of(ticket.pair_id, nonce)
    asked = question(token, 1)
    assert None is echo.answer(asked, 0.0)
    echo.admit(ticket, nonce, 0.0)
    assert (answer_to(asked), len(asked)) == (echo.answer(asked, 1.0), len(answer_to(asked)))
    assert None is echo.answer(question(bytes(16), 1), 1.0)
    echo.admit(ticket, nonce, 1.0)
    answers = [echo.answer(asked, 1.0) for _ in range(MOST_DATAGRAMS + 10)]
    assert MOST_DATAGRAMS - 1 == sum(answer is not None for answer in answers)
    fresh = Echo()
    fresh.admit(ticket, nonce, 0.0)
    assert None is fresh.answer(asked, ticket.duration_ms / 1000 + 1.0)


def test_series_of_nothing():
    """A carrier that was never answered has no percentile, and a failure where there was one."""
    one = Tally(sent=3, failure="tls_reset").series("idle", "tcp", "original")
    assert (3, 0, None, None) == (one.sent, one.answered, one.p50_us, one.jitter_us)


def test_the_cost_is_declared(far):
    """Idle alone costs less than a megabyte; the load is counted whole."""
    assert 200_000 > cost(params(far)).bytes
    assert 5_000_000 < cost(params(far, load_bytes=5_000_000)).bytes
