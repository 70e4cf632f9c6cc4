"""What a run draws for its next pair: wash-outs, directions, strata, nettests that a responder serves."""

import random
from datetime import UTC, datetime

import msgspec

from probe import identity, orders
from probe.capacity import CapacityStore
from probe.measurement.signing import GRANT, sign
from probe.measurement.ticket import Grant
from probe.orders import Wishes
from probe.schedule.memory import Memory
from probe.standing import stand
from tests.probe.conftest import now_us, offer
from tests.probe.paper_replay import RESPONDER_KEY
from tests.support.documents import make_plan


def test_one_pair_in_eight_is_washed(joined, collector, plan):
    """Of sixteen pairs two have ten minutes between their runs, kept count of on disk; overridden timings wash none."""
    held = standing_of(joined, collector, plan)
    capacity = CapacityStore(joined.capacity)
    rng, gaps = random.Random(4), []
    for number in range(16):
        memory = Memory(joined.schedule)  # as after a restart
        order = orders.draw(held, plan.services[0], Wishes(), number, memory, capacity, rng)
        done = memory.of("s1")
        memory.save("s1", done.with_lane("down", pairs=done.pairs + 1))
        gaps.append(order.gap_ms)
    assert [600_000] * 2 + [2000] * 14 == sorted(gaps, reverse=True)
    assert 1 == gaps[:8].count(600_000)
    lab = Wishes(between_pairs_s=0.0)
    memory = Memory(joined.schedule)
    drawn = [orders.draw(held, plan.services[1], lab, 1, memory, capacity, rng).gap_ms for _ in range(20)]
    assert {2000} == set(drawn)


def test_both_directions_take_turns_and_have_blocks_of_their_own(joined, collector):
    """Where a plan measures both ways, of two pairs of a service one goes each way, and each way has each stratum once a block."""
    both = make_plan(RESPONDER_KEY, issued_at=datetime.now(UTC), directions=("down", "up"))
    offer(joined, collector, both)
    held = standing_of(joined, collector, both)
    memory, capacity = Memory(joined.schedule), CapacityStore(joined.capacity)
    rng = random.Random(5)
    drawn = [
        orders.draw(held, both.services[0], Wishes(variant="paced"), n, memory, capacity, rng)
        for n in range(8)
    ]
    ways = [order.nettest.direction for order in drawn]
    assert all({"down", "up"} == set(ways[n : n + 2]) for n in range(0, 8, 2))
    for way in ("down", "up"):
        strata = [order.stratum for order in drawn if order.nettest.direction == way]
        assert {"owned", "spoofed_popular"} == set(strata[:2]) == set(strata[2:])
    assert {20_000_000, 8_000_000} == {order.pace_bit_s for order in drawn}


def test_nettests_are_drawn_among_those_that_a_responder_serves(joined, collector):
    """TLS and QUIC share the pairs of either direction, uploads keep their turns; nobody serves HTTP, so none is drawn."""
    both = make_plan(RESPONDER_KEY, issued_at=datetime.now(UTC), directions=("down", "up"))
    paced = [nettest for nettest in both.nettests if nettest.variant == "paced"]
    carriers = tuple(
        msgspec.structs.replace(one, nettest=name) for one in paced for name in ("replay_quic", "replay_http")
    )
    responders = tuple(msgspec.structs.replace(r, quic_port=r.port) for r in both.responders)
    plan = msgspec.structs.replace(both, nettests=(*both.nettests, *carriers), responders=responders)
    offer(joined, collector, plan)
    held = standing_of(joined, collector, plan)
    memory, capacity = Memory(joined.schedule), CapacityStore(joined.capacity)
    rng = random.Random(6)
    drawn = [
        orders.draw(held, plan.services[0], Wishes(variant="paced"), n, memory, capacity, rng).nettest
        for n in range(40)
    ]
    assert all({"down", "up"} == {n.direction for n in drawn[at : at + 2]} for at in range(0, 40, 2))
    for way in ("down", "up"):
        assert {"replay_tls", "replay_quic"} == {n.nettest for n in drawn if n.direction == way}


def test_a_plan_of_what_no_responder_serves_draws_all_the_same(joined, collector, plan):
    """The pair is then skipped by the nettest, signed with its reason, and nothing breaks."""
    alone = tuple(msgspec.structs.replace(n, nettest="replay_quic") for n in plan.nettests)
    plan = msgspec.structs.replace(plan, nettests=alone)
    offer(joined, collector, plan)
    held = standing_of(joined, collector, plan)
    memory, capacity = Memory(joined.schedule), CapacityStore(joined.capacity)
    order = orders.draw(held, plan.services[0], Wishes(), 1, memory, capacity, random.Random(7))
    assert ("replay_quic", None) == (order.nettest.nettest, order.responder.quic_port)


def standing_of(home, collector, plan):
    """Where the joined home stands under ``plan``."""
    membership = home.membership()
    who = identity.load(home, membership.enrolled_quarter)
    grant = Grant(
        probe_key=who.public, responders=("r1",), bytes_per_day=10**9, expires_at_us=plan.expires_at_us
    )
    granted = msgspec.structs.replace(plan, grants=(sign(collector.operator_key, GRANT, grant),))
    return stand(membership, who, granted, now_us())
