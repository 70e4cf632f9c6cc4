"""The lab's own truth beside a finding: what its counters saw past the limiter, in the windows that were judged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.lab.counters import Counters

SLOWED_BELOW = 0.8
"""A home counts as slowed when its original's rate is below this share of its control's (detection.md 6)."""


@dataclass(frozen=True)
class Window:
    """One run's judged window: home number, role, Unix seconds."""

    service: str
    home: int
    role: str
    t0_unix_s: float
    t1_unix_s: float
    direction: str = "down"


@dataclass(frozen=True)
class Truth:
    """Median over homes of the counter's payload rate, Mbit/s, for originals and controls; homes counted."""

    original_mbit_s: float | None
    control_mbit_s: float | None
    homes: int

    def error_of(self, delivered_mbit_s: float | None) -> float | None:
        """Return the relative error of a delivered rate against the counter, `None` if there is nothing to compare."""
        if delivered_mbit_s is None or not self.original_mbit_s:
            return None
        return delivered_mbit_s / self.original_mbit_s - 1


def truth(windows: Iterable[Window], counters: Counters) -> Mapping[str, Truth]:
    """Return the truth by service. Controls are taken from all homes, originals from those that were slowed."""
    rates: dict[str, dict[int, dict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for w in windows:
        if w.t1_unix_s > w.t0_unix_s:
            rate = counters.payload_rate_mbit_s(w.home, w.t0_unix_s, w.t1_unix_s, w.direction)
            rates[w.service][w.home][w.role].append(rate)
    return {service: _truth(homes) for service, homes in rates.items()}


def _truth(homes: Mapping[int, Mapping[str, list[float]]]) -> Truth:
    originals = {home: median(roles["original"]) for home, roles in homes.items() if roles.get("original")}
    controls = {home: median(roles["control"]) for home, roles in homes.items() if roles.get("control")}
    slowed = [
        rate for home, rate in originals.items() if home in controls and rate < SLOWED_BELOW * controls[home]
    ]
    return Truth(
        original_mbit_s=_median(slowed or list(originals.values())),
        control_mbit_s=_median(list(controls.values())),
        homes=len(slowed),
    )


def _median(values: Iterable[float]) -> float | None:
    known: list[Any] = list(values)
    return round(median(known), 4) if known else None
