"""Migrations: a folder of every earlier program opens, whole, and becomes what this program would have made."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from collector import hot_files, reader, roster
from collector.data_folder import DataFolder
from collector.enrolment import Enrolled
from collector.fleet import grid
from collector.homes import book
from collector.hot_files import hour_of, open_for_writing, path_of
from collector.hot_store import HotStore
from collector.ingest import Candidate
from collector.messages import Trouble
from collector.metrics import Metrics
from tests.support.collectors import Clock

DOCUMENT: Final = "received_at_us INTEGER NOT NULL, key BLOB NOT NULL, signature BLOB NOT NULL"
MEASUREMENT: Final = f"seq INTEGER PRIMARY KEY, measurement_id BLOB NOT NULL UNIQUE, {DOCUMENT}"
REPORT: Final = f"seq INTEGER PRIMARY KEY, report_id BLOB NOT NULL UNIQUE, {DOCUMENT}"
ENROLMENTS: Final = (
    "CREATE TABLE enrolments (quarter_key BLOB PRIMARY KEY, long_lived_key BLOB NOT NULL, quarter TEXT NOT NULL,"
    " enrolled_at_us INTEGER NOT NULL, software_version TEXT NOT NULL, document BLOB NOT NULL) STRICT"
)
INVITATIONS: Final = (
    "CREATE TABLE invitations (code_sha256 BLOB PRIMARY KEY, channel TEXT NOT NULL, made_at_us INTEGER NOT NULL,"
    " expires_at_us INTEGER NOT NULL, used_by BLOB, used_at_us INTEGER) STRICT"
)
HOMES: Final = (
    "CREATE TABLE homes (home BLOB PRIMARY KEY, state TEXT NOT NULL, channel TEXT, since_us INTEGER NOT NULL,"
    " reason TEXT NOT NULL, separated_at_us INTEGER) STRICT"
)
LEDGER: Final = (
    "CREATE TABLE ledger (seq INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, home BLOB, event TEXT NOT NULL, reason TEXT NOT NULL)"
    " STRICT"
)
WITHDRAWN: Final = (
    "CREATE TABLE withdrawn (key_sha256 BLOB PRIMARY KEY, at_us INTEGER NOT NULL, quarter_key BLOB) STRICT"
)
FLEET_HOMES: Final = (
    "CREATE TABLE homes (home BLOB PRIMARY KEY, isp TEXT, region TEXT, software TEXT NOT NULL, first_window INTEGER NOT NULL,"
    " last_at_us INTEGER NOT NULL, skipped TEXT) STRICT"
)
FLEET_HOMES_2: Final = (
    "CREATE TABLE homes (home BLOB PRIMARY KEY, brand TEXT, region TEXT, software TEXT NOT NULL, first_window INTEGER NOT NULL,"
    " last_at_us INTEGER NOT NULL, skipped TEXT, network TEXT) STRICT"
)
GRID: Final = (
    "CREATE TABLE grid (home BLOB NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (home, at)) STRICT,"
    " WITHOUT ROWID"
)
CURSOR: Final = "CREATE TABLE cursor (file TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT"

HOT: Final[dict[int, tuple[str, ...]]] = {
    1: (
        f"CREATE TABLE measurements ({MEASUREMENT}, pair_id BLOB, body BLOB NOT NULL) STRICT",
        f"CREATE TABLE conflicts ({MEASUREMENT}, pair_id BLOB NOT NULL, body BLOB NOT NULL) STRICT",
        f"CREATE TABLE reports ({REPORT}, body BLOB NOT NULL) STRICT",
    )
}
ROSTER: Final[dict[int, tuple[str, ...]]] = {0: (ENROLMENTS,), 1: (ENROLMENTS,)}
BOOK: Final[dict[int, tuple[str, ...]]] = {0: (), 1: (INVITATIONS, HOMES, LEDGER, WITHDRAWN)}
FLEET: Final[dict[int, tuple[str, ...]]] = {
    0: (),
    1: (FLEET_HOMES, GRID, CURSOR),
    2: (FLEET_HOMES_2, GRID, CURSOR),
}
"""The schemas as each version of each file had them. Whoever adds a step adds what it makes, and changes nothing above it."""

NOW: Final = Clock()
ROW: Final = (bytes(32), b"l" * 32, "2026Q4", NOW(), "isonomia-probe 0.1.0", b"{}")


def made(path, statements, version):
    """A file as a program of that version left it."""
    with closing(sqlite3.connect(path)) as db:
        for statement in statements:
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
    return path


def schema(path):
    """A file's tables and version, however its statements were laid out."""
    with closing(sqlite3.connect(path)) as db:
        tables = db.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
        ).fetchall()
        plain = {name: "".join(sql.split()).replace("IFNOTEXISTS", "") for name, sql in tables}
        return plain, db.execute("PRAGMA user_version").fetchone()[0]


def test_every_version_is_written_down():
    """A schema that changes without a step, or a step whose schema is not here, is seen."""
    assert {
        "hot": hot_files.VERSION,
        "roster": len(roster.STEPS),
        "book": len(book.STEPS),
        "fleet": len(grid.STEPS),
    } == {"hot": max(HOT), "roster": max(ROSTER), "book": max(BOOK), "fleet": max(FLEET)}


OPENED: Final[dict[str, tuple[dict[int, tuple[str, ...]], Callable[[Path], None]]]] = {
    "roster": (ROSTER, lambda path: roster.Roster(path, 10).close()),
    "book": (BOOK, lambda path: book.HomeBook(path).close()),
    "fleet": (FLEET, lambda path: grid.Grid(DataFolder(path.parent)).close()),
    "hot": (HOT, lambda path: open_for_writing(path).close()),
}


@pytest.mark.parametrize(
    ("name", "version"), [(name, version) for name, (every, _) in OPENED.items() for version in every]
)
def test_a_file_of_each_version_becomes_todays(tmp_path, name, version):
    """Opened by this program, it has the tables and the version that a fresh file has; opened again, it stays so."""
    every, open_it = OPENED[name]
    for folder in ("old", "fresh"):
        (tmp_path / folder).mkdir()
    old, fresh = (tmp_path / folder / f"{name}.sqlite" for folder in ("old", "fresh"))
    made(old, every[version], version)
    open_it(fresh)
    for _ in range(2):
        open_it(old)
        assert schema(fresh) == schema(old)
    assert schema(made(tmp_path / "newest.sqlite", every[max(every)], max(every))) == schema(fresh)


@pytest.mark.parametrize("version", ROSTER)
def test_rows_of_an_old_roster_are_kept(tmp_path, version):
    """Who was enrolled is enrolled, with every field as it was."""
    path = made(tmp_path / "roster.sqlite", ROSTER[version], version)
    with closing(sqlite3.connect(path)) as db:
        db.execute("INSERT INTO enrolments VALUES (?, ?, ?, ?, ?, ?)", ROW)
        db.commit()
    with closing(roster.Roster(path, 10)) as opened:
        (entry,) = opened.entries_from(0)
    assert Enrolled(*ROW) == entry
    assert (entry,) == roster.read_roster(path)


async def test_rows_of_an_old_hour_are_read_and_known(tmp_path):
    """A document in an hour file of the first program is read as it was, is a duplicate when it comes again, and the same hour
    takes more.
    """
    folder, body = tmp_path / "hot", b"{}"
    folder.mkdir()
    one = Candidate(sha256(body).digest(), b"k" * 32, b"s" * 64, body, b"p" * 16)
    path = made(path_of(folder, hour_of(NOW())), HOT[1], 1)
    with closing(sqlite3.connect(path)) as db:
        values = (one.measurement_id, NOW(), one.key, one.signature, one.pair_id, one.body)
        db.execute(hot_files.insert_sql("measurements", 1), values)
        db.commit()
    store = HotStore(folder, Clock(), Metrics())
    store.start()
    more = Candidate(sha256(b"[]").digest(), one.key, one.signature, b"[]", one.pair_id)
    assert ["duplicate", "conflict"] == await store.keep_measurements([one, more])
    await store.close()
    assert [(body, True), (b"[]", True)] == [
        (row.body, row.conflict) for row in reader.read_measurements(tmp_path)
    ]


def test_an_hour_file_of_a_later_program_is_not_guessed_at(tmp_path):
    """It is refused by name at start, before anything is taken, with what to do."""
    (tmp_path / "hot").mkdir()
    made(path_of(tmp_path / "hot", hour_of(NOW())), HOT[1], hot_files.VERSION + 1)
    with pytest.raises(Trouble, match="update the collector"):
        list(reader.read_measurements(tmp_path))
