"""What one enrolled probe can attach to a message, how it can flood unseen, and a broker that refuses: docs/notes/047."""

import asyncio
import gzip
import time
from contextlib import asynccontextmanager

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from collector.mqtt.audience import Audience
from collector.mqtt.fair import FairQueues, Message
from probe.measurement.signing import public_bytes
from probe.mqtt_access import MEASUREMENTS, topic
from tests.support.collectors import Site, until
from tests.support.mqtt_doors import collecting, other_key, probe

LARGE = b"{" + bytes(9_999)


@asynccontextmanager
async def publishing(intake, site):
    """A function that publishes one message as the site's probe, with properties, and waits for the broker's acknowledgement."""
    name = topic(public_bytes(site.quarter_key), MEASUREMENTS)
    async with probe(intake, site) as door:
        client = await door._connected()

        async def publish(payload, made=None, **properties):
            made = made or Properties(PacketTypes.PUBLISH)
            for one, value in properties.items():
                setattr(made, one, value)
            await client.publish(name, payload, qos=1, properties=made, timeout=20)

        yield publish


async def note_turns(turns):
    """Put into ``turns`` how long the event loop kept this waiting, in s, again and again. Ends when it is cancelled."""
    while True:
        began_s = time.monotonic()
        await asyncio.sleep(0.005)
        turns.append(time.monotonic() - began_s)


@pytest.mark.parametrize(
    "properties",
    [
        {"UserProperty": ("content-encoding", "\ufeff")},
        {"ContentType": "\ufeff"},
        {"ResponseTopic": "somewhere\ufeff"},
        {"MessageExpiryInterval": 60, "CorrelationData": bytes(60_000), "PayloadFormatIndicator": 1},
    ],
)
async def test_what_a_probe_attaches_reaches_nobody(site, broker, properties):
    """Legal properties, for some of which paho ends the connection: another probe is answered at once."""
    async with collecting(site) as intake:
        quiet = Site.make(site.folder.root.parent / "quiet", seed=5, clock=site.clock)
        quiet.responder_key, quiet.quarter_key = site.responder_key, await other_key(intake, site, 90)
        document = quiet.document(intake.plans.current())
        async with publishing(intake, site) as publish, probe(intake, site, quiet.quarter_key) as door:
            await door._connected()
            await publish(b"{", **properties)
            async with asyncio.timeout(4.0):
                assert "accepted" == (await door.send(document)).status
            assert 1 == intake.metrics.documents["mqtt", "not_json"]


class Many(Properties):
    """As many properties as a message may have, ready to be sent: 51,000 pairs of empty texts."""

    def pack(self):
        """The length, as MQTT writes it, and the pairs."""
        return b"\x98\xc8\x0f" + b"\x26\0\0\0\0" * 51_000


async def test_many_properties_stop_no_clock(site, broker):
    """A message of a quarter of a megabyte of them, which paho reads in five seconds, stops the collector's loop for no while."""
    async with collecting(site) as intake, publishing(intake, site) as publish:
        turns: list[float] = []
        looking = asyncio.create_task(note_turns(turns))
        await until(lambda: bool(turns))
        await publish(b"{", Many(PacketTypes.PUBLISH))
        await until(lambda: intake.metrics.documents["mqtt", "not_json"] == 1)
        noted = len(turns)
        await until(lambda: len(turns) > noted)  # the turn in which it came is among them
        looking.cancel()
        assert max(turns) < 1.0


async def test_a_packing_is_told_by_its_first_bytes(site, broker):
    """A gzipped document without the property that names its packing, and one not packed at all, are accepted."""
    async with collecting(site) as intake, publishing(intake, site) as publish:
        await publish(gzip.compress(site.document(intake.plans.current())))
        await publish(site.document(intake.plans.current()), UserProperty=("content-encoding", "gzip"))
        await until(lambda: intake.metrics.documents["mqtt", "accepted"] == 2)


async def test_a_flood_that_is_refused_as_fast_as_it_comes_is_one_too(site, broker):
    """Messages that are no documents find room and are rejected at once: their sender is not listened to."""
    async with collecting(site) as intake, publishing(intake, site) as publish:
        for _ in range(50):
            await asyncio.gather(*(publish(LARGE) for _ in range(20)))
            await until(lambda: not intake.mqtt.waiting)
        assert {public_bytes(site.quarter_key)} == intake.mqtt.audience.shut
        assert 0 == intake.metrics.documents["mqtt", "busy"]


async def test_a_flood_of_few_and_long_messages_is_one_too(site, broker):
    """Thirty messages of 200 kB count for what they take of the broker's queue, which they fill."""
    async with collecting(site) as intake, publishing(intake, site) as publish:
        await asyncio.gather(*(publish(b"{" + bytes(200_000)) for _ in range(30)))
        await until(lambda: intake.mqtt.audience.shut == {public_bytes(site.quarter_key)}, 2.0)


async def test_a_probe_that_asks_four_times_is_no_flood(site, broker):
    """Fifty documents, each published four times within a second: three times in vain, and its probe is heard."""
    async with collecting(site) as intake, publishing(intake, site) as publish:
        documents = [gzip.compress(site.document(intake.plans.current())) for _ in range(50)]
        for _ in range(4):
            await asyncio.gather(*map(publish, documents))
        await until(lambda: intake.metrics.documents["mqtt", "duplicate"] == 150)
        await asyncio.sleep(0.2)
        assert not intake.mqtt.audience.shut


class Refusing:
    """A broker's client: the first subscription to each topic is refused."""

    def __init__(self, code):
        self.code = code
        self.asked: set[str] = set()
        self.heard: set[str] = set()

    async def subscribe(self, topics):
        """Refuse who is new."""
        said = [1 if name in self.asked else self.code for name, _ in topics]
        self.asked |= {name for name, _ in topics}
        self.heard |= {name for (name, _), code in zip(topics, said, strict=True) if code == 1}
        return said

    async def unsubscribe(self, topics):
        """Listen to them no longer."""
        self.heard -= set(topics)


async def test_a_subscription_that_the_broker_refuses_is_asked_for_again(site, caplog):
    """The key is known not to be heard, the operator is told, and after its while the broker is asked again."""
    async with site.open() as intake:
        key = public_bytes(site.quarter_key)
        audience, client = Audience(intake.roster, site.clock, TimeoutError), Refusing(0x80)
        audience.shut_s = 0.3
        await audience.begin(client)
        assert {key} == audience.shut
        assert "the broker refuses to let 1 probes be heard" in caplog.text
        keeping = asyncio.create_task(audience.keep(client))
        await until(lambda: topic(key, MEASUREMENTS) in client.heard)
        await until(lambda: not audience.shut)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


def message(sender, length):
    """One of ``sender``."""
    return Message(sender, "", bytes(length))


def test_who_has_the_most_bytes_makes_room():
    """Three keys fill the queues with few long messages: a probe's fifty short ones find room, and no key loses more than it must."""
    queues = FairQueues(largest_bytes=1_000_000)
    for n in range(9):
        assert [] == queues.put(message(b"abc"[n % 3 : n % 3 + 1], 110_000))
    dropped = [one for _ in range(50) for one in queues.put(message(b"honest", 3_000))]
    assert [110_000, 110_000] == [len(one.payload) for one in dropped]
    assert 2 == len({one.key for one in dropped})
    assert 57 == len(queues)
    late = message(b"a", 110_000)
    assert [late] == queues.put(late)
    assert 57 == len(queues.take(100))
    assert 0 == len(queues)


def test_whose_only_message_made_room_is_forgotten():
    """The longest alone has to go: nothing of its key is left to be taken."""
    queues = FairQueues(largest_bytes=1_000)
    large, small = message(b"large", 900), message(b"small", 200)
    assert [] == queues.put(large)
    assert [large] == queues.put(small)
    assert [small] == queues.take(10)
    too_large = message(b"large", 1_001)
    assert [too_large] == queues.put(too_large)
