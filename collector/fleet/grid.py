"""The grid: for each home and each six hours whether it was heard and whether it was well. ``fleet.sqlite``.

It follows the hour files by a cursor, and can be made anew from hot store and archive (``rebuild``). A measurement
counts in the window it was begun in, if it arrived by an hour after that window's end: so the past looks, for ever, as
the present did when it was judged. Homes stand under their long-lived key, which outlives the quarter's.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from collector.archive import read_measurements
from collector.data_folder import DataFolder, make_private
from collector.file_trouble import file_trouble
from collector.fleet.disruption import HISTORY, WEEK, WINDOWS_A_DAY
from collector.fleet.glance import glance
from collector.homes.book import read_withdrawn
from collector.hot_files import HOUR_US, hour_files, is_ready, open_for_reading
from collector.messages import Trouble
from collector.quarters import unix_us
from collector.roster import read_roster
from collector.schema_steps import bring_up

WINDOW_US: Final = 24 // WINDOWS_A_DAY * HOUR_US
GRACE_US: Final = HOUR_US
BATCH_ROWS: Final = 50
"""Documents read at once: 0.6 MB, of which the server, within which this runs, has little to spare."""
LAST_KEPT: Final = 50
"""Homes whose last document is kept to be looked at with the others'; past that they are looked at."""
KEPT_WINDOWS: Final = HISTORY + 2 * WEEK
"""A group's history, the week before it that tells who was regular, and a week for who looks late."""
HEARD, WELL = 1, 2

STEPS: Final = (
    """
    CREATE TABLE homes (
        home BLOB PRIMARY KEY, isp TEXT, region TEXT, software TEXT NOT NULL, first_window INTEGER NOT NULL,
        last_at_us INTEGER NOT NULL, skipped TEXT
    ) STRICT;
    CREATE TABLE grid (home BLOB NOT NULL, at INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (home, at)) STRICT, WITHOUT ROWID;
    CREATE TABLE cursor (file TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT;
    """,
    """
    ALTER TABLE homes RENAME COLUMN isp TO brand;
    ALTER TABLE homes ADD COLUMN network TEXT;
    UPDATE homes SET network = brand, brand = NULL WHERE brand GLOB 'AS[0-9]*';
    """,
)


class _Noted(NamedTuple):
    """What is to be written of a home: a row of ``homes`` but for its key."""

    network: str | None
    brand: str | None
    region: str | None
    software: str
    first_window: int
    last_at_us: int
    skipped: str | None


def window_of(moment_us: int) -> int:
    """The number of the window that holds ``moment_us``, from 1970 on."""
    return moment_us // WINDOW_US


class Grid:
    """The grid of one data folder; every change is one transaction, so several processes may follow."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._noted: dict[bytes, _Noted] = {}
        self._cells: dict[tuple[bytes, int], int] = {}
        self._last: dict[bytes, tuple[int, bytes]] = {}
        path = folder.root / "fleet.sqlite"
        try:
            make_private(path)
            self.db = sqlite3.connect(path, isolation_level=None, timeout=20.0, check_same_thread=False)
            self.db.execute("PRAGMA journal_mode = WAL")
            self.db.execute("PRAGMA secure_delete = ON")
            bring_up(self.db, STEPS, path)
        except sqlite3.DatabaseError as error:
            raise file_trouble(path, error) from error

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def _change(self) -> Iterator[None]:
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            self._clear()
            self.db.execute("ROLLBACK")
            raise

    def follow(self) -> int:
        """Take in what the hour files have that was not looked at yet, and drop what is too old to be read; how many documents.

        Raises ``Trouble``.
        """
        taken = 0
        with self._change():
            home_of = self._homes()
            self._drop_old()
            for hour_file in hour_files(self._folder.hot):
                taken += self._follow_file(hour_file.path, home_of)
        return taken

    def _drop_old(self) -> None:
        """Delete the windows that no report reads any more: when somebody was at work is kept no longer than it is of use."""
        newest = self.db.execute("SELECT max(at) FROM grid").fetchone()[0]
        if newest is not None:  # a clock that leapt may have left windows of days to come
            newest = min(newest, window_of(time.time_ns() // 1000))
            self.db.execute("DELETE FROM grid WHERE at < ?", (newest - KEPT_WINDOWS,))

    def rebuild(self) -> int:
        """Make the grid anew from every document, hot and sealed; how many. Raises ``Trouble``."""
        taken = 0
        with self._change():
            home_of = self._homes()
            for table in ("homes", "grid", "cursor"):
                self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
            for hour_file in hour_files(self._folder.hot):
                self._follow_file(hour_file.path, {})  # the cursor alone: the rows come below
            for row in read_measurements(self._folder.root):
                taken += self._take(home_of.get(row.key), row.received_at_us, row.body)
            self._flush()
            self._drop_old()
        return taken

    def forget(self, home: bytes) -> None:
        """Nothing here of a home that has left."""
        with self._change():
            self.db.execute("DELETE FROM homes WHERE home = ?", (home,))
            self.db.execute("DELETE FROM grid WHERE home = ?", (home,))
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _homes(self) -> dict[bytes, bytes]:
        return {entry.quarter_key: entry.long_lived_key for entry in read_roster(self._folder.roster)}

    def _follow_file(self, path: Path, home_of: dict[bytes, bytes]) -> int:
        row = self.db.execute("SELECT seq FROM cursor WHERE file = ?", (path.name,)).fetchone()
        seq = 0 if row is None else row[0]
        taken = 0
        try:
            with closing(open_for_reading(path)) as hot:
                query = "SELECT seq, key, received_at_us, body FROM measurements WHERE seq > ? ORDER BY seq LIMIT ?"
                while rows := hot.execute(query, (seq, BATCH_ROWS)).fetchall() if is_ready(hot) else []:
                    for number, key, received_at_us, body in rows:
                        taken += self._take(home_of.get(key), received_at_us, body)
                        seq = number
        except Trouble:
            if path.exists():
                raise
        self._flush()
        self.db.execute("INSERT OR REPLACE INTO cursor VALUES (?, ?)", (path.name, seq))
        return taken

    def _take(self, home: bytes | None, received_at_us: int, body: bytes) -> bool:
        """Note one document of ``home``, to be written by ``_flush``; false for one of nobody here, or that cannot be looked at.

        Once a home is known to be well in this window, its further documents tell nothing new: one that was begun in an
        earlier window comes too late to count there. Only the last of them is looked at, for what it says of the home.
        """
        if home is None:
            return False
        window = window_of(received_at_us)
        if received_at_us >= window * WINDOW_US + GRACE_US and self._cells.get((home, window)) == WELL:
            self._last[home] = received_at_us, body
            if len(self._last) > LAST_KEPT:
                self._look_at_the_last()
            return True
        return self._look(home, received_at_us, body)

    def _look(self, home: bytes, received_at_us: int, body: bytes) -> bool:
        try:
            seen = glance(body)
        except msgspec.MsgspecError:
            return False
        began = window_of(min(received_at_us, unix_us(seen.started_at)))
        known = self._noted.get(home)
        first = began if known is None else min(known.first_window, began)
        network, brand, region = seen.network, seen.line.brand, seen.line.region
        if known is not None:
            network, brand, region = network or known.network, brand or known.brand, region or known.region
        self._noted[home] = _Noted(
            network, brand, region, seen.software_version, first, received_at_us, seen.skipped
        )
        if received_at_us < (began + 1) * WINDOW_US + GRACE_US:
            cell = home, began
            self._cells[cell] = max(self._cells.get(cell, 0), WELL if seen.well else HEARD)
        return True

    def _flush(self) -> None:
        """Write what was noted: a row a home and a row a window, however many documents they had."""
        self._look_at_the_last()
        self.db.executemany(
            "INSERT INTO grid VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = max(state, excluded.state)",
            ((*cell, state) for cell, state in self._cells.items()),
        )
        self.db.executemany(
            "INSERT INTO homes (home, network, brand, region, software, first_window, last_at_us, skipped)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " network = coalesce(excluded.network, network), brand = coalesce(excluded.brand, brand), region = coalesce(excluded.region, region),"
            " software = excluded.software, first_window = min(first_window, excluded.first_window),"
            " last_at_us = max(last_at_us, excluded.last_at_us), skipped = excluded.skipped",
            ((home, *noted) for home, noted in self._noted.items()),
        )
        self._clear()

    def _look_at_the_last(self) -> None:
        for home, (received_at_us, body) in self._last.items():
            self._look(home, received_at_us, body)
        self._last.clear()

    def _clear(self) -> None:
        self._cells.clear()
        self._noted.clear()
        self._last.clear()

    def withdrawn(self) -> None:
        """Forget who has left since, should somebody have asked while this was not open."""
        gone = read_withdrawn(self._folder.homes)
        if gone:
            for (home,) in self.db.execute("SELECT home FROM homes").fetchall():
                if sha256(home).digest() in gone:
                    self.forget(home)

    def states(self, first: int, last: int) -> Iterator[tuple[bytes, dict[int, int]]]:
        """Each home with the windows from ``first`` to ``last`` in which it was heard, and how; one home at a time is held."""
        rows = self.db.execute(
            "SELECT home, at, state FROM grid WHERE at BETWEEN ? AND ? ORDER BY home, at", (first, last)
        )
        for home, cells in groupby(rows, key=itemgetter(0)):
            yield home, {at: state for _, at, state in cells}

    def homes(self) -> Iterable[tuple[bytes, str | None, str | None, str, int, int, str | None]]:
        """Home, ISP, region, software, first window, last arrival (µs), what the last document left out and why.

        The ISP is the network that a responder saw last, and the declared brand only where none has seen the line: a document without
        a pair moves nobody from one group to another.
        """
        return self.db.execute(
            "SELECT home, coalesce(network, brand), region, software, first_window, last_at_us, skipped FROM homes ORDER BY home"
        ).fetchall()
