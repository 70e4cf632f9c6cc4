"""The schedule: strata in blocks, long pairs in their places, the pace rule, the rests, the weekly capacity."""

import random
from collections import Counter

import pytest

from probe.capacity import FRESH_US, CapacityStore, Estimate
from probe.schedule import pace, rotation, strata, variants
from probe.schedule.memory import Memory, ServiceMemory

STRATA = ("owned", "spoofed_popular", "spoofed_same_sector")


@pytest.mark.parametrize("seed", range(5))
def test_each_stratum_once_before_any_twice(seed):
    """Every block of three draws holds each stratum once, and the order inside varies."""
    rng, drawn = random.Random(seed), []
    left: tuple[str, ...] = ()
    for _ in range(60):
        stratum, left = strata.draw(left, STRATA, rng)
        drawn.append(stratum)
    blocks = [tuple(drawn[n : n + 3]) for n in range(0, 60, 3)]
    assert {STRATA} == {tuple(sorted(block)) for block in blocks}
    assert len(set(blocks)) > 3


def test_blocks_outlive_the_process(tmp_path):
    """A block that a process began is finished by the next."""
    rng, drawn = random.Random(3), []
    for _ in range(4):
        memory = Memory(tmp_path / "schedule.json")
        stratum, left = strata.draw(memory.of("arte").strata_left, STRATA[:2], rng)
        memory.save("arte", ServiceMemory(strata_left=left))
        drawn.append(stratum)
    assert [set(STRATA[:2])] * 2 == [set(drawn[:2]), set(drawn[2:])]


def test_a_stratum_that_the_plan_dropped_leaves_the_block():
    """What is no longer in the plan is not drawn; what is new waits for the next block."""
    stratum, left = strata.draw(
        ("spoofed_popular", "owned"), ("owned", "spoofed_same_sector"), random.Random(1)
    )
    assert ("owned", ()) == (stratum, left)


def test_no_stratum_at_all_is_an_error():
    """A plan without control names cannot be measured by."""
    with pytest.raises(ValueError, match="no control name"):
        strata.draw((), (), random.Random(1))


@pytest.mark.parametrize("seed", range(8))
def test_one_long_pair_in_four_and_one_among_the_first_three(seed):
    """Each block of four pairs has one long; the first block's is among its first three."""
    rng, place, drawn = random.Random(seed), None, []
    for done in range(40):
        is_long, place = variants.is_long(done, place, rng)
        drawn.append(is_long)
    assert [1] * 10 == [sum(drawn[n : n + 4]) for n in range(0, 40, 4)]
    assert 1 == sum(drawn[:3])


@pytest.mark.parametrize("seed", range(4))
def test_one_unpaced_pair_in_eight_where_there_are_such(seed):
    """Of eight pairs two are long, one is unpaced and five are paced; without consent there are none."""
    rng, places, drawn = random.Random(seed), variants.Places(), []
    short = 0
    for done in range(48):
        variant, places = variants.draw(("paced", "long", "saturate"), done, short, places, rng)
        short += variant != "long"
        drawn.append(variant)
    assert Counter(long=12, saturate=6, paced=30) == Counter(drawn)
    plain = [variants.draw(("paced", "long"), done, done, places, rng)[0] for done in range(48)]
    assert {"paced", "long"} == set(plain)


@pytest.mark.parametrize(
    ("service", "capacity", "expected"),
    [
        (20_000_000, None, 20_000_000),
        (20_000_000, 100_000_000, 20_000_000),
        (20_000_000, 10_000_000, 7_000_000),
        (5_000_000, 7_142_858, 5_000_000),
        (5_000_000, 7_000_000, 4_900_000),
        (100_000, 1, 1),
    ],
)
def test_the_pace_rule(service, capacity, expected):
    """min(catalogue pace, 0.7 x capacity); the catalogue's when capacity is unknown; never nothing."""
    assert expected == pace.pace_bit_s(service, capacity)


def test_services_take_turns():
    """Each round holds every service once, in one order for all rounds."""
    turns = rotation.rounds(["a", "b", "c"], 4, random.Random(2))
    rounds = [[service for number, service in turns if number == n] for n in range(4)]
    assert [rounds[0]] * 4 == rounds
    assert Counter(a=4, b=4, c=4) == Counter(service for _, service in turns)


@pytest.mark.parametrize(
    ("ended_s", "ok", "expected"),
    [
        (None, True, 0.0),
        (1000, True, 600.0),
        (700, True, 300.0),
        (400, True, 0.0),
        (400, False, 600.0),
        (9000, True, 600.0),
    ],
)
def test_rest_between_pairs(ended_s, ok, expected):
    """10 min from the last pair's end, twice that after a failure, never more though the clock stepped back."""
    ended_us = None if ended_s is None else ended_s * 1_000_000
    assert expected == rotation.rest_s(ended_us, ok, 600.0, 1000 * 1_000_000)


def test_capacity_is_the_median_of_the_last_three(tmp_path):
    """Only the last three estimates count, and the lower of two."""
    store = CapacityStore(tmp_path / "capacity.json")
    assert store.bit_s() is None
    seen = []
    for at_us, bit_s in enumerate([90, 10, 40, 30, 20]):
        store.add(Estimate(bit_s, at_us))
        seen.append(store.bit_s())
    assert [90, 10, 40, 30, 30] == seen
    assert 3 == len(CapacityStore(tmp_path / "capacity.json").estimates())


def test_capacity_is_due_weekly(tmp_path):
    """Due before the first, a week after the last, and when the last lies in the future."""
    store = CapacityStore(tmp_path / "capacity.json")
    assert store.is_due(0)
    store.add(Estimate(1, 1000))
    assert [False, False, True, True] == [store.is_due(t) for t in (1000, FRESH_US, FRESH_US + 1000, 999)]
