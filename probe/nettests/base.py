"""What nettests share: the reason a test could not run, and the seam to network, clock and chance."""

import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from probe.gate import Gate
from probe.rolls import Rolls

LONGEST_GAP_MS: Final = 30_000
"""A pair whose runs are further apart is a washed one, which spans two visits (integrity.md 4)."""


class CannotRun(Exception):
    """The nettest could not measure. ``reason`` is a short machine-readable text for ``skipped``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Cost:
    """What a nettest will spend at most, declared before it runs: bytes on the line both ways, and seconds."""

    bytes: int
    seconds: float


def _unix_us() -> int:
    return time.time_ns() // 1000


def _by_gate(address: tuple[str, int], timeout_s: float) -> socket.socket:
    """Stands for the ``tcp`` of the gate that a ``Net`` has, which takes its place when the ``Net`` is made."""
    raise AssertionError(f"a Net without its gate was asked for {address} within {timeout_s} s")


@dataclass(frozen=True)
class Net:
    """The network, the clocks and the dice of a nettest: parameters, so that a test can bring its own.

    ``connect((literal address, port), timeout_s)`` returns a connected TCP socket or raises ``OSError``;
    ``unix_us`` is the wall clock in µs, ``monotonic_s`` a clock that never steps. ``gate`` decides who may be connected
    to; ``connect`` is its own unless a test brings another. ``rolls`` keeps what responders vouch for.
    """

    connect: Callable[[tuple[str, int], float], socket.socket] = _by_gate
    unix_us: Callable[[], int] = _unix_us
    monotonic_s: Callable[[], float] = time.monotonic
    sleep_s: Callable[[float], None] = time.sleep
    rng: random.Random = field(default_factory=random.SystemRandom)
    gate: Gate = field(default_factory=Gate)
    rolls: Rolls = field(default_factory=Rolls)

    def __post_init__(self) -> None:
        if self.connect is _by_gate:
            object.__setattr__(self, "connect", self.gate.tcp)
