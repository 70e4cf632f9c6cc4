"""Spending: what one transfer costs the volunteer, reserved before and settled after, whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from probe.budget import Ledger, on_the_line
from probe.link import Counters


@dataclass
class Spending:
    """One transfer's account. Set ``payload_bytes`` when the transfer told how much it carried.

    ``besides_bytes`` are booked on top of that: what travels besides the payload that it tells of. ``bounded``: it cannot have
    carried more than the estimate, so that what else passed the interface is not booked on it; of servers of others nobody knows that.
    """

    ledger: Ledger
    estimate_bytes: int
    counters: Counters | None = None
    payload_bytes: int | None = None
    spent_bytes: int = 0
    besides_bytes: int = 0
    bounded: bool = True

    @contextmanager
    def reserved(self, now_us: int) -> Iterator[None]:
        """Reserve the estimate; at the block's end, also by an exception, settle what was spent."""
        self.ledger.reserve(self.estimate_bytes, now_us)
        before = self._passed()
        try:
            yield
        finally:
            self.spent_bytes = self._spent(before)
            self.ledger.settle(self.spent_bytes)

    def _spent(self, before: int | None) -> int:
        """What the transfer told and what goes besides; else what passed the interface meanwhile; else the whole estimate."""
        if self.payload_bytes is not None:
            return on_the_line(self.payload_bytes) + self.besides_bytes
        after = self._passed()
        if before is None or after is None:
            return self.estimate_bytes
        passed = max(0, after - before)
        return min(self.estimate_bytes, passed) if self.bounded else passed

    def _passed(self) -> int | None:
        """Bytes the interface has received and sent; ``None`` where that cannot be told."""
        try:
            return None if self.counters is None else sum(self.counters())
        except OSError:
            return None
