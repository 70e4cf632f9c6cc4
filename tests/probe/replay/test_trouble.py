"""Trouble on the way, each kind by its own name in the run that met it, while the other run goes well."""

import json
import socket
import time

import msgspec
import pytest

from probe.measurement.failures import is_known
from probe.measurement.run import Run
from probe.nettests import capacity, replay_tls
from probe.nettests.base import CannotRun, Net
from probe.nettests.connection import CONNECT_S
from probe.responder import certificate
from tests.support.middlebox import Rule, middlebox
from tests.support.responder import CONTROLS, ORIGINAL, ethernet_net, lab_net
from tests.support.stolen import unless_stolen

SERVICE = frozenset({ORIGINAL})
FOREIGN = "foreign"
PINNED = "pinned"


def through(far, rule: Rule, **changes) -> tuple[Run, Run, replay_tls.ReplayResult]:
    """(original, control, all) of a pair through a box with ``rule``."""
    with middlebox(far.responder, rule) as box:
        result = replay_tls.run(ethernet_net(), far.params(responder=box.responder, **changes))
    original, control = (result.pair.run(role) for role in ("original", "control"))
    assert original is not None
    assert control is not None
    return original, control, result


def speaking(far, certificate_of: str, speech: bytes) -> Rule:
    """A box that ends TLS itself for the service's name: with a certificate of its own, or the responder's."""
    if certificate_of == PINNED:
        folder = far.folder / "state"
        files = (folder / "certificate.pem", folder / "certificate.key")
    else:
        pem, key, _ = certificate.ensure(far.folder / FOREIGN, "box.example")
        files = (pem, key)
    return Rule("terminate", SERVICE, certificate=files, speech=speech)


def frame(message: dict[str, object]) -> bytes:
    """A frame around JSON."""
    body = json.dumps(message).encode()
    return len(body).to_bytes(4, "big") + body


RULES = {
    "reset at the hello": (lambda _far: Rule("reset", SERVICE), "tls_reset"),
    "closed at the hello": (lambda _far: Rule("close", SERVICE), "tls_eof"),
    "an alert": (lambda _far: Rule("alert", SERVICE), "tls_alert"),
    "a page in plain text": (lambda _far: Rule("plain", SERVICE), "tls_garbled"),
    "a foreign certificate": (lambda far: speaking(far, FOREIGN, b""), "tls_intercepted"),
    "reset inside the handshake": (lambda _far: Rule("reset_after", SERVICE, after_bytes=300), "tls_reset"),
    "closed inside the handshake": (lambda _far: Rule("close_after", SERVICE, after_bytes=300), "tls_eof"),
    "nonsense inside our TLS": (lambda far: speaking(far, PINNED, b"\0\0\0\x05hello"), "protocol_error"),
    "HTTP inside our TLS": (lambda far: speaking(far, PINNED, b"HTTP/1.1 200 OK\r\n"), "protocol_error"),
    "no UTF-8 inside our TLS": (
        lambda far: speaking(far, PINNED, b'\0\0\0\x0c{"type":"\xff"}'),
        "protocol_error",
    ),
    "endless nesting": (
        lambda far: speaking(far, PINNED, (60_000).to_bytes(4, "big") + b"[" * 60_000),
        "protocol_error",
    ),
    "an oversize frame": (lambda far: speaking(far, PINNED, b"\x00\xff\xff\xff"), "protocol_error"),
    "a message too early": (lambda far: speaking(far, PINNED, frame({"type": "ready"})), "protocol_error"),
    "a refusal": (
        lambda far: speaking(far, PINNED, frame({"type": "refused", "code": "over_limit", "text": "no"})),
        "responder_refused",
    ),
    "no word at all": (lambda far: speaking(far, PINNED, b""), "start_eof"),
    "going, and no bulk": (lambda far: speaking(far, PINNED, frame({"type": "going"})), "start_eof"),
    "reset in the middle": (lambda _far: Rule("reset_after", SERVICE, after_bytes=100_000), "transfer_reset"),
    "closed in the middle": (lambda _far: Rule("close_after", SERVICE, after_bytes=100_000), "transfer_eof"),
    "a bit turned in the middle": (
        lambda _far: Rule("corrupt", SERVICE, after_bytes=100_000),
        "transfer_corrupt",
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_trouble_is_recorded_under_its_name(far, name):
    """The original's run bears the failure, the control's is ok, and the pair is closed with both receipts."""
    rule, failure = RULES[name]
    original, control, result = through(far, rule(far), duration_ms=150)
    assert failure == original.failure
    assert is_known(original.failure)
    assert "ok" == control.failure
    assert original.client_hello is not None
    statement = result.pair.open_statement()
    assert statement is not None, "the pair can be closed whatever happened to its runs"
    reached = failure.startswith("transfer_")
    assert reached == statement.receipts[original.order].seen
    assert statement.receipts[control.order].seen
    if not reached:
        assert None is original.ticks
        assert 0 == original.wire_bytes
    msgspec.json.decode(msgspec.json.encode(result.pair), type=type(result.pair))


def test_the_part_that_came_through_is_kept(far):
    """A transfer broken off after 100 kB keeps its ticks and bytes: what came, and when it ended."""
    original, _, _ = through(far, Rule("reset_after", SERVICE, after_bytes=100_000))
    assert original.ticks is not None
    assert 100_000 == pytest.approx(original.wire_bytes, abs=3000)
    assert 0 < (original.duration_us or 0) < 300_000


def test_a_reset_that_the_responder_never_saw_still_gets_a_statement(far):
    """A box that resets towards the probe alone: the responder sends on, and the probe asks until it is done."""
    rule = Rule("reset_probe", SERVICE, after_bytes=50_000)
    original, control, result = through(far, rule, duration_ms=1800)
    assert ("transfer_reset", "ok") == (original.failure, control.failure)
    statement = result.pair.open_statement()
    assert statement is not None
    assert "duration" == statement.receipts[original.order].ended


def test_a_stall_is_a_slow_run_not_a_failure(far):
    """A box that lets 16 kB pass and then nothing: ok by design, with the low rate that it had."""
    original, control, result = through(far, Rule("stall_after", SERVICE, after_bytes=16_384))
    assert ("ok", "ok") == (original.failure, control.failure)
    assert original.wire_bytes < 16_384
    assert 400_000 == pytest.approx(original.duration_us, rel=0.1)
    assert 20 * (replay_tls.rate_mbit_s(original) or 0) < (replay_tls.rate_mbit_s(control) or 0)
    assert result.pair.statement is not None


@unless_stolen
def test_a_throttle_is_measured(far):
    """A box that lets 2 Mbit/s through: ok, and about that rate; the control has its pace."""
    original, control, _ = through(far, Rule("throttle", SERVICE, rate_bit_s=2_000_000), duration_ms=800)
    assert 2.0 == pytest.approx(replay_tls.rate_mbit_s(original), rel=0.1)
    assert 20.0 == pytest.approx(replay_tls.rate_mbit_s(control), rel=0.05)


def test_a_delayed_handshake_shows_in_its_length(far):
    """A box that holds the hello for 300 ms: ok, with a TLS handshake that took them."""
    original, control, _ = through(far, Rule("delay", SERVICE, delay_s=0.3), duration_ms=50)
    assert ("ok", "ok") == (original.failure, control.failure)
    assert (original.tls_us or 0) >= 300_000 > (control.tls_us or 0)


def test_names_that_are_not_meant_pass_untouched(far):
    """The box acts on the service's name alone: under another name both runs are ok."""
    rule = Rule("reset", SERVICE)
    original, control, _ = through(far, rule, duration_ms=50, original_name="other.service.example")
    assert ("ok", "ok") == (original.failure, control.failure)


def test_when_all_names_are_hit_both_runs_fail(far):
    """A box that resets original and control alike leaves a pair of two failures, closed."""
    original, control, result = through(far, Rule("reset", SERVICE | frozenset(CONTROLS)), duration_ms=50)
    assert ("tls_reset", "tls_reset") == (original.failure, control.failure)
    statement = result.pair.open_statement()
    assert statement is not None
    assert [False, False] == [receipt.seen for receipt in statement.receipts]


def test_silence_ends_by_the_handshakes_deadline(far):
    """A far end that accepts and never speaks is tls_timeout after five seconds, and the pair goes on."""
    began = time.monotonic()
    original, control, _ = through(far, Rule("silent", SERVICE), duration_ms=50)
    assert ("tls_timeout", "ok") == (original.failure, control.failure)
    assert 5.0 == pytest.approx(time.monotonic() - began, abs=1.5)


def dead_net(error: OSError, dead_name_after: int) -> Net:
    """A network whose connections fail with ``error`` after the first ``dead_name_after``; it is not waited for."""
    real, made = ethernet_net(), []

    def connect(address: tuple[str, int], timeout_s: float) -> socket.socket:
        made.append(address)
        assert timeout_s == CONNECT_S
        if len(made) > dead_name_after:
            raise error
        return real.connect(address, timeout_s)

    return lab_net(connect=connect, sleep_s=lambda _seconds: None)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connect_refused"),
        (TimeoutError("timed out"), "connect_timeout"),
        (OSError(101, "Network is unreachable"), "connect_unreachable"),
        (OSError(113, "No route to host"), "connect_unreachable"),
        (OSError(1, "Operation not permitted to 192.0.2.7"), "unknown_failure: PermissionError [Errno 1] "),
    ],
)
def test_what_the_connection_met_is_told_apart(far, error, failure):
    """After the ticket the network is gone: both runs say how, and the pair stays open and unsigned."""
    result = replay_tls.run(dead_net(error, 1), far.params())
    assert all(run.failure.startswith(failure) for run in result.pair.runs)
    assert all("192.0.2" not in run.failure for run in result.pair.runs)
    assert None is result.pair.statement
    assert [None, None] == [run.connect_us for run in result.pair.runs]


def test_a_real_refused_port_is_connect_refused(far):
    """Nobody listens: no ticket, the reason in the error, from the kernel's own reset."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nobody = msgspec.structs.replace(far.responder, port=port)
    with pytest.raises(CannotRun) as caught:
        replay_tls.run(lab_net(), far.params(responder=nobody))
    assert "responder:open:connect_refused" == caught.value.reason


CANNOT = {
    "reset": (lambda _far: Rule("reset"), "responder:open:tls_reset"),
    "a foreign certificate": (
        lambda far: Rule("terminate", certificate=speaking(far, FOREIGN, b"").certificate),
        "responder:open:tls_intercepted",
    ),
    "nonsense": (
        lambda far: Rule(
            "terminate", certificate=speaking(far, PINNED, b"").certificate, speech=b"\0\0\0\1x"
        ),
        "responder:open:protocol_error",
    ),
    "a ticket of nonsense": (
        lambda far: Rule(
            "terminate",
            certificate=speaking(far, PINNED, b"").certificate,
            speech=frame({"type": "opened", "ticket": 7, "received_at_us": 1, "sent_at_us": 2}),
        ),
        "responder:open:bad_ticket",
    ),
}


@pytest.mark.parametrize("name", CANNOT)
def test_without_a_ticket_there_is_no_measurement(far, name):
    """What stands between probe and ticket is a reason that a program can read, for both nettests."""
    rule, reason = CANNOT[name]
    with middlebox(far.responder, rule(far)) as box:
        with pytest.raises(CannotRun) as caught:
            replay_tls.run(lab_net(), far.params(responder=box.responder))
        assert reason == caught.value.reason
        with pytest.raises(CannotRun) as caught:
            capacity.run(lab_net(), capacity.CapacityParams(box.responder, far.grant(), far.quarter_key))
        assert reason == caught.value.reason


def test_a_refused_opening_is_a_reason_with_the_code(far):
    """An expired grant ends before any run, with the responder's own code."""
    with pytest.raises(CannotRun) as caught:
        replay_tls.run(lab_net(), far.params(grant=far.grant(expires_at_us=1)))
    assert "responder:open:responder_refused: bad_grant" == caught.value.reason


def test_one_dead_address_does_not_stop_the_ticket(far):
    """Opening and closing go by whichever address answers."""
    dead = msgspec.structs.replace(far.responder, addresses=("127.0.0.3", "127.0.0.2"))
    pair = replay_tls.run(ethernet_net(), far.params(responder=dead, duration_ms=50)).pair
    assert {"127.0.0.3": "connect_refused", "127.0.0.2": "ok"} == {
        run.address: run.failure for run in pair.runs
    }
    assert pair.statement is not None


@pytest.mark.parametrize("name", ["x" * 64 + ".example", "a..example", ".example"])
def test_a_name_that_no_hello_can_hold_is_a_failure_of_its_run(far, name):
    """A mistaken name in a plan is recorded, not a crash; the control goes on."""
    pair = replay_tls.run(ethernet_net(), far.params(original_name=name, duration_ms=50)).pair
    original, control = pair.run("original"), pair.run("control")
    assert original is not None
    assert control is not None
    assert original.failure.startswith("unknown_failure: ")
    assert "ok" == control.failure


def test_a_capacity_transfer_that_broke_is_a_reason(far):
    """A capacity transfer cut in the middle gives no estimate but the failure's name."""
    with middlebox(far.responder, Rule("close_after", after_bytes=1_000_000)) as box:
        params = capacity.CapacityParams(box.responder, far.grant(), far.quarter_key)
        with pytest.raises(CannotRun, match="responder:capacity:transfer_eof"):
            capacity.run(lab_net(), params)
