"""Uploads and saturating pairs over QUIC: planned, accepted, registered, observed and pooled like those over TLS."""

import asyncio
from typing import Any

import msgspec
import pytest

from analysis import quality
from analysis.mechanism_facts import home_facts
from analysis.registration import RegisteredNettest
from probe.measurement.ticket import Direction, Variant
from probe.plan import NettestPlan
from tests.analysis.worlds import NEUTRAL, POLICED, World, swapped
from tests.support.over_quic import over_quic

CEILING_BIT_S = 120_000_000
FULL_BIT_S = CEILING_BIT_S // 2
MS: dict[Variant, int] = {"paced": 4000, "long": 10_000, "saturate": 2000}
BOTH: tuple[Direction, ...] = ("down", "up")


def quic_world(homes: int = 6) -> World:
    """A world whose plan has TLS both ways, and QUIC both ways in all three variants."""
    world = World(homes=homes, directions=BOTH)
    more = tuple(
        NettestPlan(nettest="replay_quic", variant=variant, duration_ms=duration_ms, direction=way)
        for way in BOTH
        for variant, duration_ms in MS.items()
    )
    world.plan = msgspec.structs.replace(world.plan, nettests=(*world.plan.nettests, *more))
    return world


def pair(world: World, home: int, service: str, rate_bit_s: float = 19.5e6, **more: Any) -> Any:
    """A pair over QUIC; one that is to saturate goes at half of the ceiling."""
    terms = {"pace_bit_s": FULL_BIT_S} if more.get("variant") == "saturate" else {}
    made = world.pair(home, service, rate_bit_s, **more)
    return over_quic(made, world.responder_key, CEILING_BIT_S, **terms)


def test_they_are_registered():
    """Every variant of QUIC is a nettest that counts, once for both directions, as TLS's are."""
    registered = quic_world(1).registration().nettests
    assert {RegisteredNettest("replay_quic", variant) for variant in MS} <= set(registered)


def test_an_upload_that_is_policed_is_found_over_quic_and_the_download_is_not():
    """Policed upwards alone: that cell is slowed, at its rate; the service's other cell and the neutral one are not."""
    world = quic_world()
    pairs = [
        pair(world, home, POLICED, 1.45e6 * world.rng.uniform(0.97, 1.03), direction="up")
        for _ in range(5)
        for home in range(6)
    ]
    pairs += [
        pair(world, home, service, direction=way)
        for service, way in ((POLICED, "down"), (NEUTRAL, "up"))
        for _ in range(5)
        for home in range(6)
    ]
    judgement = world.judged(pairs, world.registration(directions=list(BOTH)))
    flagged = {(f.service, f.direction): f for f in judgement.findings if f.outcome == "different"}
    assert {(POLICED, "up")} == set(flagged)
    assert ("slowed", "policer") == (
        flagged[POLICED, "up"].direction_of_effect,
        flagged[POLICED, "up"].mechanism,
    )
    assert 1.45 == pytest.approx(flagged[POLICED, "up"].delivered_mbit_s, rel=0.02)
    assert {} == judgement.summary.discarded


@pytest.mark.parametrize("role", ["original", "control"])
def test_a_probe_that_was_late_discards_its_upload_whatever_the_label(role):
    """The sender of an upload is the probe's program: a third of its ticks late, and the pair does not count."""
    world = quic_world(1)

    def late(run: Any) -> Any:
        ticks = len(run.ticks.t_us) if run.role == role else 0
        return msgspec.structs.replace(run, sender_late_ticks=ticks // 3)

    spoilt = world.change(pair(world, 0, NEUTRAL, direction="up"), late)
    assert {"sender_late"} == {
        quality.discarded_by(quality.blind(world.opened(one))) for one in (spoilt, swapped(spoilt))
    }


def test_a_limit_above_the_pace_is_found_by_pairs_that_saturate():
    """25 Mbit/s on a line of 50: they see it, and the finding says up to which rate they could: the line's, below their pace."""
    world = quic_world()
    pairs = [
        pair(world, home, "s1", 25e6, control_rate_bit_s=47e6, variant="saturate")
        for _ in range(6)
        for home in range(6)
    ]
    one = next(f for f in world.judged(pairs).findings if f.service == "s1")
    assert ("different", "slowed", 50.0) == (one.outcome, one.direction_of_effect, one.highest_rate_mbit_s)


def test_the_pace_of_a_pair_that_saturates_is_nobodys_goal():
    """Whether a control reached its pace is asked of paced pairs: what the CPUs can carry is no pace that a line must reach."""
    world = quic_world(1)
    paced = [world.seen(pair(world, 0, NEUTRAL)) for _ in range(3)]
    full = [world.seen(pair(world, 0, NEUTRAL, variant="saturate")) for _ in range(3)]
    assert home_facts(paced).control_of_pace == pytest.approx(
        home_facts(paced + full).control_of_pace, rel=0.05
    )


ACCEPTED_OR_NOT: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "a download": ("accepted", {}, {}),
    "an upload": ("accepted", {"direction": "up"}, {}),
    "a long upload": ("accepted", {"direction": "up", "variant": "long"}, {}),
    "half of the ceiling": ("accepted", {"variant": "saturate"}, {"pace_bit_s": FULL_BIT_S}),
    "half of it, upwards": (
        "accepted",
        {"variant": "saturate", "direction": "up"},
        {"pace_bit_s": FULL_BIT_S},
    ),
    "more than half": ("limits_contradicted", {"variant": "saturate"}, {"pace_bit_s": FULL_BIT_S + 1}),
    "no pace": ("plan_contradicted", {"variant": "saturate"}, {"pace_bit_s": 0}),
    "a paced one above the service's pace": ("plan_contradicted", {}, {"pace_bit_s": FULL_BIT_S}),
}


def test_the_collector_takes_what_the_plan_and_the_ceiling_allow(tmp_path):
    """Both ways in every variant; a pair that is to saturate has a pace, at most half of the ceiling, a paced one the service's at most."""
    world = quic_world(1)
    documents = [
        over_quic(world.pair(0, "s1", **more), world.responder_key, CEILING_BIT_S, **terms)
        for _, more, terms in ACCEPTED_OR_NOT.values()
    ]
    answers = asyncio.run(world.fill(tmp_path, documents))
    assert {name: expected for name, (expected, _, _) in ACCEPTED_OR_NOT.items()} == dict(
        zip(ACCEPTED_OR_NOT, answers, strict=True)
    )
