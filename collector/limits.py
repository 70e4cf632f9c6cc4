"""Limits: how many documents a prefix may offer in a minute, so that a flood from one leaves the others their share.

Every request at a door is counted before its body is read, for a plan costs a signature too, and a batch again when its lines are known:
good documents and bad ones alike, for it is the checking that costs. A body of megabytes that is nothing counts as a batch. A bucket
fills evenly and holds a minute's worth: a probe that was offline for a week may empty its spool at once. Prefixes are
counted under the key of the day (``visitors``); nothing of it is written anywhere.
"""

from collections.abc import Callable
from typing import Final

from collector.visitors import DayKey, prefix_of

US_PER_MINUTE: Final = 60_000_000
MOST_PREFIXES: Final = 50_000


class Limits:
    """At most ``per_minute`` documents a minute from a prefix. ``clock_us`` is the wall clock in µs."""

    def __init__(self, clock_us: Callable[[], int], per_minute: int) -> None:
        self._clock_us = clock_us
        self._per_minute = per_minute
        self._buckets: dict[bytes, tuple[float, int]] = {}
        self._day_key = DayKey(clock_us, self._buckets.clear)

    def take(self, address: str | None, documents: int) -> bool:
        """Count ``documents`` from ``address``; false, and nothing counted, when its minute is used up.

        A batch larger than what is left passes while anything is left, and is owed: else a limit below a batch's
        size would let no batch through, ever.
        """
        prefix = prefix_of(address)
        if prefix is None:
            return True
        tag, now_us = self._day_key.tag(prefix), self._clock_us()
        left = self._left(tag, now_us)
        if left <= 0:
            self._buckets[tag] = left, now_us
            return False
        if len(self._buckets) >= MOST_PREFIXES:
            self._forget_the_idle(now_us)
        self._buckets[tag] = left - documents, now_us
        return True

    def owe(self, address: str | None, documents: int) -> None:
        """Count ``documents`` more from an ``address`` that was let in, whatever is left of its minute."""
        prefix = prefix_of(address)
        if prefix is not None:
            tag, now_us = self._day_key.tag(prefix), self._clock_us()
            self._buckets[tag] = self._left(tag, now_us) - documents, now_us

    def _left(self, tag: bytes, now_us: int) -> float:
        left, since_us = self._buckets.get(tag, (float(self._per_minute), now_us))
        # A clock that steps back fills nothing, and takes nothing away.
        filled = max(0, now_us - since_us) * self._per_minute / US_PER_MINUTE
        return min(float(self._per_minute), left + filled)

    def _forget_the_idle(self, now_us: int) -> None:
        """Drop whoever has not been here for a minute; if that is nobody, all: a limit must not be what fills memory."""
        busy = {tag: one for tag, one in self._buckets.items() if now_us - one[1] < US_PER_MINUTE}
        self._buckets.clear()
        if len(busy) < MOST_PREFIXES:
            self._buckets.update(busy)
