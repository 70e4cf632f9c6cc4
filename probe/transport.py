"""Transport: through which of the collector's doors the spool is emptied, HTTP or MQTT.

By MQTT a probe speaks under one quarter key. What an earlier quarter's key signed is still owed to the collector, and
goes by HTTP.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.answers import Answer
from probe.door import Door, DoorTrouble, Rejected
from probe.measurement.signing import Signed, public_bytes
from probe.mqtt_door import MqttDoor, open_access, open_mqtt
from probe.trouble import SetUpTrouble
from probe.upload import UploadDoor

By = Literal["http", "mqtt"]


class Either:
    """What ``key`` signed goes through ``mqtt``, the rest through ``http``."""

    def __init__(self, mqtt: MqttDoor, http: Door, key: bytes) -> None:
        self._mqtt = mqtt
        self._http = http
        self._key = key

    async def send(self, document: bytes) -> Answer:
        """Upload one signed measurement. Raises ``DoorTrouble``."""
        return await (self._mqtt if self._mine(document) else self._http).send(document)

    async def send_all(self, documents: Sequence[bytes]) -> list[Answer | DoorTrouble]:
        """Upload several; what each was told, in their order. Raises ``DoorTrouble``."""
        mine = [document for document in documents if self._mine(document)]
        others = [document for document in documents if not self._mine(document)]
        fates = dict(zip(mine, await self._mqtt.send_all(mine), strict=True)) if mine else {}
        if others:
            try:
                fates.update(zip(others, await self._http.send_all(others), strict=True))
            except DoorTrouble as trouble:
                fates.update(dict.fromkeys(others, trouble))
        return [fates[document] for document in documents]

    def _mine(self, document: bytes) -> bool:
        return msgspec.json.decode(document, type=Signed).key == self._key


@asynccontextmanager
async def chosen(
    by: By, http: Door, key: Ed25519PrivateKey, operator_key: bytes
) -> AsyncIterator[UploadDoor]:
    """The door that ``by`` names, for the quarter key ``key``; closed at the block's end, but for ``http``.

    Where the broker is, the collector says (signed). Raises ``SetUpTrouble`` where it has none, or will not have this
    key, or cannot be asked.
    """
    if by == "http":
        yield http
        return
    try:
        access = open_access(await http.mqtt(public_bytes(key)), operator_key)
    except Rejected as refused:
        raise SetUpTrouble("mqtt_refused", reason=refused.answer.code) from refused
    except DoorTrouble as trouble:
        raise SetUpTrouble("mqtt_refused", reason=trouble.detail) from trouble
    async with open_mqtt(access, key, operator_key) as mqtt:
        yield Either(mqtt, http, public_bytes(key))
