"""What a simulated path does to a packet: how long it holds it, or that it drops it."""

from dataclasses import dataclass, field
from math import pi, sin
from random import Random
from typing import Protocol


class Limiter(Protocol):
    """Asked in order of time."""

    def held_s(self, t_s: float, size: int) -> float | None:
        """Seconds that the packet is held; None if it is dropped."""


@dataclass
class Policer:
    """A token bucket of ``bucket`` bytes filled at ``rate`` bytes per second: what it cannot pay is dropped."""

    rate: float
    bucket: float
    tokens: float = field(init=False)
    last_s: float = 0.0

    def __post_init__(self):
        self.tokens = self.bucket

    def held_s(self, t_s, size):
        """Nothing waits."""
        self.tokens = min(self.bucket, self.tokens + self.rate * (t_s - self.last_s))
        self.last_s = t_s
        if self.tokens < size:
            return None
        self.tokens -= size
        return 0.0


@dataclass
class Queue:
    """A drop-tail queue of ``room`` bytes drained at ``rate``; the first ``allowance`` bytes do not wait (a shaper)."""

    rate: float
    room: float
    allowance: float = 0.0
    filled: float = 0.0
    last_s: float = 0.0

    def held_s(self, t_s, size):
        """What is in line before it, and itself."""
        self.filled = max(0.0, self.filled - self.rate * (t_s - self.last_s))
        self.last_s = t_s
        if self.filled + size > self.room + self.allowance:
            return None
        self.filled += size
        return max(0.0, self.filled - self.allowance) / self.rate


@dataclass
class RandomLoss:
    """Each packet is lost with ``chance``, whatever the load."""

    chance: float
    rng: Random

    def held_s(self, t_s, size):  # noqa: ARG002 - the same for every load
        """Nothing waits."""
        return None if self.rng.random() < self.chance else 0.0


@dataclass
class Jitter:
    """Each packet is held for up to ``most_s``, and none overtakes another."""

    most_s: float
    rng: Random
    last_out_s: float = 0.0

    def held_s(self, t_s, size):  # noqa: ARG002 - the same for every size
        """Uniform, but in order."""
        self.last_out_s = max(self.last_out_s, t_s + self.rng.random() * self.most_s)
        return self.last_out_s - t_s


@dataclass
class Chain:
    """One limiter after the other."""

    links: tuple[Limiter, ...]

    def held_s(self, t_s, size):
        """The sum, or dropped by the first that drops."""
        total = 0.0
        for link in self.links:
            held = link.held_s(t_s + total, size)
            if held is None:
                return None
            total += held
        return total


@dataclass
class CoDel:
    """A queue that drops what leaves it, once everything waited over ``target_s`` for ``interval_s`` (RFC 8289)."""

    rate: float
    target_s: float = 0.005
    interval_s: float = 0.1
    filled: float = 0.0
    last_s: float = 0.0
    above_until_s: float = 0.0
    next_s: float = 0.0
    count: int = 0
    dropping: bool = False

    def held_s(self, t_s, size):
        """Decided for the moment at which the packet leaves."""
        self.filled = max(0.0, self.filled - self.rate * (t_s - self.last_s))
        self.last_s = t_s
        wait_s = self.filled / self.rate
        if self._drops(t_s + wait_s, wait_s):
            return None
        self.filled += size
        return self.filled / self.rate

    def _drops(self, now_s, wait_s):
        late = False
        if wait_s < self.target_s or self.filled < 1514:
            self.above_until_s = 0.0
        elif self.above_until_s == 0.0:
            self.above_until_s = now_s + self.interval_s
        else:
            late = now_s >= self.above_until_s
        if self.dropping and not late:
            self.dropping = False
        elif self.dropping and now_s >= self.next_s:
            self.count += 1
            self.next_s += self.interval_s / self.count**0.5
            return True
        elif late and not self.dropping:
            self.dropping = True
            self.count = self.count - 2 if self.count > 2 and now_s - self.next_s < 8 * self.interval_s else 1
            self.next_s = now_s + self.interval_s / self.count**0.5
            return True
        return False


@dataclass
class Red:
    """A queue that drops by chance, the more the fuller it was of late: from ``least`` to ``most`` bytes (Floyd and Jacobson 1993)."""

    rate: float
    least: float
    most: float
    rng: Random
    filled: float = 0.0
    last_s: float = 0.0
    average: float = 0.0

    def held_s(self, t_s, size):
        """What is in line before it, and itself."""
        self.filled = max(0.0, self.filled - self.rate * (t_s - self.last_s))
        self.last_s = t_s
        self.average += 0.02 * (self.filled - self.average)
        share = (self.average - self.least) / (self.most - self.least)
        if share >= 1 or (share > 0 and self.rng.random() < 0.1 * share):
            return None
        self.filled += size
        return self.filled / self.rate


@dataclass
class Radio:
    """A drop-tail queue whose rate swings by half every two seconds, as that of a radio link does."""

    rate: float
    room: float
    filled: float = 0.0
    last_s: float = 0.0

    def held_s(self, t_s, size):
        """What is in line, at the rate of the moment."""
        rate = self.rate * (1 + 0.5 * sin(pi * t_s))
        self.filled = max(0.0, self.filled - rate * (t_s - self.last_s))
        self.last_s = t_s
        if self.filled + size > self.room:
            return None
        self.filled += size
        return self.filled / rate
