"""What was sealed is known from disk: memory does not grow with it, and no fault of the file lets a document in twice."""

import asyncio
import sqlite3
import time
from contextlib import closing

import pytest

from collector.backup import back_up
from collector.remembered import NAME, open_remembered, take_in
from collector.sealed import Note, index_bytes, index_path, open_index
from collector.seen import rebuild
from collector.whole_file import write_whole
from tests.collector.test_seal_seen import candidate, store_in
from tests.support.collectors import until
from tests.support.sealing import HOUR, Document, Sealing, fill, mixed, said_by

KEPT = (Document(1, pair=1), Document(3), Document(40, "conflicts", pair=1), Document(44, "reports"))
CLOSES_S = 2.0
MANY = 200_000
BYTES_EACH = 60
"""It was 300. What is left is the allocator's: nothing of a sealed document stays."""


@pytest.fixture
def sealed(tmp_path):
    """Two hours, sealed."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(2, 40).items():
        fill(sealing.folder, hour, documents)
    sealing.run()
    return sealing


async def words(store) -> list[str]:
    """What the store says of a duplicate, of a conflict, of a ticket that another key used."""
    asked = (Document(1, pair=1), Document(8000, pair=5), Document(8001, pair=7, key=b"k" * 32))
    return [await store.keep_measurement(candidate(document)) for document in asked]


KNOWN = ["duplicate", "conflict", "ticket_of_two_keys"]


async def test_what_the_sealer_seals_is_let_go_from_memory(tmp_path):
    """While the store runs: the words on documents stay what they were, and memory holds none of them."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(2, 40).items():
        fill(sealing.folder, hour, documents)
    async with store_in(sealing.folder.hot, sealing.now_hour) as store:
        seen = store._seen
        assert 2 * 45 == len(seen.places)
        sealing.run()
        assert 2 == await store.remember()
        assert (0, 0, 0) == (len(seen.places), len(seen.tickets), len(seen.conflicts))
        assert not seen._by_hour
        assert 2 * 45 == seen.documents
        assert KNOWN == await words(store)
        assert 0 == await store.remember()
        assert "accepted" == await store.keep_measurement(candidate(Document(8002, pair=8002)))


async def test_it_is_let_go_by_itself(tmp_path, monkeypatch):
    """Every ten minutes, here fifty milliseconds; an index that is not whole holds it up until the sealer has made it anew."""
    monkeypatch.setattr("collector.seen_keeper.EVERY_S", 0.05)
    monkeypatch.setattr("collector.seen_keeper.RETRY_S", 0.05)
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(2, 40).items():
        fill(sealing.folder, hour, documents)
    async with store_in(sealing.folder.hot, sealing.now_hour) as store:
        sealing.run()
        await until(lambda: not store._seen.places)
        assert KNOWN == await words(store)
        fill(sealing.folder, HOUR + 3, [Document(9001, pair=9001)])
        sealing.run()
        path = index_path(sealing.folder.sealed, 3)
        whole = path.read_bytes()
        write_whole(path, whole[:-1])
        await asyncio.sleep(0.3)
        write_whole(path, whole)
        await until(lambda: 2 * 45 + 1 < store._seen.documents)
        assert "duplicate" == await store.keep_measurement(candidate(Document(9001, pair=9001)))


async def test_what_came_meanwhile_stays_in_memory(sealed):
    """A document that is not sealed is known too, before and after another pass."""
    async with store_in(sealed.folder.hot, sealed.now_hour) as store:
        assert "accepted" == await store.keep_measurement(candidate(Document(9000, pair=9000)))
        fill(sealed.folder, HOUR + 3, [Document(9001, pair=9001)])
        sealed.run()
        assert 1 == await store.remember()
        for document in (Document(9000, pair=9000), Document(9001, pair=9001)):
            assert "duplicate" == await store.keep_measurement(candidate(document))
        assert 1 == len(store._seen.places)


@pytest.mark.parametrize("content", [b"", b"nonsense" * 900, None])
async def test_a_damaged_file_is_made_anew_at_start(sealed, content):
    """Empty, no database, or one with a page that is none: the indexes have it all."""
    rebuild(sealed.folder.hot, sealed.now_hour).close()
    path = sealed.folder.root / NAME
    if content is None:
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        whole = path.read_bytes()
        path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    else:
        path.write_bytes(content)
    async with store_in(sealed.folder.hot, sealed.now_hour) as store:
        assert KNOWN == await words(store)


async def test_while_the_file_cannot_be_read_nothing_is_taken(sealed):
    """Nobody can tell whether a document is new: "store_unavailable", until the file has been made anew by itself."""
    async with store_in(sealed.folder.hot, sealed.now_hour) as store:
        store._seen.sealed.close()
        assert ["store_unavailable"] * 3 == await words(store)
        assert not store.healthy
        await until(lambda: not store._keeper._broken.is_set())
        assert KNOWN == await words(store)


async def test_where_the_disk_does_not_take_the_file_memory_holds_it(sealed):
    """As it was before there was such a file: slower to start, larger, and just as sure."""
    (sealed.folder.root / NAME).mkdir()
    async with store_in(sealed.folder.hot, sealed.now_hour) as store:
        assert 2 * 45 == len(store._seen.places)
        assert KNOWN == await words(store)
        (sealed.folder.root / NAME).rmdir()
        assert 2 == await store.remember()
        assert [Document(8000).id] == list(store._seen.places)  # the conflict that the first words left
        assert KNOWN == await words(store)


def test_what_a_home_took_back_is_forgotten(sealed):
    """A withdrawal writes an index anew; the file then knows what that says, and no byte of what went."""
    rebuild(sealed.folder.hot, sealed.now_hour).close()
    path, index = sealed.folder.root / NAME, index_path(sealed.folder.sealed, 1)
    hour, notes = open_index(index)
    left = [note for note in notes if note.document_id != KEPT[1].id]
    write_whole(index, index_bytes(hour, left))
    assert [index] == take_in(path, sealed.folder.sealed, 0).indexes
    with closing(open_remembered(path)) as remembered:
        assert remembered.asked(KEPT[1].id, None)[0] is None
        assert "measurements" == remembered.asked(KEPT[0].id, None)[0]
        assert 2 * 45 - 1 == remembered.documents
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert KEPT[1].id[:16] not in path.read_bytes()
    assert KEPT[0].id[:16] in path.read_bytes()


def test_a_backup_leaves_it_out(sealed, tmp_path):
    """It is made of what the backup has."""
    rebuild(sealed.folder.hot, sealed.now_hour).close()
    back_up(sealed.folder, tmp_path / "copy", 0)
    assert not list((tmp_path / "copy").glob(NAME + "*"))
    assert (tmp_path / "copy" / "sealed" / "00000001.index").exists()


def test_memory_does_not_grow_with_what_was_sealed(tmp_path):
    """Two hundred thousand documents more, and the process that knows them is as large as before."""
    (tmp_path / "hot").mkdir()
    (tmp_path / "sealed").mkdir()
    code = (
        "import sys; from pathlib import Path; from collector.seen import rebuild\n"
        "def kb(): return int(Path('/proc/self/status').read_text().partition('VmRSS:')[2].split()[0])\n"
        f"before = kb(); seen = rebuild(Path(sys.argv[1]), {HOUR + 100}); print(kb() - before, seen.documents)"
    )

    def grown() -> tuple[int, int]:
        kb, documents = said_by(code, str(tmp_path / "hot")).split()
        return int(kb), int(documents)

    without_kb, _ = grown()
    for serial in range(1, 101):
        ids = [(serial * MANY + n).to_bytes(32, "little") for n in range(MANY // 100)]
        notes = (Note("measurements", one, bytes(32), one[:16]) for one in ids)
        write_whole(index_path(tmp_path / "sealed", serial), index_bytes(HOUR + serial % 50, notes))
    for _ in range(2):  # the first time it is made, the second it is there
        with_kb, documents = grown()
        assert MANY == documents
        assert with_kb - without_kb < MANY * BYTES_EACH / 1024


def test_asked_together_documents_have_the_word_they_have_alone(sealed):
    """Sealed, conflicting, reported, never seen, without a ticket, twice: in one question as in one each."""
    take_in(sealed.folder.root / NAME, sealed.folder.sealed, 0)
    remembered = open_remembered(sealed.folder.root / NAME)
    new = (Document(9001, pair=9001), Document(9002), Document(9003, pair=1))
    named = [(one.id, None if one.pair is None else candidate(one).pair_id) for one in (*KEPT, *new, KEPT[0])]
    words = [remembered.asked(*one) for one in named]
    assert words == remembered.asked_all(named)
    assert [(None, None)] * 2 == remembered.asked_all(named[4:6])
    assert len(set(words)) > 3
    assert [words[:1], []] == [remembered.asked_all(named[:1]), remembered.asked_all([])]
    remembered.close()


async def test_a_slow_disk_does_not_stop_the_event_loop(sealed):
    """What is going to be asked is read by a thread beforehand, as long as that takes time; the loop then finds it in memory."""
    documents = [candidate(document) for document in (*KEPT[:3], *map(Document, range(500, 540)))]
    async with store_in(sealed.folder.hot, HOUR + 3) as store:
        known = store._seen.sealed
        known._ahead.set_progress_handler(
            lambda: time.sleep(0.001), 10
        )  # a disk, by the steps that SQLite makes
        reading = asyncio.create_task(store.read_ahead(documents))
        turns = 0
        while not reading.done():
            await asyncio.sleep(0.001)
            turns += 1
        assert (True, True) == (known.is_slow, turns >= 10)
        assert ["duplicate", "duplicate", "conflict"] == (await store.keep_measurements(documents))[:3]
        known._ahead.set_progress_handler(None, 0)
        await store.read_ahead(documents)
        assert not known.is_slow


@pytest.mark.timed
async def test_who_closes_does_not_wait_for_a_slow_disk(sealed):
    """What a thread reads ahead is broken off."""
    async with store_in(sealed.folder.hot, HOUR + 3) as store:
        store._seen.sealed._ahead.set_progress_handler(lambda: time.sleep(0.05), 10)  # five seconds in all
        reading = asyncio.create_task(store.read_ahead([candidate(Document(n)) for n in range(50)]))
        await asyncio.sleep(0.1)
        began_s = time.perf_counter()
    assert CLOSES_S > time.perf_counter() - began_s
    await reading
