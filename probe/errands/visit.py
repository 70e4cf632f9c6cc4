"""What a visit may still spend: its bytes and its seconds, the volunteer's and the plan's whatever it holds."""

from dataclasses import dataclass

from probe.nettests.base import Cost
from probe.visit import LONGEST_S, PACED_BYTES, cap_bytes


@dataclass
class Allowance:
    """The rest of one visit (architecture.md: at most 50 MB and 60 s; a declared cost is taken before it is spent).

    Seconds are those in which something is sent: a nettest's declared deadline is an upper bound that is seldom used,
    so what it did not use is given back.
    """

    bytes_left: int = PACED_BYTES
    seconds_left: float = LONGEST_S

    @classmethod
    def after(cls, variant: str, duration_ms: int, spent_bytes: int) -> "Allowance":
        """What a pair of that kind, having spent so much, leaves of its visit."""
        return cls(
            bytes_left=cap_bytes(variant, duration_ms) - spent_bytes,
            seconds_left=LONGEST_S - 2 * duration_ms / 1000,
        )

    def covers(self, cost: Cost) -> bool:
        """Whether ``cost`` fits. A nettest may begin while there is time; its own deadline ends it."""
        return cost.bytes <= self.bytes_left and self.seconds_left > 0

    def spend(self, spent_bytes: int, seconds: float) -> None:
        """What it came to."""
        self.bytes_left -= spent_bytes
        self.seconds_left -= seconds


@dataclass
class Tally:
    """What light nettests came to. ``bytes`` are those on the line."""

    results: int = 0
    skipped: int = 0
    bytes: int = 0
