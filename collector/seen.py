"""What has been seen: ids and tickets of 120 days, so that a document is kept once and a ticket used once.

A cache and nothing more: it is rebuilt at start from the hour files and, for what was sealed, from the indexes
beside the heads (``sealed``). Measurements older than 90 days are refused, so what it forgets cannot come back; a clock that leaps
ahead makes it forget nothing, for when it is set back they are young again.
"""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, cast

from collector.hot_files import TABLES, hour_files, is_ready, open_for_reading
from collector.messages import Trouble
from collector.sealed import index_files, open_index, read_heads

KEPT_HOURS: Final = 120 * 24
CONFLICTS_PER_TICKET: Final = 8
"""A pair is void from its first conflict on; more bodies than this add nothing and are not kept."""

Place = Literal["measurements", "conflicts", "reports"]


@dataclass
class Seen:
    """Ids by place; by pair id the key and document that used it first, and the number of conflicts.

    ``pending`` holds the commits that are under way.
    """

    places: dict[bytes, Place] = field(default_factory=dict)
    tickets: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    conflicts: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    pending: dict[bytes, "asyncio.Future[None]"] = field(default_factory=dict)
    _by_hour: dict[int, list[bytes | None]] = field(default_factory=lambda: defaultdict(list))
    """Of each document its id, then its pair id: flat, for there are millions of them."""
    _keys: dict[bytes, bytes] = field(default_factory=dict)

    def add(self, hour: int, place: Place, document_id: bytes, key: bytes, pair_id: bytes | None) -> None:
        """Note a document, and the ticket it uses."""
        self.places[document_id] = place
        if pair_id is not None and place == "measurements":
            # One object for all documents of a key: each brings its own.
            self.tickets.setdefault(pair_id, (self._keys.setdefault(key, key), document_id))
        if pair_id is not None and place == "conflicts":
            self.conflicts[pair_id] += 1
        self._by_hour[hour] += document_id, pair_id

    def remove(self, document_id: bytes, key: bytes, pair_id: bytes | None) -> None:
        """Take back a document whose commit failed."""
        place = self.places.pop(document_id, None)
        if pair_id is not None and self.tickets.get(pair_id) == (key, document_id):
            del self.tickets[pair_id]
        if pair_id is not None and place == "conflicts":
            self.conflicts[pair_id] -= 1

    def user_of(self, pair_id: bytes | None) -> bytes | None:
        """The key that has used that ticket, ``None`` if nobody has."""
        used = None if pair_id is None else self.tickets.get(pair_id)
        return None if used is None else used[0]

    def forget_before(self, hour: int) -> None:
        """Drop what was committed before ``hour``."""
        for old in [known for known in self._by_hour if known < hour]:
            for name in self._by_hour.pop(
                old
            ):  # a pair's id is half as long as a document's: none is taken for the other
                if name is not None:
                    self.places.pop(name, None)
                    self.tickets.pop(name, None)
                    self.conflicts.pop(name, None)
        self._keys.clear()


def sure_hour(folder: Path, now_hour: int) -> int:
    """``now_hour``, or the last before it of which there are documents: a clock that is far ahead makes nothing old."""
    hours = [head.hour for head in read_heads(folder.parent / "sealed") if head.measurements]
    hours += [hour_file.hour for hour_file in hour_files(folder)]
    return max((hour for hour in hours if hour <= now_hour), default=now_hour)


def rebuild(folder: Path, now_hour: int) -> Seen:
    """``Seen`` from the hour files in ``folder`` and what was sealed; raises ``Trouble`` for a file that cannot be read.

    Hour files first: one that the sealer removes meanwhile has its index by then, and one that it has yet to remove
    is counted once.
    """
    seen, oldest = Seen(), sure_hour(folder, now_hour) - KEPT_HOURS
    for hour_file in hour_files(folder):
        if hour_file.hour < oldest:
            continue
        try:
            db = open_for_reading(hour_file.path)
        except Trouble:
            if hour_file.path.exists():
                raise
            continue
        try:
            with closing(db):
                for place, document_id, key, pair_id in _notes(db):
                    seen.add(hour_file.hour, place, document_id, key, pair_id)
        except sqlite3.DatabaseError as error:
            raise Trouble("store.damaged", path=hour_file.path, detail=error) from error
    for path in index_files(folder.parent / "sealed"):
        hour, notes = open_index(path)
        for note in notes if hour >= oldest else ():
            if note.document_id not in seen.places:
                seen.add(hour, cast(Place, note.kind), note.document_id, note.key, note.pair_id)
    return seen


def _notes(db: sqlite3.Connection) -> Iterator[tuple[Place, bytes, bytes, bytes | None]]:
    if not is_ready(db):
        return
    places: tuple[Place, ...] = ("measurements", "conflicts", "reports")
    for place in places:
        pair_id = "pair_id" if "pair_id" in TABLES[place] else "NULL"
        for row in db.execute(f"SELECT {TABLES[place][0]}, key, {pair_id} FROM {place}"):  # noqa: S608 - constants
            yield place, row[0], row[1], row[2]
