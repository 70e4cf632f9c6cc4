"""Hour files: the SQLite files of the hot store, their names, their tables and how they are opened.

``hot/2026-11-21T22.sqlite`` holds what was committed in that hour (UTC). While it is written it is in WAL mode
with synchronous=FULL: a commit that returned is on disk. ``user_version`` is set in the transaction that makes
the tables, so a reader that sees it sees the tables. A file that the sealer has closed for good holds one table
more, ``seal`` (``closing``), and nobody writes to it again.
"""

import re
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from collector.data_folder import make_private, sync_folder
from collector.file_trouble import file_trouble
from collector.messages import Trouble
from collector.quarters import EPOCH

VERSION: Final = 1
APPLICATION_ID: Final = 0x49534F4E  # "ISON"
HOUR_US: Final = 3_600_000_000
STATEMENTS_KEPT: Final = 6
"""BEGIN, COMMIT and inserts of the last four sizes. One that is kept holds the rows it wrote last: a megabyte for a hundred."""

_NAME: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}\.sqlite")

TABLES: Final[dict[str, tuple[str, ...]]] = {
    "measurements": ("measurement_id", "received_at_us", "key", "signature", "pair_id", "body"),
    "conflicts": ("measurement_id", "received_at_us", "key", "signature", "pair_id", "body"),
    "reports": ("report_id", "received_at_us", "key", "signature", "body"),
}
"""Columns in the order they are written. ``pair_id`` is NULL for a measurement that was skipped."""

_DOCUMENT: Final = "received_at_us INTEGER NOT NULL, key BLOB NOT NULL, signature BLOB NOT NULL"
_MEASUREMENT: Final = f"seq INTEGER PRIMARY KEY, measurement_id BLOB NOT NULL UNIQUE, {_DOCUMENT}"
_REPORT: Final = f"seq INTEGER PRIMARY KEY, report_id BLOB NOT NULL UNIQUE, {_DOCUMENT}"
_SCHEMA: Final = (
    f"CREATE TABLE measurements ({_MEASUREMENT}, pair_id BLOB, body BLOB NOT NULL) STRICT",
    f"CREATE TABLE conflicts ({_MEASUREMENT}, pair_id BLOB NOT NULL, body BLOB NOT NULL) STRICT",
    f"CREATE TABLE reports ({_REPORT}, body BLOB NOT NULL) STRICT",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {VERSION}",
)
_KEPT: Final = (
    "SELECT key, COUNT(*), SUM(LENGTH(body)) FROM"
    " (SELECT key, body FROM measurements UNION ALL SELECT key, body FROM conflicts) GROUP BY key"
)


class HourClosed(Exception):
    """The sealer has closed this hour's file: what comes now belongs in another."""


@dataclass(frozen=True, order=True)
class HourFile:
    """One hour's file. ``hour`` counts hours since 1970 UTC, so files sort by time."""

    hour: int
    path: Path


def hour_of(moment_us: int) -> int:
    """The hour that holds ``moment_us``."""
    return moment_us // HOUR_US


def path_of(folder: Path, hour: int) -> Path:
    """Where the file of ``hour`` stands."""
    return folder / f"{EPOCH + timedelta(hours=hour):%Y-%m-%dT%H}.sqlite"


def hour_files(folder: Path) -> list[HourFile]:
    """The hour files in ``folder``, oldest first; other files are not ours and are left out."""
    named = (path for path in folder.glob("*.sqlite") if _NAME.fullmatch(path.name))
    return sorted(HourFile(hour_named(path), path) for path in named)


def hour_named(path: Path) -> int:
    """The hour that an hour file's name says, counted since 1970 UTC."""
    moment = datetime.strptime(path.stem, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(hours=1)


def open_hour(folder: Path, hour: int) -> tuple[sqlite3.Connection, int]:
    """The file of ``hour``, or of the first hour after it that is not closed, and which hour that is.

    An hour is closed while it is still this hour's turn only where a clock stepped back. Ends because there are
    finitely many files: past the last one, an hour has none and gets a fresh one.
    """
    while True:
        try:
            return open_for_writing(path_of(folder, hour)), hour
        except HourClosed:
            hour += 1


def open_for_writing(path: Path) -> sqlite3.Connection:
    """The file at ``path``, made if need be; raises ``HourClosed``. For the writer thread that opened it, and no other."""
    is_new = not path.exists()
    try:
        make_private(path)
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
    db = sqlite3.connect(path, isolation_level=None, timeout=5.0, cached_statements=STATEMENTS_KEPT)
    try:
        if is_new:
            db.execute("PRAGMA page_size = 8192")  # a measurement has some 10 kB: two pages, not three
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA wal_autocheckpoint = 2000")
        # Asked in WAL mode: from here on this connection keeps the sealer from closing the file.
        if seed_of(db) is not None:
            raise HourClosed(path)
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:
            db.execute("BEGIN IMMEDIATE")
            make_tables(db)
            db.execute("COMMIT")
        sync_folder(path.parent)
    except BaseException:
        db.close()
        raise
    return db


def take_back(path: Path, rows: Iterable[tuple[str, bytes]]) -> None:
    """Delete rows, each a table and an id, from the file at ``path`` unless it is closed or gone. Raises ``sqlite3.Error``.

    From its write-ahead log, too: where a sync failed they are there, behind what this process believes to be its end.
    """
    if not path.exists():
        return
    try:
        db = open_for_writing(path)
    except HourClosed:
        return
    with closing(db):
        db.execute("BEGIN IMMEDIATE")
        for table, document_id in rows:
            db.execute(f"DELETE FROM {table} WHERE {TABLES[table][0]} = ?", (document_id,))  # noqa: S608 - constants
        db.execute("COMMIT")
        if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            raise sqlite3.OperationalError("somebody reads the write-ahead log")


def make_tables(db: sqlite3.Connection) -> None:
    """Make the tables of an hour's file, in the caller's transaction."""
    for statement in _SCHEMA:
        db.execute(statement)


def seed_of(db: sqlite3.Connection) -> bytes | None:
    """The seed of the seal that this file was closed for, ``None`` while it is open."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'seal'").fetchone() is None:
        return None
    return bytes(db.execute("SELECT seed FROM seal").fetchone()[0])


def close_hour(db: sqlite3.Connection) -> None:
    """Fold the WAL into the file and leave WAL mode, so that a closed hour is one plain file.

    With a reader still in it the mode stays WAL, which costs nothing but two more files.
    """
    try:
        db.execute("PRAGMA busy_timeout = 0")
        db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:
        pass
    finally:
        db.close()


def fold_old_files(folder: Path, now_hour: int) -> None:
    """Close the hours that a crash left in WAL mode. To be called before anybody writes."""
    for hour_file in hour_files(folder):
        if hour_file.hour < now_hour and hour_file.path.with_name(hour_file.path.name + "-wal").exists():
            close_hour(sqlite3.connect(hour_file.path, isolation_level=None))


def open_for_reading(path: Path) -> sqlite3.Connection:
    """The file at ``path``, read-only; raises ``Trouble`` for a file that is none of ours, or a later program's.

    Who was killed while he closed it left a rollback journal: what that holds is put back first, for which it is opened to be written.
    """
    try:
        try:
            db, version = _opened(path, "ro")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
                raise
            _opened(path, "rw")[0].close()
            db, version = _opened(path, "ro")
    except sqlite3.Error as error:
        raise file_trouble(path, error) from error
    if version > VERSION:
        db.close()
        raise Trouble("store.newer", path=path, version=version, known=VERSION)
    return db


def _opened(path: Path, mode: str) -> tuple[sqlite3.Connection, int]:
    """A connection in that mode, and the file's version."""
    uri = f"file:{quote(str(path))}?mode={mode}"
    db = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5.0)
    try:
        return db, int(db.execute("PRAGMA user_version").fetchone()[0])
    except BaseException:
        db.close()
        raise


def is_ready(db: sqlite3.Connection) -> bool:
    """Whether the file has its tables: a file made a moment ago may have none yet."""
    return bool(db.execute("PRAGMA user_version").fetchone()[0] >= VERSION)


def hide(db: sqlite3.Connection, ids: Collection[bytes]) -> None:
    """Let ``db`` see its hour file without the documents ``ids``: views before the tables, which no other connection has."""
    if not ids or not is_ready(db):
        return
    db.execute("PRAGMA temp_store = MEMORY")
    db.execute("BEGIN")
    db.execute("CREATE TEMP TABLE hidden (id BLOB PRIMARY KEY) WITHOUT ROWID")
    db.executemany("INSERT OR IGNORE INTO hidden VALUES (?)", ((document_id,) for document_id in ids))
    for kind, columns in TABLES.items():
        db.execute(f"CREATE TEMP VIEW {kind} AS SELECT * FROM main.{kind} WHERE {columns[0]} NOT IN hidden")  # noqa: S608 - constants
    db.execute("COMMIT")


def kept_by_key(folder: Path, first_hour: int) -> Iterator[tuple[bytes, int, int]]:
    """Key, number of documents and bytes of their bodies, for each hour file from ``first_hour`` on and each key."""
    for hour_file in hour_files(folder):
        if hour_file.hour < first_hour:
            continue
        with closing(open_for_reading(hour_file.path)) as db:
            if is_ready(db):
                yield from db.execute(_KEPT)


def insert_sql(table: str, rows: int) -> str:
    """One statement for ``rows`` rows: one step of SQLite, so the interpreter's lock changes hands once.

    ``OR IGNORE``: an id that is in the file already is durable, which is all that an insert promises.
    """
    columns = TABLES[table]
    marks = f"({', '.join('?' * len(columns))})"
    return f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES {', '.join([marks] * rows)}"  # noqa: S608 - constants
