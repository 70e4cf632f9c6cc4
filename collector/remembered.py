"""Remembered: ids and tickets of what was sealed, looked up on disk, so that what the server holds in memory does not grow with its past.

``seen.sqlite`` in the data folder is made of the indexes in ``sealed/`` (``sealed``), each taken in once, in a transaction
of its own, and anew where a withdrawal has rewritten it. It is a cache: missing or damaged it is made again, and no backup
holds it. A document's id, a ticket's and its user's key stand there by their first 16 bytes: to find another document or key that begins
with the same is as hard as to find a key to a signature (2^128).

The server reads it on its event loop, some ten microseconds a document; whoever brings it up to date has a connection of its own.
Where the disk was slow to answer, a thread reads beforehand what is going to be asked (``read_ahead``).
"""

import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple, cast

from collector.data_folder import make_private
from collector.messages import Trouble
from collector.sealed import Note, index_files, notes_in, open_index
from collector.whole_file import PARTIAL

NAME: Final = "seen.sqlite"
VERSION: Final = 1
ID_BYTES: Final = 16
ROWS_A_STEP: Final = 50000
"""Notes in one transaction; a seal is in one, however large."""
SLOW_S: Final = 0.01
"""A question that takes longer was answered by the disk; from memory one of fifty documents takes half a millisecond."""
CACHE_KB: Final = 32 * 1024
"""Of SQLite while notes are taken in: ids are random, so each of them falls on a page of its own."""
SWEEP_HOURS: Final = 24
"""How much longer than it is asked for a seal stays: to delete one, the whole file is read, and so it is done once a day."""
LOG: Final = logging.getLogger("isonomia.collector.seen")

Place = Literal["measurements", "conflicts", "reports"]
Word = tuple[Place | None, bytes | None]
"""The table of a document, and the first 16 bytes of the key that used its ticket."""
NEVER: Final[Word] = (None, None)
_PLACES: Final[tuple[Place, ...]] = ("measurements", "conflicts", "reports")

_SCHEMA: Final = (
    "CREATE TABLE seals (serial INTEGER PRIMARY KEY, hour INTEGER NOT NULL, bytes INTEGER NOT NULL, changed_ns INTEGER NOT NULL) STRICT",
    "CREATE TABLE documents (id BLOB PRIMARY KEY, place INTEGER NOT NULL, serial INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE tickets (pair BLOB PRIMARY KEY, user BLOB NOT NULL, serial INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE conflicts (pair BLOB, id BLOB, serial INTEGER NOT NULL, PRIMARY KEY (pair, id)) STRICT, WITHOUT ROWID",
    f"PRAGMA user_version = {VERSION}",
)
_LEFT: Final = "CREATE TABLE IF NOT EXISTS deleted (once INTEGER PRIMARY KEY) STRICT"
"""Has a row where something was deleted since the file was last written anew (``_written_anew``)."""
_NOTED: Final = (
    "CREATE TEMP TABLE noted (id BLOB, place INTEGER, pair BLOB, user BLOB, serial INTEGER) STRICT"
)
"""Notes on their way in. SQLite puts them in the order of the table they go to: Python's ``sorted`` would hold up every other thread."""
_IN: Final = (
    "INSERT OR IGNORE INTO documents SELECT id, place, serial FROM noted ORDER BY id, rowid",
    "INSERT OR IGNORE INTO tickets SELECT pair, user, serial FROM noted WHERE pair NOT NULL AND place = 0 ORDER BY pair, rowid",
    "INSERT OR IGNORE INTO conflicts SELECT pair, id, serial FROM noted WHERE pair NOT NULL AND place <> 0 ORDER BY pair, id, rowid",
    "DELETE FROM noted",
)
"""``OR IGNORE``: the first word on an id or a ticket stands."""
_ASKED: Final = "SELECT (SELECT place FROM documents WHERE id = ?), (SELECT user FROM tickets WHERE pair = ?)"
_PLACES_OF: Final = "SELECT id, place FROM documents WHERE id IN ({})"
_USERS_OF: Final = "SELECT pair, user FROM tickets WHERE pair IN ({})"
_OF_SEALS: Final = ("documents", "tickets", "conflicts", "seals")


class Remembered:
    """What ``path`` holds, for the thread that made this. Raises ``sqlite3.Error`` where it cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(_open(path)) as db:
            _prepare(db)
        self._db = _open(path)
        self.file_id = _file_id(self._db)
        self._ahead = _open(path, any_thread=True)
        self._one_reads = threading.Lock()
        self.is_slow = True
        """Whether the last question had to wait for the disk. After a start all of them have."""

    def asked(self, document_id: bytes, pair_id: bytes | None) -> Word:
        """The table of a document, and the first 16 bytes of the key that used a ticket; ``None`` for what was never sealed, or
        so long ago that it would be refused.
        """
        pair = None if pair_id is None else pair_id[:ID_BYTES]
        place, user = self._db.execute(_ASKED, (document_id[:ID_BYTES], pair)).fetchone()
        return None if place is None else _PLACES[place], user

    def asked_all(self, documents: Sequence[tuple[bytes, bytes | None]]) -> list[Word]:
        """As ``asked``, of documents that came together: two statements for all of them instead of one each."""
        began_s = time.perf_counter()
        words = [self.asked(*documents[0])] if len(documents) == 1 else self._asked_all(self._db, documents)
        self.is_slow = self.is_slow or time.perf_counter() - began_s > SLOW_S
        return words

    def read_ahead(self, documents: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Ask the same on any thread and tell nobody, so that what the answer is on comes from the disk into the machine's memory."""
        with (
            self._one_reads,
            suppress(sqlite3.Error),
        ):  # closed meanwhile, or damaged: whoever asks in earnest finds out
            began_s = time.perf_counter()
            self._asked_all(self._ahead, documents)
            self.is_slow = time.perf_counter() - began_s > SLOW_S

    @staticmethod
    def _asked_all(db: sqlite3.Connection, documents: Sequence[tuple[bytes, bytes | None]]) -> list[Word]:
        names = [(document_id[:ID_BYTES], (pair_id or b"")[:ID_BYTES]) for document_id, pair_id in documents]
        marks = ", ".join("?" * len(names))
        places = dict(db.execute(_PLACES_OF.format(marks), [name for name, _ in names]))
        users = dict(db.execute(_USERS_OF.format(marks), [pair for _, pair in names]))
        if not places and not users:  # as where all are new
            return [NEVER] * len(names)
        return [
            (None if (place := places.get(name)) is None else _PLACES[place], users.get(pair))
            for name, pair in names
        ]

    def conflicts_of(self, pair_id: bytes) -> int:
        """How many conflicts of that ticket were sealed."""
        query = "SELECT COUNT(*) FROM conflicts WHERE pair = ?"
        return int(self._db.execute(query, (pair_id[:ID_BYTES],)).fetchone()[0])

    def has_hour(self, hour: int) -> bool:
        """Whether it knows a seal of that hour, counted since 1970 UTC."""
        return self._db.execute("SELECT 1 FROM seals WHERE hour = ?", (hour,)).fetchone() is not None

    def lacking(self, sealed: Path, oldest_hour: int) -> Iterator[tuple[int, Iterator[Note]]]:
        """Hour and notes of each index in ``sealed`` that is not known as it is now. Raises ``Trouble`` for one that is not whole."""
        faults: list[Trouble] = []
        for index in _stale(self._db, sealed, oldest_hour, faults):
            yield index.hour, index.notes
        if faults:
            raise faults[0]

    @property
    def documents(self) -> int:
        """How many documents it knows. Reads the whole file."""
        return int(self._db.execute("SELECT COUNT(*) FROM documents").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        self._db.close()
        with suppress(sqlite3.Error):
            self._ahead.interrupt()
        with self._one_reads:
            self._ahead.close()


def open_remembered(path: Path) -> Remembered:
    """The file at ``path``, made anew where it is damaged or a later program's. Raises ``sqlite3.Error`` where it cannot be."""
    try:
        return Remembered(path)
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        LOG.warning("%s cannot be read (%s); it is made anew from the indexes", path.name, error)
        discard(path)
        return Remembered(path)


def discard(path: Path) -> None:
    """Remove the file: it is made anew from the indexes. Nobody may have it open."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


class Taken(NamedTuple):
    """What ``take_in`` did: the indexes it took in, which file they are in (``Remembered.file_id``), and those that are not whole."""

    indexes: list[Path]
    file_id: int
    faults: list[Trouble]


def take_in(path: Path, sealed: Path, oldest_hour: int, stopped: Callable[[], bool] = lambda: False) -> Taken:
    """Take in the indexes in ``sealed`` that ``path`` lacks, or has as they were, and forget those before ``oldest_hour``.

    ``stopped`` is asked before each transaction. An index that vanished stays as it is known: the sealer makes it anew. Raises
    ``sqlite3.Error`` where the file cannot be written; what was taken in before stays.
    """
    taken: list[Path] = []
    faults: list[Trouble] = []
    with closing(_open(path)) as db:
        _prepare(db)
        db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute(_LEFT)
        db.execute(_NOTED)
        stale = _stale(db, sealed, oldest_hour, faults)
        while not stopped() and (some := _several(stale)):
            with _transaction(db):
                _forget(db, [index.serial for index in some])
                _insert(db, some)
            taken += [index.path for index in some]
            LOG.info("%d seals are known by %s", len(taken), path.name)
        _sweep(db, oldest_hour)
        # The write-ahead log still has, as it was written, what is gone from the file.
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        deleted, file_id = db.execute("SELECT 1 FROM deleted").fetchone(), _file_id(db)
    return Taken(taken, _written_anew(path) if deleted else file_id, faults)


def _written_anew(path: Path) -> int:
    """Put a fresh copy into the place of the file; its id. Raises ``sqlite3.Error``, and then the next pass does it.

    What is deleted is overwritten with zeros, but SQLite moves rows from page to page, and where it moved one from its bytes
    may stay: 1 to 3 of 600 that went were still to be found (note 049).
    """
    fresh = path.with_name(path.name + PARTIAL)
    discard(fresh)
    make_private(fresh)
    with closing(_open(path)) as db:
        db.execute("VACUUM INTO ?", (str(fresh),))
    with closing(_open(fresh)) as db:
        with _transaction(db):
            db.execute("DELETE FROM deleted")
            _name(db)
        file_id = _file_id(db)
    discard(path)
    fresh.rename(path)
    return file_id


class _Index(NamedTuple):
    """An index that is to be taken in, and the size and time of change of its file. ``notes`` can be read once."""

    serial: int
    path: Path
    hour: int
    size_bytes: int
    changed_ns: int
    notes: Iterator[Note]


def _stale(db: sqlite3.Connection, sealed: Path, oldest_hour: int, faults: list[Trouble]) -> Iterator[_Index]:
    """The indexes that ``db`` lacks, or has as they were, from ``oldest_hour`` on; what is not whole is added to ``faults``."""
    known = {row[0]: row[1:] for row in db.execute("SELECT serial, bytes, changed_ns FROM seals").fetchall()}
    for path in index_files(sealed):
        try:
            status, serial = path.stat(), int(path.stem)
            if known.get(serial) != (status.st_size, status.st_mtime_ns):
                hour, notes = open_index(path)
                if hour >= oldest_hour:
                    yield _Index(serial, path, hour, status.st_size, status.st_mtime_ns, notes)
        except FileNotFoundError:
            continue
        except Trouble as trouble:
            if path.exists():
                faults.append(trouble)


def _several(stale: Iterator[_Index]) -> list[_Index]:
    """As many as go into one transaction."""
    some: list[_Index] = []
    while sum(notes_in(index.size_bytes) for index in some) < ROWS_A_STEP:
        following = next(stale, None)
        if following is None:
            break
        some.append(following)
    return some


def _sweep(db: sqlite3.Connection, oldest_hour: int) -> None:
    old = db.execute("SELECT serial, hour FROM seals WHERE hour < ?", (oldest_hour,)).fetchall()
    if any(hour < oldest_hour - SWEEP_HOURS for _, hour in old):
        with _transaction(db):
            _forget(db, [serial for serial, _ in old])


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite has ended it by itself where the disk is full
            db.execute("ROLLBACK")
        raise


def _insert(db: sqlite3.Connection, some: Sequence[_Index]) -> None:
    """The notes of seals, some at a time, each time in the order of their ids: each page of the file once."""
    rows = _rows(some)
    while db.executemany("INSERT INTO noted VALUES (?, ?, ?, ?, ?)", islice(rows, ROWS_A_STEP)).rowcount > 0:
        for statement in _IN:
            db.execute(statement)
    seals = [(index.serial, index.hour, index.size_bytes, index.changed_ns) for index in some]
    db.executemany("INSERT INTO seals VALUES (?, ?, ?, ?)", seals)


def _rows(some: Iterable[_Index]) -> Iterator[tuple[bytes, int, bytes | None, bytes, int]]:
    for index in some:
        for note in index.notes:
            pair = None if note.pair_id is None else note.pair_id[:ID_BYTES]
            place = _PLACES.index(cast(Place, note.kind))
            yield note.document_id[:ID_BYTES], place, pair, note.key[:ID_BYTES], index.serial


def _forget(db: sqlite3.Connection, serials: Sequence[int]) -> None:
    marks = ", ".join("?" * len(serials))
    if not db.execute(f"SELECT 1 FROM seals WHERE serial IN ({marks})", serials).fetchone():  # noqa: S608 - question marks
        return
    db.execute("INSERT OR IGNORE INTO deleted VALUES (1)")
    for table in _OF_SEALS:
        db.execute(f"DELETE FROM {table} WHERE serial IN ({marks})", serials)  # noqa: S608 - constants


def _open(path: Path, any_thread: bool = False) -> sqlite3.Connection:
    try:
        make_private(path)
    except OSError as error:
        raise sqlite3.OperationalError(str(error)) from error
    db = sqlite3.connect(path, isolation_level=None, timeout=5.0, check_same_thread=not any_thread)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")  # what a home took back is gone from the file too
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables where there are none; raises ``sqlite3.DatabaseError`` for another version's."""
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == VERSION:
        return
    if version:
        raise sqlite3.DatabaseError(f"version {version}")
    with _transaction(db):
        for statement in _SCHEMA:
            db.execute(statement)
        _name(db)


def _name(db: sqlite3.Connection) -> None:
    db.execute(f"PRAGMA application_id = {secrets.randbelow(2**31)}")


def _file_id(db: sqlite3.Connection) -> int:
    """By chance another for each file that is made: a connection goes on with the one it opened, whoever removes it."""
    return int(db.execute("PRAGMA application_id").fetchone()[0])
