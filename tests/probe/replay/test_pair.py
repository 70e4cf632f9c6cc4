"""A pair without trouble: the coin is obeyed, bytes are counted, the rate is the pace's."""

import random

import pytest

from probe.measurement.coin import commit, toss
from probe.measurement.envelope import Clock
from probe.measurement.ticks import SHORTEST_S
from probe.nettests import capacity, replay_tls
from tests.support.responder import CONTROLS, ORIGINAL, ethernet_net, lab_net
from tests.support.stolen import unless_stolen


def test_the_coin_decides_order_addresses_and_name(far):
    """Of twelve pairs each is run exactly as a third party recomputes it from ticket and nonces; no two are alike."""
    seen = set()
    for _ in range(12):
        pair = replay_tls.run(ethernet_net(), far.params(duration_ms=30)).pair
        ticket = pair.open_ticket()
        assert commit(pair.nonce) == ticket.commit
        coin = toss(pair.nonce, ticket.nonce, ticket.pair_id)
        roles = ("original", "control") if coin.original_first else ("control", "original")
        assert roles == tuple(run.role for run in pair.runs)
        assert (0, 1) == tuple(run.order for run in pair.runs)
        original, control = pair.run("original"), pair.run("control")
        assert original is not None
        assert control is not None
        assert (ORIGINAL, coin.original_address) == (original.name, original.address_index)
        assert CONTROLS[coin.draw % len(CONTROLS)] == control.name
        assert 1 - coin.original_address == control.address_index
        for run in (original, control):
            assert far.responder.addresses[run.address_index] == run.address
        seen.add((coin.original_first, coin.original_address, control.name))
    assert len(seen) > 2


@pytest.mark.parametrize("pace_bit_s", [20_000_000, 40_000_000, 80_000_000])
@unless_stolen
def test_the_measured_rate_is_the_pace(far, pace_bit_s):
    """Through an unhindered line both runs measure the pace within 3 %, and no tick of the sender was late."""
    result = replay_tls.run(ethernet_net(), far.params(duration_ms=600, pace_bit_s=pace_bit_s))
    statement = result.pair.open_statement()
    assert statement is not None
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert "ok" == run.failure
        assert pace_bit_s / 1e6 == pytest.approx(replay_tls.rate_mbit_s(run), rel=0.03)
        assert 600_000 == pytest.approx(run.duration_us, abs=30_000)
        assert 0 == receipt.sender_late_ticks


def test_the_probes_bytes_are_the_responders(far):
    """At the probe's last tick it has what the responder's kernel had acknowledged by then, within one gulp."""
    result = replay_tls.run(ethernet_net(), far.params(duration_ms=500))
    beyond = []
    for run in result.pair.runs:
        assert run.ticks is not None
        assert run.responder_ticks is not None
        assert run.wire_bytes == run.ticks.wire_bytes[-1]
        beyond.append(run.ticks.bytes_received[-1] - run.wire_bytes)
        assert run.responder_ticks.bytes_acked[-1] == pytest.approx(run.wire_bytes, abs=80_000)
    # TCP_INFO also counts the handshake's few kB, which are no bulk, and what came while a busy machine went from reading to asking.
    assert 0 <= min(beyond) <= 4096
    assert max(beyond) <= 80_000


def test_a_whole_transfer_is_counted_to_the_byte(far):
    """When a transfer is received to its end, probe and responder agree on its bytes but for the closing record."""
    params = capacity.CapacityParams(far.responder, far.grant(), far.quarter_key, duration_ms=15_000)
    result = capacity.run(lab_net(), params)
    # 50 MB of blocks, each with TLS's 22 bytes
    assert 50_000_000 == pytest.approx(result.wire_bytes, rel=0.003)
    assert result.bit_s > 100_000_000


def test_ticks_of_both_ends_grow(far):
    """Times and bytes never fall, start with the first bytes at the probe, and lie no closer than the clamp but for the ends."""
    result = replay_tls.run(ethernet_net(), far.params(duration_ms=500))
    for run in result.pair.runs:
        assert run.ticks is not None
        assert run.responder_ticks is not None
        assert 0 == run.ticks.t_us[0]
        assert 0 < run.ticks.wire_bytes[0] < 64_000, "what came first, at the time it came"
        for ticks in (run.ticks, run.responder_ticks):
            assert list(ticks.t_us) == sorted(ticks.t_us)
            assert list(ticks.wire_bytes) == sorted(ticks.wire_bytes)
            gaps = [b - a for a, b in zip(ticks.t_us[1:-1], ticks.t_us[2:-1], strict=False)]
            assert all(gap >= SHORTEST_S * 1e6 * 0.9 for gap in gaps)


def test_original_and_control_share_hello_and_fingerprint(far):
    """Names of equal length: the two ClientHellos as sent differ in the name alone, and share their JA4."""
    params = far.params(
        duration_ms=30, original_name="aaaa.service.example", control_candidates=("bbbb.control.example",)
    )
    pair = replay_tls.run(ethernet_net(), params).pair
    original, control = (pair.run(role) for role in ("original", "control"))
    assert original is not None
    assert original.client_hello is not None
    assert control is not None
    assert control.client_hello is not None
    assert original.client_hello.ja4 == control.client_hello.ja4
    assert control.client_hello.without_keys == original.client_hello.without_keys.replace(
        b"aaaa.service.example", b"bbbb.control.example"
    )


@pytest.mark.parametrize("offset_us", [0, 30_000_000, -365 * 86_400_000_000])
def test_the_clocks_offset_is_told_with_its_bound(far, offset_us):
    """A probe's clock that is half a minute behind, or a year ahead, is measured to within the bound, and measures on."""
    real = lab_net()
    net = lab_net(connect=ethernet_net().connect, unix_us=lambda: real.unix_us() - offset_us)
    result = replay_tls.run(net, far.params(duration_ms=30))
    assert isinstance(result.clock, Clock)
    assert offset_us == pytest.approx(result.clock.offset_us, abs=result.clock.bound_us + 1000)
    assert result.clock.bound_us < 100_000
    assert ["ok", "ok"] == [run.failure for run in result.pair.runs]


def test_counters_are_read_around_the_runs(far):
    """Before, between and after: three readings of the interface; one that fails leaves cross-traffic unknown."""
    readings = iter([(1, 10), (2, 20), (3, 30)])
    counted = replay_tls.run(ethernet_net(), far.params(duration_ms=30, counters=lambda: next(readings)))
    assert counted.cross_traffic is not None
    assert ((1, 2, 3), (10, 20, 30)) == (
        counted.cross_traffic.received_bytes,
        counted.cross_traffic.sent_bytes,
    )
    assert None is replay_tls.run(ethernet_net(), far.params(duration_ms=30)).cross_traffic


def test_progress_is_told_step_by_step(far):
    """Ticket, each run's start and end, the close: in that order, with facts that JSON can hold."""
    said: list[str] = []
    replay_tls.run(
        ethernet_net(), far.params(duration_ms=30, progress=lambda event, _facts: said.append(event))
    )
    assert ["ticket", "run_started", "run_ended", "run_started", "run_ended", "closed"] == said


def test_the_gap_stands_between_the_runs(far):
    """The gap is slept once, between the runs, by the clock that was handed in."""
    slept: list[float] = []
    net = lab_net(connect=ethernet_net().connect, sleep_s=slept.append, rng=random.Random(1))
    pair = replay_tls.run(net, far.params(duration_ms=30, gap_ms=2000)).pair
    assert [2.0] == slept
    assert 2000 == pair.gap_ms
