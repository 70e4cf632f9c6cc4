"""Fair queues: what waits from each probe, bounded, and taken in turns, so that a flood delays its sender alone."""

from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Final

KEY_DOCUMENTS: Final = 200
"""Four of a probe's batches."""
ALL_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True)
class Message:
    """A document as it came: its sender's quarter key (as the broker knows it), how it is packed, its bytes."""

    key: bytes
    encoding: str
    payload: bytes


class FairQueues:
    """One queue a key. ``put`` refuses what is too much; ``take`` gives each key its turn."""

    def __init__(self, largest_of_a_key: int = KEY_DOCUMENTS, largest_bytes: int = ALL_BYTES) -> None:
        self._largest_of_a_key = largest_of_a_key
        self._largest_bytes = largest_bytes
        self._queues: OrderedDict[bytes, deque[Message]] = OrderedDict()
        self._bytes = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, message: Message) -> bool:
        """Keep ``message`` until its turn; false if its sender, or all together, have too much here already.

        Where all together have too much, whoever has the most loses the newest of it to one who has less.
        """
        queue = self._queues.get(message.key)
        mine = len(queue) if queue else 0
        if mine >= self._largest_of_a_key:
            return False
        if self._bytes + len(message.payload) > self._largest_bytes and not self._makes_room(message, mine):
            return False
        self._queues.setdefault(message.key, deque()).append(message)
        self._count += 1
        self._bytes += len(message.payload)
        return True

    def take(self, most: int) -> list[Message]:
        """At most ``most`` messages: one of each key in turn, whoever was served last at the end of the next round."""
        taken: list[Message] = []
        while self._queues and len(taken) < most:
            key, queue = self._queues.popitem(last=False)
            taken.append(self._less(queue.popleft()))
            if queue:
                self._queues[key] = queue
        return taken

    def clear(self) -> None:
        """Forget all: their senders have them."""
        self._queues.clear()
        self._bytes = self._count = 0

    def _makes_room(self, message: Message, mine: int) -> bool:
        """Drop the newest of whoever has most, if that is more than the sender has. Ends: when there is room, or nobody has more."""
        while self._bytes + len(message.payload) > self._largest_bytes:
            key = max(self._queues, key=lambda one: len(self._queues[one]), default=None)
            if key is None or len(self._queues[key]) <= mine + 1:
                return False
            self._less(self._queues[key].pop())
        return True

    def _less(self, message: Message) -> Message:
        self._count -= 1
        self._bytes -= len(message.payload)
        return message
