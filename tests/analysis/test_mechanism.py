"""Mechanisms, from cells whose network did a known thing."""

import random

import msgspec
import pytest

from analysis.cell import assemble
from analysis.clusters import clusters
from analysis.mechanism import RULES, mechanism_of
from analysis.mechanism_facts import cell_facts
from analysis.rate import delivered_mbit_s
from analysis.registration import CellKey
from tests.analysis.worlds import BRAND, LINE, PARAMETERS, World, queued

KEY = CellKey(BRAND, LINE.technology, LINE.plan_class, "s1", "down")


def mechanism(world, measurements):
    """The mechanism of the cell these measurements make."""
    observations = world.observations(measurements)
    return mechanism_of(assemble(KEY, observations, clusters(observations), PARAMETERS))


def each(world, make):
    """Four pairs of every home."""
    return [make(home) for home in range(len(world.keys)) for _ in range(4)]


def key(found):
    """Name and rule."""
    return found.name, found.rule


def original_with(**columns):
    """A change of the responder's ticks of the original: each column a constant."""

    def change(run):
        if run.role != "original" or run.responder_ticks is None:
            return run
        count = len(run.responder_ticks.t_us)
        ticks = {name: (value,) * count for name, value in columns.items()}
        return msgspec.structs.replace(
            run, responder_ticks=msgspec.structs.replace(run.responder_ticks, **ticks)
        )

    return change


@pytest.mark.parametrize("rate", [0.5e6, 1.5e6, 4e6, 8e6])
def test_policer(rate):
    """One rate in all homes and no queue: a policer, at any rate."""
    world = World(homes=5)
    found = mechanism(world, each(world, lambda home: world.pair(home, "s1", rate)))
    assert ("policer", "fixed_rate", 5) == (found.name, found.rule, found.evidence["affected_homes"])


def test_shaper():
    """One rate and 160 ms of queue: a shaper."""
    world = World(homes=5)
    found = mechanism(world, each(world, lambda home: world.change(world.pair(home, "s1", 4e6), queued)))
    assert ("shaper", "fixed_rate_queue") == (found.name, found.rule)


def test_burst_then_throttle():
    """A large bucket at the pace and a low rate behind it."""
    world = World(homes=5)
    found = mechanism(world, each(world, lambda home: world.pair(home, "s1", 1.5e6, bucket_bytes=3_500_000)))
    assert "burst_then_throttle" == found.name
    assert 1.0 < found.evidence["shift_s"] < 2.0
    assert found.evidence["before_shift_mbit_s"] > 15


@pytest.mark.parametrize(
    ("failure", "name"),
    [
        ("connect_refused", "blocking_tcp"),
        ("connect_timeout", "blocking_tcp"),
        ("tls_reset", "blocking_tcp"),
        ("tls_timeout", "blocking_tcp"),
        ("start_reset", "blocking_tcp"),
        ("transfer_reset", "blocking_tcp"),
        ("tls_alert", "blocking_tls"),
        ("tls_intercepted", "blocking_tls"),
        ("transfer_corrupt", "altered"),
        ("unknown_failure: OSError odd", "unknown"),
    ],
)
def test_blocking_by_what_was_seen(failure, name):
    """The kind of block follows from how the originals ended, and the counts are shown."""
    world = World(homes=4)
    found = mechanism(world, each(world, lambda home: world.pair(home, "s1", failures={"original": failure})))
    assert name == found.name
    assert {failure: 16} == found.evidence["endings"]


def test_failures_of_both_are_no_block():
    """Where controls fail as often, nothing is called blocked."""
    world = World(homes=4)
    failures = {"original": "tls_reset", "control": "tls_reset"}
    assert (
        "unknown"
        == mechanism(world, each(world, lambda home: world.pair(home, "s1", failures=failures))).name
    )


def test_delay():
    """Handshakes 40 ms longer than the control's at an unhurt rate."""
    world = World(homes=4)

    def later(run):
        return msgspec.structs.replace(run, tls_us=run.tls_us + 40_000) if run.role == "original" else run

    found = mechanism(world, each(world, lambda home: world.change(world.pair(home, "s1"), later)))
    assert ("delay", 40_000.0) == (found.name, found.evidence["handshake_us"])


def test_a_slow_handshake_of_a_slow_rate_is_no_delay():
    """At 300 kbit/s the handshake itself takes tens of milliseconds: that is the rate, not a delay."""
    world = World(homes=4)

    def slower(run):
        return msgspec.structs.replace(run, tls_us=run.tls_us + 40_000) if run.role == "original" else run

    found = mechanism(world, each(world, lambda home: world.change(world.pair(home, "s1", 0.3e6), slower)))
    assert "policer" == found.name


def test_loss_and_low_priority():
    """Rates that differ between homes: with loss it is loss, with a queue low priority."""
    world = World(homes=6)

    def rate(home):
        return 2e6 * 1.4**home

    empty_queue = original_with(rtt_us=19_000)
    lost = mechanism(
        world, each(world, lambda home: world.change(world.pair(home, "s1", rate(home)), empty_queue))
    )
    assert "loss" == lost.name
    waiting = original_with(rtt_us=60_000, total_retrans=0)
    low = mechanism(
        world, each(world, lambda home: world.change(world.pair(home, "s1", rate(home)), waiting))
    )
    assert "low_priority" == low.name


def test_loss_that_spares_no_pair_alike_is_no_policer():
    """Alike homes, with loss and no queue, and a rate that moves from pair to pair: loss, if TCP can have that rate where
    so many packets are lost one by one. With more than that they were lost in bursts, as an empty bucket loses them.
    """
    world = World(homes=5)
    rng = random.Random(4)
    empty_queue = original_with(rtt_us=19_000)

    def lossy(rate_bit_s):
        def pair(home):
            return world.change(world.pair(home, "s1", rate_bit_s * rng.lognormvariate(0, 0.1)), empty_queue)

        return mechanism(world, each(world, pair))

    by_chance, in_bursts = lossy(4e6), lossy(9e6)
    assert ("loss", "lossy") == key(by_chance)
    assert by_chance.evidence["pair_spread"] > 0.03
    assert 1.0 > by_chance.evidence["of_chance"]
    assert ("policer", "lost_in_bursts") == key(in_bursts)


def test_no_policer_without_loss():
    """A fixed rate far below the pace, without loss and without a queue, is not called a policer."""
    world = World(homes=5)
    quiet = original_with(total_retrans=0)
    found = mechanism(world, each(world, lambda home: world.change(world.pair(home, "s1", 1.5e6), quiet)))
    assert ("unknown", "fixed_rate_no_loss") == (found.name, found.rule)


def test_a_share_of_alike_lines_is_no_fixed_rate():
    """Alike homes that get half of a moving rest end at rates alike: low priority. Still, and without room beside it: unknown."""
    world = World(homes=5)
    quiet = original_with(total_retrans=0)
    rng = random.Random(1)

    def moving(home):
        return world.change(world.pair(home, "s1", 9.75e6 * rng.uniform(0.9, 1.1)), quiet)

    assert ("low_priority", "rate_moves") == key(mechanism(world, each(world, moving)))

    def no_room(home):
        return world.change(world.pair(home, "s1", 9e6, control_rate_bit_s=17e6), quiet)

    assert ("unknown", "otherwise") == key(mechanism(world, each(world, no_room)))


def test_a_rate_that_stands_still_beside_controls_with_room_is_a_limit():
    """Limits at half the pace and more, in alike homes: with loss a policer, with a queue a shaper, with neither unknown."""
    world = World(homes=5)
    for rate_bit_s in (9.75e6, 13e6):
        assert (
            "policer"
            == mechanism(world, each(world, lambda home, r=rate_bit_s: world.pair(home, "s1", r))).name
        )
        shaped = each(world, lambda home, r=rate_bit_s: world.change(world.pair(home, "s1", r), queued))
        assert "shaper" == mechanism(world, shaped).name
    quiet = original_with(total_retrans=0)
    still = mechanism(world, each(world, lambda home: world.change(world.pair(home, "s1", 9.75e6), quiet)))
    assert ("unknown", "fixed_rate_no_loss") == key(still)


def test_alike_lines_that_differ_show_a_limit():
    """Controls from 10 to 18 Mbit/s and one rate of 7 beside them: a limit."""
    world = World(homes=5)

    def at_ease(run):
        ticks = msgspec.structs.replace(
            run.responder_ticks, total_retrans=(0,) * len(run.responder_ticks.t_us)
        )
        return msgspec.structs.replace(run, responder_ticks=ticks) if run.role == "control" else run

    def on_its_line(home):
        return world.pair(home, "s1", 7e6, control_rate_bit_s=(10 + 2 * home) * 1e6)

    lines = mechanism(world, each(world, lambda home: world.change(on_its_line(home), at_ease)))
    assert "policer" == lines.name


def test_a_minority_decides_its_own_mechanism():
    """Two policed homes among six: the mechanism is theirs, and so is the count of homes."""
    world = World(homes=6)
    found = mechanism(world, each(world, lambda home: world.pair(home, "s1", 1.5e6 if home < 2 else 19.5e6)))
    assert ("policer", 2) == (found.name, found.evidence["affected_homes"])


def test_rules_are_a_list_with_ids():
    """Every rule has an id of its own, and the last holds always."""
    assert len(RULES) == len({rule.id for rule in RULES})
    world = World(homes=1)
    observations = world.observations([world.pair(0, "s1")])
    assert RULES[-1].holds(cell_facts(assemble(KEY, observations, clusters(observations), PARAMETERS)))


def of_observations(world, change, rate=0.5e6):
    """Mechanism and delivered rate of five homes whose originals were observed as ``change`` says."""
    found = world.observations(each(world, lambda home: world.pair(home, "s1", rate)))
    changed = [msgspec.structs.replace(one, original=change(one.original)) for one in found]
    cell = assemble(KEY, changed, clusters(changed), PARAMETERS)
    return mechanism_of(cell), delivered_mbit_s(cell)


def test_a_burst_needs_no_level_shift_where_the_run_then_stands_still():
    """Behind a bucket of 2 MB a run at 0.5 Mbit/s stops, recovers and stops: no two levels fit, and still it began with a burst.

    Its tail then says how long it stood, so no rate is told of it.
    """

    def stalled(run):
        return msgspec.structs.replace(
            run, shift_s=None, early_mbit_s=12.0, late_mbit_s=0.48, tail_mbit_s=0.28
        )

    found, rate = of_observations(World(homes=5), stalled)
    assert ("burst_then_throttle", "fast_then_slow") == key(found)
    assert rate is None


def test_a_connection_that_freezes_is_no_policer():
    """Sixteen kilobytes and then nothing: blocked within TCP, and the floor of a bin is not reported as a rate."""

    def frozen(run):
        return msgspec.structs.replace(
            run, wire_bytes=16_000, shift_s=None, early_mbit_s=0.1, late_mbit_s=0.01, tail_mbit_s=0.01
        )

    found, rate = of_observations(World(homes=5), frozen)
    assert ("blocking_tcp", "stands_still") == key(found)
    assert rate is None


def with_tail(one, tail_bit_s):
    """The observation with another late rate of its original."""
    return msgspec.structs.replace(
        one, features=msgspec.structs.replace(one.features, tail_original_bit_s=tail_bit_s)
    )


def test_a_rate_that_nobody_knows_is_not_told():
    """Where the runs' late rates lie a factor of twenty apart their median is nobody's rate; alike, it is told."""
    world = World(homes=5)
    found = world.observations(each(world, lambda home: world.pair(home, "s1", 0.5e6)))

    def rate(share):
        tails = (0.5e6 * (share if number % 3 == 0 else 1.0) for number in range(len(found)))
        changed = [with_tail(one, tail_bit_s) for one, tail_bit_s in zip(found, tails, strict=True)]
        return delivered_mbit_s(assemble(KEY, changed, clusters(changed), PARAMETERS))

    assert 0.5 == pytest.approx(rate(1.0).rate, rel=0.01)
    assert rate(0.05) is None
