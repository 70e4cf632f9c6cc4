"""A server that starts after the sealer knows what was sealed, and pays for it with an index, not with pyarrow."""

import contextlib
from pathlib import Path

import aiohttp
import pytest

from collector.hot_files import HOUR_US
from collector.hot_store import HotStore
from collector.ingest import Candidate
from collector.metrics import Metrics
from collector.remembered import SWEEP_HOURS
from collector.seen import CONFLICTS_PER_TICKET, KEPT_HOURS, rebuild
from tests.support.collectors import Clock, Site, served, unix_now_us
from tests.support.sealing import HOUR, Document, Sealing, fill, mixed, seal


def candidate(document: Document) -> Candidate:
    """The document as the pure pipeline hands it to the store."""
    pair_id = None if document.pair is None else document.pair.to_bytes(16, "big")
    return Candidate(document.id, document.key, bytes(64), document.body, pair_id)


@contextlib.asynccontextmanager
async def store_in(folder: Path, hour: int):
    """A running store whose clock stands in ``hour``."""
    store = HotStore(folder, Clock(hour * HOUR_US), Metrics())
    store.start()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def sealed(tmp_path):
    """Two hours, sealed; a store that starts finds no hour file."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(2, 40).items():
        fill(sealing.folder, hour, documents)
    return sealing


@pytest.mark.parametrize("runs", [0, 1, 2])
async def test_a_duplicate_of_a_sealed_document_is_a_duplicate(sealed, runs):
    """Before and after sealing, after a restart: the same bytes are a duplicate, a ticket stays used once, by one key."""
    for _ in range(runs):
        sealed.run()
    assert (2 if runs == 0 else 0) == len(sealed.hot())
    async with store_in(sealed.folder.hot, sealed.now_hour) as store:
        for document in (Document(1, pair=1), Document(3), Document(45 + 1, pair=46)):
            assert "duplicate" == await store.keep_measurement(candidate(document))
        assert "conflict" == await store.keep_measurement(candidate(Document(40, "conflicts", pair=1)))
        assert "conflict" == await store.keep_measurement(candidate(Document(8000, pair=5)))
        assert "ticket_of_two_keys" == await store.keep_measurement(
            candidate(Document(8001, pair=7, key=b"k" * 32))
        )
        assert "accepted" == await store.keep_measurement(candidate(Document(8002, pair=8002)))
    void = {row.measurement_id for row in sealed.measurements() if row.conflict}
    assert {Document(5, pair=5).id, Document(8000, pair=5).id} <= void


def test_seen_is_the_same_before_between_and_after(sealed):
    """Ids, tickets and conflicts are equal from hour files, from both at once (a crash before the removal), from indexes."""
    given = [document for hour in mixed(2, 40).values() for document in hour]

    def seen():
        with contextlib.closing(rebuild(sealed.folder.hot, sealed.now_hour)) as found:
            pairs = [document.pair.to_bytes(16, "big") for document in given if document.pair is not None]
            return (
                found.documents,
                [found.place_of(document.id) for document in given],
                [found.asked(b"", pair_id)[1] for pair_id in pairs],
                [found.conflicts_of(pair_id) for pair_id in pairs],
            )

    before = seen()
    assert (2 * 45, {"measurements", "conflicts", "reports"}) == (before[0], set(before[1]))
    kept = {path: path.read_bytes() for path in sealed.folder.hot.iterdir()}
    sealed.run()
    assert before == seen()
    for path, content in kept.items():
        path.write_bytes(content)
    assert before == seen()


async def test_conflicts_of_a_sealed_ticket_stay_bounded(sealed):
    """Sealing and restarting gives nobody room for more bodies of one ticket."""
    sealed.run()
    for round_number in range(2):
        async with store_in(sealed.folder.hot, sealed.now_hour + round_number) as store:
            for n in range(CONFLICTS_PER_TICKET):
                await store.keep_measurement(candidate(Document(9000 + 10 * round_number + n, pair=5)))
        sealed.now_hour += 5
        sealed.run()
    found = rebuild(sealed.folder.hot, sealed.now_hour)
    assert CONFLICTS_PER_TICKET == found.conflicts_of((5).to_bytes(16, "big"))


def test_an_index_goes_when_nobody_asks_for_it_any_more(sealed):
    """After 120 days a document would be refused as too old: the index is deleted, the archive is not."""
    sealed.run()
    assert 2 == len(list(sealed.folder.sealed.glob("*.index")))
    sealed.now_hour = HOUR + KEPT_HOURS + 2
    # So far a clock alone says it, and clocks are set back.
    assert 2 * 45 == rebuild(sealed.folder.hot, sealed.now_hour).documents
    sealed.run()
    assert 2 == len(list(sealed.folder.sealed.glob("*.index")))
    sealed.now_hour = HOUR + KEPT_HOURS + SWEEP_HOURS + 2
    fill(sealed.folder, sealed.now_hour, [Document(9000)])
    found = rebuild(sealed.folder.hot, sealed.now_hour)
    assert (1, "measurements") == (found.documents, found.place_of(Document(9000).id))
    sealed.now_hour += 1
    for _ in range(2):
        sealed.run()
    assert ["00000003.index"] == [path.name for path in sealed.folder.sealed.glob("*.index")]
    assert 2 * 44 + 1 == len(sealed.measurements())


def maps_of(pid: int) -> str:
    """The files a process has mapped: the libraries it has loaded."""
    return Path(f"/proc/{pid}/maps").read_text(encoding="utf-8")


async def posted(server, door: str, content: bytes) -> tuple[int, dict[str, object]]:
    """Status and answer of a document."""
    async with (
        aiohttp.ClientSession(server.url) as client,
        client.post(f"/v1/{door}", data=content) as response,
    ):
        return response.status, await response.json()


async def test_a_real_server_beside_a_real_sealer(tmp_path):
    """The collector's process knows sealed documents, has neither pyarrow nor fsspec in it, and its open hour is left alone."""
    site = Site.make(
        tmp_path, clock=Clock(unix_now_us() - 2 * HOUR_US)
    )  # an hour that is over, and yet of the real server's plan
    with served(site, tmp_path / "log") as server:
        assert 200 == (await posted(server, "enrolments", site.enrolment()))[0]
    async with site.open() as intake:
        document = site.document(intake.plans.current())
        answered = (await intake.measurement(document, "")).answer
        assert "accepted" == answered.status, answered
    assert 1 == seal(site.folder)["sealed"]
    with served(site, tmp_path / "log") as server:
        _, answer = await posted(server, "measurements", document)
        maps = maps_of(server.process.pid)
    assert "duplicate" == answer["status"], answer
    assert "_ssl" in maps
    assert not any(word in maps for word in ("pyarrow", "libarrow", "numpy", "pandas"))
