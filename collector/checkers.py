"""The checkers: spread the pure pipeline over processors, the collector's own included.

Documents wait in one row (``turns``) and go to the checkers' processes (``checker``) in batches that form by themselves
while these are busy. When they have enough to do the event loop checks one document in each of its turns, so both sides
share the work without a schedule, and a collector whose checkers are all gone is slower and nothing else.
"""

import asyncio
import logging
import os
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from collector.checker import LENGTH_BYTES, Task, Verdicts, Work, frame
from collector.ingest import inspect
from collector.pair_checks import Known
from collector.plan import PlanBook
from collector.rejections import Rejection
from collector.roster import Roster
from collector.turns import Claim, Found, Part, Turns, tell

LOG: Final = logging.getLogger("isonomia.collector.checkers")
BATCH: Final = 4
BATCHES_UNDER_WAY: Final = 12
"""A checker has work for some six milliseconds: as long as the event loop takes to inflate a batch and tell another."""
HERE: Final = 1
"""Documents that the event loop checks in a turn: in each it must also feed the checkers, who are through with a frame in a millisecond."""
RESTART_S: Final = 1.0
STOP_S: Final = 5.0
HUNG_S: Final = 20.0
"""A checker that has a batch and answers none for so long is ended: 10,000 times what a batch takes."""
SLOW_START_S: Final = 120.0
"""Its first answer may take so long: a process starts slowly where the machine is short of time, and ending it would start another."""
CODE: Final = Path(__file__).parents[1]


@dataclass
class _Checker:
    """One process, the frames it has, and how much of roster and plans it has been told."""

    process: asyncio.subprocess.Process
    source: asyncio.StreamReader
    sink: asyncio.StreamWriter
    under_way: deque[list[Part]] = field(default_factory=deque)
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
        self._waiting = Turns()
        self._scheduled = False
        self._helping = False

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
        await asyncio.gather(*(_ended(checker) for checker in self._checkers))
        self._checkers.clear()

    async def check(self, raw: bytes, encoding: str, now_us: int) -> Found:
        """The pipeline's word on one document (``ingest.inspect``)."""
        (found,) = await self.check_all((Task(raw, encoding, now_us),))
        return found

    async def check_all(self, tasks: Sequence[Task]) -> list[Found]:
        """The pipeline's word on each of ``tasks``, in their order."""
        if not tasks:
            return []
        claim = Claim(tasks, asyncio.get_running_loop().create_future())
        self._waiting.add(claim)
        if not self._scheduled:
            # At the end of this turn of the loop, when all that arrived with these documents has been read.
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._dispatch)
        return await claim.done

    def _dispatch(self) -> None:
        """Give the checkers what they have room for, the idlest first; what is left is also the event loop's to check."""
        self._scheduled = False
        while self._waiting and (checker := self._idlest()) is not None:
            if parts := self._waiting.take(BATCH):  # none where all who waited have hung up
                self._send(checker, parts)
        if self._waiting and not self._helping:
            self._helping = True
            asyncio.get_running_loop().call_soon(self._help)

    def _help(self) -> None:
        """Check a few documents here, once in a turn of the loop: doors, store and checkers have theirs in between."""
        self._helping = False
        if self._idlest() is None:
            parts = self._waiting.take(HERE)
            tell(parts, [self._inspected(task) for part in parts for task in part.tasks])
        self._dispatch()

    def _inspected(self, task: Task) -> Found:
        try:
            return inspect(task.raw, task.encoding, self._known, task.now_us, task.vouched)
        except Exception:
            LOG.exception("a document could not be checked")
            return Rejection("internal_error")

    def _idlest(self) -> "_Checker | None":
        """The checker with the fewest frames, if any has room for one more."""
        free = [checker for checker in self._checkers if len(checker.under_way) < BATCHES_UNDER_WAY]
        return min(free, key=lambda checker: len(checker.under_way), default=None)

    def _send(self, checker: _Checker, batch: list[Part]) -> None:
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
            tell(batch, [Rejection("internal_error")] * len(tasks))
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
                tasks = [task for part in checker.under_way[0] for task in part.tasks]
                tell(
                    checker.under_way[0],
                    [v.found(task) for v, task in zip(answer.verdicts, tasks, strict=True)],
                )
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
            tell(batch, [Rejection("internal_error")] * sum(len(part.tasks) for part in batch))
        checker.under_way.clear()
        checker.watch()
        if checker.process.returncode is None:
            checker.process.kill()
        await checker.process.wait()
        self._dispatch()
        checker.sink.close()
        with suppress(
            OSError
        ):  # why the pipe broke: known by now, and else logged as an error that nobody heard
            await checker.sink.wait_closed()

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


async def _ended(checker: _Checker) -> None:
    """Wait for a process whose input is closed, and read what it still says, so that its pipe ends, too; kill it after ``STOP_S``."""
    try:
        async with asyncio.timeout(STOP_S):
            while await checker.source.read(64 * 1024):  # ends with the process
                pass
            await checker.process.wait()
    except TimeoutError:
        checker.process.kill()
        await checker.process.wait()
