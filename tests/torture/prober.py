"""A probe for the torture: real spool, real upload, real doors; it makes documents without measuring.

``python -m tests.torture.prober FOLDER NUMBER INCARNATION BY`` works until it is killed. FOLDER/world.json says what
it needs; its home is FOLDER/homes/NUMBER. Before it deletes a copy because it was told "accepted" or "duplicate", it writes the
document's id into its journal, durably; whatever it has put into the spool stands in ``made``.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.door import CONNECT_S, Door, DoorTrouble, Rejected
from probe.measurement.signing import Signed, document_id, public_bytes
from probe.metered import Meter
from probe.mqtt_door import open_access, open_mqtt
from probe.plan import Plan
from probe.spool import Reason, Spool
from probe.upload import UploadDoor, Uploader
from tests.support.documents import make_pair_document

MOST_WAITING = 40
SOUVENIRS = 10
RECEIPT_S = 4.0


class World(msgspec.Struct, frozen=True):
    """What the parts must know of each other; keys are private ones, for a test."""

    collector: str
    operator_key: bytes
    responder_key: bytes
    quarter_keys: list[bytes]
    addresses: list[str]
    visitors: list[str]
    plan: Plan


def note(path: Path, identifier: str) -> None:
    """Append one id, durably."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, identifier.encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class JournalledSpool(Spool):
    """A spool that writes its journal before it deletes, and gives its documents in no order."""

    def __init__(self, home: Path, rng: random.Random) -> None:
        super().__init__(home / "spool")
        self.home = home
        self.rng = rng
        self.souvenirs: list[Signed] = []

    def settle(self, identifier: str) -> None:
        """Note it, perhaps keep the bytes to send them again one day, delete."""
        data = super().read(identifier)
        note(self.home / "journal", identifier)
        if data is not None and self.rng.random() < 0.2:
            self.souvenirs = [*self.souvenirs[-SOUVENIRS:], msgspec.json.decode(data, type=Signed)]
        super().settle(identifier)

    def pending(self) -> list[str]:
        """What waits, shuffled."""
        found = super().pending()
        self.rng.shuffle(found)
        return found


class Diary:
    """What the upload says, a line each: a home's own log."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")

    def emit(self, event: str, **facts: object) -> None:
        """Write it down."""
        self._file.write(f"{event} {facts}\n")
        self._file.flush()

    def rejected(self, reason: Reason) -> None:
        """Write it down."""
        self.emit("rejected", code=reason.code, id=reason.id)


@asynccontextmanager
async def door(world: World, number: int, by: str) -> AsyncIterator[UploadDoor]:
    """The door to use, entered from this probe's own address."""
    address = world.addresses[number]
    key = Ed25519PrivateKey.from_private_bytes(world.quarter_keys[number])
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1, local_addr=(address, 0)),
        headers={"X-Forwarded-For": world.visitors[number]},
        timeout=aiohttp.ClientTimeout(total=20, sock_connect=CONNECT_S, sock_read=10),
    )
    async with session:
        http = Door(world.collector, world.operator_key, session, aiohttp.ClientError, Meter())
        http.send_together(key)
        if by == "http":
            yield http
            return
        access = open_access(await http.mqtt(public_bytes(key)), world.operator_key)
        async with open_mqtt(access, key, world.operator_key, RECEIPT_S, address) as mqtt:
            yield mqtt


def fill(spool: JournalledSpool, world: World, key: Ed25519PrivateKey, rng: random.Random) -> None:
    """Put a few new documents into the spool, now and then one that the collector has already."""
    if spool.waiting().documents >= MOST_WAITING:
        return
    responder = Ed25519PrivateKey.from_private_bytes(world.responder_key)
    for _ in range(rng.randint(1, 8)):
        if spool.souvenirs and rng.random() < 0.15:
            signed = rng.choice(spool.souvenirs)
        else:
            signed = make_pair_document(
                rng, responder, key, world.plan, "s1", 4e6, 20e6, started_at=datetime.now(UTC)
            )
        spool.put(signed)
        note(spool.home / "made", document_id(signed.body_bytes()).hex())


async def work(folder: Path, number: int, incarnation: str, by: str) -> None:
    """Make and upload. Ends when FOLDER/stop is there and nothing waits, else never."""
    world = msgspec.json.decode((folder / "world.json").read_bytes(), type=World)
    rng = random.Random(f"{incarnation} {number}")
    home = folder / "homes" / str(number)
    spool = JournalledSpool(home, rng)
    spool.open()
    key = Ed25519PrivateKey.from_private_bytes(world.quarter_keys[number])
    diary = Diary(home / "log")
    while True:
        try:
            async with door(world, number, by) as through:
                uploader = Uploader(spool, through, diary, rng)  # type: ignore[arg-type] # a diary is all an upload needs
                while True:
                    stopping = (folder / "stop").exists()
                    if stopping and not spool.pending():
                        return
                    if not stopping:
                        fill(spool, world, key, rng)
                    trouble = await uploader.one_pass()
                    await asyncio.sleep(rng.uniform(0.05, 0.3) if trouble else rng.expovariate(20))
        except (DoorTrouble, Rejected) as trouble:  # where the broker is cannot be asked now
            diary.emit("no_door", detail=str(trouble))
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    asyncio.run(work(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]))
