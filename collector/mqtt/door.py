"""The MQTT door: takes what probes publish, and publishes one signed receipt a probe and commit.

It is part of the serving process, for the store has one writer and a receipt must follow its commit at once. What the
broker hands over is put into fair queues (``fair``), taken from there in batches, and goes the way of every batch
(``collector.batch``): bytes, a candidate or a rejection, the store. A message that finds no room is dropped and told
so (``busy``); its probe has it still. Who floods is not listened to for a while (``audience``). The session at the broker begins and ends with the connection: nothing waits there for a
collector that is away.

A receipt's payload is the operator's signature in base64, an end of line, then the answers, one JSON object a line.

The door speaks MQTT 3.1.1, which knows no properties: whatever a publisher of 5.0 attaches stays at the broker. paho takes seconds of the
event loop to read some that Mosquitto lets through, and gives up the connection for others (docs/notes/047). So how a message is
packed is told by its first bytes.

aiomqtt (the extra ``mqtt``) is imported here alone, when a door is opened.
"""

import asyncio
import logging
import ssl
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from collector import batch
from collector.hot_store import NOT_TAKEN
from collector.intake import Intake, Reply, rejected
from collector.messages import Trouble
from collector.mqtt.audience import Audience
from collector.mqtt.authority import COLLECTOR
from collector.mqtt.fair import FairQueues, Message
from collector.rejections import Rejection
from probe.answers import ANSWERS
from probe.mqtt_access import RECEIPTS, key_in, topic

if TYPE_CHECKING:
    import aiomqtt

LOG: Final = logging.getLogger("isonomia.collector.mqtt")
DOOR: Final = "mqtt"
WORKERS: Final = 2
"""While one batch is being committed, the next is being checked."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
PUBLISH_S: Final = 10.0
PACKINGS: Final = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
"""How packed bytes begin (RFC 1952, 2.3.1; RFC 8878, 3.1.1), as no JSON does."""
NOT_IN_VAIN: Final = frozenset({"accepted", *NOT_TAKEN, "internal_error"})
"""What is kept, or is not for a fault of ours."""
MOST_RECEIPTS: Final = 1000
"""That the broker has not acknowledged; what comes then is dropped, and its probe asks again."""


@dataclass(frozen=True)
class Broker:
    """Where the broker is, as the collector sees it, and the folder with the collector's certificate.

    ``named``: whether its certificate bears ``host``; not where the collector reaches it by another name than probes do.
    """

    host: str
    port: int
    folder: Path
    named: bool = True


class MqttDoor:
    """One broker's door. ``run`` it; it ends when it is cancelled."""

    def __init__(self, intake: Intake, broker: Broker) -> None:
        self._intake = intake
        self._broker = broker
        self._queues = FairQueues()
        self._refused: dict[bytes, list[Reply]] = defaultdict(list)
        self._arrived = asyncio.Event()
        self._aiomqtt = _library()
        self._tls = _tls(broker.folder, named=broker.named)
        self.audience = Audience(intake.roster, intake.clock_us, self._aiomqtt.MqttError)
        self.publish_s = PUBLISH_S
        self.connected = False

    @property
    def waiting(self) -> int:
        """Documents that no worker has taken yet."""
        return len(self._queues)

    async def run(self) -> None:
        """Serve; whenever the broker is away, come back. Ends: when its task is cancelled."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._serve()
            except* (self._aiomqtt.MqttError, OSError) as errors:
                # Only the kinds: what a library says of a connection may name its other end.
                kinds = ", ".join(sorted({type(error).__name__ for error in _leaves(errors)}))
                LOG.warning("the broker is away (%s)", kinds)
            pause_s = FIRST_PAUSE_S if self.connected else min(LONGEST_PAUSE_S, 2 * pause_s)
            self.connected = False
            self._queues.clear()
            self._refused.clear()
            await asyncio.sleep(pause_s)

    async def _serve(self) -> None:
        """One connection, from its beginning to its end, which is an ``MqttError``."""
        async with self._client() as client, asyncio.TaskGroup() as tasks:
            await self.audience.begin(client)
            self.connected = True
            tasks.create_task(self.audience.keep(client))
            for _ in range(WORKERS):
                tasks.create_task(self._work(client))
            async for _ in client.messages:  # none comes here: ``_Inbox`` takes them
                pass

    def _client(self) -> "aiomqtt.Client":
        client: aiomqtt.Client = self._aiomqtt.Client(
            self._broker.host,
            self._broker.port,
            protocol=self._aiomqtt.ProtocolVersion.V311,
            identifier=COLLECTOR,
            clean_session=True,
            tls_context=self._tls,
            queue_type=self._inbox,
            keepalive=30,
            max_queued_outgoing_messages=MOST_RECEIPTS,
        )
        client.pending_calls_threshold = 10_000
        return client

    def _inbox(self, maxsize: int) -> "_Inbox":  # noqa: ARG002 - aiomqtt names it
        return _Inbox(self)

    def take(self, message: "aiomqtt.Message") -> None:
        """A message has come; called on the event loop."""
        key = key_in(str(message.topic))
        payload = message.payload
        if key is not None and isinstance(payload, bytes):
            self.put(Message(key, _encoding(payload), payload))

    def put(self, message: Message) -> None:
        """Let ``message`` wait for its turn, and say of what found no room for it that there is none."""
        for dropped in self._queues.put(message):
            refused = rejected(Rejection("busy"))
            self._intake.metrics.count(DOOR, refused.outcome, len(dropped.payload))
            self.audience.in_vain(dropped.key, len(dropped.payload))
            if not self._refused[dropped.key]:  # said once a receipt is enough
                self._refused[dropped.key].append(refused)
        self._arrived.set()

    async def _work(self, client: "aiomqtt.Client") -> None:
        """Take batches, keep them, say so. Ends: when the connection does."""
        while True:
            messages = self._queues.take(batch.MOST_LINES)
            if not messages and not self._refused:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            refused, self._refused = self._refused, defaultdict(list)
            replies = await self._kept(messages)
            for message, reply in zip(messages, replies, strict=True):
                self._intake.metrics.count(DOOR, reply.outcome, len(message.payload))
                refused[message.key].append(reply)
                if reply.outcome not in NOT_IN_VAIN:
                    self.audience.in_vain(message.key, len(message.payload))
            await asyncio.gather(*(self._receipt(client, key, said) for key, said in refused.items()))

    async def _kept(self, messages: Sequence[Message]) -> list[Reply]:
        try:
            return await batch.take(
                self._intake,
                [message.payload for message in messages],
                [message.encoding for message in messages],
                [message.key for message in messages],
            )
        except Exception:
            LOG.exception("a batch could not be taken")
            return [rejected(Rejection("internal_error"))] * len(messages)

    async def _receipt(self, client: "aiomqtt.Client", key: bytes, replies: Sequence[Reply]) -> None:
        said = batch.answers(replies)
        signature = self._intake.signer.header(said, ANSWERS)
        payload = b"%b\n%b" % (signature.encode(), said)
        try:
            await client.publish(topic(key, RECEIPTS), payload, qos=1, timeout=self.publish_s)
        except self._aiomqtt.MqttError as error:
            # The broker is slow, or away: then the connection ends by itself. Everybody else's documents stay.
            LOG.warning("a receipt was not acknowledged (%s)", type(error).__name__)


class _Inbox(asyncio.Queue["aiomqtt.Message"]):
    """Stands where aiomqtt keeps a queue of what has arrived: hands each message on at once, and stays empty."""

    def __init__(self, door: MqttDoor) -> None:
        super().__init__()
        self._door = door

    def put_nowait(self, item: "aiomqtt.Message") -> None:
        self._door.take(item)


def _encoding(payload: bytes) -> str:
    """How a message is packed; the empty text where it is not."""
    return next((name for begins, name in PACKINGS if payload.startswith(begins)), "")


def _leaves(group: BaseExceptionGroup[Exception]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found


def _library() -> Any:
    """aiomqtt; without the DNS library that paho takes in where there is one, for SRV records: it and its QUIC have 6 MB."""
    unasked = [name for name in ("dns", "dns.resolver") if name not in sys.modules]
    for name in unasked:
        sys.modules[name] = None  # type: ignore[assignment] # as if it were not there
    try:
        import aiomqtt
    except ImportError as error:
        raise Trouble("mqtt.extra") from error
    finally:
        for name in unasked:
            del sys.modules[name]
    return aiomqtt


def _tls(folder: Path, *, named: bool) -> ssl.SSLContext:
    """TLS 1.3 with the collector's certificate, trusting the operator's authority alone. Raises ``Trouble``.

    That authority makes one certificate a server may show, the broker's; probes' are for clients. So it proves the broker
    also where its name is not the one asked for.
    """
    try:
        context = ssl.create_default_context(cafile=str(folder / "authority.pem"))
        context.load_cert_chain(folder / f"{COLLECTOR}.pem", folder / f"{COLLECTOR}.key")
    except FileNotFoundError as error:
        raise Trouble("mqtt.no_authority", path=folder) from error
    except ssl.SSLError as error:
        raise Trouble("mqtt.damaged", path=folder, detail=error.reason) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = named
    return context
