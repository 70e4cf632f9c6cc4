"""The MQTT door through a real Mosquitto: receipts after commits, identities, revocation, quiet logs, bounds."""

import asyncio

import aiomqtt
import msgspec
import pytest

from collector import reader
from collector.cli import main
from collector.mqtt.revocation import reinstate, revoke, tell_broker
from probe.door import Busy, DoorTrouble, Unreachable
from probe.measurement.signing import document_id, public_bytes
from probe.mqtt_access import MEASUREMENTS, RECEIPTS, topic
from probe.mqtt_door import open_access, open_mqtt
from tests.support.brokers import mosquitto
from tests.support.collectors import Site, until
from tests.support.mqtt_doors import collecting, other_key, probe


async def sent_by_patience(intake, site, document):
    """The answer to a document of a probe that tries thrice: the broker reads its lists again when it comes to it."""
    for _ in range(2):
        try:
            async with probe(intake, site) as door:
                return await door.send(document)
        except Unreachable:
            await asyncio.sleep(1.0)
    async with probe(intake, site) as door:
        return await door.send(document)


async def publish_often(client, name, payload):
    """Publish five times."""
    for _ in range(5):
        await client.publish(name, payload, qos=1)
        await asyncio.sleep(0.02)


def stored(site):
    """Ids in the store."""
    return sorted(row.measurement_id.hex() for row in reader.read_measurements(site.folder.root))


async def test_a_receipt_follows_the_commit(site, broker):
    """Fifty documents by MQTT: each is accepted, and is in the store when its receipt comes; again, they are duplicates."""
    async with collecting(site) as intake, probe(intake, site) as door:
        signed = [site.signed(intake.plans.current()) for _ in range(50)]
        documents = [msgspec.json.encode(one) for one in signed]
        first = await door.send_all(documents)
        assert ["accepted"] * 50 == [fate.status for fate in first]
        assert stored(site) == sorted(document_id(one.body_bytes()).hex() for one in signed)
        again = await door.send_all(documents)
        assert ["duplicate"] * 50 == [fate.status for fate in again]
        counted = intake.metrics.documents
        assert (50, 50) == (counted["mqtt", "accepted"], counted["mqtt", "duplicate"])
        assert intake.metrics.commits[True] <= 10
    assert [] == [line for line in broker.log.read_text().splitlines() if "run as root" not in line]


async def test_rejections_are_those_of_http(site, broker):
    """A document that HTTP would refuse is refused by MQTT with the same code, and the others are kept."""
    async with collecting(site) as intake, probe(intake, site) as door:
        plan = intake.plans.current()
        sound = site.document(plan)
        other = msgspec.json.encode(
            site.signed(plan, service="s1", started_at=site.clock.moment.replace(year=2025))
        )
        by_http = (await intake.measurement(other, "")).answer
        fates = await door.send_all([sound, other])
        assert by_http.code is not None
        assert ("accepted", by_http.code) == (fates[0].status, fates[1].code)


async def test_a_probe_speaks_under_its_own_key_alone(site, broker):
    """Another's topic is shut for writing and for reading; another's document under one's own topic is refused."""
    async with collecting(site) as intake:
        other = await other_key(intake, site, 70)
        document = site.document(intake.plans.current())
        async with probe(intake, site, other) as door:
            fates = await door.send_all([document])
            assert isinstance(fates[0], DoorTrouble)
            assert 1 == intake.metrics.documents["mqtt", "another_sender"]
            client = await door._connected()
            await client.subscribe("#", qos=1)
            try:
                await publish_often(client, topic(public_bytes(site.quarter_key), MEASUREMENTS), document)
            except aiomqtt.MqttError:
                pass  # some releases of Mosquitto close such a connection, others only refuse
            assert [] == stored(site)
        async with probe(intake, site, other) as listener, probe(intake, site) as door:
            client = await listener._connected()
            await client.subscribe([("#", 1), (topic(public_bytes(site.quarter_key), RECEIPTS), 1)])
            assert "accepted" == (await door.send(document)).status
            await asyncio.sleep(0.2)
            assert 0 == len(client.messages)
    assert 1 == len(stored(site))


async def test_a_stranger_gets_no_connection(site, broker, tmp_path):
    """Without a certificate, or with one of another authority, the broker does not speak."""
    elsewhere = Site.make(tmp_path / "elsewhere", seed=9, clock=site.clock)
    async with collecting(site) as intake:
        access = open_access(
            msgspec.json.encode(intake.access.signed(intake.enrolled(public_bytes(site.quarter_key)))),
            public_bytes(site.folder.open()),
        )
        with mosquitto(elsewhere, tmp_path / "other.log") as foreign:
            forged = foreign.authority.issue(intake.enrolled(public_bytes(site.quarter_key)))
        access = msgspec.structs.replace(access, certificate_pem=forged)
        async with open_mqtt(access, site.quarter_key, public_bytes(site.folder.open()), 3.0) as door:
            with pytest.raises(Unreachable):
                await door.send(site.document(intake.plans.current()))
    assert [] == stored(site)


async def test_a_broker_that_the_collector_calls_by_another_name(site, tmp_path):
    """Behind compose the collector says "mosquitto" where probes say "broker.example", which is what the certificate bears."""
    with mosquitto(site, tmp_path / "log", "broker.example"):
        async with collecting(site) as intake:
            assert intake.mqtt is not None


async def test_revocation_shuts_out_at_once(site, broker):
    """A revoked key is heard no more, on the connection it has or on a new one, and gets no certificate; others are."""
    async with collecting(site) as intake:
        good = await other_key(intake, site, 80)
        plan = intake.plans.current()
        async with probe(intake, site) as door:
            assert "accepted" == (await door.send(site.document(plan))).status
            door._receipt_s = 1.0
            assert 1 == revoke(site.folder, [public_bytes(site.quarter_key)])
            assert 0 == revoke(site.folder, [public_bytes(site.quarter_key)])
            assert tell_broker(site.folder)
            await asyncio.sleep(0.3)
            for _ in range(2):
                with pytest.raises(Unreachable):
                    await door.send(site.document(plan))
        with pytest.raises(Exception, match="key_revoked"):
            intake.access.signed(intake.enrolled(public_bytes(site.quarter_key)))
        async with probe(intake, site, good) as door:
            site.quarter_key = good
            assert "accepted" == (await door.send(site.document(plan))).status
    assert 2 == len(stored(site))


async def test_a_revoked_home_is_out_at_both_doors_and_comes_back_at_both(site, broker):
    """`homes revoke` alone: refused by HTTP, unheard by MQTT on the connection it has, no certificate; `homes restore` undoes
    it, but not for a key that was revoked by itself.
    """
    key = public_bytes(site.quarter_key)
    words = [key.hex(), "--data", str(site.folder.root), "--reason", "tests", "--json"]
    async with collecting(site) as intake:
        plan = intake.plans.current()
        document = site.document(plan)
        async with probe(intake, site) as door:
            assert "accepted" == (await door.send(site.document(plan))).status
            door._receipt_s = 1.0
            assert 0 == await asyncio.to_thread(main, ["homes", "revoke", *words])
            await until(lambda: intake.barred(key), 10)
            assert "home_revoked" == (await intake.measurement(document, "")).answer.code
            with pytest.raises(Unreachable):
                await door.send(document)
        with pytest.raises(Exception, match="key_revoked"):
            intake.access.signed(intake.enrolled(key))
        assert 0 == await asyncio.to_thread(main, ["homes", "restore", *words])
        await until(lambda: not intake.barred(key), 10)
        assert "accepted" == (await sent_by_patience(intake, site, document)).status
    revoke(site.folder, [key])
    revoke(site.folder, [key], with_home=True)
    assert 0 == reinstate(site.folder, [key])
    assert 2 == len(stored(site))


async def test_a_broker_killed_loses_nothing(site, broker):
    """kill -9 of the broker between publishing and receipt: the probe is told nothing, sends again, and all are there once."""
    async with collecting(site) as intake, probe(intake, site) as door:
        door._receipt_s = 2.0  # what the dead broker is waited for
        documents = [site.document(intake.plans.current()) for _ in range(40)]
        sending = asyncio.create_task(door.send_all(documents))
        await until(lambda: intake.mqtt.waiting or intake.metrics.documents["mqtt", "accepted"])
        broker.kill()
        try:
            fates = await sending
        except Unreachable:
            fates = [Unreachable("")] * 40
        assert all(fate.status == "accepted" for fate in fates if not isinstance(fate, DoorTrouble))
        broker.start()
        await until(lambda: not intake.mqtt.connected)
        await until(lambda: intake.mqtt.connected, 60)
        door._receipt_s = 30.0
        again = await door.send_all(documents)
        assert {"accepted", "duplicate"} >= {fate.status for fate in again}
    assert 40 == len(stored(site)) == len(set(stored(site)))


def test_a_busy_answer_keeps_the_copy():
    """What finds no room is told so, and that is no settlement."""
    assert issubclass(Busy, DoorTrouble)
