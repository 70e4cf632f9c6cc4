"""The quota: what one key may have kept in a day, so that no key fills the disk.

Counted in memory; at a restart the hour files of the day tell it again, and the indexes of its hours that are sealed. An index
knows no lengths: a sealed document counts with its share of the part, which is compressed.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from collector.hot_files import HOUR_US, kept_by_key
from collector.quarters import US_PER_DAY
from collector.sealed import sealed_by_key


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
        self._turn_the_day()
        documents, used = self._used.get(key, (0, 0))
        if documents >= self._documents or used + length > self._bytes:
            return False
        self._used[key] = documents + 1, used + length
        return True

    def give_back(self, key: bytes, length: int) -> None:
        """Take back what ``take`` counted: the document was not kept after all."""
        documents, used = self._used.get(key, (0, 0))
        self._used[key] = max(0, documents - 1), max(0, used - length)

    def restore(self, hot: Path) -> None:
        """Count what hour files in ``hot``, and seals beside it, hold of today. To be called before anything is taken.

        Raises ``Trouble`` for a file that is damaged.
        """
        self._turn_the_day()
        first_hour = self._day * (US_PER_DAY // HOUR_US)
        self._add(kept_by_key(hot, first_hour))
        self._add(sealed_by_key(hot.parent / "sealed", first_hour))

    def _add(self, kept: Iterable[tuple[bytes, int, int]]) -> None:
        for key, count, length in kept:
            documents, used = self._used.get(key, (0, 0))
            self._used[key] = documents + count, used + length

    def _turn_the_day(self) -> None:
        day = self._clock_us() // US_PER_DAY
        if day != self._day:
            self._day = day
            self._used.clear()
