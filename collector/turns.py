"""Turns: documents that wait to be checked, taken so that nobody waits for all of somebody else's.

Who brings documents has one place in the row, however many they are, and goes to its end after each turn with what is
left. So a single document waits for one turn of each batch before it, not for the batches.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from collector.checker import Task
from collector.ingest import Candidate
from collector.rejections import Rejection

Found = Candidate | Rejection


@dataclass
class Claim:
    """Documents that came together, and where the word on all of them is awaited."""

    tasks: Sequence[Task]
    done: "asyncio.Future[list[Found]]"
    taken: int = 0
    told: int = 0
    _words: dict[int, Sequence[Found]] = field(default_factory=dict)

    def tell(self, first: int, found: Sequence[Found]) -> None:
        """The word on the documents from number ``first`` on; with the last of them the claim is done."""
        self._words[first] = found
        self.told += len(found)
        if self.told == len(self.tasks) and not self.done.done():  # its sender may have hung up
            self.done.set_result([one for at in sorted(self._words) for one in self._words[at]])


@dataclass(frozen=True)
class Part:
    """Documents of one claim that go one way together: those from number ``first`` on."""

    claim: Claim
    first: int
    tasks: Sequence[Task]


class Turns:
    """The row. Touched on the event loop alone."""

    def __init__(self) -> None:
        self._claims: deque[Claim] = deque()

    def __bool__(self) -> bool:
        return bool(self._claims)

    def add(self, claim: Claim) -> None:
        """Put documents at the end of the row."""
        self._claims.append(claim)

    def take(self, most: int) -> list[Part]:
        """The next documents, ``most`` at most: of the first in the row, and if it has fewer of those behind. Empty when none waits."""
        parts: list[Part] = []
        while self._claims and most:
            claim = self._claims.popleft()
            if claim.done.done():  # its sender has hung up
                continue
            tasks = claim.tasks[claim.taken : claim.taken + most]
            parts.append(Part(claim, claim.taken, tasks))
            claim.taken += len(tasks)
            most -= len(tasks)
            if claim.taken < len(claim.tasks):
                self._claims.append(claim)
        return parts


def tell(parts: Sequence[Part], found: Sequence[Found]) -> None:
    """Give each part its own. Raises ``ValueError`` where it is not one for each document."""
    if len(found) != sum(len(part.tasks) for part in parts):
        raise ValueError("not a verdict for each document")
    at = 0
    for part in parts:
        part.claim.tell(part.first, found[at : at + len(part.tasks)])
        at += len(part.tasks)
