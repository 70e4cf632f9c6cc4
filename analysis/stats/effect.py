"""How large a difference is, and in how many homes: what stands beside every e-value (detection.md 4.11).

No hypothesis is tested here. The effect is the median over homes of each home's median d; the interval is one over
homes where there are six or more, for then order statistics can give 95 %. Below that it only speaks of these homes:
it is made of their pairs, and says so in `basis`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import beta

from analysis.stats.order_interval import median_interval
from analysis.stats.series import Floats

FEWEST_HOMES = 6
"""Below this no order-statistic interval over homes reaches 95 % (1 - 2 x 2^-5 = .9375)."""

Basis = Literal["homes", "pairs"]


@dataclass(frozen=True)
class Effect:
    """A median difference. value, low, high in the units of d (for rates ln units; exp(d) - 1 is the relative change).

    low and high are None where there is one pair alone. homes, pairs: how many had the metric; basis: what the interval
    is over; coverage: what it guarantees.
    """

    value: float
    low: float | None
    high: float | None
    homes: int
    pairs: int
    basis: Basis
    coverage: float


@dataclass(frozen=True)
class Share:
    """A share of homes, with its Clopper-Pearson interval."""

    value: float
    low: float
    high: float
    affected: int
    homes: int


def home_medians(d: ArrayLike, home: ArrayLike) -> Floats:
    """Median of d in each home that has any, in the order of the homes' numbers; NaN is a missing d.

    >>> home_medians([-1.0, -3.0, 0.5, float("nan")], [4, 4, 2, 3]).tolist()
    [0.5, -2.0]
    """
    values, homes = np.asarray(d, dtype=np.float64), np.asarray(home)
    kept = np.isfinite(values)
    values, homes = values[kept], homes[kept]
    ordered = np.lexsort((values, homes))
    values = values[ordered]
    homes = homes[ordered]
    first = (
        np.flatnonzero(np.append(True, homes[1:] != homes[:-1]))
        if homes.size
        else np.zeros(0, dtype=np.int64)
    )
    count = np.diff(first, append=homes.size)
    middle = first + count // 2
    # The mean of the two in the middle, which are one and the same of an odd number.
    return np.asarray((values[middle] + values[middle - (count % 2 == 0)]) / 2)


def effect(d: ArrayLike, home: ArrayLike, level: float = 0.95) -> Effect | None:
    """The effect over pairs with difference `d` in home number `home`; None where no pair has the metric.

    >>> effect([-1.0, -1.2, -0.9, -1.1], [0, 0, 1, 1])
    Effect(value=-1.05, low=-1.2, high=-0.9, homes=2, pairs=4, basis='pairs', coverage=0.875)
    """
    values = np.asarray(d, dtype=np.float64)
    values = values[np.isfinite(values)]
    medians = home_medians(d, home)
    if not medians.size:
        return None
    basis: Basis = "homes" if medians.size >= FEWEST_HOMES else "pairs"
    over = median_interval(medians if basis == "homes" else values, level)
    value = over.median if basis == "homes" else median_interval(medians, level).median
    # Homes with unequal numbers of pairs can put the median of homes outside the interval of pairs.
    low = None if over.low is None else round(min(over.low, value), 6)
    high = None if over.high is None else round(max(over.high, value), 6)
    return Effect(round(value, 6), low, high, int(medians.size), int(values.size), basis, over.coverage)


def share_of_homes(affected: int, homes: int, level: float = 0.95) -> Share:
    """Share of homes affected (Clopper & Pearson 1934): never narrower than its level says.

    >>> share_of_homes(0, 10)
    Share(value=0.0, low=0.0, high=0.308497, affected=0, homes=10)
    """
    if not 0 <= affected <= homes or homes < 1:
        msg = f"{affected} of {homes} homes"
        raise ValueError(msg)
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, affected, homes - affected + 1)) if affected else 0.0
    high = float(beta.ppf(1 - tail, affected + 1, homes - affected)) if affected < homes else 1.0
    return Share(round(affected / homes, 6), round(low, 6), round(high, 6), affected, homes)
