"""Unpaced pairs: pooled with the others, accepted by the collector without a pace, and reported by themselves."""

import asyncio

import msgspec

from probe.plan import NettestPlan
from tests.analysis.worlds import World


def saturated(homes: int = 6) -> World:
    """A world whose plan has unpaced pairs too."""
    world = World(homes=homes)
    more = NettestPlan(nettest="replay_tls", variant="saturate", duration_ms=2000)
    world.plan = msgspec.structs.replace(world.plan, nettests=(*world.plan.nettests, more))
    return world


def test_a_limit_above_the_pace_is_found_by_unpaced_pairs():
    """25 Mbit/s on a line of 50: paced pairs see nothing, unpaced ones do; each variant's own E stands in the finding."""
    world = saturated()
    pairs = [
        world.pair(home, "s1", 25e6, control_rate_bit_s=47e6, variant="saturate")
        for _ in range(6)
        for home in range(6)
    ]
    pairs += [world.pair(home, "s1") for _ in range(2) for home in range(6)]
    one = next(f for f in world.judged(pairs).findings if f.service == "s1")
    assert ("different", "slowed") == (one.outcome, one.direction_of_effect)
    alone = one.log_e_by_variant
    assert isinstance(alone, dict)
    assert {"paced", "saturate"} == set(alone)
    assert alone["saturate"]["slowed"] > 5
    assert alone["paced"]["slowed"] < 0


def test_one_variant_alone_is_not_told_apart():
    """Where a cell has paced pairs alone there is nothing to state by variant."""
    world = saturated(homes=2)
    one = next(f for f in world.judged(world.all_pairs(2, ["s1"])).findings if f.service == "s1")
    assert msgspec.UNSET is one.log_e_by_variant


def test_no_pace_is_for_unpaced_pairs_alone(tmp_path):
    """The collector takes an unpaced pair where the plan has them, and refuses a pace in one."""
    world = saturated(homes=1)
    assert ["accepted"] == asyncio.run(
        world.fill(tmp_path / "one", [world.pair(0, "s1", variant="saturate")])
    )
    other = World(homes=1)
    unplanned = other.pair(0, "s1", variant="saturate")
    assert ["unknown_nettest"] == asyncio.run(other.fill(tmp_path / "other", [unplanned]))
