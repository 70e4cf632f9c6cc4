"""The rate at which slowed traffic arrived (detection.md 6).

No hypothesis is tested: this describes a cell that was flagged. A home is individually slowed if the median late rate
of its originals is below .8 of that of its own controls. Among those, the mode of the ln rates (Gaussian kernel, .08)
marks the common limit; homes within .25 of it are kept, and their median and its order-statistic interval reported.
It is a *delivered* rate: headers make the payload of a limit R some 1448/1500 of it, and recovery from loss less.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.stats.effect import FEWEST_HOMES
from analysis.stats.order_interval import median_interval
from analysis.stats.series import Floats

SLOWED_BELOW = 0.8
BANDWIDTH = 0.08
WITHIN = 0.25
_GRID_STEP = 0.002


@dataclass(frozen=True)
class DeliveredRate:
    """Rates in the units given (Mbit/s, say).

    low, high: interval of the median, None with a single value; homes: homes the rate rests on; slowed_homes: homes
    individually slowed; runs: originals in the homes it rests on; basis: whether the interval is over homes, or below six
    homes over the runs of these homes; coverage: what the interval guarantees.
    """

    rate: float
    low: float | None
    high: float | None
    homes: int
    slowed_homes: int
    runs: int
    basis: Literal["homes", "runs"]
    coverage: float


def delivered_rate(
    tail_original: ArrayLike, tail_control: ArrayLike, home: ArrayLike, level: float = 0.95
) -> DeliveredRate | None:
    """The delivered rate from the late rates of pairs, one entry a pair; NaN is missing. None if no home was slowed.

    >>> delivered_rate([4.0, 4.2, 3.9, 8.0], [20.0, 20.0, 20.0, 8.1], [0, 0, 1, 2])
    DeliveredRate(rate=4.0, low=3.9, high=4.2, homes=2, slowed_homes=2, runs=3, basis='runs', coverage=0.75)
    """
    original, control = (
        np.asarray(tail_original, dtype=np.float64),
        np.asarray(tail_control, dtype=np.float64),
    )
    homes = np.asarray(home)
    kept = np.isfinite(original) & np.isfinite(control) & (original > 0) & (control > 0)
    original, control, homes = original[kept], control[kept], homes[kept]
    rate_of = {}
    for one in np.unique(homes).tolist():
        mine = homes == one
        rate = float(np.median(original[mine]))
        if round(rate / float(np.median(control[mine])), 6) < SLOWED_BELOW:
            rate_of[one] = rate
    if not rate_of:
        return None
    mode = _mode(np.log(np.array(list(rate_of.values()))))
    common = [one for one, rate in rate_of.items() if abs(np.log(rate) - mode) <= WITHIN]
    rates = np.array([rate_of[one] for one in common])
    runs = original[np.isin(homes, common)]
    by_homes = rates.size >= FEWEST_HOMES
    # Below six homes the median is over runs too, so that the interval belongs to what it stands beside.
    over = median_interval(rates if by_homes else runs, level)
    return DeliveredRate(
        rate=round(over.median, 6),
        low=None if over.low is None else round(over.low, 6),
        high=None if over.high is None else round(over.high, 6),
        homes=rates.size,
        slowed_homes=len(rate_of),
        runs=runs.size,
        basis="homes" if by_homes else "runs",
        coverage=over.coverage,
    )


def _mode(log_rates: Floats) -> float:
    """Where a Gaussian kernel estimate is highest. Two kernels merge only below 2 bandwidths, so a home is always near."""
    low, high = log_rates.min(), log_rates.max()
    grid = np.linspace(low, high, int(np.ceil((high - low) / _GRID_STEP)) + 1)
    density = np.zeros(grid.size)
    for value in np.sort(log_rates):  # sorted, so that the order of homes leaves no trace in the sum
        density += np.exp(-0.5 * ((grid - value) / BANDWIDTH) ** 2)
    return float(grid[np.argmax(np.round(density, 9))])
