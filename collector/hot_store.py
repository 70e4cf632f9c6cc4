"""The hot store: what was seen decides, rows are gathered into groups, and each is answered after its group's fsync.

The event loop gathers rows for 5 ms or until there are 100, and while the writer is at work as long as that takes, then hands the
group to the writer (``hot_writer``). So "accepted" is never said of bytes that a crash could take back, and a burst costs one fsync for a hundred documents.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal

from collector.hot_files import fold_old_files, hour_of
from collector.hot_writer import HotWriter, Row
from collector.ingest import Candidate
from collector.metrics import Metrics
from collector.remembered import ID_BYTES, Place, Word
from collector.seen import CONFLICTS_PER_TICKET, KEPT_HOURS, rebuild, sure_hour
from collector.seen_keeper import SeenKeeper
from collector.tickets import Report

GROUP_ROWS: Final = 100
GROUP_S: Final = 0.005
"""How long a row waits for company. A shorter wait gains where a commit is quick and loses where the disk is slow (note 048)."""
S_PER_HOUR: Final = 3600

Kept = Literal[
    "accepted", "duplicate", "conflict", "ticket_of_two_keys", "over_quota", "busy", "store_unavailable"
]
"""What became of a document: on disk, or refused for good, or not taken now (``over_quota``, and for a fault of ours ``NOT_TAKEN``)."""
NOT_TAKEN: Final = frozenset({"busy", "store_unavailable"})
"""Too many rows wait already; the disk did not take the row. Nothing is kept, and the sender should come back."""


class StoreUnavailable(Exception):
    """The disk did not take a group of rows; nothing of it is kept."""


class HotStore:
    """The store of one data folder. Call ``start`` and ``close`` on the event loop that uses it.

    ``clock_us`` is the wall clock in µs, which may leap, ``steady_s`` one in s that does not; ``waiting_rows`` bounds what is
    accepted but not yet on disk.
    """

    writer = HotWriter

    def __init__(
        self,
        folder: Path,
        clock_us: Callable[[], int],
        metrics: Metrics,
        waiting_rows: int = 2_000,
        steady_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._clock_us = clock_us
        self._steady_s = steady_s
        self._metrics = metrics
        self._waiting_rows = waiting_rows
        self._group: list[Row] = []
        self._timer: asyncio.TimerHandle | None = None
        self._late = False
        """Whether the group has waited for company, and waits for the writer."""
        self._writing = 0
        """Groups that the writer has, or will have next."""
        self._waiting = 0
        self._reading = asyncio.Lock()
        self.healthy = True

    def start(self) -> None:
        """Rebuild what has been seen from the hour files, then start the writer."""
        self._loop = asyncio.get_running_loop()
        now_hour = hour_of(self._clock_us())
        self._first_hour = self._seen_hour = sure_hour(self._folder, now_hour)
        self._first_s = self._steady_s()
        self._seen = rebuild(self._folder, now_hour)
        fold_old_files(self._folder, now_hour)
        self._writer = self.writer(self._folder, self._clock_us, self._written)
        self._writer.start()
        self._keeper = SeenKeeper(self._folder, self._seen, lambda: self._seen_hour - KEPT_HOURS)

    async def close(self) -> None:
        """Commit what waits, fold the file, end the thread."""
        await self._keeper.close()
        self._flush()
        await asyncio.to_thread(self._writer.close)
        self._seen.close()

    async def remember(self) -> int:
        """Let go from memory what was sealed meanwhile, as is done every ten minutes; how many seals. As ``SeenKeeper.remember``."""
        return await self._keeper.remember()

    @property
    def folder(self) -> Path:
        """Where the hour files are."""
        return self._folder

    async def settled(self) -> None:
        """Wait until all that was under way when this was asked is on disk, or has failed."""
        self._flush()
        await asyncio.gather(*self._seen.pending.values(), return_exceptions=True)

    @property
    def waiting(self) -> int:
        """Rows that are not yet on disk."""
        return self._waiting

    async def keep_measurement(self, candidate: Candidate) -> Kept:
        """Keep one measurement; returns after the commit."""
        (kept,) = await self.keep_measurements((candidate,))
        return kept

    async def keep_measurements(
        self, candidates: Sequence[Candidate], has_room: Callable[[Candidate], bool] = lambda _candidate: True
    ) -> list[Kept]:
        """Keep measurements in one commit; what became of each, in their order. Returns after the commit.

        ``has_room`` is asked of each that would take room, once: of none that is here already, or that nobody would keep.
        """
        done = self._loop.create_future()
        found: list[tuple[Kept, asyncio.Future[None] | None]] = []
        rows: list[Row] = []
        for candidate, of_sealed in zip(candidates, self._asked_sealed(candidates), strict=True):
            under_way = self._commit_of(candidate)
            try:
                kept, place = self._judged(candidate, of_sealed)
            except sqlite3.Error as error:
                kept, place = "store_unavailable", None
                self._lookup_failed(error)
            if place is not None and self._waiting + len(rows) >= self._waiting_rows:
                kept = "busy"
            elif place is not None and not has_room(candidate):
                kept = "over_quota"
            elif place is not None:
                values = (candidate.key, candidate.signature, candidate.pair_id, candidate.body)
                rows.append(
                    self._row(place, candidate.measurement_id, candidate.key, candidate.pair_id, values, done)
                )
                under_way = done
            found.append((kept, under_way))
        self._submit(rows)
        return await _durable(found)

    def _commit_of(self, candidate: Candidate) -> "asyncio.Future[None] | None":
        """The commit under way on which the word about a measurement hangs: its own, or that of its ticket's first."""
        pending = self._seen.pending
        own = pending.get(candidate.measurement_id)
        first = None if candidate.pair_id is None else self._seen.tickets.get(candidate.pair_id)
        return own if own is not None or first is None else pending.get(first[1])

    async def read_ahead(self, candidates: Sequence[Candidate]) -> None:
        """Where the disk is slow to say what was sealed, have a thread read what ``keep_measurements`` will ask for on the event loop."""
        if not candidates or not self._is_slow():
            return
        async with self._reading:  # one thread, and no more: others have need of them
            if self._is_slow():
                await asyncio.to_thread(self._seen.read_ahead, _names(candidates))

    def _is_slow(self) -> bool:
        return self._seen.sealed is not None and self._seen.sealed.is_slow

    def _asked_sealed(self, candidates: Sequence[Candidate]) -> Sequence[Word | None]:
        """What was sealed of them; where that cannot be told each is asked after by itself, and fails by itself."""
        try:
            return self._seen.asked_sealed(_names(candidates))
        except sqlite3.Error:
            return [None] * len(candidates)

    def _judged(self, candidate: Candidate, of_sealed: Word | None) -> tuple[Kept, Place | None]:
        """What a measurement is if it is kept, and the table it belongs to; no table where it is not to be kept.

        A ticket belongs to the key that used it first. One that another key brings is not kept, and the first
        stays what it is: else a responder could void the pairs of another, once their ids are public.
        """
        seen = self._seen
        known, user = seen.asked(candidate.measurement_id, candidate.pair_id, of_sealed)
        if known is not None:
            return "conflict" if known == "conflicts" else "duplicate", None
        if user is None:
            return "accepted", "measurements"
        if user != candidate.key[:ID_BYTES]:
            return "ticket_of_two_keys", None
        full = seen.conflicts_of(candidate.pair_id or b"") >= CONFLICTS_PER_TICKET
        return "conflict", None if full else "conflicts"

    def _lookup_failed(self, error: sqlite3.Error) -> None:
        """Nobody can tell whether a document is new: it is to come back when the file has been made anew."""
        self.healthy = False
        self._keeper.renew(error)

    async def keep_report(self, report: Report) -> Kept:
        """Keep a responder's ticket report; returns after the commit."""
        under_way = self._seen.pending.get(report.report_id)
        try:
            if self._seen.place_of(report.report_id) is not None:
                return (await _durable([("duplicate", under_way)]))[0]
        except sqlite3.Error as error:
            self._lookup_failed(error)
            return "store_unavailable"
        if self._waiting >= self._waiting_rows:
            return "busy"
        done, values = self._loop.create_future(), (report.key, report.signature, report.body)
        self._submit([self._row("reports", report.report_id, report.key, None, values, done)])
        return (await _durable([("accepted", done)]))[0]

    def _row(
        self,
        place: Place,
        document_id: bytes,
        key: bytes,
        pair_id: bytes | None,
        values: tuple[object, ...],
        done: "asyncio.Future[None]",
    ) -> Row:
        """A row to be submitted, noted as seen from now on."""
        now_us = self._clock_us()
        hour = hour_of(now_us)
        self._forget_old(hour)
        self._seen.add(hour, place, document_id, key, pair_id)
        self._seen.pending[document_id] = done
        return Row(place, document_id, key, pair_id, (document_id, now_us, *values), done)

    def _forget_old(self, hour: int) -> None:
        """Forget what is too old to come back, by the hours that have surely passed: a clock that leaps ahead may be set back."""
        passed = int(self._steady_s() - self._first_s) // S_PER_HOUR
        sure = min(hour, self._first_hour + passed)
        if sure > self._seen_hour:
            self._seen_hour = sure
            self._seen.forget_before(sure - KEPT_HOURS)

    def _submit(self, rows: list[Row]) -> None:
        """Put ``rows`` into the next group, all into the same one: they share a future."""
        if len(self._group) + len(rows) > GROUP_ROWS:
            self._flush()
        self._waiting += len(rows)
        self._group += rows
        if len(self._group) >= GROUP_ROWS:
            self._flush()
        elif self._timer is None and not self._late and rows:
            self._timer = self._loop.call_later(GROUP_S, self._due)

    def _due(self) -> None:
        """The rows have waited for company. While the writer writes they wait on: a slow disk takes them all in one commit."""
        self._timer = None
        self._late = self._writing > 0
        if not self._late:
            self._flush()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._late = False
        if self._group:
            self._writing += 1
            self._writer.put(self._group)
            self._group = []

    def _written(self, group: list[Row], error: BaseException | None, took_s: float) -> None:
        """On the writer's thread."""
        self._loop.call_soon_threadsafe(self._settle, group, error, took_s)

    def _settle(self, group: list[Row], error: BaseException | None, took_s: float) -> None:
        """Back on the event loop: tell those who wait."""
        self._waiting -= len(group)
        self._writing -= 1
        if self._late and not self._writing:
            self._flush()
        self.healthy = error is None
        self._metrics.commit(len(group), took_s, ok=error is None)
        for row in group:
            del self._seen.pending[row.document_id]
            if error is not None:
                self._seen.remove(row.document_id, row.key, row.pair_id)
            if row.done.done():  # the rows of a batch share one
                continue
            if error is None:
                row.done.set_result(None)
            else:
                row.done.set_exception(StoreUnavailable(str(error)))
                row.done.exception()  # looked at here, for the sender may have hung up


async def _durable(found: list[tuple[Kept, "asyncio.Future[None] | None"]]) -> list[Kept]:
    """What became of documents once the commits they hang on are over; "duplicate" promises a durable copy too.

    ``wait`` cancels nothing: the commit goes on, and others may wait for it, when this sender hangs up.
    """
    commits = {commit for _, commit in found if commit is not None}
    if commits:
        await asyncio.wait(commits)
    failed = {commit for commit in commits if commit.exception() is not None}
    return ["store_unavailable" if commit in failed else kept for kept, commit in found]


def _names(candidates: Sequence[Candidate]) -> list[tuple[bytes, bytes | None]]:
    return [(one.measurement_id, one.pair_id) for one in candidates]
