"""What is new in the store since a cursor: hot and sealed rows in order, the cursor moved along with each.

Reads as ``archive`` does, beside a running writer and sealer. A seal whose rows were fed while they were hot is passed over
by its index alone, so that a feed that keeps up never opens the archive.
"""

import sqlite3
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from collector.archive import Store
from collector.data_folder import DataFolder
from collector.homes.book import read_leaving
from collector.hot_files import hour_named, is_ready
from collector.messages import Trouble
from collector.sealed import Head, index_path, open_index
from collector.stored import CONFLICT, StoredMeasurement
from collector.timeseries.cursor import Cursor, Place, Where

KINDS: Final = ("measurements", "conflicts")
BATCH_ROWS: Final = 200
_COLUMNS: Final = ("document_id", "received_at_us", "body", "key", "signature", "kind")


@dataclass
class Source:
    """One data folder, followed. ``cursor`` moves as rows are taken: it counts a row before the row is given out."""

    folder: DataFolder
    cursor: Cursor

    def rows(self) -> Generator[StoredMeasurement, None, None]:
        """Every row that was not fed, oldest hour first, less those of homes that withdrew; raises ``Trouble`` for a damaged file."""
        leaving = read_leaving(self.folder.homes)
        for row in Store(self.folder.root).each(self._hot, self._sealed):
            if row.key not in leaving:
                yield row

    def left(self) -> int:
        """How many rows are not fed yet, by numbers alone: nothing is read. Raises ``Trouble``."""

        def hot(db: sqlite3.Connection, path: Path) -> Iterator[int]:
            for kind in KINDS if is_ready(db) else ():
                last = db.execute(f"SELECT ifnull(max(seq), 0) FROM {kind}").fetchone()[0]  # noqa: S608 - constants
                yield max(0, last - self.cursor.place(Where(hour_named(path), kind)).rows)

        def sealed(head: Head) -> Iterator[int]:
            if head.part is not None and not self.cursor.is_sealed_fed(head.serial):
                fed = self._fed_while_hot(head)
                yield sum(getattr(head, kind) - fed[kind] for kind in KINDS)

        return sum(Store(self.folder.root).each(hot, sealed))

    def _hot(self, db: sqlite3.Connection, path: Path) -> Iterator[StoredMeasurement]:
        hour = hour_named(path)
        if not is_ready(db):
            return
        for kind in KINDS:
            where = Where(hour, kind)
            place = self.cursor.place(where)
            if place.rows and _id_at(db, kind, place.rows) != place.last_id:
                place = Place(0, b"")
            query = f"SELECT seq, measurement_id, received_at_us, body, key, signature FROM {kind} WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - constants
            while batch := db.execute(query, (place.rows, BATCH_ROWS)).fetchall():
                for seq, *row in batch:
                    place = Place(seq, row[0])
                    yield self._taken(where, place, _stored((*row, kind), str(path)))
                if len(batch) < BATCH_ROWS:
                    break

    def _sealed(self, head: Head) -> Iterator[StoredMeasurement]:
        if self.cursor.is_sealed_fed(head.serial):
            return
        if head.part is not None:
            fed = self._fed_while_hot(head)
            if any(fed[kind] < getattr(head, kind) for kind in KINDS):
                yield from self._part(head, fed)
        self.cursor.sealed_fed(head.serial, head.hour, KINDS)

    def _part(self, head: Head, fed: dict[str, int]) -> Iterator[StoredMeasurement]:
        seen = dict.fromkeys(KINDS, 0)
        file = head.part.name if head.part else ""
        for row in Store(self.folder.root).sealed_rows(head, KINDS, _COLUMNS):
            kind = row[-1]
            seen[kind] += 1
            if seen[kind] > fed[kind]:
                yield self._taken(Where(head.hour, kind), Place(seen[kind], row[0]), _stored(row, file))

    def _fed_while_hot(self, head: Head) -> dict[str, int]:
        """How many rows of each kind the cursor has behind it, by the index's word for the id at its place."""
        places = {kind: self.cursor.place(Where(head.hour, kind)) for kind in KINDS}
        fed = dict.fromkeys(KINDS, 0)
        if not any(place.rows for place in places.values()):
            return fed
        try:
            _, notes = open_index(index_path(self.folder.sealed, head.serial))
        except Trouble:  # kept 120 days: without it the part is fed from its beginning
            return fed
        counted = dict.fromkeys(KINDS, 0)
        for note in notes:
            if note.kind in counted:
                counted[note.kind] += 1
                if places[note.kind] == Place(counted[note.kind], note.document_id):
                    fed[note.kind] = counted[note.kind]
        return fed

    def _taken(self, where: Where, place: Place, stored: StoredMeasurement) -> StoredMeasurement:
        self.cursor.places[where.name] = place
        self.cursor.fed += 1
        self.cursor.void |= stored.conflict
        return stored


def _stored(row: tuple[Any, ...], file: str) -> StoredMeasurement:
    document_id, received_at_us, body, key, signature, kind = row
    flags = frozenset({CONFLICT}) if kind == "conflicts" else frozenset[str]()
    return StoredMeasurement(document_id, received_at_us, body, key, signature, flags, file)


def _id_at(db: sqlite3.Connection, kind: str, seq: int) -> bytes | None:
    row = db.execute(f"SELECT measurement_id FROM {kind} WHERE seq = ?", (seq,)).fetchone()  # noqa: S608 - constants
    return None if row is None else bytes(row[0])
