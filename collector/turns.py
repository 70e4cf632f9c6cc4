"""Turns: documents that wait to be checked, taken so that nobody waits for all of somebody else's.

There are two rows: who brings few documents stands in one, who brings many in the other, and a turn is of the row that has had
fewer documents while both waited. So singles have half of the work however many batches there are and whoever does it, a checker
four at a time or the event loop one, and one waits for as many documents of batches as of singles before it, never for whole
batches. Within a row who came first is done first: batches that took turns with each other would all be done at one moment, wait
for the disk together, and leave the processors nothing to do meanwhile.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from collector.checker import Task
from collector.ingest import Candidate
from collector.rejections import Rejection

Found = Candidate | Rejection
FEW: Final = 4
"""Who brings no more has them checked in one turn."""


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
    """The two rows. Touched on the event loop alone."""

    def __init__(self) -> None:
        self._few: deque[Claim] = deque()
        self._many: deque[Claim] = deque()
        self._ahead = 0
        """Documents that those of many have had more than those of few, since both wait."""

    def __bool__(self) -> bool:
        return bool(self._few or self._many)

    def add(self, claim: Claim) -> None:
        """Put documents at the end of their row."""
        (self._few if len(claim.tasks) <= FEW else self._many).append(claim)

    def take(self, most: int) -> list[Part]:
        """The next documents, ``most`` at most: of the row whose turn it is, and if it has fewer of the other. Empty when none waits."""
        if not (self._few and self._many):
            self._ahead = 0
        rows = (self._few, self._many) if self._ahead >= 0 else (self._many, self._few)
        parts: list[Part] = []
        for row in rows:
            while row and most:
                claim = row[0]
                tasks = claim.tasks[claim.taken : claim.taken + most]
                if not claim.done.done():  # else its sender has hung up
                    parts.append(Part(claim, claim.taken, tasks))
                    claim.taken += len(tasks)
                    most -= len(tasks)
                    self._ahead += len(tasks) if row is self._many else -len(tasks)
                if claim.done.done() or claim.taken == len(claim.tasks):
                    row.popleft()
        return parts


def tell(parts: Sequence[Part], found: Sequence[Found]) -> None:
    """Give each part its own. Raises ``ValueError`` where it is not one for each document."""
    if len(found) != sum(len(part.tasks) for part in parts):
        raise ValueError("not a verdict for each document")
    at = 0
    for part in parts:
        part.claim.tell(part.first, found[at : at + len(part.tasks)])
        at += len(part.tasks)
