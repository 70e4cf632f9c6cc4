"""The quota: what one key may have kept in a day, so that no key fills the disk. In memory; a restart forgets it."""

from collections.abc import Callable

from collector.quarters import US_PER_DAY


class Quota:
    """Documents and bytes a key and UTC day. ``clock_us`` is the wall clock in µs."""

    def __init__(self, clock_us: Callable[[], int], documents: int, kept_bytes: int) -> None:
        self._clock_us = clock_us
        self._documents = documents
        self._bytes = kept_bytes
        self._day = -1
        self._used: dict[bytes, tuple[int, int]] = {}

    def take(self, key: bytes, length: int) -> bool:
        """Count one more document of ``length`` bytes; false, and nothing counted, when it does not fit."""
        day = self._clock_us() // US_PER_DAY
        if day != self._day:
            self._day = day
            self._used.clear()
        documents, used = self._used.get(key, (0, 0))
        if documents >= self._documents or used + length > self._bytes:
            return False
        self._used[key] = documents + 1, used + length
        return True

    def give_back(self, key: bytes, length: int) -> None:
        """Take back what ``take`` counted: the document was not kept after all."""
        documents, used = self._used.get(key, (0, 0))
        self._used[key] = max(0, documents - 1), max(0, used - length)
