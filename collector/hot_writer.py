"""The hot store's writer: one thread owns the connection to this hour's file and writes a group in one transaction.

``BEGIN IMMEDIATE`` with synchronous=FULL: what was committed a crash does not take back. A commit that failed may be on disk all the
same, where only its sync failed: its documents were refused, will come again, and may be put into another file then. So they
are taken back before anything else is written, and until then the file is held, that nobody seals it (note 049).
"""

import asyncio
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import chain, groupby
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

import msgspec

from collector.hot_files import close_hour, hour_of, insert_sql, open_hour, path_of, take_back
from collector.remembered import Place

TAKE_BACK_S: Final = 1.0
"""How often it is tried to take back what a failed commit may have left."""
LOG: Final = logging.getLogger("isonomia.collector.store")


class Row(msgspec.Struct, frozen=True):
    """One row for one table, its values in the order of ``TABLES``."""

    place: Place
    document_id: bytes
    key: bytes
    pair_id: bytes | None
    values: tuple[object, ...]
    done: "asyncio.Future[None]"


class HotWriter:
    """Writes groups of rows into the hour files in ``folder``, in the order they are ``put``.

    ``written`` is called on its thread for each group: with the error where nothing of it is kept, and the seconds it took.
    """

    def __init__(
        self,
        folder: Path,
        clock_us: Callable[[], int],
        written: Callable[[list[Row], BaseException | None, float], None],
    ) -> None:
        self._folder = folder
        self._clock_us = clock_us
        self._written = written
        self._groups: SimpleQueue[list[Row] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="hot-store-writer", daemon=True)
        self._db: sqlite3.Connection | None = None
        self._hour = -1
        self._doubtful: list[Row] = []
        """The rows of a commit that failed, in the file of ``_hour``; of one group at most, for nothing is written before they are taken back."""
        self._held: sqlite3.Connection | None = None
        """The connection whose commit failed, open so that the sealer cannot close the file with such rows in it."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, group: list[Row]) -> None:
        """Write ``group`` when its turn comes."""
        self._groups.put(group)

    def close(self) -> None:
        """Write what was put, close the file, end the thread. Blocks."""
        self._groups.put(None)
        self._thread.join()

    @property
    def in_doubt(self) -> bool:
        """Whether rows are to be taken back."""
        return bool(self._doubtful)

    def _write(self) -> None:
        """Ends when ``close`` puts ``None``. An error fails its group alone; the next is tried afresh."""
        while (group := self._next_group()) is not None:
            began_s = time.perf_counter()
            error: BaseException | None = None
            try:
                self._take_back()
                self._commit(group)
            except BaseException as caught:  # noqa: BLE001 - the thread must outlive whatever a group brings
                error = caught
                LOG.error("could not commit %d rows: %s", len(group), caught)
            self._written(group, error, time.perf_counter() - began_s)
        with suppress(sqlite3.Error):
            self._close_hour()
        with suppress(Exception):
            self._take_back()
        self._release()

    def _next_group(self) -> list[Row] | None:
        """The next group; what a failed one may have left is taken back meanwhile, for the sealer may come."""
        while self._doubtful:
            with suppress(Empty):
                return self._groups.get(timeout=TAKE_BACK_S)
            with suppress(Exception):  # as in ``_write``: the thread must outlive it, and tries again
                self._take_back()
        return self._groups.get()

    def _take_back(self) -> None:
        """See to it that no document stays that was not "accepted": it will be sent again, and may be put into another file then."""
        if self._doubtful:
            rows = [(row.place, row.document_id) for row in self._doubtful]
            path = path_of(self._folder, self._hour)
            try:
                take_back(path, rows)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:  # the sealer, too, leaves it alone
                LOG.error("%s is damaged (%s): what a failed commit left there stays", path.name, error)
            self._doubtful = []
            self._release()

    def _release(self) -> None:
        """Let the sealer have the file again."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def _commit(self, group: list[Row]) -> None:
        db = self._hour_file()
        try:
            db.execute("BEGIN IMMEDIATE")
            for place, rows in groupby(sorted(group, key=_place), key=_place):
                values = [row.values for row in rows]
                db.execute(insert_sql(place, len(values)), tuple(chain.from_iterable(values)))
            db.execute("COMMIT")
        except BaseException:
            self._abandon(db, group)
            raise

    def _hour_file(self) -> sqlite3.Connection:
        """The file of this hour. A clock that steps back does not reopen an hour that was closed."""
        hour = max(self._hour, hour_of(self._clock_us()))
        if self._db is not None and hour == self._hour:
            return self._db
        self._close_hour()
        self._db, self._hour = open_hour(self._folder, hour)
        return self._db

    def _close_hour(self) -> None:
        """Close the file that is open, if one is. Where it is damaged this raises, once: it is closed all the same."""
        db, self._db = self._db, None
        if db is not None:
            close_hour(db)

    def _abandon(self, db: sqlite3.Connection, group: list[Row]) -> None:
        """After a failed transaction the connection is not trusted; the next group opens the file anew."""
        self._db, self._doubtful = None, group
        with suppress(sqlite3.Error):
            if db.in_transaction:
                db.execute("ROLLBACK")
        if db.in_transaction:
            db.close()
        else:
            self._held = db


def _place(row: Row) -> str:
    return row.place
