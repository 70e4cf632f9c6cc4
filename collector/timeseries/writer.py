"""Writes lines until the database has them: waits while it cannot, splits what it refuses, keeps the lines it never takes.

Nothing is passed over in silence. A batch with a line the database will not have (400, a partial write) is sent again in
halves till the line stands alone; then it goes to ``rejected.lines`` with the database's word, and is counted. Good lines of
the batch are sent twice, which overwrites them.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from collector.timeseries.policy import Bucket
from collector.timeseries.servers import Busy, Refused, Server, TooLarge

FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 60.0
LONGEST_ASKED_S: Final = 600.0
"""A ``Retry-After`` beyond this is taken as this: somebody may have set a clock wrong."""
MOST_REJECTED_BYTES: Final = 5_000_000


@dataclass
class Backoff:
    """How long to wait after the n-th failure in a row: doubling, with half of it left to chance."""

    rng: random.Random
    failures: int = 0

    def next_s(self, asked_s: float | None) -> float:
        """Seconds; the database's own word where it gave one."""
        self.failures += 1
        if asked_s is not None:
            return min(asked_s, LONGEST_ASKED_S)
        longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * float(1 << min(self.failures - 1, 10)))
        return longest * self.rng.uniform(0.5, 1.0)


@dataclass
class Writer:
    """The one writer into a database. ``sleep`` takes seconds and tells whether to go on; ``said`` hears of each wait.

    ``rejected_to`` ``None``: refused lines are only counted.
    """

    server: Server
    rng: random.Random
    sleep: Callable[[float], Awaitable[bool]]
    said: Callable[[str, float], None]
    rejected_to: Path | None = None
    rejected: int = 0
    backoff: Backoff = field(init=False)

    def __post_init__(self) -> None:
        self.backoff = Backoff(self.rng)

    async def write(self, bucket: Bucket, lines: Sequence[str]) -> bool:
        """Write all; ``False`` once ``sleep`` says to stop. Raises ``Missing`` and ``Trouble``; ends for finitely many lines."""
        if not lines:
            return True
        while True:
            try:
                await self.server.write(bucket, "\n".join(lines).encode())
            except Busy as busy:
                if not await self.wait(busy):
                    return False
                continue
            except (TooLarge, Refused) as error:
                if len(lines) == 1:
                    return self._reject(lines[0], str(error))
                return await self._halves(bucket, lines)
            self.backoff.failures = 0
            return True

    async def wait(self, busy: Busy) -> bool:
        """Wait as long as is due after this failure; whether to go on."""
        wait_s = self.backoff.next_s(busy.wait_s)
        self.said(str(busy), wait_s)
        return await self.sleep(wait_s)

    async def _halves(self, bucket: Bucket, lines: Sequence[str]) -> bool:
        middle = len(lines) // 2
        return await self.write(bucket, lines[:middle]) and await self.write(bucket, lines[middle:])

    def _reject(self, line: str, why: str) -> bool:
        self.rejected += 1
        if self.rejected_to is not None:
            self.rejected_to.parent.mkdir(parents=True, exist_ok=True)
            with self.rejected_to.open("a", encoding="utf-8") as file:
                if file.tell() < MOST_REJECTED_BYTES:
                    file.write(f"# {' '.join(why.split())}\n{line}\n")
        return True


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until ``stop``; whether to go on."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return True
    return False
