"""Uploads over QUIC: the probe sends, the responder counts; what happens to an upload is told by layer, as for a download."""

import threading
from typing import Any

import pytest
from msgspec.structs import replace

from collector.run_checks import check_finished_runs
from probe.measurement.receipt import Receipt
from probe.measurement.run import Run
from probe.nettests.quic_child import Child, Ready
from probe.nettests.sending import BLOCK
from tests.probe.replay.quic_pairs import PACE_BIT_S, SERVICE, carried, pair, through, wanted
from tests.support.knock import close_pair, open_pair
from tests.support.responder import running_responder
from tests.support.stolen import unless_stolen
from tests.support.udp_box import UdpRule

QUIC_UP: dict[str, Any] = {"nettest": "replay_quic", "direction": "up"}


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """A responder that serves QUIC, for all tests of this file."""
    with running_responder(tmp_path_factory.mktemp("quic-up"), quic=True) as running:
        yield running


def arrived_mbit_s(run: Run, seconds: float) -> float:
    """The rate by the responder's ticks, up to ``seconds`` after the first byte."""
    ticks = run.responder_ticks
    assert ticks is not None
    last = max(n for n, t_us in enumerate(ticks.t_us) if t_us <= seconds * 1e6 + 20_000)
    return ticks.wire_bytes[last] * 8 / ticks.t_us[last]


def receipt_of(far, ticket) -> Receipt:
    """What the responder says of the ticket's first run."""
    return close_pair(far, ticket)[0].receipts[0]


def test_a_pair_upwards(far):
    """Both runs ok, seen under their names with the ClientHello as sent; what arrived is the pace, and the sender says if it was late."""
    result = pair(far, direction="up", duration_ms=1000)
    statement = result.pair.open_statement()
    assert statement is not None
    assert ["ok", "ok"] == [run.failure for run in result.pair.runs]
    assert ("replay_quic", "up") == (result.pair.open_ticket().nettest, result.pair.open_ticket().direction)
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert (run.name, run.client_hello and run.client_hello.sha256) == (
            receipt.name_seen,
            receipt.client_hello_sha256,
        )
        assert ("cubic", None) == (run.congestion_control, receipt.congestion_control)
        assert None is receipt.sender_late_ticks
        assert "duration" == receipt.ended
        assert 1.1 * PACE_BIT_S > arrived_mbit_s(run, 1.0) * 1e6
        if not run.sender_late_ticks:  # a machine that is busy says so, and is slower
            assert PACE_BIT_S == pytest.approx(arrived_mbit_s(run, 1.0) * 1e6, rel=0.25)
    check_finished_runs(result.pair, statement, "up")


def test_both_ends_agree(far):
    """What was acknowledged arrived, no more arrived than was sent, and the responder's ticks end with the receipt's bytes."""
    result = pair(far, direction="up")
    statement = result.pair.open_statement()
    assert statement is not None
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert run.ticks is not None
        assert run.responder_ticks is not None
        assert receipt.wire_bytes == run.responder_ticks.wire_bytes[-1]
        assert run.wire_bytes <= (receipt.wire_bytes or 0) <= run.ticks.wire_bytes[-1]
        assert receipt.wire_bytes == pytest.approx(run.wire_bytes, rel=0.05, abs=4 * len(BLOCK))
        assert 0 == run.responder_ticks.t_us[0] < run.responder_ticks.wire_bytes[0] < 64_000
        assert len(run.ticks.bytes_acked) == len(run.ticks.rtt_us) == len(run.ticks.t_us)
        assert run.responder_ticks.bytes_received[-1] > run.responder_ticks.wire_bytes[-1]  # with its headers


def test_the_ceiling_of_an_upload_is_that_of_sending(far, monkeypatch):
    """A machine that receives faster than it sends paces an upload by half of what it can send, and records that."""
    measured = Child.ready

    def lopsided(child: Child) -> Ready:
        measured(child)
        return Ready(send_bit_s=2_000_000, receive_bit_s=200_000_000)

    monkeypatch.setattr(Child, "ready", lopsided)
    limits = [pair(far, direction=way, duration_ms=50).pair.limits for way in ("up", "down")]
    assert [(1_000_000, 2_000_000), (PACE_BIT_S, 200_000_000)] == [
        (one.pace_bit_s, one.ceiling_bit_s) for one in limits
    ]


TROUBLES = {
    "every datagram dropped": (UdpRule("drop", SERVICE), "quic_silent"),
    "nothing up after the handshake": (UdpRule("after", SERVICE, 3_000, upwards=True), "start_timeout"),
    "nothing down after the handshake": (UdpRule("after", SERVICE, 1_250), "start_timeout"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_recorded_under_its_name(far, name):
    """The original's upload bears the failure of its layer, the control's is ok, and the pair is closed."""
    rule, failure = TROUBLES[name]
    original, control, result = through(far, rule, direction="up")
    assert (failure, "ok") == (original.failure, control.failure)
    assert None is original.ticks
    statement = result.pair.open_statement()
    assert statement is not None
    assert statement.receipts[control.order].seen


@unless_stolen
def test_a_throttled_upload_is_measured_where_it_arrives(far):
    """A box that lets 1 Mbit/s up: about that at the responder, with losses at the probe, which sends; the control has its pace."""
    rule = UdpRule("throttle", SERVICE, rate_bit_s=1_000_000, upwards=True)
    original, control, _ = through(far, rule, direction="up", duration_ms=2000)
    assert ("ok", "ok") == (original.failure, control.failure)
    assert 1.0 == pytest.approx(arrived_mbit_s(original, 2.0), abs=0.35)
    assert 1.5 * arrived_mbit_s(original, 2.0) < arrived_mbit_s(control, 2.0)
    assert original.ticks is not None
    assert original.ticks.total_retrans[-1] > 10


@unless_stolen
def test_a_throttle_of_what_comes_down_does_not_slow_an_upload(far):
    """The innocent twin: acknowledgements alone come down, and they fit."""
    rule = UdpRule("throttle", SERVICE, rate_bit_s=1_000_000)
    original, control, _ = through(far, rule, direction="up", duration_ms=1000)
    assert ("ok", "ok") == (original.failure, control.failure)
    if not (original.sender_late_ticks or control.sender_late_ticks):
        assert arrived_mbit_s(control, 1.0) == pytest.approx(arrived_mbit_s(original, 1.0), rel=0.25)


def test_an_upload_that_stalls_is_slow_and_not_a_failure(far):
    """A box that lets 50 kB pass and then nothing up: ok by design, and the responder's last tick stands at the end."""
    rule = UdpRule("after", SERVICE, 50_000, upwards=True)
    original, control, result = through(far, rule, direction="up", duration_ms=600)
    assert ("ok", "ok") == (original.failure, control.failure)
    assert original.responder_ticks is not None
    assert 0 < original.responder_ticks.wire_bytes[-1] < 50_000
    assert original.responder_ticks.t_us[-1] >= 600_000
    assert result.pair.statement is not None


def test_the_responder_takes_no_more_than_the_tickets_bytes(far):
    """A probe that sends on beyond its ticket is cut off: the receipt names little more than the ticket's bytes."""
    ticket = open_pair(far, **QUIC_UP, pace_bit_s=500_000, duration_ms=3000)
    greedy = replace(
        wanted(far, ticket=ticket), max_run_bytes=40_000_000, duration_ms=5000, pace_bit_s=20_000_000
    )
    run, receipt = carried(greedy), receipt_of(far, ticket)
    assert "transfer_eof" == run.failure
    assert "bytes" == receipt.ended
    assert ticket.max_run_bytes <= (receipt.wire_bytes or 0) < ticket.max_run_bytes + 1_300_000


def test_the_probe_sends_no_more_than_the_tickets_bytes(far):
    """With all bytes sent the probe waits for the far end's word: ok, at the ticket's bytes and not a block more."""
    ticket = open_pair(far, **QUIC_UP, pace_bit_s=500_000, duration_ms=3000)
    hasty = replace(wanted(far, ticket=ticket), duration_ms=5000, pace_bit_s=20_000_000)
    run, receipt = carried(hasty), receipt_of(far, ticket)
    assert ("ok", "bytes") == (run.failure, receipt.ended)
    assert run.ticks is not None
    assert ticket.max_run_bytes <= run.ticks.wire_bytes[-1] < ticket.max_run_bytes + 2 * len(BLOCK)


def test_a_responder_that_goes_away_is_an_early_end(tmp_path):
    """A responder that is ended in the middle: the end of its connection, or ICMP, and in no case a run that went well."""
    with running_responder(tmp_path, quic=True) as short_lived:
        ticket = open_pair(short_lived, **QUIC_UP, pace_bit_s=4_000_000, duration_ms=5000)
        run = replace(wanted(short_lived, ticket=ticket), duration_ms=5000)
        ending = threading.Timer(0.7, short_lived.process.terminate)
        ending.start()
        failure = carried(run).failure
        ending.join()
    assert failure in ("transfer_eof", "transfer_reset")
