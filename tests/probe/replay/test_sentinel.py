"""The sentinel before a pair and the gap of a washed one, against a real responder (integrity.md 4)."""

import msgspec
import pytest

from probe.measurement.receipt import Statement
from probe.measurement.signing import STATEMENT, TICKET, open_signed
from probe.measurement.ticket import Ticket
from probe.nettests import replay_tls, sentinel
from probe.nettests.base import CannotRun, Net
from tests.support.middlebox import Rule, middlebox
from tests.support.responder import CONTROLS, ORIGINAL, ethernet_net, running_responder


def test_a_visit_begins_with_a_control_alone(far):
    """The first names on the line are controls; the service's appears in its own run only, and the pair says how the sentinel went."""
    with middlebox(far.responder, Rule("pass")) as box:
        params = far.params(responder=box.responder, duration_ms=50, sentinel=True)
        pair = replay_tls.run(ethernet_net(), params).pair
        hellos = list(box.hellos)
    assert pair.sentinel is not None
    assert "ok" == pair.sentinel.run.failure
    assert pair.sentinel.run.name in CONTROLS
    assert 1 == hellos.count(ORIGINAL)
    assert ORIGINAL not in hellos[: hellos.index(pair.sentinel.run.name) + 1]


def test_the_evidence_is_kept_where_a_run_failed(far):
    """Of a pair that went well the sentinel's run alone is kept; where a run failed, its ticket and signed statement too."""
    good = replay_tls.run(ethernet_net(), far.params(duration_ms=50, sentinel=True)).pair.sentinel
    assert good is not None
    assert (None, None, None) == (good.ticket, good.nonce, good.statement)
    with middlebox(far.responder, Rule("reset", frozenset({ORIGINAL}))) as box:
        params = far.params(responder=box.responder, duration_ms=50, sentinel=True)
        pair = replay_tls.run(ethernet_net(), params).pair
    watched = pair.sentinel
    assert watched is not None
    assert watched.ticket is not None
    assert watched.statement is not None
    ticket = open_signed(watched.ticket, TICKET, Ticket)
    receipt = open_signed(watched.statement, STATEMENT, Statement).receipts[0]
    assert ("sentinel", "sentinel") == (ticket.variant, ticket.service)
    assert ORIGINAL not in msgspec.json.encode(ticket).decode()
    assert (True, watched.run.name) == (receipt.seen, receipt.name_seen)
    assert ticket.opened_at_us < pair.open_ticket().opened_at_us


def test_a_sentinel_that_fails_puts_the_visit_off(far):
    """Where control names do not get through nothing is thrown: no ticket, the reason in the error."""
    with (
        middlebox(far.responder, Rule("reset", frozenset(CONTROLS))) as box,
        pytest.raises(CannotRun) as cannot,
    ):
        replay_tls.run(ethernet_net(), far.params(responder=box.responder, sentinel=True))
    assert "sentinel:tls_reset" == cannot.value.reason


def test_a_responder_that_knows_no_sentinel_is_measured_without(tmp_path):
    """One that refuses the terms of a sentinel (an older one does) gives none, and the pair goes on."""
    with running_responder(tmp_path, bounds={"longest_run_ms": sentinel.DURATION_MS - 1}) as far:
        pair = replay_tls.run(ethernet_net(), far.params(duration_ms=50, sentinel=True)).pair
    assert None is pair.sentinel
    assert ["ok", "ok"] == [run.failure for run in pair.runs]


def test_the_tickets_life_spans_a_washed_pair(tmp_path):
    """A ticket that lives a second by itself lives ten minutes more for a pair that is washed: both runs go well."""
    slept: list[float] = []
    net = Net(connect=ethernet_net().connect, sleep_s=slept.append)
    with running_responder(tmp_path, bounds={"ticket_s": 20.0}) as far:
        pair = replay_tls.run(net, far.params(duration_ms=50, gap_ms=600_000)).pair
    ticket = pair.open_ticket()
    assert 620_000_000 == ticket.expires_at_us - ticket.opened_at_us
    assert (600_000, 600_000) == (ticket.wash_ms, pair.gap_ms)
    assert 600.0 == pytest.approx(sum(slept))
    assert max(slept) <= 1.0
    assert ["ok", "ok"] == [run.failure for run in pair.runs]


def test_a_volunteer_need_not_wait_ten_minutes_to_stop(far):
    """Asked to stop during the gap, a washed pair is closed at the next second, as aborted, with its first run."""
    slept: list[float] = []
    net = Net(connect=ethernet_net().connect, sleep_s=slept.append)
    params = far.params(duration_ms=50, gap_ms=600_000, stop=lambda: len(slept) >= 3)
    pair = replay_tls.run(net, params).pair
    assert ("stopped_by_volunteer", 1, 3) == (pair.aborted, len(pair.runs), len(slept))
    assert pair.statement is not None


def test_a_gap_beyond_what_the_responder_waits_is_refused(far):
    """A ticket cannot be kept open for as long as anybody likes."""
    with pytest.raises(CannotRun, match="bad_"):
        replay_tls.run(ethernet_net(), far.params(gap_ms=901_000))
