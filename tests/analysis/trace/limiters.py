"""What a simulated path does to a packet: how long it holds it, or that it drops it."""

from dataclasses import dataclass, field
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
