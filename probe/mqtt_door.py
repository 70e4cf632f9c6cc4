"""The collector's other door: MQTT 5 through the operator's broker, for a probe with the extra ``mqtt``.

It answers as ``probe.door`` does, so the upload is the same. What the broker says of a message settles nothing: a
document is settled by the collector's receipt, which comes after its commit and is signed by the operator. One that
brings none is published again after 5 and 15 s, for a broker drops what it has no room for without a word; one that
brings none within ``RECEIPT_S`` stays in the spool and comes again later. Both are harmless.

The certificate is for the quarter key, so the key that signs measurements proves the connection, too. aiomqtt is
imported when the door is opened.
"""

import asyncio
import gzip
import logging
import os
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.answers import Answer
from probe.door import Busy, DoorTrouble, NotBelieved, Unreachable, opened_answers, told
from probe.measurement.signing import BadSignature, Signed, document_id, open_signed, public_bytes
from probe.mqtt_access import ENCODING, MEASUREMENTS, MQTT_ACCESS, RECEIPTS, MqttAccess, topic
from probe.trouble import SetUpTrouble

if TYPE_CHECKING:
    import aiomqtt

RECEIPT_S: Final = 20.0
ASK_AGAIN_S: Final = 5.0
"""The first time; then twice as long."""
CONNECT_S: Final = 10.0
LARGEST_WAITING: Final = 100
LOG: Final = logging.getLogger("isonomia.probe.mqtt")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


def open_access(raw: bytes, operator_key: bytes) -> MqttAccess:
    """What the operator says of the MQTT door; raises ``NotBelieved`` for anybody else's word."""
    try:
        signed = msgspec.json.decode(raw, type=Signed)
        if signed.key != operator_key:
            raise NotBelieved("an MQTT door of another operator")
        return open_signed(signed, MQTT_ACCESS, MqttAccess)
    except (BadSignature, msgspec.MsgspecError) as error:
        raise NotBelieved("no word of the operator’s about an MQTT door") from error


class MqttDoor:
    """One broker, one connection, made when it is needed and after it broke. Made by ``open_mqtt``."""

    def __init__(
        self,
        access: MqttAccess,
        key: Ed25519PrivateKey,
        operator_key: bytes,
        receipt_s: float = RECEIPT_S,
        from_address: str = "",
    ) -> None:
        self._access = access
        self._public = public_bytes(key)
        self._operator_key = operator_key
        self._receipt_s = receipt_s
        self._from_address = from_address
        self._tls = _tls(access, key)
        self._aiomqtt = _library()
        self._stack = AsyncExitStack()
        self._client: aiomqtt.Client | None = None

    async def send(self, document: bytes) -> Answer:
        """Publish one signed measurement and wait for its receipt. Raises ``DoorTrouble``."""
        (fate,) = await self.send_all([document])
        if isinstance(fate, DoorTrouble):
            raise fate
        return fate

    async def send_all(self, documents: Sequence[bytes]) -> list[Answer | DoorTrouble]:
        """Publish several and wait for their receipts; what each was told, in their order. Raises ``DoorTrouble``."""
        ids = [document_id(msgspec.json.decode(one, type=Signed).body_bytes()).hex() for one in documents]
        fates: dict[str, Answer | DoorTrouble] = {}
        try:
            async with asyncio.timeout(self._receipt_s):
                client = await self._connected()
                await asyncio.gather(*(self._publish(client, document) for document in documents))
                asking = asyncio.create_task(
                    self._ask_again(client, dict(zip(ids, documents, strict=True)), fates)
                )
                try:
                    await self._receipts(client, ids, fates)
                finally:
                    asking.cancel()
                    await asyncio.gather(asking, return_exceptions=True)
        except TimeoutError:
            # The connection may be one that nobody reads any more: the next try makes another.
            await self.close()
        except (self._aiomqtt.MqttError, OSError) as error:
            await self.close()
            if not fates:
                raise Unreachable(type(error).__name__) from error
        except BaseException:
            await self.close()
            raise
        return [fates.get(one) or Unreachable("no receipt") for one in ids]

    async def close(self) -> None:
        """Close the connection, if there is one."""
        stack, self._stack, self._client = self._stack, AsyncExitStack(), None
        try:
            async with asyncio.timeout(CONNECT_S):
                await stack.aclose()
        except (self._aiomqtt.MqttError, OSError, TimeoutError):
            pass  # it was broken already

    async def _connected(self) -> "aiomqtt.Client":
        if self._client is None:
            client = self._aiomqtt.Client(
                self._access.host,
                self._access.port,
                protocol=self._aiomqtt.ProtocolVersion.V5,
                identifier=self._public.hex(),
                clean_start=True,
                tls_context=self._tls,
                timeout=CONNECT_S,
                bind_address=self._from_address,
                logger=LOG,
                max_queued_incoming_messages=LARGEST_WAITING,
            )
            await self._stack.enter_async_context(client)
            await client.subscribe(topic(self._public, RECEIPTS), qos=1)
            client.pending_calls_threshold = LARGEST_WAITING
            self._client = client
        return self._client

    async def _publish(self, client: "aiomqtt.Client", document: bytes) -> None:
        await client.publish(
            topic(self._public, MEASUREMENTS),
            gzip.compress(document, 6),
            qos=1,
            properties=_packed("gzip"),
            timeout=self._receipt_s,
        )

    async def _ask_again(
        self,
        client: "aiomqtt.Client",
        documents: Mapping[str, bytes],
        fates: Mapping[str, Answer | DoorTrouble],
    ) -> None:
        """Publish again whatever has no answer. Ends: when it is cancelled, or the connection broke, which ``_receipts`` says."""
        pause_s = ASK_AGAIN_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s *= 2
            unanswered = [document for name, document in documents.items() if name not in fates]
            await asyncio.gather(*(self._publish(client, document) for document in unanswered))

    async def _receipts(
        self, client: "aiomqtt.Client", ids: Sequence[str], fates: dict[str, Answer | DoorTrouble]
    ) -> None:
        """Take receipts until every document has its answer, or the collector has none to give now."""
        async for message in client.messages:
            for answer in self._answers(message.payload):
                if answer.id is not None:
                    if answer.id in ids:
                        fates[answer.id] = told([answer.id], [answer])[0]
                elif answer.retry:
                    # No room for one of them, and which is not said: the rest of this lot comes again later.
                    fates.update({one: Busy(answer.code or "") for one in ids if one not in fates})
                else:
                    doubt = NotBelieved(f"rejected ({answer.code}), and which document is not said")
                    fates.update({one: doubt for one in ids if one not in fates})
            if len(fates) == len(ids):
                return

    def _answers(self, payload: Any) -> list[Answer]:
        if not isinstance(payload, bytes):
            return []
        signature, _, said = payload.partition(b"\n")
        return opened_answers(said, signature.decode("ascii", "replace"), self._operator_key)


@asynccontextmanager
async def open_mqtt(
    access: MqttAccess,
    key: Ed25519PrivateKey,
    operator_key: bytes,
    receipt_s: float = RECEIPT_S,
    from_address: str = "",
) -> AsyncIterator[MqttDoor]:
    """A door to the broker of ``access`` for the quarter key ``key``; closed at the block's end.

    ``from_address`` is this machine's to connect from, where it has several. Raises ``SetUpTrouble`` without the extra ``mqtt``.
    """
    door = MqttDoor(access, key, operator_key, receipt_s, from_address)
    try:
        yield door
    finally:
        await door.close()


def _packed(encoding: str) -> Any:
    from paho.mqtt.packettypes import PacketTypes  # noqa: PLC0415 - comes with the extra
    from paho.mqtt.properties import Properties  # noqa: PLC0415 - comes with the extra

    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call] # paho's own
    properties.UserProperty = (ENCODING, encoding)
    return properties


def _library() -> Any:
    try:
        import aiomqtt
    except ImportError as error:
        raise SetUpTrouble("mqtt_extra") from error
    return aiomqtt


def _tls(access: MqttAccess, key: Ed25519PrivateKey) -> ssl.SSLContext:
    """TLS 1.3 with the quarter key, trusting the operator's authority alone. Raises ``NotBelieved``."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    try:
        context = ssl.create_default_context(cadata=access.authority_pem)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        # Through memory: ``ssl`` reads files only, and a copy of the key on disk could outlive us.
        memory = os.memfd_create("isonomia-mqtt")
        try:
            os.write(memory, private + access.certificate_pem.encode())
            context.load_cert_chain(f"/proc/self/fd/{memory}")
        finally:
            os.close(memory)
    except ssl.SSLError as error:
        raise NotBelieved(f"a certificate that cannot be used ({error.reason})") from error
    return context
