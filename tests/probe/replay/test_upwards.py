"""Upwards: the probe sends, the responder counts; what happens to an upload is told by layer, as for a download."""

import pytest

from probe.measurement.run import Run
from probe.nettests import capacity, replay_tls, sending
from probe.nettests.base import CannotRun
from probe.pacing import BURST_BYTES, Bucket
from tests.support.knock import close_pair, open_pair, start_run
from tests.support.middlebox import Rule, middlebox
from tests.support.responder import CONTROLS, ORIGINAL, OWNED_NAME, ethernet_net, lab_net, running_responder
from tests.support.stolen import unless_stolen

SERVICE = frozenset({ORIGINAL})


def through(far, rule: Rule, **changes) -> tuple[Run, Run, replay_tls.ReplayResult]:
    """(original, control, all) of an upload through a box with ``rule``."""
    with middlebox(far.responder, rule) as box:
        result = replay_tls.run(
            ethernet_net(), far.params(responder=box.responder, direction="up", **changes)
        )
    original, control = (result.pair.run(role) for role in ("original", "control"))
    assert original is not None
    assert control is not None
    return original, control, result


def arrived_mbit_s(run: Run, seconds: float) -> float:
    """The rate by the responder's ticks, up to ``seconds`` after the first byte."""
    ticks = run.responder_ticks
    assert ticks is not None
    last = max(n for n, t_us in enumerate(ticks.t_us) if t_us <= seconds * 1e6 + 20_000)
    return ticks.wire_bytes[last] * 8 / ticks.t_us[last]


@pytest.mark.parametrize("pace_bit_s", [3_000_000, 8_000_000, 40_000_000])
@unless_stolen
def test_the_rate_that_arrives_is_the_pace(far, pace_bit_s):
    """Through an unhindered line the responder counts the pace within 3 % and a burst of ten segments, in both runs."""
    result = replay_tls.run(
        ethernet_net(), far.params(direction="up", duration_ms=900, pace_bit_s=pace_bit_s)
    )
    statement = result.pair.open_statement()
    assert statement is not None
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert "ok" == run.failure
        burst_mbit_s = BURST_BYTES * 8 / 0.9 / 1e6
        assert pace_bit_s / 1e6 + burst_mbit_s / 2 == pytest.approx(
            arrived_mbit_s(run, 0.9), abs=burst_mbit_s + 0.03 * pace_bit_s / 1e6
        )
        assert 0 == run.sender_late_ticks
        assert None is receipt.sender_late_ticks
        assert receipt.ended == "duration"


def test_both_ends_agree_on_an_upload(far):
    """What was acknowledged arrived, no more arrived than was handed over, and the ticks end with the receipt's bytes."""
    result = replay_tls.run(ethernet_net(), far.params(direction="up", pace_bit_s=8_000_000))
    statement = result.pair.open_statement()
    assert statement is not None
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert run.ticks is not None
        assert run.responder_ticks is not None
        assert receipt.wire_bytes == run.responder_ticks.wire_bytes[-1]
        assert run.wire_bytes <= (receipt.wire_bytes or 0) <= run.ticks.wire_bytes[-1]
        assert receipt.wire_bytes == pytest.approx(run.wire_bytes, rel=0.02)
        assert 0 == run.responder_ticks.t_us[0] < run.responder_ticks.wire_bytes[0] < 64_000
        assert len(run.ticks.bytes_acked) == len(run.ticks.t_us)
        assert (run.name, run.client_hello and run.client_hello.sha256) == (
            receipt.name_seen,
            receipt.client_hello_sha256,
        )


@unless_stolen
def test_a_probe_that_paces_by_itself_keeps_to_the_pace_without_bursts(far):
    """Where the kernel does not pace, a token bucket does: the same rate, and never more than ten segments at once."""
    ticket = open_pair(far, direction="up", pace_bit_s=8_000_000, duration_ms=800)
    connection = start_run(far, ticket, 0, net=ethernet_net())
    moved = sending.send(lab_net(), connection, 0.8, ticket.max_run_bytes, 8_000_000, by_kernel=False)
    connection.reset()
    ticks = close_pair(far, ticket)[1].runs[0]
    assert ticks is not None
    assert "ok" == moved.failure
    for t_us, count in zip(ticks.t_us, ticks.wire_bytes, strict=True):
        assert count <= 1.0 * t_us + 2 * BURST_BYTES  # 1 byte a µs is 8 Mbit/s
    assert 8.0 == pytest.approx(ticks.wire_bytes[-1] * 8 / ticks.t_us[-1], rel=0.06)


def test_a_bucket_holds_ten_segments_and_no_more():
    """However long a sender has slept, what it may send at once is one initial window."""
    bucket = Bucket(8_000_000, filled_s=0.0)
    assert BURST_BYTES == bucket.allowance(3600.0)
    bucket.take(BURST_BYTES, 3600.0)
    assert 0.001448 == pytest.approx(bucket.wait_s(3600.0))


TROUBLES = {
    "reset at the hello": (Rule("reset", SERVICE), "tls_reset"),
    "an alert": (Rule("alert", SERVICE), "tls_alert"),
    "reset in the middle": (Rule("reset_after", SERVICE, 100_000, upwards=True), "transfer_reset"),
    "closed in the middle": (Rule("close_after", SERVICE, 100_000, upwards=True), "transfer_eof"),
    "a bit turned in the middle": (Rule("corrupt", SERVICE, 100_000, upwards=True), "transfer_corrupt"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_recorded_under_its_name(far, name):
    """The original's upload bears the failure of its layer, the control's is ok, and the pair is closed."""
    rule, failure = TROUBLES[name]
    original, control, result = through(far, rule, duration_ms=600)
    assert failure == original.failure
    assert "ok" == control.failure
    statement = result.pair.open_statement()
    assert statement is not None
    assert failure.startswith("transfer_") == statement.receipts[original.order].seen
    assert statement.receipts[control.order].seen


@unless_stolen
def test_a_throttled_upload_is_measured_where_it_arrives(far):
    """A box that lets 2 Mbit/s through: the responder's ticks say about that, whatever the box took from the probe."""
    rule = Rule("throttle", SERVICE, rate_bit_s=2_000_000, upwards=True)
    original, control, _ = through(far, rule, duration_ms=1000, pace_bit_s=8_000_000)
    assert ("ok", "ok") == (original.failure, control.failure)
    assert 2.0 == pytest.approx(arrived_mbit_s(original, 1.0), rel=0.15)
    assert 8.0 == pytest.approx(arrived_mbit_s(control, 1.0), rel=0.05)


def test_an_upload_that_stalls_is_slow_and_not_a_failure(far):
    """A box that lets 50 kB pass and then nothing: ok by design, and the responder's last tick stands at the end."""
    original, control, result = through(
        far, Rule("stall_after", SERVICE, 50_000, upwards=True), duration_ms=600
    )
    assert ("ok", "ok") == (original.failure, control.failure)
    assert original.responder_ticks is not None
    assert original.responder_ticks.wire_bytes[-1] < 50_000
    assert original.responder_ticks.t_us[-1] >= 600_000
    assert result.pair.statement is not None


def test_the_responder_takes_no_more_than_the_tickets_bytes(far):
    """A probe that sends on beyond its ticket is cut off: the receipt names little more than the ticket's bytes."""
    ticket = open_pair(far, direction="up", pace_bit_s=8_000_000, duration_ms=400)
    connection = start_run(far, ticket, 0, net=ethernet_net())
    moved = sending.send(lab_net(), connection, 3.0, 40_000_000, 0)
    connection.reset()
    receipt = close_pair(far, ticket)[0].receipts[0]
    assert moved.failure in ("transfer_eof", "transfer_reset")
    assert "bytes" == receipt.ended
    assert ticket.max_run_bytes <= (receipt.wire_bytes or 0) < ticket.max_run_bytes + 1_300_000


def test_the_probe_sends_no_more_than_the_tickets_bytes(far):
    """With all bytes sent the probe waits for the far end's word: ok, at the ticket's bytes and not a block more."""
    ticket = open_pair(far, direction="up", pace_bit_s=8_000_000, duration_ms=400)
    connection = start_run(far, ticket, 0, net=ethernet_net())
    moved = sending.send(lab_net(), connection, 5.0, ticket.max_run_bytes, 0)
    connection.reset()
    assert "ok" == moved.failure
    assert ticket.max_run_bytes <= moved.ticks.wire_bytes[-1] < ticket.max_run_bytes + 2 * len(sending.BLOCK)


def test_a_grant_bounds_uploads_too(far):
    """Bytes received count against the grant as bytes sent do: a key without bytes gets no upload."""
    grant = far.grant(bytes_per_day=1_000)
    with pytest.raises(CannotRun, match="over_limit"):
        replay_tls.run(ethernet_net(), far.params(direction="up", grant=grant))


def test_capacity_upwards_is_what_arrived(far):
    """Unpaced for a moment, upwards: an estimate from the responder's ticks, and what it cost."""
    params = capacity.CapacityParams(
        far.responder, far.grant(), far.quarter_key, duration_ms=300, direction="up"
    )
    result = capacity.run(lab_net(), params)
    assert result.bit_s > 50_000_000
    assert OWNED_NAME == result.name
    assert 100_000 < result.wire_bytes < 51_000_000


def test_the_coin_draws_the_name_of_a_capacity_transfer(tmp_path):
    """Of a list the name is drawn, so that no name tells a capacity transfer: in ten of them there are two names at least."""
    names = (OWNED_NAME, *CONTROLS)
    seen = set()
    with (
        running_responder(tmp_path, capacity_names=list(CONTROLS)) as far,
        middlebox(far.responder, Rule("pass")) as box,
    ):
        for _ in range(10):
            params = capacity.CapacityParams(
                box.responder, far.grant(), far.quarter_key, duration_ms=60, names=names
            )
            seen.add(capacity.run(ethernet_net(), params).name)
        spoken = set(box.hellos)
    assert 1 < len(seen)
    assert seen <= set(names)
    assert seen <= spoken


def test_capacity_goes_under_no_name_that_the_responder_does_not_allow(far):
    """Unpaced bulk under a service's name is not served as capacity, not even as one name of several."""
    params = capacity.CapacityParams(
        far.responder, far.grant(), far.quarter_key, names=(OWNED_NAME, ORIGINAL)
    )
    with pytest.raises(CannotRun, match="bad_request"):
        capacity.run(lab_net(), params)
