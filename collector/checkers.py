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
from dataclasses import dataclass, field
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
CODE: Final = Path(__file__).parents[1]

Found = Candidate | Rejection


@dataclass
class _Waiting:
    task: Task
    found: "asyncio.Future[Found]"


@dataclass
class _Checker:
    """One process, the batches it has, and how much of roster and plans it has been told."""

    process: asyncio.subprocess.Process
    source: asyncio.StreamReader
    sink: asyncio.StreamWriter
    under_way: deque[list[_Waiting]] = field(default_factory=deque)
    entries: int = 0
    serial: int = 0
    patience: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Give it ``HUNG_S`` from now for its next answer, if it owes one."""
        if self.patience is not None:
            self.patience.cancel()
        self.patience = None
        if self.under_way and self.process.returncode is None:
            self.patience = asyncio.get_running_loop().call_later(HUNG_S, self.process.kill)


class Checkers:
    """``count`` processes (0: all on the event loop) that know ``roster`` and ``plans``; ``known`` asks the same two."""

    def __init__(self, roster: Roster, plans: PlanBook, known: Known, count: int) -> None:
        self._roster = roster
        self._plans = plans
        self._known = known
        self._count = count
        self._checkers: list[_Checker] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._waiting: deque[_Waiting] = deque()
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
        if len(self._waiting) >= BATCH * len(self._checkers):
            return inspect(raw, encoding, self._known, now_us)
        waiting = _Waiting(Task(raw, encoding, now_us), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if len(self._waiting) >= BATCH:
            self._dispatch()
        elif not self._scheduled:
            # At the end of this turn of the loop, when all that arrived with this document has been read.
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._dispatch)
        return await waiting.found

    def _dispatch(self) -> None:
        self._scheduled = False
        for checker in sorted(self._checkers, key=lambda checker: len(checker.under_way)):
            while self._waiting and len(checker.under_way) < BATCHES_UNDER_WAY:
                self._send(checker, [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))])

    def _send(self, checker: _Checker, batch: list[_Waiting]) -> None:
        """Hand over a batch, and before it whatever has come to be known since the last one."""
        checker.under_way.append(batch)
        if checker.patience is None:
            checker.watch()
        entries = self._roster.entries_from(checker.entries)
        plans = self._plans.after(checker.serial)
        checker.entries += len(entries)
        checker.serial = max((plan.serial for plan in plans), default=checker.serial)
        # The enrolment's document is what no check looks at.
        bare = tuple(msgspec.structs.replace(entry, document=b"") for entry in entries)
        checker.sink.write(frame(Work(bare, plans, tuple(waiting.task for waiting in batch))))

    async def _keep(self, checker: _Checker) -> None:
        """Take a checker's answers; start another when it ends. Ends when ``close`` cancels it."""
        decoder = msgspec.msgpack.Decoder(Verdicts)
        while True:
            try:
                length = int.from_bytes(await checker.source.readexactly(LENGTH_BYTES), "big")
                answer = decoder.decode(await checker.source.readexactly(length))
                # The batch stays under way until it is answered whole: what is wrong with an answer fails it, and leaves nobody waiting.
                for waiting, verdict in zip(checker.under_way[0], answer.verdicts, strict=True):
                    if not waiting.found.done():  # its sender may have hung up
                        waiting.found.set_result(verdict.found())
                checker.under_way.popleft()
                checker.watch()
                self._dispatch()
            except (asyncio.IncompleteReadError, OSError, ValueError, IndexError) as error:
                LOG.error("a checker ended (%s); its documents are to be sent again", type(error).__name__)
                await self._give_up(checker)
                checker = await self._another()

    async def _give_up(self, checker: _Checker) -> None:
        """Fail what a dead checker had: a document that ends a checker must not come near the event loop."""
        self._checkers.remove(checker)
        for waiting in (waiting for batch in checker.under_way for waiting in batch):
            if not waiting.found.done():
                waiting.found.set_result(Rejection("internal_error"))
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
            waiting = self._waiting.popleft()
            task = waiting.task
            if not waiting.found.done():
                waiting.found.set_result(inspect(task.raw, task.encoding, self._known, task.now_us))

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


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Wait for a process whose input is closed; kill it after ``STOP_S``."""
    try:
        async with asyncio.timeout(STOP_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
