"""The home's capacity: the median of the last three estimates, renewed weekly."""

from pathlib import Path
from statistics import median_low
from typing import Final

import msgspec

from probe import durable
from probe.state import read_state

KEPT: Final = 3
FRESH_US: Final = 7 * 86400 * 1_000_000
LARGEST_BYTES: Final = 50_000_000
"""A capacity transfer sends at most this much each way: what the budget reserves for one."""


class Estimate(msgspec.Struct, frozen=True):
    """One estimate, downwards, and its time."""

    bit_s: int
    at_us: int


class CapacityStore:
    """``capacity.json``: the last three estimates, oldest first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def estimates(self) -> tuple[Estimate, ...]:
        """What is held."""
        return read_state(self._path, tuple[Estimate, ...]) if self._path.exists() else ()

    def bit_s(self) -> int | None:
        """The median of the last three (the lower of two), ``None`` before the first."""
        held = self.estimates()
        return median_low(estimate.bit_s for estimate in held) if held else None

    def is_due(self, now_us: int) -> bool:
        """Whether the newest estimate is a week old, or absent, or from the future (a clock that stepped)."""
        held = self.estimates()
        return not held or not 0 <= now_us - held[-1].at_us < FRESH_US

    def add(self, estimate: Estimate) -> None:
        """Keep ``estimate``, durably, and forget the oldest past three."""
        durable.write(self._path, msgspec.json.encode((*self.estimates(), estimate)[-KEPT:]))
