"""The checkers: spread the pure pipeline over processors, the collector's own included.

Documents go to the checkers' processes (``checker``) in batches that form by themselves while these are busy.
When they have enough to do the event loop checks the next document itself, so both sides share the work without
a schedule, and a collector whose checkers are all gone is slower and nothing else.
"""

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

import msgspec

from collector.checker import LENGTH_BYTES, Task, Verdicts, Work, frame
from collector.ingest import Candidate, inspect
from collector.pair_checks import Known
from collector.plan import PlanBook
from collector.rejections import Rejection
from collector.roster import Roster

LOG: Final = logging.getLogger("isonomia.collector.checkers")
BATCH: Final = 4
BATCHES_UNDER_WAY: Final = 6
RESTART_S: Final = 1.0
STOP_S: Final = 5.0
HUNG_S: Final = 20.0
"""A checker that has a batch and answers none for so long is ended: 10,000 times what a batch takes."""
SLOW_START_S: Final = 120.0
"""Its first answer may take so long: a process starts slowly where the machine is short of time, and ending it would start another."""
CODE: Final = Path(__file__).parents[1]

Found = Candidate | Rejection


@dataclass
class _Part:
    """Documents that came together, ``BATCH`` at most, and where the word on each of them is awaited."""

    tasks: Sequence[Task]
    found: "asyncio.Future[list[Found]]"


@dataclass
class _Checker:
    """One process, the frames it has, and how much of roster and plans it has been told."""

    process: asyncio.subprocess.Process
    source: asyncio.StreamReader
    sink: asyncio.StreamWriter
    under_way: deque[list[_Part]] = field(default_factory=deque)
    sent: int = 0
    entries: int = 0
    serial: int = 0
    patience: asyncio.TimerHandle | None = None
    answered: bool = False

    def check_turn(self, number: int) -> None:
        """Raise ``ValueError`` unless the frame of that number is the one whose answer is awaited first."""
        if number != self.sent - len(self.under_way):
            raise ValueError("an answer to another frame")

    def watch(self) -> None:
        """Give it ``HUNG_S`` from now for its next answer, if it owes one (``SLOW_START_S`` for its first)."""
        if self.patience is not None:
            self.patience.cancel()
        self.patience = None
        if self.under_way and self.process.returncode is None:
            patience_s = HUNG_S if self.answered else SLOW_START_S
            self.patience = asyncio.get_running_loop().call_later(patience_s, self.process.kill)


class Checkers:
    """``count`` processes (0: all on the event loop) that know ``roster`` and ``plans``; ``known`` asks the same two."""

    def __init__(self, roster: Roster, plans: PlanBook, known: Known, count: int) -> None:
        self._roster = roster
        self._plans = plans
        self._known = known
        self._count = count
        self._checkers: list[_Checker] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._waiting: deque[_Part] = deque()
        self._documents_waiting = 0
        self._scheduled = False

    @property
    def alive(self) -> int:
        """How many processes are at work."""
        return len(self._checkers)

    async def start(self) -> None:
        """Start the processes; each is started anew when it ends. Raises ``OSError``."""
        for _ in range(self._count):
            checker = await self._spawn()
            self._keepers.append(asyncio.create_task(self._keep(checker)))

    async def close(self) -> None:
        """End the processes. Nothing may wait any more: the doors are closed."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for checker in self._checkers:
            checker.under_way.clear()
            checker.watch()
            checker.sink.close()
        await asyncio.gather(*(_ended(checker.process) for checker in self._checkers))
        self._checkers.clear()

    async def check(self, raw: bytes, encoding: str, now_us: int) -> Found:
        """The pipeline's word on one document (``ingest.inspect``)."""
        (found,) = await self.check_all((Task(raw, encoding, now_us),))
        return found

    async def check_all(self, tasks: Sequence[Task]) -> list[Found]:
        """The pipeline's word on each of ``tasks``, in their order."""
        handed: list[list[Found] | asyncio.Future[list[Found]]] = []
        for first in range(0, len(tasks), BATCH):
            part = tasks[first : first + BATCH]
            if self._documents_waiting < BATCH * len(self._checkers):
                handed.append(self._queue(part))
                continue
            handed.append(self._inspected(part))
            if first + BATCH < len(tasks):
                # In between the event loop looks round: the checkers get their next documents, and others an answer.
                await asyncio.sleep(0)
        found = [one if isinstance(one, list) else await one for one in handed]
        return found[0] if len(found) == 1 else list(chain.from_iterable(found))

    def _inspected(self, tasks: Sequence[Task]) -> list[Found]:
        return [inspect(task.raw, task.encoding, self._known, task.now_us) for task in tasks]

    def _queue(self, tasks: Sequence[Task]) -> "asyncio.Future[list[Found]]":
        """Leave documents to the checkers."""
        part = _Part(tasks, asyncio.get_running_loop().create_future())
        self._waiting.append(part)
        self._documents_waiting += len(tasks)
        if self._documents_waiting >= BATCH:
            self._dispatch()
        elif not self._scheduled:
            # At the end of this turn of the loop, when all that arrived with these documents has been read.
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._dispatch)
        return part.found

    def _dispatch(self) -> None:
        self._scheduled = False
        for checker in sorted(self._checkers, key=lambda checker: len(checker.under_way)):
            while self._waiting and len(checker.under_way) < BATCHES_UNDER_WAY:
                self._send(checker, self._next_batch())

    def _next_batch(self) -> list[_Part]:
        """The parts that waited longest: ``BATCH`` documents, or what there is. No part is divided."""
        batch = [self._waiting.popleft()]
        count = len(batch[0].tasks)
        while self._waiting and count + len(self._waiting[0].tasks) <= BATCH:
            count += len(self._waiting[0].tasks)
            batch.append(self._waiting.popleft())
        self._documents_waiting -= count
        return batch

    def _send(self, checker: _Checker, batch: list[_Part]) -> None:
        """Hand over a batch, and before it whatever has come to be known since the last one.

        The frame is made before anything is noted: a batch that is noted and never sent would shift every later answer by one.
        """
        entries = self._roster.entries_from(checker.entries)
        plans = self._plans.after(checker.serial)
        # The enrolment's document is what no check looks at.
        bare = tuple(msgspec.structs.replace(entry, document=b"") for entry in entries)
        tasks = tuple(task for part in batch for task in part.tasks)
        try:
            framed = frame(Work(checker.sent, bare, plans, tasks))
        except (ValueError, TypeError, OverflowError) as error:
            LOG.error(
                "a batch could not be framed (%s); its documents are to be sent again", type(error).__name__
            )
            _tell(batch, [Rejection("internal_error")] * len(tasks))
            return
        checker.sent += 1
        checker.under_way.append(batch)
        if checker.patience is None:
            checker.watch()
        checker.entries += len(entries)
        checker.serial = max((plan.serial for plan in plans), default=checker.serial)
        checker.sink.write(framed)

    async def _keep(self, checker: _Checker) -> None:
        """Take a checker's answers; start another when it ends. Ends when ``close`` cancels it."""
        decoder = msgspec.msgpack.Decoder(Verdicts)
        while True:
            try:
                length = int.from_bytes(await checker.source.readexactly(LENGTH_BYTES), "big")
                answer = decoder.decode(await checker.source.readexactly(length))
                checker.check_turn(answer.number)
                # The batch stays under way until it is answered whole: what is wrong with an answer fails it, and leaves nobody waiting.
                _tell(checker.under_way[0], [verdict.found() for verdict in answer.verdicts])
                checker.under_way.popleft()
                checker.answered = True
                checker.watch()
                self._dispatch()
            except (asyncio.IncompleteReadError, OSError, ValueError, IndexError) as error:
                LOG.error("a checker ended (%s); its documents are to be sent again", type(error).__name__)
                await self._give_up(checker)
                checker = await self._another()

    async def _give_up(self, checker: _Checker) -> None:
        """Fail what a dead checker had: a document that ends a checker must not come near the event loop."""
        self._checkers.remove(checker)
        for batch in checker.under_way:
            _tell(batch, [Rejection("internal_error")] * sum(len(part.tasks) for part in batch))
        checker.under_way.clear()
        checker.watch()
        if checker.process.returncode is None:
            checker.process.kill()
        await checker.process.wait()
        if not self._checkers:
            self._check_here()

    def _check_here(self) -> None:
        """Check what no checker has been given yet."""
        while self._waiting:
            batch = self._next_batch()
            _tell(batch, [found for part in batch for found in self._inspected(part.tasks)])

    async def _another(self) -> _Checker:
        """A checker in the place of one that ended. Tries again while the system has no process to give."""
        while True:
            await asyncio.sleep(RESTART_S)
            try:
                return await self._spawn()
            except OSError as error:
                LOG.error("no checker could be started (%s); the event loop checks by itself", error)

    async def _spawn(self) -> _Checker:
        # -P: the working folder is nobody's to put modules in. PYTHONPATH: the very code that runs here.
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "collector.checker"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(CODE)},
        )
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("a process started with pipes has pipes")
        checker = _Checker(process, process.stdout, process.stdin)
        self._checkers.append(checker)
        return checker


def _tell(batch: list[_Part], found: Sequence[Found]) -> None:
    """Give each part of ``batch`` its own. Raises ``ValueError`` where it is not one for each document."""
    if len(found) != sum(len(part.tasks) for part in batch):
        raise ValueError("not a verdict for each document")
    at = 0
    for part in batch:
        if not part.found.done():  # its sender may have hung up
            part.found.set_result(list(found[at : at + len(part.tasks)]))
        at += len(part.tasks)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for a process whose input is closed; kill it after ``STOP_S``."""
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
