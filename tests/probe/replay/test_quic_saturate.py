"""Saturate over QUIC: as fast as both ends' CPUs are sure to carry, which the ticket says; never without a pace."""

from typing import Any

import msgspec
import pytest

from collector.run_checks import check_finished_runs
from probe.nettests import replay_tls
from probe.nettests.base import CannotRun
from probe.nettests.quic_child import Child, Ready
from probe.wire.messages import Open
from tests.probe.replay.quic_pairs import PACE_BIT_S, SERVICE, pair, through
from tests.support.knock import refusal, signed_opening
from tests.support.responder import running_responder
from tests.support.stolen import unless_stolen
from tests.support.udp_box import UdpRule

SATURATE: dict[str, Any] = {"variant": "saturate", "pace_bit_s": 0}
LARGEST_BIT_S = 6_000_000


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """A responder that serves QUIC, for all tests of this file."""
    with running_responder(tmp_path_factory.mktemp("quic-full"), quic=True) as running:
        yield running


@pytest.mark.parametrize("direction", ["down", "up"])
def test_a_pair_goes_at_half_of_the_ceiling(far, direction):
    """The ticket has a pace, at most half of the ceiling, and the pair's limits name it; a run is that fast, or says that it was late."""
    result = pair(far, **SATURATE, duration_ms=500, direction=direction)
    ticket, limits, statement = result.pair.open_ticket(), result.pair.limits, result.pair.open_statement()
    assert statement is not None
    assert limits.ceiling_bit_s is not None
    assert ("saturate", limits.pace_bit_s) == (ticket.variant, ticket.pace_bit_s)
    assert 0 < ticket.pace_bit_s <= limits.ceiling_bit_s / 2
    for run, receipt in zip(result.pair.runs, statement.receipts, strict=True):
        assert "ok" == run.failure
        rate_bit_s = (replay_tls.rate_mbit_s(run) or 0) * 1e6
        assert 1.05 * ticket.pace_bit_s > rate_bit_s
        if not (receipt.sender_late_ticks or run.sender_late_ticks):
            assert ticket.pace_bit_s == pytest.approx(rate_bit_s, rel=0.3)
    check_finished_runs(result.pair, statement, direction)


@pytest.mark.parametrize("ceiling_bit_s", [4_000_000, 8_000_000])
def test_a_slow_machine_asks_for_less(far, monkeypatch, ceiling_bit_s):
    """Half of what it was measured to carry, whatever the plan's pace, and the responder grants that."""
    measured = Child.ready

    def slow(child: Child) -> Ready:
        measured(child)
        return Ready(ceiling_bit_s, ceiling_bit_s)

    monkeypatch.setattr(Child, "ready", slow)
    limits = pair(far, **SATURATE, duration_ms=50).pair.limits
    assert (ceiling_bit_s // 2, ceiling_bit_s) == (limits.pace_bit_s, limits.ceiling_bit_s)


def test_a_responder_may_grant_less_to_such_a_pair_alone(tmp_path):
    """Where a responder serves no more, the ticket says what it does serve, and both runs keep to that; a paced pair is refused."""
    with running_responder(tmp_path, quic=True, bounds={"largest_pace_bit_s": LARGEST_BIT_S}) as modest:
        result = pair(modest, **SATURATE, duration_ms=300)
        with pytest.raises(CannotRun, match="bad_request"):
            pair(modest, pace_bit_s=2 * LARGEST_BIT_S)
    assert LARGEST_BIT_S >= result.pair.limits.pace_bit_s == result.pair.open_ticket().pace_bit_s
    assert ["ok", "ok"] == [run.failure for run in result.pair.runs]
    assert all((replay_tls.rate_mbit_s(run) or 0) * 1e6 <= 1.1 * LARGEST_BIT_S for run in result.pair.runs)


REFUSED: dict[str, dict[str, Any]] = {
    "no pace": {"pace_bit_s": 0},
    "for too long": {"pace_bit_s": PACE_BIT_S, "duration_ms": 3_001},
    "a paced pair without a pace": {"variant": "paced", "pace_bit_s": 0},
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_sent_over_quic_without_a_pace(far, name):
    """A program that sends as fast as it can measures its CPU: what is asked without a pace, or for long, is no request."""
    terms = {"nettest": "replay_quic", "variant": "saturate", **REFUSED[name]}
    assert "bad_request" == refusal(far, Open(msgspec.Raw(signed_opening(far, **terms))))


@pytest.mark.parametrize("upwards", [False, True], ids=["down", "up"])
@unless_stolen
def test_a_limit_above_the_pace_is_seen_by_such_a_pair(far, upwards):
    """A box that lets 8 Mbit/s of one name through, where paced pairs go at 4: a difference to one that saturates, either way."""
    rule = UdpRule("throttle", SERVICE, rate_bit_s=2 * PACE_BIT_S, upwards=upwards)
    terms: dict[str, Any] = {"duration_ms": 1500, "direction": "up" if upwards else "down"}
    original, control, _ = through(far, rule, **SATURATE, **terms)
    assert ("ok", "ok") == (original.failure, control.failure)
    rates_bit_s = [(replay_tls.rate_mbit_s(run) or 0) * 1e6 for run in (original, control)]
    assert 1.3 * 2 * PACE_BIT_S > rates_bit_s[0] > PACE_BIT_S / 2
    assert 1.5 * rates_bit_s[0] < rates_bit_s[1]
