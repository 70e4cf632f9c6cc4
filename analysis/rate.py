"""The delivered rate of a slowed cell, Mbit/s of TCP payload (detection.md 6)."""

from dataclasses import replace

import numpy as np

from analysis.cell import Cell
from analysis.stats.delivered import DeliveredRate, delivered_rate
from analysis.stats.series import Floats


def tails_mbit_s(cell: Cell) -> tuple[Floats, Floats]:
    """Late rates of originals and controls, one entry a pair; NaN where a run failed or was too short."""
    both = [
        (pair.features.tail_original_bit_s, pair.features.tail_control_bit_s)
        for pair in cell.pairs
        if pair.features
    ]
    tails = np.array(both, dtype=np.float64).reshape(-1, 2) / 1e6
    return tails[:, 0], tails[:, 1]


def delivered_mbit_s(cell: Cell, margin: float = 0.0) -> DeliveredRate | None:
    """The common late rate of the homes that were slowed, with its interval; ``None`` if no home was.

    ``margin`` is what the instrument may be off by, a share: the spread of homes does not know of it.
    """
    original, control = tails_mbit_s(cell)
    over = delivered_rate(original, control, cell.home)
    if over is None or over.low is None or over.high is None:
        return over
    return replace(over, low=round(over.low * (1 - margin), 6), high=round(over.high * (1 + margin), 6))
