"""The delivered rate of a slowed cell, Mbit/s of TCP payload (detection.md 6)."""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from analysis.cell import Cell
from analysis.mechanism_facts import BURST_RATIO, at_floor
from analysis.observe.record import RunObserved
from analysis.stats.delivered import DeliveredRate, delivered_rate
from analysis.stats.series import Floats

UNSETTLED: Final = math.log(1.25)
"""How far the rate after the last shift and that of the last third may lie apart in a run that began with a burst."""

WIDEST: Final = 4.0
"""High over low of an interval that still says something: beyond it no rate is told (lab: 0.02 to 2.6 Mbit/s around 0.48)."""


def tails_mbit_s(cell: Cell) -> tuple[Floats, Floats]:
    """Late rates of originals and controls, one entry a pair; NaN where a run failed, was too short, or ends on no rate."""
    both = [
        (
            pair.features.tail_original_bit_s if settled(pair.original) else None,
            pair.features.tail_control_bit_s,
        )
        for pair in cell.pairs
        if pair.features
    ]
    tails = np.array(both, dtype=np.float64).reshape(-1, 2) / 1e6
    return tails[:, 0], tails[:, 1]


def settled(run: RunObserved | None) -> bool:
    """Return whether a run's tail is a rate: not the floor, and after a burst one that its last third bears out.

    A run that empties a large bucket loses a burst of packets and stands still until it has recovered. Where that takes most
    of what is left of it, its tail says how long it stood and not what the limit is (lab: 41 % under the counter).
    """
    if run is None or run.tail_mbit_s is None or run.late_mbit_s is None:
        return True
    if at_floor(run):
        return False
    burst = run.early_mbit_s is not None and run.early_mbit_s >= BURST_RATIO * run.late_mbit_s
    apart = abs(math.log(run.tail_mbit_s / run.late_mbit_s)) if run.late_mbit_s > 0 else math.inf
    return not burst or apart <= UNSETTLED


def delivered_mbit_s(cell: Cell, margin: float = 0.0) -> DeliveredRate | None:
    """The common late rate of the homes that were slowed, with its interval; ``None`` if no home was, or nobody knows it.

    ``margin`` is what the instrument may be off by, a share: the spread of homes does not know of it.
    """
    original, control = tails_mbit_s(cell)
    over = delivered_rate(original, control, cell.home)
    if over is None or over.low is None or over.high is None:
        return over
    if over.high > WIDEST * over.low:
        return None
    return replace(over, low=round(over.low * (1 - margin), 6), high=round(over.high * (1 + margin), 6))
