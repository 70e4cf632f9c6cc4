r"""Disruption: is a group of homes more silent than its own history makes likely? Pure; no I/O.

Null hypothesis: of the n regular homes of a group, the number silent or failing in a window of six hours is
beta-binomial, with the mean of the same hours of the day in the group's last four weeks and the dispersion that all
its windows of these weeks had (never below ``LEAST_RHO``: homes are not independent coins). The history is a dense
grid: a window in which nobody was heard counts with everybody silent. Statistic: the upper tail at what was seen, p.

A group is signalled when p < ``ALPHA`` and at least ``LEAST_EXCESS`` homes more than expected are gone: under the
null at most once in 1,460 windows, that is once a year and group (four windows a day). Real fleets are no
beta-binomial; what comes of it in fleets with unequal homes, with days and nights, and with outages in their own
history is measured in tests/collector/fleet and stands in docs/notes/019.

>>> round(tail(5, 0.5, 0.0, 4), 4)  # fair coins, P(4 or 5 heads of 5) = 6/32
0.1875
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WINDOWS_A_DAY: Final = 4
HISTORY: Final = 28 * WINDOWS_A_DAY
WEEK: Final = 7 * WINDOWS_A_DAY
LEAST_HISTORY: Final = 7 * WINDOWS_A_DAY
FEWEST_HOMES: Final = 5
LEAST_EXCESS: Final = 3.0
LEAST_RHO: Final = 0.02
ALPHA: Final = 1 / (365 * WINDOWS_A_DAY)
_PRIOR: Final = (0.5, 4.5)
"""Counts added to silent and heard: a group that was never silent is still not certain to be heard."""


@dataclass(frozen=True)
class Share:
    """One window of a group: how many regular homes, and how many of them were silent or failing."""

    homes: int
    gone: int


@dataclass(frozen=True)
class Judged:
    """What a window comes to. ``expected``: homes gone at that time of day as a rule; ``p``: the upper tail."""

    homes: int
    gone: int
    expected: float
    rho: float
    p: float

    @property
    def signalled(self) -> bool:
        """Whether this is beyond the group's own history."""
        return self.p < ALPHA and self.gone - self.expected >= LEAST_EXCESS


def judge(history: Sequence[Share], now: Share) -> Judged | None:
    """``now`` against the windows before it, oldest first and without a hole; ``None`` where there is too little to say."""
    history = history[-HISTORY:]
    if now.homes < FEWEST_HOMES or len(history) < LEAST_HISTORY:
        return None
    slots = [share for n, share in enumerate(reversed(history), 1) if n % WINDOWS_A_DAY == 0 and share.homes]
    mean = _mean(slots)
    rho = _dispersion(history)
    return Judged(now.homes, now.gone, mean * now.homes, rho, tail(now.homes, mean, rho, now.gone))


def _mean(shares: Sequence[Share]) -> float:
    gone = sum(share.gone for share in shares)
    homes = sum(share.homes for share in shares)
    return (gone + _PRIOR[0]) / (homes + sum(_PRIOR))


def _dispersion(history: Sequence[Share]) -> float:
    """The intra-class correlation, by moments, about the mean of each time of day."""
    squares = expected = pairs = 0.0
    for slot in range(WINDOWS_A_DAY):
        of = [share for share in history[slot::WINDOWS_A_DAY] if share.homes > 1]
        mean = _mean(of)
        for share in of:
            variance = share.homes * mean * (1 - mean)
            squares += (share.gone - mean * share.homes) ** 2
            expected += variance
            pairs += variance * (share.homes - 1)
    return LEAST_RHO if not pairs else min(0.95, max(LEAST_RHO, (squares - expected) / pairs))


def tail(homes: int, mean: float, rho: float, gone: int) -> float:
    """P(at least ``gone`` of ``homes``) for a beta-binomial of that mean and intra-class correlation; 0 <= p <= 1."""
    if gone <= 0:
        return 1.0
    if rho <= 0:
        return math.fsum(
            math.comb(homes, k) * mean**k * (1 - mean) ** (homes - k) for k in range(gone, homes + 1)
        )
    a, b = mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1)
    base = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) - math.lgamma(homes + a + b)
    terms = (
        math.exp(
            math.lgamma(homes + 1)
            - math.lgamma(k + 1)
            - math.lgamma(homes - k + 1)
            + math.lgamma(k + a)
            + math.lgamma(homes - k + b)
            + base
        )
        for k in range(gone, homes + 1)
    )
    return min(1.0, math.fsum(terms))
