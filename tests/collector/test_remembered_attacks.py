"""What an attack on the memory of sealed documents brought out (note 049), each as it was shown."""

import asyncio
import json
import random
import sqlite3
import time
from collections import Counter
from contextlib import asynccontextmanager, closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from collector.hot_files import HOUR_US
from collector.hot_store import HotStore
from collector.hot_writer import HotWriter, Row
from collector.metrics import Metrics
from collector.remembered import NAME, Remembered, take_in
from collector.sealed import Note, index_bytes, index_path, open_index
from collector.seen import rebuild
from collector.whole_file import write_whole
from tests.collector.test_remembered import sealed as sealed_fixture
from tests.collector.test_seal_seen import candidate, store_in
from tests.support.collectors import Clock, until
from tests.support.sealing import HOUR, Document, Sealing, damage, fill, said_by

sealed = sealed_fixture
LATE = Document(9000, pair=9000)
MANY = 100_000
STOP_S = 0.5


@asynccontextmanager
async def store_that_took(sealing: Sealing, document: Document):
    """A store in whose memory ``document`` is, in an hour that is over."""
    async with store_in(sealing.folder.hot, HOUR + 3) as store:
        assert "accepted" == await store.keep_measurement(candidate(document))
        store._clock_us.advance(hours=1)
        assert "accepted" == await store.keep_measurement(candidate(Document(document.number + 1)))
        yield store


@pytest.mark.parametrize("empty", [False, True])
async def test_the_file_is_removed_while_the_server_runs(sealed, empty):
    """It is a cache, and looks like one. The server's connection goes on with what it opened: what is sealed after that stood in
    a file that nobody asked, and was let go from memory.
    """
    async with store_that_took(sealed, LATE) as store:
        for path in sealed.folder.root.glob(NAME + "*"):
            path.unlink()
        if empty:
            (sealed.folder.root / NAME).touch()
        sealed.run()
        await store.remember()
        assert LATE.id not in store._seen.places
        assert "duplicate" == await store.keep_measurement(candidate(LATE))
        other = Document(9100, pair=9000, key=b"k" * 32)
        assert "ticket_of_two_keys" == await store.keep_measurement(candidate(other))


class IllDisk(HotWriter):
    """A disk that writes and then says that it could not, as long as it is ``ill``: an fsync that fails, and the one at the end, too."""

    ill = False

    def _commit(self, group: list[Row]) -> None:
        super()._commit(group)
        if self.ill and self._db is not None:
            self._abandon(self._db, group)
            raise sqlite3.OperationalError("disk I/O error")


async def store_that_failed(sealing: Sealing, clock: Clock, late: Document) -> HotStore:
    """A running store that took one document, and said of ``late`` that it could not, though it is on disk."""
    store = HotStore(sealing.folder.hot, clock, Metrics())
    store.writer = IllDisk
    store.start()
    disk: Any = store._writer
    assert "accepted" == await store.keep_measurement(candidate(Document(1, pair=1)))
    disk.ill = True
    assert "store_unavailable" == await store.keep_measurement(candidate(late))
    disk.ill = False
    return store


@pytest.mark.parametrize("again", ["next hour", "nobody", "another key"])
async def test_a_commit_that_failed_and_is_on_disk_is_taken_back(tmp_path, monkeypatch, again):
    """Else its document would be in two hour files, and in the archive twice, when it is sent again in the next hour."""
    monkeypatch.setattr("collector.hot_writer.TAKE_BACK_S", 0.05)
    sealing, late = Sealing.make(tmp_path), Document(2, pair=2)
    clock = Clock(HOUR * HOUR_US)
    store = await store_that_failed(sealing, clock, late)
    clock.advance(hours=1)
    expected = {Document(1).id: 1}
    if again == "nobody":
        await until(lambda: not store._writer.in_doubt)
    else:
        sent = late if again == "next hour" else Document(3, pair=2, key=b"k" * 32)
        assert "accepted" == await store.keep_measurement(candidate(sent))
        expected[sent.id] = 1
    await store.close()
    for _ in range(2):
        assert expected == Counter(row.measurement_id for row in sealing.measurements())
        sealing.run()


async def test_the_sealer_comes_before_a_failed_commit_is_taken_back(tmp_path, monkeypatch):
    """It waits: what it seals nobody takes back, and the document, sent again, would be in the archive twice."""
    monkeypatch.setattr("collector.hot_writer.TAKE_BACK_S", 20.0)
    sealing, late = Sealing.make(tmp_path), Document(2, pair=2)
    clock = Clock(HOUR * HOUR_US)
    store = await store_that_failed(sealing, clock, late)
    sealing.run()
    assert [] == sealing.parts()
    clock.advance(hours=1)
    assert "accepted" == await store.keep_measurement(candidate(late))
    await store.close()
    sealing.run()
    assert 2 == len(sealing.parts())
    assert {Document(1).id: 1, late.id: 1} == Counter(row.measurement_id for row in sealing.measurements())


async def test_something_else_in_its_place_is_made_anew_by_itself(sealed, monkeypatch):
    """The pass that finds it does so; until then nothing is let go."""
    monkeypatch.setattr("collector.seen_keeper.EVERY_S", 0.05)
    monkeypatch.setattr("collector.seen_keeper.RETRY_S", 0.05)
    async with store_that_took(sealed, LATE) as store:
        for path in sealed.folder.root.glob(NAME + "*"):
            path.unlink()
        (sealed.folder.root / NAME).write_bytes(b"nonsense" * 900)
        sealed.run()
        await until(lambda: LATE.id not in store._seen.places)
        assert "duplicate" == await store.keep_measurement(candidate(LATE))


async def test_files_of_others_are_left_alone(sealed):
    """What a copying program or an editor leaves between the indexes is no index."""
    for name in ("00000001 (1).index", "backup.index", "1.index"):
        (sealed.folder.sealed / name).write_bytes(index_path(sealed.folder.sealed, 1).read_bytes())
    async with store_in(sealed.folder.hot, HOUR + 3) as store:
        assert 2 * 45 == store._seen.documents


async def test_an_index_that_is_not_whole_holds_up_no_other(sealed):
    """The good ones are taken in and let go, those after it too; it is told each time."""
    async with store_that_took(sealed, LATE) as store:
        sealed.run()
        index_path(sealed.folder.sealed, 2).touch()
        damage(index_path(sealed.folder.sealed, 2))
        with pytest.raises(Exception, match="SHA-256"):
            await store.remember()
        assert LATE.id not in store._seen.places
        assert "duplicate" == await store.keep_measurement(candidate(LATE))


async def test_the_keeper_survives_what_nobody_thought_of(sealed, monkeypatch):
    """An index of a later program, with a table that this one does not know: once it is gone all goes on."""
    monkeypatch.setattr("collector.seen_keeper.EVERY_S", 0.05)
    monkeypatch.setattr("collector.seen_keeper.RETRY_S", 0.05)
    async with store_that_took(sealed, LATE) as store:
        content = bytearray(index_bytes(HOUR, [Note("reports", bytes(32), bytes(32), None)]))
        content[24] = 9
        later = index_path(sealed.folder.sealed, 4)
        write_whole(later, content[:-32] + sha256(content[:-32]).digest())
        await asyncio.sleep(0.3)
        later.unlink()
        sealed.run()
        await until(lambda: LATE.id not in store._seen.places)


async def test_the_write_ahead_log_forgets_too(sealed):
    """While the server has the file open, its log keeps each page as it once was: nothing of a home that left may be there."""
    home = b"H" * 32
    fill(sealed.folder, HOUR + 2, [Document(7000 + n, pair=7000 + n, key=home) for n in range(40)])
    sealed.run()
    async with store_in(sealed.folder.hot, HOUR + 3) as store:
        assert "duplicate" == await store.keep_measurement(candidate(Document(7000, pair=7000, key=home)))
        fill(sealed.folder, HOUR + 3, [Document(8000 + n, pair=8000 + n, key=home) for n in range(40)])
        sealed.now_hour += 1
        sealed.run()
        await store.remember()
        for serial in (3, 4):
            path = index_path(sealed.folder.sealed, serial)
            write_whole(path, index_bytes(open_index(path)[0], []))
        await store.remember()
        for path in sealed.folder.root.glob(NAME + "*"):
            content = path.read_bytes()
            assert home[:16] not in content, path.name
            for number in (*range(7000, 7040), *range(8000, 8040)):
                assert Document(number).id[:16] not in content, path.name


async def test_another_program_looks_into_the_file(sealed):
    """To close a file ends the locks of the whole process on it: the other program thought itself alone, and took the log away."""
    look = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT count(*) FROM documents').fetchone(); db.close()"
    async with store_that_took(sealed, LATE) as store:
        sealed.run()
        assert 1 <= await store.remember()
        path = sealed.folder.root / NAME
        log = path.with_name(path.name + "-wal")
        assert log.exists()
        await asyncio.to_thread(said_by, look, str(path))
        assert log.exists()
        assert "duplicate" == await store.keep_measurement(candidate(LATE))


def test_no_byte_of_what_went_is_left_between_rows(tmp_path):
    """SQLite overwrites what is deleted, and not the bytes of a row that it moved to another page before: a few in a thousand."""
    rng, notes, path = random.Random(1), dict[int, list[Note]](), tmp_path / NAME

    def write(serial: int) -> None:
        write_whole(index_path(tmp_path, serial), index_bytes(HOUR + serial, notes[serial]))

    for serial in range(1, 101):
        keys = [b"H" * 32 if rng.random() < 0.02 else bytes(32) for _ in range(rng.choice([20, 300, 900]))]
        notes[serial] = [Note("measurements", rng.randbytes(32), key, rng.randbytes(16)) for key in keys]
        write(serial)
        take_in(path, tmp_path, 0)
    gone = [note for some in notes.values() for note in some if note.key == b"H" * 32]
    with closing(Remembered(path)) as open_meanwhile:
        for serial in notes:
            notes[serial] = [note for note in notes[serial] if note.key != b"H" * 32]
            write(serial)
        assert open_meanwhile.file_id != take_in(path, tmp_path, 0).file_id
    for file in tmp_path.glob(NAME + "*"):
        content = file.read_bytes()
        found = [note for note in gone if note.document_id[:16] in content or note.pair_id in content]
        assert (500 < len(gone), []) == (True, found)


@pytest.mark.timed
async def test_a_huge_seal_stops_no_clock(tmp_path):
    """A hundred thousand documents in one index, all in memory since the disk did not take the file: each turn of the event loop
    while they go to disk and are let go is short. It was 1.6 s.
    """
    sealing, rng, stops = Sealing.make(tmp_path), random.Random(1), [0.0]
    (sealing.folder.root / NAME).mkdir()
    sealing.folder.sealed.mkdir(exist_ok=True)

    async def watch() -> None:
        while True:
            began_s = time.perf_counter()
            await asyncio.sleep(0.001)
            stops.append(time.perf_counter() - began_s)

    async with store_in(sealing.folder.hot, HOUR + 3) as store:
        notes = [Note("measurements", rng.randbytes(32), bytes(32), rng.randbytes(16)) for _ in range(MANY)]
        for note in notes:
            store._seen.add(HOUR, "measurements", note.document_id, note.key, note.pair_id)
        write_whole(index_path(sealing.folder.sealed, 1), index_bytes(HOUR, notes))
        (sealing.folder.root / NAME).rmdir()
        watching = asyncio.create_task(watch())
        assert 1 == await store.remember()
        watching.cancel()
        assert not store._seen.places
        assert ("measurements", notes[0].key[:16]) == store._seen.asked(
            notes[0].document_id, notes[0].pair_id
        )
    assert STOP_S > max(stops)


def test_a_full_disk_at_the_start_keeps_memory_small(tmp_path):
    """What the file knows is asked there; memory holds what the disk does not take (here: no file may grow past 48 kB), not all."""
    folder = tmp_path / "sealed"
    (tmp_path / "hot").mkdir()
    folder.mkdir()

    def write(serial: int, count: int) -> None:
        ids = [(serial * MANY + n).to_bytes(32, "little") for n in range(count)]
        notes = (Note("measurements", one, bytes(32), one[:16]) for one in ids)
        write_whole(index_path(folder, serial), index_bytes(HOUR + serial, notes))

    write(1, 5000)
    rebuild(tmp_path / "hot", HOUR + 9).close()
    write(2, 2000)
    code = (
        "import json, resource, sys; from pathlib import Path; from collector.seen import rebuild\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (48 * 1024, 48 * 1024))\n"
        f"seen = rebuild(Path(sys.argv[1]), {HOUR + 9})\n"
        f"ids = [(n * {MANY}).to_bytes(32, 'little') for n in (1, 2, 3)]\n"
        "print(json.dumps([len(seen.places), seen.documents, [seen.place_of(one) for one in ids]]))"
    )
    said = json.loads(said_by(code, str(tmp_path / "hot")))
    assert [2000, 7000, ["measurements", "measurements", None]] == said
    assert [index_path(folder, 2)] == take_in(tmp_path / NAME, folder, 0).indexes


def test_an_index_that_vanishes_while_it_is_taken_in(tmp_path, monkeypatch):
    """Past its time, the sealer removes it between the look at its size and its reading: that stops no start."""
    sealing = Sealing.make(tmp_path)
    for offset in range(2):
        fill(sealing.folder, HOUR + offset, [Document(offset)])
    sealing.run()
    first = index_path(sealing.folder.sealed, 1)

    def removed(path: Path):
        if path == first:
            path.unlink(missing_ok=True)
        return open_index(path)

    monkeypatch.setattr("collector.remembered.open_index", removed)
    assert [index_path(sealing.folder.sealed, 2)] == take_in(
        sealing.folder.root / NAME, sealing.folder.sealed, 0
    ).indexes
