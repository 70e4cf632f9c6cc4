"""A collector's disk fills up: ``python -m tests.support.full_disk ROOT RESERVE``, ROOT on a small disk of its own.

Prints one JSON object of what happened. RESERVE "yes": the sealer has run before and laid its reserve aside.
"""

import asyncio
import json
import random
import sys
from hashlib import sha256
from pathlib import Path

from collector.archive import read_measurements
from collector.data_folder import DataFolder
from collector.hot_files import HOUR_US
from collector.hot_store import HotStore
from collector.ingest import Candidate
from collector.metrics import Metrics
from tests.support.collectors import Clock
from tests.support.sealing import HOUR, seal

BODY_BYTES = 400_000
AN_HOUR = 12
ROUNDS = 1_000


def candidate(rng: random.Random) -> Candidate:
    """A large document of hex digits, which zstd halves."""
    body = rng.randbytes(BODY_BYTES // 2).hex().encode()
    return Candidate(sha256(body).digest(), bytes(32), bytes(64), body, None)


async def keep(store: HotStore, document: Candidate, accepted: list[bytes]) -> str:
    """Offer a document; the journal notes it once it was told accepted."""
    outcome = await store.keep_measurement(document)
    if outcome == "accepted":
        accepted.append(document.measurement_id)
    return outcome


async def fill_up(store: HotStore, clock: Clock, rng: random.Random, accepted: list[bytes]) -> list[str]:
    """Offer documents until the disk refuses, then some more; what the last ones were told. Ends at ``ROUNDS``."""
    for n in range(1, ROUNDS):
        if n % AN_HOUR == 0:
            clock.advance(hours=1)
        if await keep(store, candidate(rng), accepted) != "accepted":
            return [await keep(store, candidate(rng), accepted) for _ in range(3)]
    return ["never full"]


def partials(root: Path) -> int:
    """How many files were left half-written."""
    return len(list(root.rglob("*.partial")))


async def main(root: Path, *, reserve: bool) -> dict[str, object]:
    """The whole story."""
    folder = DataFolder(root / "data")
    folder.create()
    if reserve:
        seal(folder)
    room = root / "room"
    room.write_bytes(bytes(20_000_000))
    rng, clock = random.Random(7), Clock(HOUR * HOUR_US)
    accepted: list[bytes] = []
    store = HotStore(folder.hot, clock, Metrics())
    store.start()
    refused = await fill_up(store, clock, rng, accepted)
    healthy = [store.healthy]
    before = sorted(row.measurement_id for row in read_measurements(folder.root))
    first = {} if reserve else seal(folder, code=3)
    unchanged = before == sorted(row.measurement_id for row in read_measurements(folder.root))
    if not reserve:
        room.unlink()
    said = seal(folder)
    again = await keep(store, candidate(rng), accepted)
    healthy.append(store.healthy)
    await store.close()
    last = seal(folder)
    after = sorted(row.measurement_id for row in read_measurements(folder.root))
    return {
        "refused": refused,
        "healthy": healthy,
        "kept_before": before == sorted(accepted[: len(before)]) and len(before) >= len(accepted) - 1,
        "first": first.get("error"),
        "unchanged": unchanged,
        "sealed": said["sealed"],
        "in_use": said["in_use"],
        "again": again,
        "last_in_use": last["in_use"],
        "hot": len(list(folder.hot.glob("*.sqlite"))),
        "all_there_once": sorted(accepted) == after,
        "partials": partials(root),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Path(sys.argv[1]), reserve=sys.argv[2] == "yes"))))
