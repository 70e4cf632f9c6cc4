"""The delivered rate of a slowed cell, Mbit/s of TCP payload (detection.md 6)."""

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


def delivered_mbit_s(cell: Cell) -> DeliveredRate | None:
    """The common late rate of the homes that were slowed, with its interval; ``None`` if no home was."""
    original, control = tails_mbit_s(cell)
    return delivered_rate(original, control, cell.home)
