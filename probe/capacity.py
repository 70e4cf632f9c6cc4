"""The home's capacity in each direction: the median of the last three estimates, renewed weekly."""

from pathlib import Path
from statistics import median_low
from typing import Final

import msgspec

from probe import durable
from probe.measurement.ticket import Direction
from probe.state import read_state

KEPT: Final = 3
FRESH_US: Final = 7 * 86400 * 1_000_000
LARGEST_BYTES: Final = 50_000_000
"""A capacity transfer sends at most this much each way: what the budget reserves for one."""


class Estimate(msgspec.Struct, frozen=True):
    """One estimate, its time, its direction, and the name it went under."""

    bit_s: int
    at_us: int
    direction: Direction = "down"
    name: str = ""


class CapacityStore:
    """``capacity.json``: the last three estimates of each direction, oldest first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def estimates(self, direction: Direction = "down") -> tuple[Estimate, ...]:
        """What is held of a direction."""
        return tuple(estimate for estimate in self._all() if estimate.direction == direction)

    def _all(self) -> tuple[Estimate, ...]:
        return read_state(self._path, tuple[Estimate, ...]) if self._path.exists() else ()

    def bit_s(self, direction: Direction = "down") -> int | None:
        """The median of the last three (the lower of two), ``None`` before the first."""
        held = self.estimates(direction)
        return median_low(estimate.bit_s for estimate in held) if held else None

    def is_due(self, now_us: int, direction: Direction = "down") -> bool:
        """Whether the newest estimate is a week old, or absent, or from the future (a clock that stepped)."""
        held = self.estimates(direction)
        return not held or not 0 <= now_us - held[-1].at_us < FRESH_US

    def add(self, estimate: Estimate) -> None:
        """Keep ``estimate``, durably, and forget the oldest of its direction past three."""
        others = tuple(held for held in self._all() if held.direction != estimate.direction)
        mine = (*self.estimates(estimate.direction), estimate)[-KEPT:]
        durable.write(self._path, msgspec.json.encode((*others, *mine)))
