"""The upload: sends what waits in the spool, in the background, and deletes nothing without a receipt.

A *pass* offers each waiting document once, several in one request where several wait. Trouble that concerns the collector ends the pass; trouble with one
document lets the others through, up to three times in a row; a doubtful rejection always does. After a pass with trouble comes a pause that
doubles, with jitter, between one second and five minutes.
"""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from probe.answers import Answer
from probe.door import Busy, DoorTrouble, Doubtful, NotBelieved, pause
from probe.emitter import Emitter
from probe.spool import Spool

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 300.0
TROUBLES_IN_A_ROW: Final = 3
BATCH: Final = 50
BATCH_BYTES: Final = 700_000
HOLD_S: Final = 10.0


class SpoolTrouble(DoorTrouble):
    """Our own disk does not let a document be read or deleted; it stays where it is."""

    kind = "spool"


class NotSetAside(SpoolTrouble, Doubtful):
    """A refused document has no room where refused ones are kept; others may make room, for they are deleted."""


@dataclass
class Backoff:
    """Pauses that double, with jitter, within bounds."""

    rng: random.Random
    first_s: float = FIRST_PAUSE_S
    longest_s: float = LONGEST_PAUSE_S
    troubles: int = 0

    def next_s(self, at_least_s: float | None = None) -> float:
        """The next pause: between half and all of what doubled, and not shorter than the collector asked."""
        full_s = min(self.longest_s, self.first_s * 2.0 ** min(self.troubles, 32))
        self.troubles += 1
        return max(self.rng.uniform(full_s / 2, full_s), at_least_s or 0.0)

    def reset(self) -> None:
        """After a pass without trouble."""
        self.troubles = 0


@dataclass
class Tally:
    """What became of the documents offered so far; ``rejected`` counts by code."""

    accepted: int = 0
    duplicate: int = 0
    rejected: Counter[str] = field(default_factory=Counter)


class UploadDoor(Protocol):
    """A door of the collector's, by whatever protocol."""

    async def send(self, document: bytes) -> Answer:
        """Upload one signed measurement; the answer is about exactly these bytes. Raises ``DoorTrouble``."""

    async def send_all(self, documents: Sequence[bytes]) -> list[Answer | DoorTrouble]:
        """Upload several; what each was told, in their order. Raises ``DoorTrouble``: then none is settled."""


class Uploader:
    """Sends ``spool`` through ``door``. ``may_send`` is cleared while a pair runs: no cross traffic of our own."""

    def __init__(
        self,
        spool: Spool,
        door: UploadDoor,
        emitter: Emitter,
        rng: random.Random,
        first_pause_s: float = FIRST_PAUSE_S,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = Tally()
        self.may_send = asyncio.Event()
        self.may_send.set()
        self._spool = spool
        self._door = door
        self._emitter = emitter
        self._backoff = Backoff(rng, first_pause_s)
        self._work = asyncio.Event()
        self._offering = asyncio.Lock()
        self._largest_batch = BATCH
        self._monotonic_s = monotonic_s

    async def hold(self) -> None:
        """Send nothing more until ``may_send`` is set again; what is on the way gets ``HOLD_S`` to arrive."""
        self.may_send.clear()
        try:
            async with asyncio.timeout(HOLD_S), self._offering:
                pass
        except TimeoutError:
            pass

    def notify(self) -> None:
        """There is something new to send."""
        self._work.set()

    async def run(self) -> None:
        """Send whatever comes, with pauses after trouble. Ends: when its task is cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            trouble = await self.one_pass()
            if trouble is None:
                self._backoff.reset()
                continue
            await asyncio.sleep(self._backoff.next_s(trouble.retry_after_s))
            self._work.set()

    async def drain(self, longest_s: float, ended: asyncio.Event | None = None) -> bool:
        """Send all that waits; whether the spool is empty. Ends: then, after ``longest_s`` without progress, or
        when ``ended`` is set.
        """
        self._backoff.reset()
        ended = ended or asyncio.Event()
        last_progress_s, left = self._monotonic_s(), len(self._spool.pending()) + 1
        while not ended.is_set():
            trouble = await self._pass_within(longest_s)
            now_s, remaining = self._monotonic_s(), len(self._spool.pending())
            if not remaining:
                return True
            if remaining < left:
                last_progress_s, left = now_s, remaining
                self._backoff.reset()
            wait_s = self._backoff.next_s(trouble.retry_after_s if trouble else None)
            if now_s + wait_s - last_progress_s >= longest_s:
                return False
            await pause(wait_s, ended)
        return not self._spool.pending()

    async def _pass_within(self, longest_s: float) -> DoorTrouble | None:
        """A pass in which no single document may stall longer than ``longest_s``."""
        try:
            return await self.one_pass(longest_s)
        except TimeoutError:
            return None

    async def one_pass(self, longest_document_s: float | None = None) -> DoorTrouble | None:
        """Offer each waiting document once; the last trouble met, ``None`` without any."""
        met: DoorTrouble | None = None
        in_a_row = 0
        waiting = deque(self._spool.pending())
        self._largest_batch = BATCH
        while waiting:
            ended = False
            for identifier, fate in await self._offered(waiting, longest_document_s):
                if isinstance(fate, Answer):
                    trouble = self._settled(identifier, fate)
                    if trouble is None:
                        in_a_row = 0
                        continue
                    fate = trouble  # noqa: PLW2901 - this is what became of it
                met, in_a_row = fate, 0 if isinstance(fate, Doubtful) else in_a_row + 1
                self._emitter.emit("upload_trouble", id=identifier, kind=fate.kind, detail=fate.detail)
                ended |= not isinstance(fate, NotBelieved | Busy) or in_a_row >= TROUBLES_IN_A_ROW
                ended |= fate.retry_after_s is not None
            if ended:
                return met
        if not self._spool.pending():
            self._spool.rolls.forget()
        return met

    async def _offered(
        self, waiting: deque[str], longest_document_s: float | None
    ) -> list[tuple[str, Answer | DoorTrouble]]:
        """Offer the next few of ``waiting`` (they are taken off it); what became of each."""
        async with self._offering:
            await self.may_send.wait()
            documents = self._next(waiting)
            if not documents:
                return []
            try:
                async with asyncio.timeout(longest_document_s):
                    if len(documents) == 1:
                        fates: list[Answer | DoorTrouble] = [await self._door.send(documents[0][1])]
                    else:
                        fates = await self._door.send_all([document for _, document in documents])
            except NotBelieved as trouble:
                if len(documents) == 1:
                    return [(documents[0][0], trouble)]
                # A collector that takes no batches, or somebody on the way: each document for itself.
                self._largest_batch = 1
                waiting.extendleft(reversed([identifier for identifier, _ in documents]))
                return []
            except DoorTrouble as trouble:
                return [(documents[0][0], trouble)]
        return [(identifier, fate) for (identifier, _), fate in zip(documents, fates, strict=True)]

    def _next(self, waiting: deque[str]) -> list[tuple[str, bytes]]:
        """As many documents off ``waiting`` as one request may carry; one that is damaged is set aside."""
        chosen: list[tuple[str, bytes]] = []
        length = 0
        while waiting and len(chosen) < self._largest_batch and length < BATCH_BYTES:
            identifier = waiting.popleft()
            document = self._read(identifier)
            if document is None:
                continue
            if b"\n" in document or len(document) > BATCH_BYTES:  # a line of a batch has no end of line in it
                if chosen:
                    waiting.appendleft(identifier)
                    break
                return [(identifier, document)]
            chosen.append((identifier, document))
            length += len(document)
        return chosen

    def _read(self, identifier: str) -> bytes | None:
        try:
            document = self._spool.read(identifier)
        except OSError as error:
            self._emitter.emit("upload_trouble", id=identifier, kind=SpoolTrouble.kind, detail=_words(error))
            return None
        if document is None:
            for reason in self._spool.rejected():
                if reason.id == identifier:
                    self.tally.rejected[reason.code] += 1
                    self._emitter.rejected(reason)
        return document

    def _settled(self, identifier: str, answer: Answer) -> SpoolTrouble | None:
        """Do with the document what was answered; the trouble where the disk does not let it be done, and then it is offered again."""
        try:
            self._settle(identifier, answer)
        except OSError as error:
            return (SpoolTrouble if answer.settled() else NotSetAside)(_words(error))
        return None

    def _settle(self, identifier: str, answer: Answer) -> None:
        if answer.settled():
            self._spool.settle(identifier)
            if answer.status == "accepted":
                self.tally.accepted += 1
            else:
                self.tally.duplicate += 1
            self._emitter.emit("uploaded", id=identifier, status=answer.status)
            return
        code = answer.code or "unknown"
        reason = self._spool.reject(identifier, code, answer.message_fr, answer.message_en)
        self.tally.rejected[code] += 1
        self._emitter.rejected(reason)


def _words(error: OSError) -> str:
    """The system's words, without the path."""
    return error.strerror or type(error).__name__
