"""The hot store: kept once, kept for good, read back byte by byte, also while it is written."""

import asyncio
import contextlib
import sqlite3
import time
from typing import Any

import msgspec
import pytest

from collector import reader
from collector.hot_files import close_hour, hour_files, open_for_writing
from collector.hot_store import GROUP_ROWS, HotStore
from collector.hot_writer import HotWriter, Row
from collector.ingest import Candidate
from collector.metrics import Metrics
from collector.seen import CONFLICTS_PER_TICKET
from probe.measurement.signing import Signed, document_id, sign
from tests.support.collectors import Clock, Site
from tests.support.documents import make_pair


def candidate(n: int, pair: int | None = None, key: bytes = bytes(32)) -> Candidate:
    """A candidate that needs no signature: the store looks at none."""
    body = b'{"n":%d}' % n
    pair_id = None if pair is None else pair.to_bytes(16, "big")
    return Candidate(document_id(body), key, bytes(64), body, pair_id)


@contextlib.asynccontextmanager
async def store_in(folder, clock=None, waiting_rows=2000, **more):
    """A running store on ``folder``."""
    folder.mkdir(exist_ok=True)
    store = HotStore(folder, clock or Clock(), Metrics(), waiting_rows, **more)
    store.start()
    try:
        yield store
    finally:
        await store.close()


def conflicting(site: Site, plan, count: int) -> list[bytes]:
    """Different bodies by one key for one ticket."""
    first = make_pair(
        site.rng, site.responder_key, site.quarter_key, plan, "s1", 4e6, 20e6, started_at=site.clock.moment
    )
    bodies = [msgspec.structs.replace(first, utc_offset_min=n) for n in range(count)]
    return [msgspec.json.encode(sign(site.quarter_key, "measurement", body)) for body in bodies]


async def test_exact_bytes_come_back(site, intake):
    """What the reader yields is what the probe signed: body, key, signature, id."""
    document = site.document(intake.plans.current())
    assert "accepted" == (await intake.measurement(document, "")).answer.status
    signed = msgspec.json.decode(document, type=Signed)
    (stored,) = reader.read_measurements(site.folder.root)
    assert (signed.body_bytes(), signed.key, signed.signature) == (stored.body, stored.key, stored.signature)
    assert document_id(stored.body) == stored.measurement_id
    assert (site.clock(), frozenset()) == (stored.received_at_us, stored.flags)


async def test_the_same_bytes_are_a_duplicate(site, intake):
    """Sent twice, one after the other or at once: kept once, and both senders are told it is safe."""
    document = site.document(intake.plans.current())
    replies = await asyncio.gather(*(intake.measurement(document, "") for _ in range(5)))
    replies.append(await intake.measurement(document, ""))
    assert ["accepted"] + ["duplicate"] * 5 == sorted(reply.answer.status for reply in replies)
    assert {200} == {reply.status for reply in replies}
    assert 1 == len(list(reader.read_measurements(site.folder.root)))


async def test_another_body_for_a_ticket_is_a_conflict(site, intake):
    """A second body for a ticket is kept, answered ``conflict`` each time, and voids both; others stay valid."""
    first, second = conflicting(site, intake.plans.current(), 2)
    other = site.document(intake.plans.current())
    assert "accepted" == (await intake.measurement(first, "")).answer.status
    assert "accepted" == (await intake.measurement(other, "")).answer.status
    for _ in range(2):
        reply = await intake.measurement(second, "")
        assert (409, "conflict") == (reply.status, reply.answer.code)
    assert "duplicate" == (await intake.measurement(first, "")).answer.status
    stored = list(reader.read_measurements(site.folder.root))
    assert [True, False, True] == [row.conflict for row in stored]
    assert stored[0].body != stored[2].body


async def test_a_ticket_of_two_keys_is_the_first_ones(tmp_path):
    """A ticket id that another key has used is refused and not kept, the first stays valid; a restart changes nothing."""
    for n in (2, 3):
        async with store_in(tmp_path / "hot") as store:
            assert ("accepted" if n == 2 else "duplicate") == await store.keep_measurement(
                candidate(1, pair=1)
            )
            assert "ticket_of_two_keys" == await store.keep_measurement(candidate(n, pair=1, key=b"k" * 32))
    (row,) = reader.read_measurements(tmp_path)
    assert (candidate(1).body, False) == (row.body, row.conflict)


async def test_conflicts_are_bounded(site, intake):
    """A key cannot fill the disk with bodies for one ticket: the pair is void anyway."""
    for document in conflicting(site, intake.plans.current(), CONFLICTS_PER_TICKET + 4):
        await intake.measurement(document, "")
    assert CONFLICTS_PER_TICKET + 1 == len(list(reader.read_measurements(site.folder.root)))


async def test_restart_rebuilds_what_was_seen(site):
    """After a restart a duplicate is a duplicate, a conflict a conflict, and the roster is still there."""
    async with site.open() as intake:
        first, second, third = conflicting(site, intake.plans.current(), 3)
        await intake.measurement(first, "")
        await intake.measurement(second, "")
    async with site.open() as intake:
        answers = [(await intake.measurement(d, "")).answer for d in (first, second, third)]
    assert [("duplicate", None), ("rejected", "conflict"), ("rejected", "conflict")] == [
        (answer.status, answer.code) for answer in answers
    ]
    assert [True] * 3 == [row.conflict for row in reader.read_measurements(site.folder.root)]


async def test_seen_covers_earlier_hours_and_forgets_the_oldest(tmp_path):
    """A duplicate is known weeks later; after 120 days, when it would be refused as too old, it is forgotten."""
    clock = Clock()
    async with store_in(tmp_path / "hot", clock, steady_s=lambda: clock() / 1e6) as store:
        assert "accepted" == await store.keep_measurement(candidate(1, pair=1))
        clock.advance(days=100)
        assert "duplicate" == await store.keep_measurement(candidate(1, pair=1))
        assert "conflict" == await store.keep_measurement(candidate(2, pair=1))
        clock.advance(days=121)
        assert "accepted" == await store.keep_measurement(candidate(3))
        assert "accepted" == await store.keep_measurement(candidate(1, pair=1))


async def test_a_clock_that_leaps_makes_nothing_new(tmp_path):
    """The clock leaps 121 days ahead and is set back, in a run and over a restart: a duplicate stays one, a ticket stays used."""
    clock = Clock()
    async with store_in(tmp_path / "hot", clock) as store:
        assert "accepted" == await store.keep_measurement(candidate(1, pair=1))
        clock.advance(days=121)
        for n in range(3):
            clock.advance(hours=1)
            assert "accepted" == await store.keep_measurement(candidate(10 + n))
        clock.advance(days=-121, hours=-3)
        assert "duplicate" == await store.keep_measurement(candidate(1, pair=1))
    for file in hour_files(tmp_path / "hot")[1:]:
        file.path.unlink()
    clock.advance(days=121)
    async with store_in(tmp_path / "hot", clock) as store:
        assert "accepted" == await store.keep_measurement(candidate(20))
        clock.advance(days=-121)
        assert "duplicate" == await store.keep_measurement(candidate(1, pair=1))
        assert "conflict" == await store.keep_measurement(candidate(2, pair=1))


async def test_an_hour_is_a_file_and_a_closed_hour_is_one_plain_file(site, intake):
    """Each hour has its file; when the next begins, the last is folded: no WAL beside it; the reader sees both."""
    plan = intake.plans.current()
    await intake.measurement(site.document(plan), "")
    site.clock.advance(hours=1)
    await intake.measurement(site.document(plan), "")
    names = [file.path.name for file in hour_files(site.folder.hot)]
    assert ["2026-11-21T20.sqlite", "2026-11-21T21.sqlite"] == names
    assert [] == list(site.folder.hot.glob("2026-11-21T20.sqlite-*"))
    assert 2 == len(list(reader.read_measurements(site.folder.root)))


async def test_a_clock_that_steps_back_reopens_no_closed_hour(tmp_path):
    """An hour that was closed stays closed, for a sealer may have taken it."""
    clock = Clock()
    async with store_in(tmp_path / "hot", clock) as store:
        await store.keep_measurement(candidate(1))
        clock.advance(hours=1)
        await store.keep_measurement(candidate(2))
        clock.advance(hours=-1)
        await store.keep_measurement(candidate(3))
    with contextlib.closing(sqlite3.connect(hour_files(tmp_path / "hot")[0].path)) as db:
        assert (1,) == db.execute("SELECT count(*) FROM measurements").fetchone()


async def test_the_reader_sees_rows_while_the_collector_writes(tmp_path):
    """Whoever was told "accepted" finds the row at once, in a reader with another connection, batch by batch."""
    async with store_in(tmp_path / "hot") as store:
        for n in range(3):
            await asyncio.gather(*(store.keep_measurement(candidate(300 * n + k)) for k in range(300)))
            assert 300 * (n + 1) == len(list(reader.read_measurements(tmp_path, batch_rows=70)))
        half_read = reader.read_measurements(tmp_path, batch_rows=10)
        next(half_read)
        assert "accepted" == await store.keep_measurement(candidate(5000))
        assert 900 == len(list(half_read))


async def test_a_file_left_in_wal_mode_by_a_crash_opens(tmp_path):
    """A copy of the files of a running store, as a crash leaves them, holds every accepted row, and is folded."""
    async with store_in(tmp_path / "hot") as store:
        await store.keep_measurement(candidate(1))
        left = tmp_path / "crashed" / "hot"
        left.mkdir(parents=True)
        for path in (tmp_path / "hot").iterdir():
            (left / path.name).write_bytes(path.read_bytes())
    assert 1 == len(list(reader.read_measurements(tmp_path / "crashed")))
    clock = Clock()
    clock.advance(hours=2)
    async with store_in(left, clock) as store:
        assert "duplicate" == await store.keep_measurement(candidate(1))
        assert [] == list(left.glob("*-wal"))


async def test_a_collector_that_was_killed_while_it_closed_an_hour_starts_again(tmp_path):
    """What that leaves is a rollback journal, which no reader may put back: the start does it, and so does every reader."""
    clock, folder = Clock(), tmp_path / "hot"
    async with store_in(folder, clock) as store:
        for n in range(50):
            assert "accepted" == await store.keep_measurement(candidate(n))
    (path,) = folder.glob("*.sqlite")
    journal = path.with_name(path.name + "-journal")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(
            "PRAGMA cache_size = 2"
        )  # so that pages go to the file before the end, and the journal before them
        db.execute("BEGIN EXCLUSIVE")
        db.execute("UPDATE measurements SET key = randomblob(9000)")
        died = path.read_bytes(), journal.read_bytes()
        db.execute("ROLLBACK")
    path.write_bytes(died[0])
    journal.write_bytes(died[1])
    async with store_in(folder, clock) as store:
        assert ["duplicate"] * 50 == [await store.keep_measurement(candidate(n)) for n in range(50)]
        assert "accepted" == await store.keep_measurement(candidate(50))
    assert not journal.exists()


async def test_too_many_waiting_rows_are_sent_away(tmp_path):
    """The queue is bounded: what does not fit is refused at once, and what was taken is kept."""
    async with store_in(tmp_path / "hot", waiting_rows=150) as store:
        outcomes = await asyncio.gather(*(store.keep_measurement(candidate(n)) for n in range(400)))
        assert 150 == outcomes.count("accepted")
        assert 250 == outcomes.count("busy")
        assert "accepted" == await store.keep_measurement(candidate(399))
    assert 151 == len(list(reader.read_measurements(tmp_path)))


async def test_a_disk_that_refuses_is_told_and_survived(tmp_path):
    """A commit that fails is answered as such, nothing of it counts as seen, and the store works on after it."""
    folder = tmp_path / "hot"
    async with store_in(folder) as store:
        folder.rename(tmp_path / "away")
        outcomes = await asyncio.gather(
            store.keep_measurement(candidate(1)), store.keep_measurement(candidate(1))
        )
        assert ["store_unavailable"] * 2 == list(outcomes)
        both = [candidate(2), candidate(2), candidate(3)]
        assert ["store_unavailable"] * 3 == await store.keep_measurements(both)
        assert not store.healthy
        assert 0 == store.waiting
        folder.mkdir()
        assert "accepted" == await store.keep_measurement(candidate(1))
        assert store.healthy


async def test_an_hour_that_was_damaged_does_not_stop_the_next_ones(tmp_path):
    """It cannot be closed as it should; what comes after it is taken, and the writer ends as it should."""
    clock, folder = Clock(), tmp_path / "hot"
    async with store_in(folder, clock) as store:
        assert "accepted" == await store.keep_measurement(candidate(1))
        (log,) = folder.glob("*.sqlite-wal")
        with log.open("r+b") as file:
            file.seek(32)
            file.write(b"\xff" * 40_000)
        clock.advance(hours=1)
        told = [await store.keep_measurement(candidate(n)) for n in (2, 2, 3)]
        assert ["accepted"] * 2 == told[1:]
        assert store.healthy


async def test_a_damaged_hour_does_not_end_the_writer_with_an_error(tmp_path):
    """What it has to do after the last group it does all the same: let go of a file in doubt."""
    clock, folder = Clock(), tmp_path / "hot"
    async with store_in(folder, clock) as store:
        assert "accepted" == await store.keep_measurement(candidate(1))
        (log,) = folder.glob("*.sqlite-wal")
        with log.open("r+b") as file:
            file.seek(32)
            file.write(b"\xff" * 40_000)


async def test_a_sender_that_hangs_up_changes_nothing(tmp_path):
    """A cancelled request's row is committed all the same; its next attempt is a duplicate."""
    async with store_in(tmp_path / "hot") as store:
        task = asyncio.create_task(store.keep_measurement(candidate(1)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert "duplicate" == await store.keep_measurement(candidate(1))


async def test_many_are_kept_in_one_commit_and_each_is_told_its_own(tmp_path):
    """A batch in which a document stands twice, one is on disk, one conflicts and one has another's ticket: one commit, and
    the word on each is the one it would have got alone.
    """
    metrics = Metrics()
    (tmp_path / "hot").mkdir()
    store = HotStore(tmp_path / "hot", Clock(), metrics, waiting_rows=5)
    store.start()
    assert "accepted" == await store.keep_measurement(candidate(1, pair=1))
    batch = [
        candidate(1, pair=1),
        candidate(2, pair=2),
        candidate(2, pair=2),
        candidate(3, pair=2),
        candidate(4, pair=2, key=b"k" * 32),
        candidate(5),
        candidate(6),
        candidate(7),
        candidate(8),
    ]
    expected = [
        "duplicate",
        "accepted",
        "duplicate",
        "conflict",
        "ticket_of_two_keys",
        *["accepted"] * 3,
        "busy",
    ]
    assert expected == await store.keep_measurements(batch)
    await store.close()
    assert (2, 6) == (metrics.commits[True], metrics.committed_rows)


async def test_a_burst_is_committed_in_groups(tmp_path):
    """A hundred rows cost one commit, so that a burst costs few fsyncs."""
    metrics = Metrics()
    (tmp_path / "hot").mkdir()
    store = HotStore(tmp_path / "hot", Clock(), metrics)
    store.start()
    await asyncio.gather(*(store.keep_measurement(candidate(n)) for n in range(5 * GROUP_ROWS)))
    await store.close()
    assert (5, 500) == (metrics.commits[True], metrics.committed_rows)


async def test_a_reader_does_not_keep_an_hour_from_closing(tmp_path):
    """A reader in the middle of a file costs the writer nothing but the file's WAL staying beside it."""
    clock = Clock()
    async with store_in(tmp_path / "hot", clock) as store:
        for n in range(20):
            await store.keep_measurement(candidate(n))
        half_read = reader.read_measurements(tmp_path, batch_rows=5)
        next(half_read)
        clock.advance(hours=1)
        assert "accepted" == await store.keep_measurement(candidate(99))
        assert 19 == len(list(half_read))


def test_a_file_without_tables_yet_reads_as_empty(tmp_path):
    """A file that was made this instant has no tables: nothing to read, and no error."""
    folder = tmp_path / "hot"
    folder.mkdir()
    sqlite3.connect(folder / "2026-11-21T20.sqlite").close()
    assert [] == list(reader.read_measurements(tmp_path))
    close_hour(open_for_writing(folder / "2026-11-21T20.sqlite"))
    assert reader.Counts(0, 0, 0, 1, (folder / "2026-11-21T20.sqlite").stat().st_size) == reader.count(
        tmp_path
    )


class TurningDisk(HotWriter):
    """On a disk that turns, or a memory card: a commit takes 50 ms."""

    commits = 0

    def _commit(self, group: list[Row]) -> None:
        self.commits += 1
        time.sleep(0.05)
        super()._commit(group)


async def test_who_comes_while_the_disk_is_busy_is_committed_together(tmp_path):
    """A hundred documents, one each 2 ms: a commit takes all that came during the last one. It was 34 commits and 1.7 s."""
    store = HotStore(tmp_path, Clock(), Metrics())
    store.writer = TurningDisk
    store.start()
    disk: Any = store._writer
    coming = []
    for n in range(100):
        coming.append(asyncio.create_task(store.keep_measurement(candidate(n))))
        await asyncio.sleep(0.002)
    assert {"accepted"} == set(await asyncio.gather(*coming))
    await store.close()
    assert 2 <= disk.commits <= 12
