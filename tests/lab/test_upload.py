"""Uploads through the whole path: one service policed on its way up, its twin left alone, in one lab."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.experiment import SERVICES, Experiment
from tests.lab.policies import Late, Police
from tests.lab.run import Outcome, run
from tests.lab.support import needs_lab

POLICED, NEUTRAL = SERVICES[:2]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    """Four homes, three pairs of each of two services, uploads alone."""
    needs_lab()
    experiment = Experiment(
        policies=(Police(1_500_000, 16_000, POLICED.name, upward=True),),
        services=(POLICED, NEUTRAL),
        measured=(POLICED.id, NEUTRAL.id),
        pairs=3,
        direction="up",
        line_up_bit_s=20_000_000,
    )
    return run(experiment, lambda _event: None)


def finding(outcome: Outcome, service: str) -> dict[str, Any]:
    """The upload cell of a service."""
    (found,) = (f for f in outcome.to_json()["findings"] if f["service"] == service)
    assert "up" == found["direction"]
    return dict(found)


@pytest.mark.lab
@pytest.mark.alone
@pytest.mark.timeout(400)
def test_a_throttled_upload_is_found_at_the_counters_rate(outcome: Outcome) -> None:
    """Slowed, by a policer, at the rate that the lab's own counter saw leave the home, within 3 %; no pair was discarded."""
    found = finding(outcome, POLICED.id)
    assert ("different", "slowed", "policer") == (
        found["outcome"],
        found["direction_of_effect"],
        found["mechanism"],
    )
    assert found["delivered_mbit_s"] == pytest.approx(found["lab"]["original_mbit_s"], rel=0.03)
    assert 8.0 == pytest.approx(found["lab"]["control_mbit_s"], rel=0.05)
    assert {} == found["discards"]


@pytest.mark.lab
@pytest.mark.alone
def test_its_neutral_twin_is_quiet(outcome: Outcome) -> None:
    """The service beside it, on the same lines at the same time: undetermined, and no effect to speak of."""
    found = finding(outcome, NEUTRAL.id)
    assert "undetermined" == found["outcome"]
    assert 0.0 == pytest.approx(found["effects"]["thr"]["value"], abs=0.03)
    assert outcome.rejected == 0


def test_an_upward_limiter_goes_by_name_from_the_start() -> None:
    """What the home's side of the lab cannot do is refused when it is written down."""
    with pytest.raises(ValueError, match="upward"):
        Police(1_500_000, 16_000, POLICED.name, upward=True, late=Late(after_s=1.0))
