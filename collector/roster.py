"""The roster: which quarter keys are enrolled, by which long-lived key. Kept in ``roster.sqlite``.

It is small, read at start into memory, and written one enrolment at a time. It alone knows which quarter
keys belong together (integrity.md 9).

A long-lived key has one key a quarter, and a quarter has ``largest`` places. Some of them are kept for who was here
in another quarter and has not come back yet, but at most half: nobody who once filled the roster holds it for good.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, Literal

from collector.data_folder import make_private
from collector.enrolment import Enrolled
from collector.file_trouble import file_trouble
from collector.schema_steps import bring_up

STEPS: Final = (
    """
CREATE TABLE IF NOT EXISTS enrolments (
    quarter_key BLOB PRIMARY KEY,
    long_lived_key BLOB NOT NULL,
    quarter TEXT NOT NULL,
    enrolled_at_us INTEGER NOT NULL,
    software_version TEXT NOT NULL,
    document BLOB NOT NULL
) STRICT
""",
)
"""What each version of the file added. The first program left files of version 0 that have the table already."""
_COLUMNS: Final = "quarter_key, long_lived_key, quarter, enrolled_at_us, software_version, document"

Outcome = Literal["accepted", "duplicate", "key_taken", "second_quarter_key", "roster_full"]


class Roster:
    """The enrolled keys. ``add`` blocks for one fsync: call it from a thread, one at a time."""

    def __init__(self, path: Path, largest: int) -> None:
        self._path = path
        self._largest = largest
        try:
            make_private(path)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA secure_delete=ON")
            bring_up(self._db, STEPS, path)
            self._in_order = list(_rows(self._db))
        except sqlite3.DatabaseError as error:
            raise file_trouble(path, error) from error
        self._enrolled = {entry.quarter_key: entry for entry in self._in_order}
        self._holders: dict[str, set[bytes]] = defaultdict(set)
        self._probes: set[bytes] = set()
        for entry in self._enrolled.values():
            self._note(entry)

    def __len__(self) -> int:
        return len(self._enrolled)

    def get(self, quarter_key: bytes) -> Enrolled | None:
        """The entry of a quarter key."""
        return self._enrolled.get(quarter_key)

    def entries_from(self, first: int) -> list[Enrolled]:
        """The entries from number ``first`` on, in the order they came."""
        return self._in_order[first:]

    def knows(self, long_lived_key: bytes) -> bool:
        """Whether that home has ever enrolled."""
        return long_lived_key in self._probes

    def homes(self) -> frozenset[bytes]:
        """Every home that has enrolled."""
        return frozenset(self._probes)

    def keys_of(self, long_lived_key: bytes) -> list[bytes]:
        """The quarter keys of a home, oldest first."""
        return [entry.quarter_key for entry in self._in_order if entry.long_lived_key == long_lived_key]

    def forget(self, long_lived_key: bytes) -> None:
        """Take a home off the roster for good. Its entries stay in the order that checkers count by, until a restart."""
        self._db.execute("DELETE FROM enrolments WHERE long_lived_key = ?", (long_lived_key,))
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for key in self.keys_of(long_lived_key):
            self._enrolled.pop(key, None)
        self._probes.discard(long_lived_key)
        for holders in self._holders.values():
            holders.discard(long_lived_key)

    def add(self, entry: Enrolled) -> Outcome:
        """Enrol a key; "accepted" means committed. Raises ``sqlite3.Error`` when the disk will not have it."""
        known = self._enrolled.get(entry.quarter_key)
        if known is not None:
            return "duplicate" if known.long_lived_key == entry.long_lived_key else "key_taken"
        if entry.long_lived_key in self._holders[entry.quarter]:
            return "second_quarter_key"
        if len(self._holders[entry.quarter]) >= self._places_for(entry):
            return "roster_full"
        self._db.execute(f"INSERT INTO enrolments ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", _values(entry))  # noqa: S608 - a constant
        self._enrolled[entry.quarter_key] = entry
        self._in_order.append(entry)
        self._note(entry)
        return "accepted"

    def _note(self, entry: Enrolled) -> None:
        self._holders[entry.quarter].add(entry.long_lived_key)
        self._probes.add(entry.long_lived_key)

    def _places_for(self, entry: Enrolled) -> int:
        """How many places of a quarter ``entry`` may compete for: all for a known probe, fewer for a new one."""
        if entry.long_lived_key in self._probes:
            return self._largest
        awaited = len(self._probes) - len(self._holders[entry.quarter])
        return self._largest - min(awaited, self._largest // 2)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _values(entry: Enrolled) -> tuple[object, ...]:
    return (
        entry.quarter_key,
        entry.long_lived_key,
        entry.quarter,
        entry.enrolled_at_us,
        entry.software_version,
        entry.document,
    )


def _rows(db: sqlite3.Connection) -> Iterator[Enrolled]:
    for row in db.execute(f"SELECT {_COLUMNS} FROM enrolments ORDER BY enrolled_at_us, quarter_key"):  # noqa: S608 - a constant
        yield Enrolled(*row)


def read_roster(path: Path) -> tuple[Enrolled, ...]:
    """Every enrolment in the file at ``path``, oldest first, read-only; none where no file is yet."""
    if not path.exists():
        return ()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'enrolments'").fetchone():
            return ()
        return tuple(_rows(db))
