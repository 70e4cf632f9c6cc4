"""The feed: what is new in the store goes into the private bucket, batch by batch, the cursor noted after each.

The database holds a mark of the feed: how many rows it had when it took them. Before a new mark is set, the last one must be
there, and those of the shards that were written to last (``mark``). None, or one that is behind: the database was emptied, or restored from an old backup; then the feed begins again from
nothing, which overwrites what is there. So it does, into an emptied bucket, when a home has withdrawn. A mark ahead of the cursor is a feed that died between the two, and is well.
VictoriaMetrics may lose its last seconds: there only a missing mark counts.
"""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from collector.archive import read_measurements
from collector.data_folder import DataFolder
from collector.homes.book import read_withdrawn
from collector.stored import StoredMeasurement
from collector.timeseries import cursor as cursors
from collector.timeseries.cursor import Cursor
from collector.timeseries.facts import UNREADABLE, point_of
from collector.timeseries.mark import is_kept, kept, latest, mark_line, part_lines, part_query, parts_of
from collector.timeseries.policy import PRIVATE
from collector.timeseries.servers import Busy, Missing, Server
from collector.timeseries.sources import Source
from collector.timeseries.tags import Vocabulary, vocabulary_of
from collector.timeseries.writer import Writer

BATCH_LINES: Final = 4000
SWEEP_US: Final = 3_600_000_000
"""Pairs made void by a later conflict are looked for this often at most: it takes a walk through the whole store."""
T = TypeVar("T")


@dataclass(frozen=True)
class Pass:
    """What one pass did: rows taken from the store, whether it began again from nothing, whether it came to the end.

    ``retained``: whether the database keeps to the bucket's retention, as far as it was asked to in this pass.
    """

    rows: int
    began_again: bool
    finished: bool
    retained: bool = True


@dataclass(frozen=True)
class _Batch:
    """Lines, how many rows were taken for them, the cursor behind them, and the shards they lie in."""

    lines: list[str]
    rows: int
    reached: Cursor
    parts: frozenset[int]


@dataclass
class Feed:
    """One feed of one folder into one database. ``clock_us`` is the wall clock; ``path`` is where the cursor is.

    The store is read in a thread of its own, where SQLite's connections must stay.
    """

    folder: DataFolder
    path: Path
    server: Server
    writer: Writer
    clock_us: Callable[[], int]
    _noted: int = field(default=0, init=False)
    _parts: dict[str, int] = field(default_factory=dict, init=False)
    _behind: int = field(default=0, init=False)
    _rejected: int = field(default=0, init=False)
    _retained: bool = field(default=True, init=False)
    _reader: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1), init=False)

    async def run(self) -> Pass:
        """One pass: everything that is new. Raises ``Missing`` where the database lost what it had, so that the next pass begins again, and ``Trouble``."""
        cursor, again = await self._cursor()
        words = vocabulary_of(self.folder.plans)
        before = self._noted = cursor.fed
        self._parts = cursor.parts
        self._rejected = cursor.rejected - self.writer.rejected
        source = Source(self.folder, cursor)
        self._behind = before + await self._read(source.left)
        finished = (
            await self._batches(source, words)
            and await self._sweep(cursor, words)
            and await self._note(cursor, frozenset())
        )
        return Pass(cursor.fed - before, again, finished, self._retained)

    async def rebuild(self) -> Pass:
        """Empty the bucket, and feed from nothing."""
        await self.server.empty(PRIVATE)
        self.path.unlink(missing_ok=True)
        return await self.run()

    async def _cursor(self) -> tuple[Cursor, bool]:
        """Where to go on, and whether it had been further before."""
        known = cursors.read(self.path)
        withdrawn = len(read_withdrawn(self.folder.homes))
        if known is not None and known.withdrawn != withdrawn:
            await self.server.empty(
                PRIVATE
            )  # a database cannot be told whose points to forget: it gets all others anew
        elif known is not None and await self._has(known, known.fed):
            return known, False
        self._retained = await self.server.setup(PRIVATE)
        fresh = secrets.token_hex(4)
        cursor = Cursor(feed=fresh) if known is None else known.from_nothing(fresh)
        cursor.withdrawn = withdrawn
        return cursor, known is not None

    async def _has(self, cursor: Cursor, fed: int) -> bool:
        """Whether the database still has what this feed gave it, ``fed`` rows, in each of the shards written to last."""
        try:
            marked = await self.server.mark(PRIVATE, cursor.feed)
            if marked is None or self.server.lossy:
                return marked is not None
            return marked >= fed and all(
                [
                    await self._has_part(cursor.feed, int(part), own)
                    for part, own in latest(cursor.parts).items()
                ]
            )
        except Missing:
            return False

    async def _has_part(self, feed: str, part: int, fed: int) -> bool:
        if not is_kept(part, self.clock_us() * 1000):
            return True
        rows = await self.server.query(PRIVATE, part_query(feed, part))
        return bool(rows) and int(rows[0]["fed"]) >= fed

    async def _batches(self, source: Source, words: Vocabulary) -> bool:
        """Write batch after batch; while one is on its way, the next is made. Ends with the store's rows."""
        rows = source.rows()

        def make() -> _Batch:
            return self._batch(rows, source.cursor, words)

        try:
            batch = await self._read(make)
            while batch.rows:
                making = asyncio.create_task(self._read(make))
                try:
                    taken = await self.writer.write(PRIVATE, batch.lines) and await self._note(
                        batch.reached, batch.parts
                    )
                finally:
                    await asyncio.wait([making])
                if not taken:
                    return False
                batch = await making
            return True
        finally:
            await self._read(rows.close)

    async def _read(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._reader, call)

    def _batch(self, rows: Iterable[StoredMeasurement], cursor: Cursor, words: Vocabulary) -> _Batch:
        """The next lines, and how far the cursor is with them. ``cursor`` moves as rows are taken."""
        now_ns = self.clock_us() * 1000
        lines: list[str] = []
        times_ns: list[int] = []
        taken = 0
        for stored in islice(rows, BATCH_LINES):
            taken += 1
            try:
                point = point_of(stored, words)
            except UNREADABLE:
                cursor.unreadable += 1
                continue
            if PRIVATE.holds(point.time_ns, now_ns):
                lines.append(point.line())
                times_ns.append(point.time_ns)
            else:
                cursor.too_old += 1
        return _Batch(lines, taken, cursor.copy(), parts_of(times_ns))

    async def _sweep(self, cursor: Cursor, words: Vocabulary) -> bool:
        """Mark both bodies of every pair whose ticket was used twice: the first came before anybody knew."""
        if not cursor.void or self.clock_us() - cursor.swept_at_us < SWEEP_US:
            return True
        cursor.void = False
        cursor.swept_at_us = self.clock_us()
        lines = await self._read(lambda: list(self._voided(words)))
        return await self.writer.write(PRIVATE, lines)

    def _voided(self, words: Vocabulary) -> Iterator[str]:
        now_ns = self.clock_us() * 1000
        for stored in read_measurements(self.folder.root):
            if stored.conflict:
                try:
                    point = point_of(stored, words)
                except UNREADABLE:
                    continue  # counted when it was fed, as what is too old was
                if PRIVATE.holds(point.time_ns, now_ns):
                    yield point.line()

    async def _note(self, reached: Cursor, parts: frozenset[int]) -> bool:
        """Set the marks, of the present and of ``parts``, where the last ones still are, then keep the cursor; ``False``: told to stop.

        Asked again after each failure, for a database that was away may have come back with less.
        """
        reached.rejected = self._rejected + self.writer.rejected
        reached.fed_at_us = self.clock_us()
        reached.lag_rows = max(0, self._behind - reached.fed)
        held = msgspec.structs.replace(reached, parts=self._parts)
        while True:
            try:
                if self._noted and not await self._has(held, self._noted):
                    raise Missing("the database no longer has what it took")
                lines = [mark_line(self.folder, reached, self.clock_us()), *part_lines(reached, parts)]
                await self.server.write(PRIVATE, "\n".join(lines).encode())
                break
            except Busy as busy:
                if not await self.writer.wait(busy):
                    return False
        fed = {str(part): reached.fed for part in parts}
        self._parts = reached.parts = kept(self._parts | fed, reached.fed_at_us * 1000)
        await self._read(lambda: cursors.write(self.path, reached))
        self._noted = reached.fed
        return True

    def close(self) -> None:
        """Let the reading thread go."""
        self._reader.shutdown()
