"""Fair queues: what waits from each probe, bounded, and taken in turns, so that a flood delays its sender alone."""

from collections import Counter, OrderedDict, deque
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
    """One queue a key. ``put`` says what found no room; ``take`` gives each key its turn."""

    def __init__(self, largest_of_a_key: int = KEY_DOCUMENTS, largest_bytes: int = ALL_BYTES) -> None:
        self._largest_of_a_key = largest_of_a_key
        self._largest_bytes = largest_bytes
        self._queues: OrderedDict[bytes, deque[Message]] = OrderedDict()
        self._bytes: Counter[bytes] = Counter()
        self._count = self._all = 0

    def __len__(self) -> int:
        return self._count

    def put(self, message: Message) -> list[Message]:
        """Keep ``message`` until its turn; what found no room then: nothing, itself, or others that made room for it.

        Where all together have too much, whoever has the most bytes loses the newest of them to one who has less.
        """
        queue = self._queues.get(message.key)
        if queue and len(queue) >= self._largest_of_a_key:
            return [message]
        dropped: list[Message] = []
        while self._all + len(message.payload) > self._largest_bytes:  # ends: each round drops one
            most = max(self._bytes, key=lambda one: self._bytes[one], default=message.key)
            if self._bytes[most] <= self._bytes[message.key] + len(message.payload):
                return [*dropped, message]
            dropped.append(self._dropped(most))
        self._queues.setdefault(message.key, deque()).append(message)
        self._count += 1
        self._add(message.key, len(message.payload))
        return dropped

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
        self._bytes.clear()
        self._count = self._all = 0

    def _dropped(self, key: bytes) -> Message:
        """The newest of that key, taken away."""
        queue = self._queues[key]
        newest = queue.pop()
        if not queue:
            del self._queues[key]
        return self._less(newest)

    def _less(self, message: Message) -> Message:
        self._count -= 1
        self._add(message.key, -len(message.payload))
        return message

    def _add(self, key: bytes, length: int) -> None:
        self._all += length
        self._bytes[key] += length
        if not self._bytes[key]:
            del self._bytes[key]
