r"""Difference in differences with a placebo rank: is one endpoint worse on this network than endpoints like it are?

An endpoint's figure on a network (here the mean over homes of ln(rate of its object / rate of its control)) holds its own
server, its delivery network and the network measured. The difference from other networks' figures for the same endpoint
takes the server out; what is left is the network's doing or the luck of a route, which differs by endpoint and network.
Null hypothesis: the endpoint's difference is exchangeable with those of the placebo endpoints on the same network. Statistic:
its rank, p = (1 + placebos as bad) / (n + 1), one-sided; no model of what a route's luck is distributed as (detection.md 7).

With 20 placebos p is 1/21 at the least, so nothing alone survives a correction for 2,000 cells: it chooses what
to replay, and corroborates.

>>> placebo_rank(-0.7, [0.1, -0.2, 0.0, 0.05] * 5)
PlaceboRank(difference=-0.7, as_bad=0, n=20, p=0.047619)
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PlaceboRank:
    """``difference``: ln units, below 0 worse; ``as_bad`` of ``n`` placebos were as bad or worse; ``p`` of the rank."""

    difference: float
    as_bad: int
    n: int
    p: float


def difference_in_differences(mine: float, others: Sequence[float]) -> float:
    """A network's figure less the mean of other networks', each counting once however many homes it has.

    Raises ValueError where there is no other network or a figure is not finite.

    >>> round(difference_in_differences(-0.5, [0.1, -0.1, 0.3]), 6)
    -0.6
    """
    values = np.asarray([mine, *others], dtype=np.float64)
    if values.size < 2 or not np.isfinite(values).all():
        msg = f"a difference needs finite figures of two networks at least: {values.size} given"
        raise ValueError(msg)
    return float(values[0] - values[1:].mean())


def placebo_rank(difference: float, placebos: Sequence[float]) -> PlaceboRank:
    """Where ``difference`` stands among the placebos' on the same network; without any, p is 1."""
    as_bad = sum(placebo <= difference for placebo in placebos)
    n = len(placebos)
    return PlaceboRank(difference, as_bad, n, round((1 + as_bad) / (n + 1), 6))
