"""A site's intake with its MQTT door, and probes' doors to it."""

import random
from contextlib import asynccontextmanager

import msgspec

from collector import settings, wiring
from probe.measurement.signing import public_bytes
from probe.mqtt_door import open_access, open_mqtt
from tests.support.collectors import until
from tests.support.documents import key_from, make_enrolment


@asynccontextmanager
async def collecting(site):
    """The site's intake with its MQTT door."""
    wanted = settings.load(site.operator_file)
    async with wiring.open_intake(site.folder, wanted, site.clock) as intake:
        reply = await intake.enrolment(site.enrolment(), "")
        assert reply.status == 200
        async with wiring.mqtt_door(intake, wanted):
            await until(lambda: intake.mqtt is not None and intake.mqtt.connected, 30)
            yield intake


async def other_key(intake, site, seed):
    """Another enrolled probe's quarter key."""
    key = key_from(random.Random(seed))
    enrolment = make_enrolment(key_from(random.Random(seed + 1)), key, site.clock.moment)
    assert 200 == (await intake.enrolment(msgspec.json.encode(enrolment), "")).status
    return key


@asynccontextmanager
async def probe(intake, site, key=None, receipt_s=30.0):
    """A probe's door for its key, as it is told of it by HTTP."""
    key = key or site.quarter_key
    operator_key = public_bytes(site.folder.open())
    raw = msgspec.json.encode(intake.access.signed(intake.enrolled(public_bytes(key))))
    async with open_mqtt(open_access(raw, operator_key), key, operator_key, receipt_s) as door:
        yield door
