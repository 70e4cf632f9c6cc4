"""The line's idle round trip, remembered for a week: a line three times as slow as at its best is busy."""

from pathlib import Path
from typing import Final

import msgspec

from probe import durable
from probe.nettests.base import Net
from probe.state import read_state

WEEK_US: Final = 7 * 86400 * 1_000_000
BUSY_FACTOR: Final = 3
LEAST_US: Final = 5_000
"""Below this a threefold is the scheduler's, not the line's."""
SAMPLES_KEPT: Final = 400
CONNECTS: Final = 3
CONNECT_S: Final = 3.0


class Sample(msgspec.Struct, frozen=True):
    """The shortest of a few TCP handshakes to one responder, by its literal address (each has a way of its own), and when."""

    responder: str
    rtt_us: int
    at_us: int


class IdleRtt:
    """``rtt.json``. Each ``add`` is durable before it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _held(self) -> tuple[Sample, ...]:
        return read_state(self._path, tuple[Sample, ...]) if self._path.exists() else ()

    def weekly_minimum_us(self, responder: str, now_us: int) -> int | None:
        """The shortest of the last seven days; ``None`` before the first. Times from the future do not count."""
        known = [
            s.rtt_us for s in self._held() if s.responder == responder and 0 <= now_us - s.at_us < WEEK_US
        ]
        return min(known, default=None)

    def busy(self, responder: str, rtt_us: int, now_us: int) -> bool:
        """Whether ``rtt_us`` is over three times the week's minimum."""
        least_us = self.weekly_minimum_us(responder, now_us)
        return least_us is not None and rtt_us > BUSY_FACTOR * max(least_us, LEAST_US)

    def add(self, responder: str, rtt_us: int, now_us: int) -> None:
        """Remember one."""
        kept = (*self._held(), Sample(responder, rtt_us, now_us))[-SAMPLES_KEPT:]
        durable.write(self._path, msgspec.json.encode(kept))


def measure_us(net: Net, address: tuple[str, int]) -> int | None:
    """The shortest of a few TCP handshakes; ``None`` if none succeeded. Nothing is said on them."""
    found: list[int] = []
    for _ in range(CONNECTS):
        began_s = net.monotonic_s()
        try:
            net.connect(address, CONNECT_S).close()
        except OSError:
            break  # a handshake that does not come in three seconds: two more would tell no more
        found.append(round((net.monotonic_s() - began_s) * 1e6))
    return min(found, default=None)
