"""A home follows its operator to the announced key: pinned beside the first, then alone; answers are believed from it at once."""

import asyncio

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe import standing
from probe.door import open_door
from probe.measurement.signing import public_bytes
from tests.probe.conftest import Said, a_document, now_us


def renewed(joined, said: Said) -> standing.Standing:
    """What ``run`` does first, and an upload after it through the same door."""
    membership = joined.membership()

    async def renew() -> standing.Standing:
        async with open_door(membership.collector, membership.operator_key) as door:
            held = await standing.renew(joined, door, said, now_us())
            answer = await door.send(msgspec.json.encode(a_document(len(said.events()))))
            assert answer.settled()
            return held

    return asyncio.run(renew())


def test_a_home_follows_the_announced_key(joined, collector, said):
    """Announced: both are pinned. Signed by the second: it alone is, which is said, and uploads in the same run are believed.
    A later plan by the first is refused, and the one in hand holds.
    """
    first, second = collector.operator_key, Ed25519PrivateKey.generate()
    collector.plan = msgspec.structs.replace(collector.plan, serial=2, next_key=public_bytes(second))
    renewed(joined, said)
    pins = joined.membership()
    assert (public_bytes(first), public_bytes(second)) == (pins.operator_key, pins.second_key)
    collector.operator_key = second
    collector.plan = msgspec.structs.replace(collector.plan, serial=3, next_key=None)
    held = renewed(joined, said)
    pins = joined.membership()
    assert (public_bytes(second), None) == (pins.operator_key, pins.second_key)
    assert 3 == held.plan.serial
    assert 1 == len(said.events("operator_key"))
    collector.operator_key = first
    collector.plan = msgspec.structs.replace(collector.plan, serial=4)

    async def refused() -> standing.Standing:
        async with open_door(pins.collector, pins.operator_key) as door:
            return await standing.renew(joined, door, said, now_us())

    assert 3 == asyncio.run(refused()).plan.serial
    assert "foreign" == said.events("plan_refused")[-1]["code"]
