"""Sealing: exact bytes move from hour files into the archive, once, and are found again by everybody who asks."""

import itertools
import json
import sqlite3
from contextlib import closing
from hashlib import sha256

import duckdb
import pytest

from collector import reader
from collector.closing import close_for_good
from collector.hot_files import open_for_writing, open_hour, path_of
from collector.retention import delete_older
from collector.sealed import numbered, read_heads
from tests.support.sealing import HOUR, Document, Sealing, damage, fill, mixed, rows, seal

HOURS, EACH = 3, 50


@pytest.fixture
def sealing(tmp_path):
    """A folder with three closed hours: pairs, conflicts, skipped ones, reports."""
    sealing = Sealing.make(tmp_path)
    for hour, documents in mixed(HOURS, EACH).items():
        fill(sealing.folder, hour, documents)
    return sealing


def queried(sealing: Sealing, columns: str) -> list[tuple]:
    """Columns of the whole archive, by DuckDB."""
    parts = f"{sealing.folder.root}/archive/v1/*/*.parquet"
    return duckdb.execute(f"SELECT {columns} FROM read_parquet(?)", [parts]).fetchall()  # noqa: S608 - constants


def test_everything_is_there_before_and_after(sealing):
    """The one reader gives the same rows in the same order, flags included, and the hour files are gone."""
    before, reports, counted = sealing.measurements(), sealing.reports(), reader.count(sealing.folder.root)
    assert (HOURS * 55, HOURS * 10, HOURS) == (len(before), sum(r.conflict for r in before), len(reports))
    summary = sealing.run()
    assert (HOURS, 0, 0, HOURS * 56) == (summary.sealed, summary.in_use, summary.damaged, summary.documents)
    assert [] == sealing.hot()
    assert before == sealing.measurements()
    assert reports == sealing.reports()
    after = reader.count(sealing.folder.root)
    assert (counted.measurements, counted.conflicts, counted.reports) == (
        after.measurements,
        after.conflicts,
        after.reports,
    )
    assert (0, 0, HOURS, summary.archive_bytes) == (
        after.hours,
        after.bytes,
        after.seals,
        after.archive_bytes,
    )
    assert sum(path.stat().st_size for path in sealing.parts()) == after.archive_bytes


def test_a_second_run_does_nothing(sealing):
    """Sealing is idempotent: nothing is written, nothing changes."""
    sealing.run()
    files = {path: path.read_bytes() for path in sealing.folder.root.rglob("*") if path.is_file()}
    assert 0 == sealing.run().sealed
    assert files == {path: path.read_bytes() for path in sealing.folder.root.rglob("*") if path.is_file()}


def test_half_sealed_the_reader_mixes(sealing):
    """With one hour sealed and two hot, order and flags are the same: a conflict voids its pair across the two."""
    late = Document(9001, "conflicts", pair=1)
    fill(sealing.folder, HOUR + 5, [late])
    before = sealing.measurements()
    assert before[1].conflict
    sealing.now_hour = HOUR + 1
    assert 1 == sealing.run().sealed
    assert before == sealing.measurements()
    assert {".parquet", ".sqlite"} == {row.file[row.file.rindex(".") :] for row in sealing.measurements()}


def test_the_hour_that_runs_is_not_sealed(sealing):
    """Only hours before the clock's are closed."""
    sealing.now_hour = HOUR + 2
    assert 2 == sealing.run().sealed
    assert ["2026-03-07T22.sqlite"] == sealing.hot()


def test_late_documents_land_in_a_later_seal(sealing):
    """What is committed after an hour was sealed is sealed later, under the next serial; the first seal stays as it is."""
    sealing.run()
    parts = {path: path.read_bytes() for path in sealing.parts()}
    fill(sealing.folder, HOUR + 9, [Document(7000, pair=7000)])
    fill(sealing.folder, HOUR, [Document(7001)])  # a clock stepped back: the first hour is written to again
    assert 2 == sealing.run().sealed
    assert {1: HOUR, 2: HOUR + 1, 3: HOUR + 2, 4: HOUR, 5: HOUR + 9} == {
        head.serial: head.hour for head in read_heads(sealing.folder.sealed)
    }
    assert parts == {path: path.read_bytes() for path in sealing.parts() if path in parts}
    assert HOURS * 55 + 2 == len({row.measurement_id for row in sealing.measurements()})


def test_any_tool_reads_the_archive(sealing):
    """DuckDB, which shares nothing with us, finds every row by hive partition, its bytes the signed ones."""
    sealing.run()
    found = queried(sealing, "kind, date, document_id, body")
    assert {"2026-03-07"} == {str(date) for _, date, _, _ in found}
    assert all(sha256(body).digest() == document_id for _, _, document_id, body in found)
    assert {"measurements": 150, "conflicts": 15, "reports": 3} == {
        kind: sum(row[0] == kind for row in found) for kind in ("measurements", "conflicts", "reports")
    }


def test_a_file_in_use_waits(sealing):
    """An hour file that the collector's writer has open is left alone, politely; closed, it is sealed."""
    writer = open_for_writing(path_of(sealing.folder.hot, HOUR + 1))
    summary = sealing.run()
    assert (2, 1) == (summary.sealed, summary.in_use)
    writer.execute(
        "INSERT INTO measurements SELECT 99, x'00', 1, key, signature, NULL, body FROM measurements LIMIT 1"
    )
    writer.execute("DELETE FROM measurements WHERE seq = 99")
    writer.close()
    assert 1 == sealing.run().sealed
    assert HOURS * 55 == len(sealing.measurements())


def test_nobody_writes_to_a_closed_hour(sealing):
    """A writer whose clock stepped back finds the hour closed and takes the next one that is free."""
    for hour in (HOUR, HOUR + 1):
        assert close_for_good(path_of(sealing.folder.hot, hour), bytes(32)) is not None
    db, hour = open_hour(sealing.folder.hot, HOUR)
    db.close()
    assert HOUR + 2 == hour


def test_a_seed_is_kept(sealing):
    """A sealer that starts again finds the seed of the first: name and salts of the seal do not change."""
    path = path_of(sealing.folder.hot, HOUR)
    assert b"1" * 32 == close_for_good(path, b"1" * 32)
    assert b"1" * 32 == close_for_good(path, b"2" * 32)


def test_an_empty_hour_leaves_no_seal(tmp_path):
    """A file without documents, or without tables even, goes without a trace."""
    sealing = Sealing.make(tmp_path)
    fill(sealing.folder, HOUR, [])
    sqlite3.connect(path_of(sealing.folder.hot, HOUR + 1)).close()
    path_of(sealing.folder.hot, HOUR + 1).touch()
    assert (0, 0) == (sealing.run().sealed, sealing.run().damaged)
    assert ([], []) == (sealing.hot(), sealing.parts())


def test_a_row_with_a_wrong_hash_stays_hot(sealing):
    """A damaged hour is named and not sealed; the others are."""
    path = path_of(sealing.folder.hot, HOUR + 1)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE measurements SET body = x'7b7d' WHERE seq = 7")
    summary = sealing.run()
    assert (2, 1) == (summary.sealed, summary.damaged)
    assert ["seal.wrong_hash"] == [trouble.message_id for trouble in sealing.said]
    assert [path.name] == sealing.hot()
    assert Document(1 * 56 + 6).id.hex() == sealing.said[0].values["detail"]


def test_a_file_that_is_no_database_stays(sealing):
    """Garbage under an hour's name is named, kept, and stops nobody."""
    path = path_of(sealing.folder.hot, HOUR + 7)
    path.write_bytes(b"no database" * 1000)
    summary = sealing.run()
    assert (HOURS, 1, "store.damaged") == (summary.sealed, summary.damaged, sealing.said[0].message_id)
    assert path.exists()


def test_storage_that_lies_is_found(sealing, monkeypatch):
    """A part that does not come back as it was written is not published, and its hour file stays."""
    from collector import seal as module

    written = module.write_part

    def lying(place, name, *rest):
        part, counted = written(place, name, *rest)
        damage(sealing.folder.root / "archive" / name)
        return part, counted

    monkeypatch.setattr(module, "write_part", lying)
    before = sealing.measurements()
    summary = sealing.run()
    assert (0, HOURS) == (summary.sealed, summary.damaged)
    assert {"seal.differs"} == {trouble.message_id for trouble in sealing.said}
    assert before == sealing.measurements()
    monkeypatch.undo()
    assert HOURS == sealing.run().sealed
    assert before == sealing.measurements()


def test_half_written_files_are_swept(sealing):
    """What a crash left beside a name is deleted, half a part under its very name is written anew, and readers see neither."""
    seed = close_for_good(path_of(sealing.folder.hot, HOUR), bytes(32))
    assert seed == bytes(32)
    from collector.closing import seal_id_of
    from collector.seal import part_stem

    stem = sealing.folder.root / "archive" / part_stem(HOUR, seal_id_of(seed))
    stem.parent.mkdir(parents=True)
    for ending in (".parquet", ".parquet.partial"):
        stem.with_name(stem.name + ending).write_bytes(b"PAR1" + bytes(100))
    before = rows(sealing.folder)
    assert HOURS == sealing.run().sealed
    assert [] == list(sealing.folder.root.rglob("*.partial"))
    assert before == rows(sealing.folder)


@pytest.mark.parametrize("kept", list(itertools.product((True, False), repeat=2))[1:])
def test_what_the_folder_lost_comes_back_from_the_archive(sealing, kept):
    """Heads or indexes that went missing are fetched or made anew, and are the bytes they were."""
    sealing.run()
    files = {path: path.read_bytes() for path in sealing.folder.sealed.iterdir()}
    before = rows(sealing.folder)
    for path in files:
        if not kept[path.suffix == ".index"]:
            path.unlink()
    summary = sealing.run()
    assert (0 if kept[0] else HOURS) == summary.fetched
    assert files == {path: path.read_bytes() for path in sealing.folder.sealed.iterdir()}
    assert before == rows(sealing.folder)


def test_retention_deletes_documents_and_keeps_the_log(sealing):
    """Past their time the documents go, by a signed revision; root, list and the younger hours stay; again: nothing."""
    later = HOUR + 24 * 40
    fill(sealing.folder, later, [Document(5000)])
    sealing.now_hour = later + 1
    sealing.run()
    for deleted in (HOURS, 0):
        with sealing.folder.sealing():
            sealer = sealing.sealer()
            sealer.run()
            assert deleted == delete_older(sealer.log, sealer._place, 30, sealing.now_hour * 3_600_000_000)
    assert [Document(5000).id] == [row.measurement_id for row in sealing.measurements()]
    assert 1 == len(sealing.parts()) == reader.count(sealing.folder.root).measurements
    log = sealing.folder.root / "archive/v1/log"
    assert {(1, 2), (2, 2), (3, 2), (4, 1)} == {
        max(numbered(path.name) or (0, 0) for path in log.glob(f"{serial:08}*.json"))
        for serial in range(1, 5)
    }
    assert 56 * 32 == (log / "00000001.leaves").stat().st_size
    assert {"retention"} == {head.reason for head in read_heads(sealing.folder.sealed) if head.part is None}


def test_the_command_says_what_it_did(sealing):
    """``seal --json`` prints one line with every count; the archive's place is remembered and another is refused."""
    elsewhere = sealing.folder.root.parent / "elsewhere"
    said = seal(sealing.folder, "--archive", str(elsewhere))
    assert ("sealed", HOURS, HOURS * 56, str(elsewhere)) == (
        said["event"],
        said["sealed"],
        said["documents"],
        said["archive"],
    )
    assert HOURS * 55 == len(sealing.measurements())
    assert "elsewhere" in json.dumps(seal(sealing.folder))
    assert "copy it" in str(
        seal(sealing.folder, "--archive", str(sealing.folder.root / "third"), code=3)["error"]
    )


def test_two_sealers_at_once(sealing):
    """The second one gives up at once, says why, and changes nothing; the next run is welcome."""
    with sealing.folder.sealing():
        assert "another sealer" in str(seal(sealing.folder, code=3)["error"])
    assert HOURS == len(sealing.hot())
    assert HOURS == seal(sealing.folder)["sealed"]
