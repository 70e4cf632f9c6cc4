"""Uploads through the whole path, over TLS and over QUIC: one service policed on its way up, its twin left alone, in one lab."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.lab.experiment import PACE_BIT_S, QUIC_PACE_BIT_S, Experiment, padded
from tests.lab.matches import Match, QuicName
from tests.lab.policies import Late, Police
from tests.lab.run import Outcome, run
from tests.lab.support import needs_lab


@dataclass(frozen=True)
class Carried:
    """What measures, and what it comes to.

    `tolerance`: how far the rate may be from the lab's counter, which counts in packets of TCP; QUIC's have more of headers.
    """

    nettest: str
    match: type[QuicName | str]
    pace_bit_s: int
    arrives_mbit_s: float
    tolerance: float

    def experiment(self) -> Experiment:
        """Four homes, four pairs of each of two services, uploads alone.

        80 is the bar of four hypotheses. Simulated, a limiter has E = 365 to 563 of so many pairs of homes, and 37 to 137 of three each.
        """
        services = padded(2, self.pace_bit_s)
        policed, neutral = services
        match: Match = self.match(policed.name)
        return Experiment(
            policies=(Police(1_500_000, 16_000, match, upward=True),),
            services=services,
            measured=(policed.id, neutral.id),
            pairs=4,
            nettest=self.nettest,
            direction="up",
            line_up_bit_s=20_000_000,
            duration_ms=2000,
            gap_ms=500,
        )


TLS = Carried("replay_tls", str, PACE_BIT_S, 8.0, 0.03)
QUIC = Carried("replay_quic", QuicName, QUIC_PACE_BIT_S, 6.0, 0.05)


@pytest.fixture(scope="module")
def running() -> Iterator[dict[Carried, Future[Outcome]]]:
    """Both, begun at the same time, each in a lab and a process of its own: they mostly wait for the clock."""
    needs_lab()
    with ProcessPoolExecutor(2, multiprocessing.get_context("forkserver")) as pool:
        yield {carried: pool.submit(run, carried.experiment(), unheard) for carried in (TLS, QUIC)}


def unheard(_event: dict[str, Any]) -> None:
    """Nobody looks on."""


@pytest.fixture(scope="module", params=[TLS, QUIC], ids=["tls", "quic"])
def measured(
    request: pytest.FixtureRequest, running: dict[Carried, Future[Outcome]]
) -> tuple[Carried, Outcome]:
    """What was measured, and what came of it."""
    carried: Carried = request.param
    return carried, running[carried].result()


def finding(measured: tuple[Carried, Outcome], place: int) -> dict[str, Any]:
    """The upload cell of the first or the second measured service."""
    carried, outcome = measured
    service = carried.experiment().measured[place]
    (found,) = (f for f in outcome.to_json()["findings"] if f["service"] == service)
    assert "up" == found["direction"]
    return dict(found)


@pytest.mark.lab
@pytest.mark.alone
@pytest.mark.timeout(400)
def test_a_throttled_upload_is_found_at_the_counters_rate(measured: tuple[Carried, Outcome]) -> None:
    """Slowed, by a policer, at the rate that the lab's own counter saw leave the home; no pair was discarded, unless the machine was late."""
    carried, found = measured[0], finding(measured, 0)
    assert ("different", "slowed", "policer") == (
        found["outcome"],
        found["direction_of_effect"],
        found["mechanism"],
    )
    tolerance = carried.tolerance
    assert found["delivered_mbit_s"] == pytest.approx(found["lab"]["original_mbit_s"], rel=tolerance)
    assert carried.arrives_mbit_s == pytest.approx(found["lab"]["control_mbit_s"], rel=0.05)
    assert set(found["discards"]) <= ({"sender_late"} if carried is QUIC else set())


@pytest.mark.lab
@pytest.mark.alone
def test_its_neutral_twin_is_quiet(measured: tuple[Carried, Outcome]) -> None:
    """The service beside it, on the same lines at the same time: undetermined, and no effect to speak of."""
    found = finding(measured, 1)
    assert "undetermined" == found["outcome"]
    assert 0.0 == pytest.approx(found["effects"]["thr"]["value"], abs=0.03)
    assert measured[1].rejected == 0


def test_an_upward_limiter_goes_by_name_from_the_start() -> None:
    """What the home's side of the lab cannot do is refused when it is written down."""
    with pytest.raises(ValueError, match="upward"):
        Police(1_500_000, 16_000, "radio-boreale.example", upward=True, late=Late(after_s=1.0))
