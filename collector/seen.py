"""What has been seen: ids and tickets of 120 days, so that a document is kept once and a ticket used once.

What is in the hour files is held in memory, what was sealed on disk (``remembered``): a fleet's past does not fill the
server's memory. A cache and nothing more: it is rebuilt at start from the hour files and the indexes
beside the heads (``sealed``). Measurements older than 90 days are refused, so what it forgets cannot come back; a clock that leaps
ahead makes it forget nothing, for when it is set back they are young again.
"""

import asyncio
import logging
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from collector.file_trouble import file_trouble
from collector.hot_files import TABLES, hour_files, is_ready, open_for_reading
from collector.messages import Trouble
from collector.remembered import (
    ID_BYTES,
    NAME,
    NEVER,
    Place,
    Remembered,
    Word,
    discard,
    open_remembered,
    take_in,
)
from collector.sealed import Note, index_files, open_index, read_heads
from probe.memory import spare_memory

KEPT_HOURS: Final = 120 * 24
CONFLICTS_PER_TICKET: Final = 8
"""A pair is void from its first conflict on; more bodies than this add nothing and are not kept."""
LET_GO_AT_ONCE: Final = 200
"""Documents that are let go in one turn of the event loop: two or three milliseconds."""
LOG: Final = logging.getLogger("isonomia.collector.seen")


@dataclass
class Seen:
    """Of what is not sealed: ids by place; by pair id the key and document that used it first, and the number of conflicts.

    ``pending`` holds the commits that are under way; ``sealed`` knows the rest, where it could be opened.
    """

    places: dict[bytes, Place] = field(default_factory=dict)
    tickets: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    conflicts: Counter[bytes] = field(default_factory=Counter)
    pending: dict[bytes, "asyncio.Future[None]"] = field(default_factory=dict)
    sealed: Remembered | None = None
    _by_hour: dict[int, list[bytes | None]] = field(default_factory=lambda: defaultdict(list))
    """Of each document its id, then its pair id: flat, for there may be millions of them where nobody seals."""
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
            if not self.conflicts[pair_id]:
                del self.conflicts[pair_id]

    def asked_sealed(self, documents: Sequence[tuple[bytes, bytes | None]]) -> list[Word]:
        """What was sealed of documents that came together, each named with its ticket. Raises ``sqlite3.Error``."""
        if self.sealed is None or not documents:
            return [NEVER] * len(documents)
        return self.sealed.asked_all(documents)

    def read_ahead(self, documents: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Have what ``asked_sealed`` will be asked for in the machine's memory. On any thread."""
        sealed = self.sealed
        if sealed is not None:
            sealed.read_ahead(documents)

    def asked(self, document_id: bytes, pair_id: bytes | None, of_sealed: Word | None = None) -> Word:
        """The table of a document, ``None`` for one that is new; the first 16 bytes of the key that has used a ticket, ``None`` if nobody has.

        ``of_sealed``: what ``asked_sealed`` said of it, where that is known. Raises ``sqlite3.Error``.
        """
        place, used = self.places.get(document_id), None if pair_id is None else self.tickets.get(pair_id)
        user = None if used is None else used[0][:ID_BYTES]
        if place is not None or self.sealed is None:
            return place, user
        sealed_place, sealed_user = of_sealed or self.sealed.asked(document_id, pair_id)
        return sealed_place, user or sealed_user

    def place_of(self, document_id: bytes) -> Place | None:
        """The table of a document, as ``asked`` says."""
        return self.asked(document_id, None)[0]

    def conflicts_of(self, pair_id: bytes) -> int:
        """How many conflicts that ticket has. Raises ``sqlite3.Error``."""
        return self.conflicts[pair_id] + (0 if self.sealed is None else self.sealed.conflicts_of(pair_id))

    def let_go(self) -> Iterator[None]:
        """Let documents go from memory that ``sealed`` knows, a few from one ``yield`` to the next. Raises ``sqlite3.Error``.

        Each is asked for: what the file was told is not what this connection to it sees, where somebody has removed it meanwhile.
        """
        for hour in [] if self.sealed is None else list(self._by_hour):
            if self.sealed is not None and self.sealed.has_hour(hour):
                yield from self._let_go_of(hour, self.sealed)
        self._keys.clear()

    def _let_go_of(self, hour: int, sealed: Remembered) -> Iterator[None]:
        names, left = self._by_hour[hour], list[bytes | None]()
        try:
            while names:
                some = names[: 2 * LET_GO_AT_ONCE]
                for document_id, pair_id in zip(some[::2], some[1::2], strict=True):
                    if document_id not in self.places:  # its commit failed
                        continue
                    if sealed.asked(document_id, None)[0] is None:
                        left += document_id, pair_id
                    else:
                        user = None if pair_id is None else self.tickets.get(pair_id)
                        self.remove(document_id, b"" if user is None else user[0], pair_id)
                del names[: 2 * LET_GO_AT_ONCE]
                yield
        finally:
            names += left
            if not names:
                self._by_hour.pop(hour, None)

    def forget_before(self, hour: int) -> None:
        """Drop what was committed before ``hour`` and never sealed."""
        for old in [known for known in self._by_hour if known < hour]:
            for name in self._by_hour.pop(
                old
            ):  # a pair's id is half as long as a document's: none is taken for the other
                if name is not None:
                    self.places.pop(name, None)
                    self.tickets.pop(name, None)
                    self.conflicts.pop(name, None)
        self._keys.clear()

    @property
    def documents(self) -> int:
        """How many documents are known. Reads the whole file of those that were sealed."""
        return len(self.places) + (0 if self.sealed is None else self.sealed.documents)

    def close(self) -> None:
        """Close what was opened."""
        if self.sealed is not None:
            self.sealed.close()


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
            raise file_trouble(hour_file.path, error) from error
    _open_sealed(seen, folder, oldest)
    return seen


def _open_sealed(seen: Seen, folder: Path, oldest: int) -> None:
    """Let ``seen`` know what was sealed: on disk, and in memory what the disk does not take."""
    path, sealed = folder.parent / NAME, folder.parent / "sealed"
    for _ in range(2):
        try:
            open_remembered(path).close()
            with _full_disk_told():
                take_in(path, sealed, oldest)
            seen.sealed = open_remembered(path)
            for _ in seen.let_go():
                pass
            _hold(seen, seen.sealed.lacking(sealed, oldest))
            spare_memory()  # the first time, of some hundred thousand notes
        except sqlite3.Error as error:
            LOG.warning("%s cannot be used (%s)", NAME, error)
            seen.close()
            seen.sealed = None
            with suppress(OSError):
                discard(path)
        else:
            return
    LOG.warning("what was sealed is held in memory")
    found = (open_index(index) for index in index_files(sealed))
    _hold(seen, ((hour, notes) for hour, notes in found if hour >= oldest))


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """Where the disk does not take what is new, the file still knows the rest."""
    try:
        yield
    except sqlite3.OperationalError as error:
        LOG.warning("%s cannot be written (%s); what is new stays in memory", NAME, error)


def _hold(seen: Seen, found: Iterable[tuple[int, Iterable[Note]]]) -> None:
    """Hold in memory what was sealed and is not known."""
    for hour, notes in found:
        for note in notes:
            if seen.place_of(note.document_id) is None:
                seen.add(hour, cast(Place, note.kind), note.document_id, note.key, note.pair_id)


def _notes(db: sqlite3.Connection) -> Iterator[tuple[Place, bytes, bytes, bytes | None]]:
    if not is_ready(db):
        return
    places: tuple[Place, ...] = ("measurements", "conflicts", "reports")
    for place in places:
        pair_id = "pair_id" if "pair_id" in TABLES[place] else "NULL"
        for row in db.execute(f"SELECT {TABLES[place][0]}, key, {pair_id} FROM {place}"):  # noqa: S608 - constants
            yield place, row[0], row[1], row[2]
