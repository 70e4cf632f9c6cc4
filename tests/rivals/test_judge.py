"""The hook: Wehe's rules on what a collector stored, here the golden runs of the lab."""

import pytest

from analysis.observe.opened import Corrupt
from collector.reader import StoredMeasurement, read_measurements
from tests.golden.chain import fill, folder_of
from tests.golden.documents import MEASUREMENTS, read
from tests.golden.scenarios import SCENARIOS, SERVICE
from tests.rivals.judge import rivals, rivals_of
from tests.rivals.rules import RULES


def rows_of(scenario: str) -> list[StoredMeasurement]:
    """The stored rows of a golden scenario."""
    return [row.stored() for row in read(folder_of(scenario) / MEASUREMENTS).rows]


@pytest.mark.parametrize(
    ("scenario", "majority"),
    [
        ("neutral", None),
        ("policed-1.5", "slowed"),
        ("shaped-4", "slowed"),
        ("reset", "slowed"),
        ("congested", None),
    ],
)
def test_verdicts_on_golden_runs(scenario, majority, tmp_path):
    """Strong and steady treatment is found by every rule, and steady innocence by none: there the rules are good."""
    found = rivals(fill(tmp_path, rows_of(scenario)), SERVICE.id)
    assert [rule.id for rule in RULES] == list(found)
    pairs = SCENARIOS[scenario].homes * SCENARIOS[scenario].pairs
    for verdict in found.values():
        assert (pairs, majority) == (verdict.pairs + verdict.unusable, verdict.majority)


def test_a_reset_is_blocked_and_not_slowed():
    """Where the original alone failed, a verdict says so apart from rates."""
    verdict = rivals_of(rows_of("reset"), SERVICE.id)["client"]
    assert (0, verdict.pairs) == (verdict.slowed, verdict.blocked)
    assert verdict.blocked


def test_the_order_and_copies_of_rows_do_not_matter():
    """The same rows backwards and twice give the same verdicts, half-samples and confirmations included."""
    rows = rows_of("policed-1.5")
    assert rivals_of(rows, SERVICE.id) == rivals_of([*reversed(rows), *rows], SERVICE.id)


def test_void_pairs_and_other_services_are_left_out():
    """A pair in conflict has no verdict; neither has a service that nobody measured."""
    first, *others = rows_of("policed-1.5")
    void = StoredMeasurement(
        first.measurement_id, 0, first.body, first.key, first.signature, frozenset({"conflict"})
    )
    assert len(others) == rivals_of([void, *others], SERVICE.id)["client"].pairs
    assert 0 == rivals_of(others, "cinema-atlas")["client"].pairs


def test_a_damaged_row_is_refused(tmp_path):
    """The rivals too judge signed bytes alone."""
    first, *_ = read_measurements(fill(tmp_path, rows_of("neutral")))
    damaged = StoredMeasurement(first.measurement_id, 0, first.body + b" ", first.key, first.signature)
    with pytest.raises(Corrupt, match="hash"):
        rivals_of([damaged], SERVICE.id)
