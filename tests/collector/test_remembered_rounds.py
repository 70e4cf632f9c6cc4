"""Documents, hours, seals, restarts and damage in any order: each word of the store is the one that a list in memory would give.

The seed is printed; ``ISONOMIA_SEED`` sets it.
"""

import os
import random
import secrets
import sqlite3
from collections import Counter
from dataclasses import dataclass, field

from collector.hot_files import HOUR_US
from collector.hot_store import HotStore
from collector.metrics import Metrics
from collector.remembered import NAME
from collector.seen import CONFLICTS_PER_TICKET
from tests.collector.test_seal_seen import candidate
from tests.support.collectors import Clock
from tests.support.sealing import HOUR, Document, Sealing

STEPS = 400
KEYS = (bytes(32), b"k" * 32)


@dataclass
class Model:
    """What a store must say, by lists that never leave memory."""

    places: dict[int, str] = field(default_factory=dict)
    users: dict[int, bytes] = field(default_factory=dict)
    conflicts: Counter[int] = field(default_factory=Counter)

    def word(self, document: Document) -> str:
        """The word on ``document``, which is noted as kept where it is."""
        known = self.places.get(document.number)
        if known is not None:
            return "conflict" if known == "conflicts" else "duplicate"
        pair = document.pair
        if pair is None or pair not in self.users:
            self.places[document.number] = "measurements"
            if pair is not None:
                self.users[pair] = document.key
            return "accepted"
        if self.users[pair] != document.key:
            return "ticket_of_two_keys"
        if self.conflicts[pair] < CONFLICTS_PER_TICKET:
            self.conflicts[pair] += 1
            self.places[document.number] = "conflicts"
        return "conflict"


class World:
    """A store and a sealer on one folder; each step is one thing that may happen to them."""

    def __init__(self, sealing: Sealing, rng: random.Random) -> None:
        self.sealing, self.rng, self.model = sealing, rng, Model()
        self.clock = Clock(HOUR * HOUR_US)
        self.made: list[Document] = []
        self.path = sealing.folder.root / NAME
        self.start()

    def start(self) -> None:
        """A server's start."""
        self.store = HotStore(self.sealing.folder.hot, self.clock, Metrics())
        self.store.start()

    async def offer(self) -> None:
        """A new document, one that was offered before, or another one for its ticket."""
        number, old = len(self.made) + 1, self.rng.choice(self.made) if self.made else None
        document = Document(number, pair=self.rng.choice([None, number, number]), key=self.rng.choice(KEYS))
        if old is not None and self.rng.random() < 0.5:
            document = old if self.rng.random() < 0.5 else Document(number, pair=old.pair, key=document.key)
        if document is not old:
            self.made.append(document)
        assert self.model.word(document) == await self.store.keep_measurement(candidate(document)), document

    async def hour(self) -> None:
        """Time goes by."""
        self.clock.advance(hours=self.rng.choice([1, 1, 2, 30]))

    async def seal(self) -> None:
        """The sealer runs; now and then its hour files come back, as if it had been killed before it removed them."""
        self.sealing.now_hour = self.clock() // HOUR_US
        kept = {path: path.read_bytes() for path in self.sealing.folder.hot.glob("*.sqlite")}
        self.sealing.run()
        for path, content in kept.items():
            wal = path.with_name(path.name + "-wal")
            if not path.exists() and not wal.exists() and self.rng.random() < 0.2:
                path.write_bytes(content)

    async def remember(self) -> None:
        """Ten minutes have gone by."""
        await self.store.remember()

    async def lose(self) -> None:
        """Somebody takes it for rubbish, while the server runs."""
        if not self.path.is_dir():
            for part in self.sealing.folder.root.glob(NAME + "*"):
                part.unlink()

    async def restart(self) -> None:
        """The server stops and starts, its file whole, gone, damaged, or nowhere to be made."""
        await self.store.close()
        path, fate = self.path, self.rng.random()
        if fate < 0.4 and path.is_dir():
            path.rmdir()
        elif fate < 0.2:
            path.write_bytes(b"damaged" * 3000)
        elif fate < 0.4:
            for part in self.sealing.folder.root.glob(NAME + "*"):
                part.unlink()
            if fate < 0.3:
                path.mkdir()
        self.start()
        if path.is_dir() and self.rng.random() < 0.5:
            path.rmdir()


async def test_any_order(tmp_path):
    """Four hundred steps; at the end every document that was accepted is there once, and nothing else is."""
    seed = int(os.environ.get("ISONOMIA_SEED", secrets.randbelow(10**9)))
    print("seed", seed)
    rng = random.Random(seed)
    world = World(Sealing.make(tmp_path), rng)
    steps = (world.offer, world.hour, world.seal, world.remember, world.lose, world.restart)
    for _ in range(STEPS):
        (step,) = rng.choices(steps, (20, 3, 2, 2, 1, 1))
        nowhere = world.path.is_dir()
        try:
            await step()
        except sqlite3.OperationalError:
            assert nowhere  # to write: memory has it all
            assert step == world.remember
    await world.store.close()
    world.sealing.now_hour = world.clock() // HOUR_US + 3
    world.sealing.run()
    given = Counter(row.measurement_id for row in world.sealing.measurements())
    assert {document.id: 1 for document in world.made if document.number in world.model.places} == given
