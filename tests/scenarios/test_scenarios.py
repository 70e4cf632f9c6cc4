"""The list of scenarios holds together, without building anything."""

from __future__ import annotations

from collections import Counter

import pytest

from analysis.stats.predict import Treatment
from tests.lab.classes import Line, tc_line
from tests.lab.experiment import OWNED_NAMES, SPOOFED_POPULAR_NAMES, operator_toml
from tests.lab.plan import TRANSFER_S
from tests.lab.policies import Police
from tests.lab.rules import iptables_marks, nft_router
from tests.scenarios import ANSWERS, CARRIERS, GUILTY, INNOCENT, SCENARIOS, UNPACED_ROWS, WAITING, Scenario
from tests.scenarios.scenario import SERVICE

PLACES = ("access_network", "transit_or_peering", "content_side")
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
IDS = [scenario.name for scenario in SCENARIOS]


def test_names_are_unique() -> None:
    """A name is a row's file and its place in the table."""
    assert [] == [name for name, count in Counter(IDS).items() if count > 1]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=IDS)
def test_a_guilty_row_has_an_innocent_twin(scenario: Scenario) -> None:
    """What looks alike and must not be flagged runs beside what must."""
    if scenario.guilty:
        assert scenario.twin is not None
        assert not BY_NAME[scenario.twin].guilty
    else:
        assert scenario.twin is None


@pytest.mark.parametrize("scenario", SCENARIOS, ids=IDS)
def test_what_is_expected_agrees_with_itself(scenario: Scenario) -> None:
    """Only the guilty are found, found ones have a direction, and a row that is missed says when it would be seen."""
    if not scenario.guilty:
        assert ("undetermined", None, "nobody", Treatment()) == (
            scenario.expected,
            scenario.direction,
            scenario.attribution,
            scenario.treatment,
        )
    elif scenario.expected == "different":
        assert scenario.direction is not None
        assert scenario.attribution in (PLACES if scenario.two_by_two else ("access_network",))
        assert scenario.visible_from is None
        assert scenario.unseen_because is None
    elif scenario.runnable:
        assert (scenario.visible_from is None) != (scenario.unseen_because is None)
    assert scenario.fr != scenario.en


@pytest.mark.parametrize("scenario", SCENARIOS, ids=IDS)
def test_twins_share_size_and_path(scenario: Scenario) -> None:
    """A twin has the same homes, family and round trip: only what happens on the way differs."""
    twin = BY_NAME[scenario.twin] if scenario.twin else scenario
    assert (twin.homes, twin.m, twin.rtt_ms, twin.two_by_two) == (
        scenario.homes,
        scenario.m,
        scenario.rtt_ms,
        scenario.two_by_two,
    )


def test_only_rows_that_wait_do_not_run() -> None:
    """Everything in the guilty and the innocent list can be run today, nothing in the waiting one."""
    assert all(scenario.runnable for scenario in (*GUILTY, *INNOCENT, *CARRIERS, *ANSWERS, *UNPACED_ROWS))
    assert all(scenario.needs for scenario in WAITING)


@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s.runnable], ids=lambda s: s.name)
def test_an_experiment_registers_its_family(scenario: Scenario) -> None:
    """m services at five homes and five times as many at ten; what the rules say is made without complaint."""
    assert [20, 100] == [len(scenario.experiment(homes).services) for homes in (5, 10)]
    experiment = scenario.experiment()
    assert (SERVICE.id,) == experiment.measured
    assert operator_toml(experiment, {}).count("[[service]]") == 20
    customers = {n: f"cust{n}" for n in range(experiment.homes)}
    assert iptables_marks(experiment.policies, customers).endswith("COMMIT\n")
    assert nft_router(experiment.policies, customers).count("chain") == 3
    assert tc_line("cust0", 0, Line(50_000_000), experiment.policies)


def test_two_providers_share_no_home_and_the_innocent_one_no_policy() -> None:
    """The second provider has as many homes; a policy of the first holds for none of them, one before a network for all."""
    row, both = BY_NAME["peering"].experiment(), BY_NAME["content-side"].experiment()
    own, other = row.providers
    assert (range(5), range(5, 10), 10) == (own.homes, other.homes, row.homes)
    assert (tuple(own.homes), None) == (row.policies[0].homes, both.policies[0].homes)  # type: ignore[union-attr]  # policers
    assert 2 == len({end.asn for end in row.far_ends} - {own.asn, other.asn})
    one = BY_NAME["neutral"].experiment()
    assert (1, 1) == (len(one.providers), len(one.far_ends))


def test_a_share_of_homes_is_whole_homes() -> None:
    """30 % are two of five homes and three of ten."""
    row = BY_NAME["third-of-homes"]
    assert [(0, 1), (0, 1, 2)] == [row.affected(5), row.affected(10)]
    assert (0, 1) == row.experiment(5).policies[0].homes  # type: ignore[union-attr]  # the row's policy is a policer


def test_a_memory_lasts_through_a_pair_and_not_to_the_next() -> None:
    """The box remembers the home for the gap and the whole second run, and has forgotten it before the next pair begins."""
    row = BY_NAME["carry-over"]
    (policy,) = row.policies
    assert isinstance(policy, Police)
    remembers_s, experiment = policy.late.remembers_s, row.experiment()
    assert remembers_s >= experiment.gap_ms / 1000 + TRANSFER_S[row.variant]
    assert remembers_s < experiment.between_pairs_s


def test_a_window_holds_at_its_hours_only() -> None:
    """The same rule is there at 20 h and not at noon."""
    assert 1 == len(BY_NAME["evening"].experiment().policies)
    assert 0 == len(BY_NAME["evening-at-noon"].experiment().policies)


def test_no_control_name_is_the_service_s() -> None:
    """A policy that means the service by a substring must not meet a control."""
    assert [] == [name for name in (*OWNED_NAMES, *SPOOFED_POPULAR_NAMES) if SERVICE.name in name]
