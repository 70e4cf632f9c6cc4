"""replay_quic against a real responder, and with a real box on the way: each trouble by its own name."""

import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from collector.run_checks import check_finished_runs
from probe.measurement.run import Run
from probe.nettests import replay_quic, replay_tls
from probe.nettests.base import CannotRun
from probe.nettests.quic_child import Child, ChildLost, Ready
from probe.nettests.replay_quic import within_ceiling
from tests.probe.replay.quic_pairs import PACE_BIT_S, SERVICE, pair, through, wanted
from tests.support.responder import CONTROLS, ethernet_net, running_responder
from tests.support.stolen import unless_stolen
from tests.support.udp_box import UdpRule, udp_box


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """A responder that serves QUIC, for all tests of this file."""
    with running_responder(tmp_path_factory.mktemp("quic"), quic=True) as running:
        yield running


def test_a_pair_over_quic(far):
    """Both runs ok, seen under their names with the ClientHello as sent, at the pace, with statistics of both ends."""
    result = pair(far, duration_ms=1000)
    statement = result.pair.open_statement()
    assert statement is not None
    assert ["ok", "ok"] == [run.failure for run in result.pair.runs]
    assert "replay_quic" == result.pair.open_ticket().nettest
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert run.name == receipt.name_seen
        assert run.client_hello is not None
        assert run.client_hello.sha256 == receipt.client_hello_sha256
        assert run.client_hello.ja4.startswith("q13d")
        rate_bit_s = run.wire_bytes * 8e6 / (run.duration_us or 1)
        assert 1.1 * PACE_BIT_S > rate_bit_s
        if not receipt.sender_late_ticks:  # a machine that is busy says so, and is slower
            assert PACE_BIT_S == pytest.approx(rate_bit_s, rel=0.25)
        assert run.responder_ticks is not None
        assert "peer_closed" == receipt.ended
        assert len(run.responder_ticks.rtt_us) == len(run.responder_ticks.t_us) == receipt.ticks
        assert run.connect_us is not None
        assert run.tls_us is not None
    check_finished_runs(result.pair, statement, "down")


def test_the_control_differs_in_the_name_alone(far):
    """The ClientHellos of a pair, less keys and ids, are equal but for the name, and so is JA4."""
    runs = {run.role: run for run in pair(far, duration_ms=50, original_name="six.control.example").pair.runs}
    original, control = runs["original"].client_hello, runs["control"].client_hello
    assert original is not None
    assert control is not None
    named = original.without_keys.replace(b"six.control.example", runs["control"].name.encode())
    assert named == control.without_keys
    assert original.ja4 == control.ja4


def test_the_ceiling_is_measured_and_recorded(far):
    """What this CPU can carry stands in the pair, and the pace is at most half of it."""
    limits = pair(far, duration_ms=50).pair.limits
    assert limits.ceiling_bit_s is not None
    assert limits.pace_bit_s <= limits.ceiling_bit_s / 2
    assert 5_000_000 < limits.ceiling_bit_s


@pytest.mark.parametrize(
    ("pace", "ceiling", "expected"),
    [(20, 100, 20), (20, 24, 12), (20, 40, 20), (20, 39, 19.5)],
)
def test_the_pace_is_at_most_half_of_the_ceiling(pace, ceiling, expected):
    """A slow machine asks for less."""
    assert int(expected * 1e6) == within_ceiling(int(pace * 1e6), int(ceiling * 1e6))


def test_without_a_ceiling_nothing_is_asked_for(monkeypatch):
    """A machine whose ceiling could not be measured opens no ticket: any pace might be more than half of it."""
    monkeypatch.setattr(Child, "ready", lambda _child: Ready())
    nobody: Any = SimpleNamespace(
        direction="down", variant="paced", pace_bit_s=1, responder=SimpleNamespace(quic_port=443)
    )
    with pytest.raises(CannotRun, match="unsupported:ceiling"):
        replay_quic.run(ethernet_net(), nobody)


@pytest.mark.parametrize("direction", ["down", "up"])
def test_the_child_keeps_within_its_memory(far, monkeypatch, direction):
    """A child that measured its ceiling and carried two runs has used at most 110 MB."""
    peaks_kb = []

    class Watched(Child):
        def __exit__(self, *how):
            peaks_kb.append(self.peak_kb())
            super().__exit__(*how)

    monkeypatch.setattr(replay_quic, "Child", Watched)
    pair(far, duration_ms=1000, direction=direction)
    assert 110_000_000 >= 1024 * peaks_kb[0] > 10_000_000  # VmHWM is in KiB


RULES = {
    "every datagram dropped": (UdpRule("drop", SERVICE), "quic_silent"),
    "answers dropped after the Retry": (UdpRule("no_answer", SERVICE), "quic_timeout"),
    "another version offered": (UdpRule("versions", SERVICE), "quic_version"),
    "handshake packets damaged": (UdpRule("garble", SERVICE), "quic_timeout"),
    "nothing after the handshake": (UdpRule("after", SERVICE, after_bytes=1250), "start_timeout"),
}


@pytest.mark.parametrize("name", RULES)
def test_trouble_is_recorded_under_its_name(far, name):
    """The original's run bears the failure, the control's is ok, and the pair is closed over TLS."""
    rule, failure = RULES[name]
    original, control, result = through(far, rule)
    assert (failure, "ok") == (original.failure, control.failure)
    assert original.client_hello is not None
    statement = result.pair.open_statement()
    assert statement is not None
    assert statement.receipts[control.order].seen
    assert None is original.ticks


def test_the_box_reads_the_name_from_the_initial(far):
    """Keys of Initials are public: a box sees both names of the pair, before and after the Retry."""
    with udp_box(far.responder, UdpRule("none")) as box:
        result = pair(far, responder=box.responder, duration_ms=50)
    names = [run.name for run in result.pair.runs]
    assert set(names) == set(box.seen)
    assert all(box.seen.count(name) >= 2 for name in names)


@unless_stolen
def test_a_throttle_is_measured(far):
    """A box that lets 1 Mbit/s through: ok, about that rate, with losses at the sender; the control has its pace."""
    rule = UdpRule("throttle", SERVICE, rate_bit_s=1_000_000)
    original, control, _ = through(far, rule, duration_ms=2000)
    assert ("ok", "ok") == (original.failure, control.failure)
    rates = [run.wire_bytes * 8 / (run.duration_us or 1) for run in (original, control)]
    assert 1.0 == pytest.approx(rates[0], abs=0.35)
    assert 1.5 * rates[0] < rates[1]
    assert original.responder_ticks is not None
    assert original.responder_ticks.total_retrans[-1] > 10


def test_a_stall_in_the_middle_is_a_slow_run(far):
    """Nothing more after 50 kB: ok by design, with what came."""
    original, control, _ = through(far, UdpRule("after", SERVICE, after_bytes=50_000), duration_ms=800)
    assert ("ok", "ok") == (original.failure, control.failure)
    assert 30_000 < original.wire_bytes < 50_000
    assert 2 * original.wire_bytes < control.wire_bytes


def test_a_delayed_initial_shows_in_its_length(far):
    """A box that holds what goes up for 60 ms each: ok, with a handshake that took them."""
    original, _control, _ = through(far, UdpRule("delay", SERVICE, delay_s=0.06), duration_ms=100)
    assert "ok" == original.failure
    assert (original.connect_us or 0) + (original.tls_us or 0) >= 100_000


def test_when_all_names_are_hit_both_runs_fail(far):
    """A network without UDP: two failures, a closed pair, and no label that did worse."""
    original, control, result = through(far, UdpRule("drop", SERVICE | frozenset(CONTROLS)), duration_ms=50)
    assert ("quic_silent", "quic_silent") == (original.failure, control.failure)
    assert result.pair.statement is not None


def test_a_closed_port_is_told_by_icmp(far):
    """Nobody listens on that port: quic_refused at once, from the kernel's own ICMP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = msgspec.structs.replace(far.responder, quic_port=port)
    result = pair(far, responder=nobody, duration_ms=50)
    assert ["quic_refused", "quic_refused"] == [run.failure for run in result.pair.runs]


def test_another_certificate_is_intercepted(far, tmp_path):
    """Another QUIC server behind the address: its certificate is not the pinned one, and nothing is asked of it."""
    with running_responder(tmp_path, quic=True) as other:
        elsewhere = msgspec.structs.replace(far.responder, quic_port=other.responder.quic_port)
        result = pair(far, responder=elsewhere, duration_ms=50)
    assert ["tls_intercepted", "tls_intercepted"] == [run.failure for run in result.pair.runs]


def test_a_run_without_a_ticket_gets_no_bulk(far):
    """An unknown pair id: refused inside the pinned handshake, and not one byte of bulk."""
    with Child() as child:
        child.ready()
        run = child.carry(wanted(far, pair_id=bytes(16)))
    assert ("responder_refused", 0) == (run.failure, run.wire_bytes)


def test_a_run_passes_the_gate(far):
    """Outside a laboratory the child sends no datagram to loopback, nor to a port that is not the web's."""
    with Child() as child:
        child.ready()
        runs = [
            child.carry(msgspec.structs.replace(wanted(far, address=address), lab=False))
            for address in (far.responder.addresses[0], "8.8.8.8")
        ]
    assert [
        "unknown_failure: Forbidden <line> is not a public address",
        f"unknown_failure: Forbidden port {far.responder.quic_port}",
    ] == [run.failure for run in runs]


def test_a_ticket_for_tls_is_no_ticket_for_quic(far):
    """The carrier is part of the ticket: a pair cannot be opened for the one and run over the other, either way."""
    lines = []
    with Child() as child:
        child.ready()

        def over_quic(_net, _responder, facts, opened) -> Run:
            run = child.carry(wanted(far, ticket=opened.ticket, **facts))
            lines.append(run.failure)
            return run

        replay_tls.run_pair(ethernet_net(), far.params(duration_ms=50), "replay_tls", over_quic)
    result = replay_tls.run_pair(
        ethernet_net(),
        far.params(duration_ms=50),
        "replay_quic",
        lambda net, responder, facts, opened: replay_tls.replay(net, responder, facts, opened.ticket),
    )
    assert ["responder_refused"] * 4 == lines + [run.failure for run in result.pair.runs]


def test_a_responder_without_quic_is_said_not_tried(far, tmp_path):
    """Neither the plan's word nor the responder's own: both are reasons, and no run is made."""
    without = msgspec.structs.replace(far.responder, quic_port=None)
    with pytest.raises(CannotRun, match="unsupported:responder:quic"):
        pair(far, responder=without)
    with running_responder(tmp_path) as tls_only:
        claimed = msgspec.structs.replace(tls_only.responder, quic_port=443)
        with pytest.raises(CannotRun, match="bad_request"):
            pair(tls_only, responder=claimed)


def test_a_child_that_dies_aborts_the_pair(far):
    """A machine's own trouble is no failure of the network: the pair is closed as aborted, and says so."""

    def die(_net, _responder, facts, _opened) -> Run:
        with Child() as child:
            child.ready()
            child._process.kill()
            try:
                return child.carry(wanted(far, **facts))
            except ChildLost as lost:
                raise replay_tls.CarrierLost(str(lost)) from lost

    result = replay_tls.run_pair(ethernet_net(), far.params(duration_ms=50), "replay_quic", die)
    assert () == result.pair.runs
    assert (result.pair.aborted or "").startswith("crashed: ")
    assert result.pair.statement is not None


def test_without_the_extra_the_nettest_says_which(tmp_path):
    """A Python that has no aioquic: the child ends with the code that means it, before any ticket."""
    hidden = tmp_path / "aioquic"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ImportError('not here')\n")
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-m", "probe.nettests.quic_child"],
        env={"PYTHONPATH": f"{tmp_path}:{root}"},
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert 3 == done.returncode
    assert b"not here" in done.stderr


def test_a_sentinel_goes_before_the_pair_over_tls(far):
    """Well, and without a word of QUIC; the pair's own ticket is for QUIC."""
    result = pair(far, duration_ms=50, sentinel=True)
    assert result.pair.sentinel is not None
    assert "ok" == result.pair.sentinel.run.failure
    assert ["ok", "ok"] == [run.failure for run in result.pair.runs]
    assert "replay_quic" == result.pair.open_ticket().nettest
