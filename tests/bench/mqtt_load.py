"""A load generator for the MQTT door: a connection a probe, a window of documents under way on each, receipts counted.

``python -m tests.bench.mqtt_load FILE`` reads what ``write_load`` wrote and prints one JSON line.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.mqtt_access import MEASUREMENTS, MqttAccess, topic
from probe.mqtt_door import MqttDoor, _packed

WINDOW = 50
LONGEST_S = 60.0


class Sender(msgspec.Struct, frozen=True):
    """One probe: what it knows of the broker, its private key, and its gzipped documents."""

    access: MqttAccess
    key: bytes
    bodies: list[bytes]


def write_load(path: Path, senders: list[Sender]) -> None:
    """Write what the generator is to send."""
    path.write_bytes(msgspec.msgpack.encode(senders))


class _Count:
    """Receipts' lines, by status."""

    def __init__(self) -> None:
        self.statuses: dict[str, int] = {}

    def add(self, payload: Any) -> int:
        """Count a receipt; how many documents it answers."""
        lines = bytes(payload).split(b"\n")[1:-1]
        for line in lines:
            said = json.loads(line)
            status = said.get("code") or said["status"]
            self.statuses[status] = self.statuses.get(status, 0) + 1
        return len(lines)


async def _send(door: MqttDoor, sender: Sender, public: bytes, count: _Count, start: asyncio.Event) -> None:
    client = await door._connected()
    client.pending_calls_threshold = 10_000
    window = asyncio.Semaphore(WINDOW)
    left = len(sender.bodies)
    await start.wait()

    async def publish() -> None:
        for body in sender.bodies:
            await window.acquire()
            # Quality of service 1, and no waiting for the broker's PUBACK: the receipt is what counts.
            client._client.publish(topic(public, MEASUREMENTS), body, 1, False, _packed("gzip"))

    publishing = asyncio.create_task(publish())
    async for message in client.messages:
        answered = count.add(message.payload)
        left -= answered
        for _ in range(answered):
            window.release()
        if left <= 0:
            break
    await publishing


async def load(senders: list[Sender]) -> dict[str, Any]:
    """Send everything; documents a second from the first to the last receipt."""
    count, start = _Count(), asyncio.Event()
    doors = []
    for sender in senders:
        key = Ed25519PrivateKey.from_private_bytes(sender.key)
        doors.append((MqttDoor(sender.access, key, bytes(32)), sender, key.public_key().public_bytes_raw()))
    tasks = [asyncio.create_task(_send(*one, count, start)) for one in doors]
    await asyncio.sleep(1.0)
    began_s = time.perf_counter()
    start.set()
    async with asyncio.timeout(LONGEST_S):
        await asyncio.gather(*tasks)
    took_s = time.perf_counter() - began_s
    for door, _, _ in doors:
        await door.close()
    sent = sum(len(sender.bodies) for sender in senders)
    return {"rate": sent / took_s, "seconds": took_s, "statuses": count.statuses}


if __name__ == "__main__":
    given = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=list[Sender])
    print(json.dumps(asyncio.run(load(given))))
