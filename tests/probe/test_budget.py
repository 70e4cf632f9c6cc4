"""The ledger: bytes by month, under a cap that holds also after a crash."""

from datetime import UTC, datetime

import msgspec
import pytest

from probe.budget import Book, Ledger, on_the_line, pair_estimate_bytes
from probe.spending import Spending
from probe.trouble import SetUpTrouble

NOVEMBER = int(datetime(2026, 11, 30, 23, 59, tzinfo=UTC).timestamp() * 1_000_000)
DECEMBER = NOVEMBER + 120 * 1_000_000


@pytest.fixture
def ledger(tmp_path):
    """A ledger under a cap of 1000 bytes."""
    return Ledger(tmp_path / "ledger.json", 1000)


def test_a_transfer_is_reserved_then_settled(ledger):
    """While it runs the estimate counts, afterwards what was spent."""
    ledger.reserve(600, NOVEMBER)
    assert (600, False, True) == (
        ledger.spent_bytes(NOVEMBER),
        ledger.allows(401, NOVEMBER),
        ledger.allows(400, NOVEMBER),
    )
    ledger.settle(450)
    assert 450 == ledger.spent_bytes(NOVEMBER)


def test_a_crash_counts_as_spent(ledger, tmp_path):
    """A reservation that nobody settled is spent, also after the next one."""
    ledger.reserve(600, NOVEMBER)
    after = Ledger(tmp_path / "ledger.json", 1000)
    assert 600 == after.spent_bytes(NOVEMBER)
    after.reserve(100, NOVEMBER)
    after.settle(50)
    assert 650 == after.spent_bytes(NOVEMBER)


def test_a_new_month_begins_at_nothing(ledger):
    """The cap is a month's, in UTC."""
    ledger.reserve(900, NOVEMBER)
    ledger.settle(900)
    assert (900, 0) == (ledger.spent_bytes(NOVEMBER), ledger.spent_bytes(DECEMBER))
    assert ledger.allows(1000, DECEMBER)


def test_old_months_are_forgotten(ledger):
    """The ledger does not grow: thirteen months are kept."""
    for month in range(40):
        ledger.reserve(1, NOVEMBER + month * 31 * 86400 * 1_000_000)
        ledger.settle(1)
    assert 13 == len(msgspec.json.decode(ledger.path.read_bytes(), type=Book).months)


def test_a_damaged_ledger_is_not_taken_for_an_empty_one(ledger):
    """Whoever cannot read what was spent must not spend more."""
    ledger.path.write_bytes(b"{")
    with pytest.raises(SetUpTrouble) as caught:
        ledger.spent_bytes(NOVEMBER)
    assert "state_damaged" == caught.value.code


def test_what_goes_besides_the_payload_is_booked(ledger):
    """A transfer that told its payload costs its headers and what goes besides; one that did not, what was reserved."""
    spending = Spending(ledger, 1000, besides_bytes=25)
    with spending.reserved(NOVEMBER):
        spending.payload_bytes = 1448 // 4
    assert (400, 400) == (spending.spent_bytes, ledger.spent_bytes(NOVEMBER))
    silent = Spending(ledger, 500, besides_bytes=25)
    with silent.reserved(NOVEMBER):
        pass
    assert 900 == ledger.spent_bytes(NOVEMBER)


def test_headers_are_counted():
    """A pair of 4 s at 20 Mbit/s spends at most 24 MB on the line, headers, grace and handshakes included."""
    assert 3000 == on_the_line(2 * 1448)
    assert 22_500_000 < pair_estimate_bytes(20_000_000, 4000) < 24_000_000


def test_a_killed_transfer_with_a_strangers_server_costs_what_passed(ledger):
    """What a server of others sent is booked as the interface saw it, more than declared or less; one that is bounded, at most whole."""
    passed = iter([(0, 0), (5000, 20), (0, 0), (5000, 20)])
    stranger = Spending(ledger, 1000, lambda: next(passed), bounded=False)
    with pytest.raises(OSError, match="killed"), stranger.reserved(NOVEMBER):
        raise OSError("killed")
    assert (5020, 5020) == (stranger.spent_bytes, ledger.spent_bytes(NOVEMBER))
    own = Spending(ledger, 1000, lambda: next(passed))
    with own.reserved(NOVEMBER):
        pass
    assert 1000 == own.spent_bytes


def test_a_clock_behind_the_plan_has_no_budget_of_its_own(tmp_path):
    """A board that wakes in 1970 finds the month of its plan as it was spent, and books there."""
    issued_us = 1_795_000_000_000_000
    ledger = Ledger(tmp_path / "ledger.json", 100, issued_us)
    ledger.reserve(80, issued_us)
    ledger.settle(80)
    assert not ledger.allows(30, 0)
    ledger.reserve(20, 0)
    ledger.settle(20)
    assert 100 == ledger.spent_bytes(0) == ledger.spent_bytes(issued_us)
