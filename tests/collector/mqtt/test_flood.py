"""What one probe's flood, a broker that stands still and a document that the broker dropped do to others: docs/notes/045."""

import asyncio
import gzip
import signal
from contextlib import asynccontextmanager

from collector.mqtt.audience import Audience
from collector.mqtt.fair import Message
from probe.answers import Answer
from probe.measurement.signing import public_bytes
from probe.mqtt_access import MEASUREMENTS, topic
from probe.mqtt_door import _packed
from tests.support.collectors import Clock, Site, until
from tests.support.mqtt_doors import collecting, other_key, probe


async def quiet_site(intake, site):
    """Another enrolled probe and a maker of its documents."""
    quiet = Site.make(site.folder.root.parent / "quiet", seed=5, clock=site.clock)
    quiet.responder_key, quiet.quarter_key = site.responder_key, await other_key(intake, site, 90)
    return quiet


@asynccontextmanager
async def pouring(intake, site, flooding):
    """One probe publishes without end, as fast as the broker acknowledges, and heeds no answer."""
    client = await flooding._connected()
    bodies = [gzip.compress(site.document(intake.plans.current())) for _ in range(20)]
    name = topic(public_bytes(site.quarter_key), MEASUREMENTS)

    async def pour():
        while True:
            await asyncio.gather(
                *(client.publish(name, body, qos=1, properties=_packed("gzip")) for body in bodies * 5)
            )

    task = asyncio.create_task(pour())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await until(lambda: not intake.mqtt.waiting)
        await asyncio.sleep(0.5)  # the last batch is answered


async def test_a_flood_by_mqtt_does_not_starve_another(site, broker):
    """While one probe publishes a thousand documents, another's document is answered, and what waits is bounded."""
    async with collecting(site) as intake:
        other = await other_key(intake, site, 90)
        plan = intake.plans.current()
        flood = [gzip.compress(site.document(plan)) for _ in range(20)]
        quiet = Site.make(site.folder.root.parent / "quiet", seed=5, clock=site.clock)
        quiet.responder_key, quiet.quarter_key = site.responder_key, other
        document = quiet.document(plan)
        async with probe(intake, site) as flooding, probe(intake, site, other) as door:
            client = await flooding._connected()
            await door._connected()

            def pour(number):
                return client.publish(
                    topic(public_bytes(site.quarter_key), MEASUREMENTS), flood[number % 20], qos=1
                )

            pouring = asyncio.gather(*map(pour, range(1000)))
            await until(lambda: intake.mqtt.waiting >= 100)
            async with asyncio.timeout(20.0):
                assert "accepted" == (await door.send(document)).status
            assert intake.mqtt.waiting <= 201
            pouring.cancel()
            await asyncio.gather(pouring, return_exceptions=True)


async def test_a_flood_that_lasts_does_not_starve_another(site, broker):
    """While one probe publishes without end, twenty documents of another are all answered, and the broker drops the flood."""
    async with collecting(site) as intake:
        quiet = await quiet_site(intake, site)
        documents = [quiet.document(intake.plans.current()) for _ in range(20)]
        async with probe(intake, site) as flooding, probe(intake, site, quiet.quarter_key) as door:
            await door._connected()
            async with pouring(intake, site, flooding):
                # By what found no room; a quick collector answers so many as duplicates that the flood ends before any waits.
                await until(lambda: intake.metrics.documents["mqtt", "busy"] or intake.mqtt.audience.shut)
                for first in range(0, 20, 4):
                    async with asyncio.timeout(20.0):
                        fates = await door.send_all(documents[first : first + 4])
                    assert ["accepted"] * 4 == [fate.status for fate in fates]
                    await asyncio.sleep(0.2)
                await until(lambda: intake.mqtt.audience.shut == {public_bytes(site.quarter_key)})
                assert intake.mqtt.waiting <= 200


async def test_who_flooded_is_heard_again(site, broker):
    """A probe that was shut out for its flood and has stopped is answered as before."""
    async with collecting(site) as intake:
        intake.mqtt.audience.shut_s = 2.0
        async with probe(intake, site) as door, pouring(intake, site, door):
            await until(lambda: intake.mqtt.audience.shut)
        await until(lambda: not intake.mqtt.audience.shut and not intake.mqtt.waiting)
        async with probe(intake, site) as door:
            assert "accepted" == (await door.send(site.document(intake.plans.current()))).status
        assert not intake.mqtt.audience.shut


async def test_a_receipt_that_is_not_acknowledged_costs_nothing_else(site, broker):
    """The broker stands still for longer than a receipt is waited for: the connection and what waits in it are kept."""
    async with collecting(site) as intake, probe(intake, site) as door:
        client = await door._connected()
        intake.mqtt.publish_s = 0.5
        key = public_bytes(site.quarter_key)
        documents = [site.document(intake.plans.current()) for _ in range(150)]
        broker.process.send_signal(signal.SIGSTOP)
        try:
            for document in documents:
                intake.mqtt.put(Message(key, "", document))
            await until(lambda: not intake.mqtt.waiting)
            await asyncio.sleep(1.5)
            assert intake.mqtt.connected
        finally:
            broker.process.send_signal(signal.SIGCONT)
        said: list[Answer] = []
        async with asyncio.timeout(20.0):
            while len(said) < 150:
                said += door._answers((await anext(client.messages)).payload)
        assert {"accepted"} == {answer.status for answer in said}
        assert intake.mqtt.connected


async def test_a_document_that_nobody_heard_is_published_again(site, broker):
    """A broker acknowledges what it then drops, here for want of a collector: the probe asks again while it waits."""
    async with collecting(site) as intake:
        document = site.document(intake.plans.current())
        waiting = probe(intake, site, receipt_s=20.0)
    async with waiting as door:
        sending = asyncio.create_task(door.send(document))
        await asyncio.sleep(1.0)
        async with collecting(site):
            assert "accepted" == (await sending).status


class Late:
    """A broker's client: what it is asked is done, and the acknowledgement of an unsubscription comes too late."""

    def __init__(self) -> None:
        self.heard: set[str] = set()

    async def subscribe(self, topics: list[tuple[str, int]]) -> list[int]:
        """Listen to ``topics``."""
        self.heard |= {name for name, _ in topics}
        return [1 for _ in topics]

    async def unsubscribe(self, topics: list[str]) -> None:
        """Listen to them no longer, and be told so too late."""
        self.heard -= set(topics)
        raise TimeoutError


async def test_a_key_whose_shutting_out_was_not_acknowledged_is_listened_to_again(site):
    """The broker did it and did not say so in time: after its while the key is heard as before."""
    async with site.open() as intake:
        assert 200 == (await intake.enrolment(site.enrolment(), "")).status
        key = public_bytes(site.quarter_key)
        audience, client = Audience(intake.roster, site.clock, TimeoutError), Late()
        audience.shut_s = 0.3
        await audience.begin(client)
        keeping = asyncio.create_task(audience.keep(client))
        for _ in range(301):
            audience.in_vain(key, 3000)
        await until(lambda: not client.heard)
        await until(lambda: topic(key, MEASUREMENTS) in client.heard)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_a_clock_that_was_ahead_leaves_nobody_out(site):
    """A collector that begins years ahead takes its keys for ended; once its clock is set right they are heard."""
    async with site.open() as intake:
        assert 200 == (await intake.enrolment(site.enrolment(), "")).status
        clock = Clock(site.clock())
        clock.advance(days=3 * 365)
        audience, client = Audience(intake.roster, clock, TimeoutError), Late()
        await audience.begin(client)
        assert not client.heard
        clock.advance(days=-3 * 365)
        keeping = asyncio.create_task(audience.keep(client))
        await until(lambda: topic(public_bytes(site.quarter_key), MEASUREMENTS) in client.heard)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
