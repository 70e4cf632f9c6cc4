"""One limiter, several chunks: the rate on which the policed chunks of one home agree.

A single chunk may leave its rate wide open: a bucket of a few packets is emptied by every burst, and says only that the
rate is not below this or above that. The chunks of a home passed the same limiter, so the profiles of ln L over rates
are added, each after it was blunted by 1 % (a device's ticks, a path's jitter) and with a floor, so that one bad chunk
cannot veto. A chunk whose own profile does not contradict the sum takes the common rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.stats.deficit import Floats
from analysis.stats.token_bucket import DROP_95, FEASIBLE, BucketFit

FEWEST: Final = 2
_STEP: Final = 0.001
_BLUNT: Final = 10
"""Steps on either side."""
_FLOOR: Final = -10.0
_SAME: Final = 0.1


@dataclass(frozen=True)
class Agreed:
    """A rate with its interval of 95 %, bytes per second, and how many chunks take part in it."""

    rate_byte_s: float
    rate_low: float
    rate_high: float
    chunks: int


def agreed(fits: Sequence[BucketFit]) -> Agreed | None:
    """The rate that most profiles allow; None if fewer than two do."""
    if len(fits) < FEWEST:
        return None
    low = np.log(min(fit.rate_low for fit in fits)) - 0.05
    high = np.log(max(fit.rate_high for fit in fits)) + 0.05
    grid = np.arange(low, high, _STEP)
    profiles = [_profile(fit, grid) for fit in fits]
    total = np.sum(profiles, axis=0)
    best = float(total.max())
    within = grid[total >= best - DROP_95]
    # A bucket of a few packets leaves a plateau, on which the highest point means nothing: take its middle.
    at = int(np.argmin(np.abs(grid - (within.min() + within.max()) / 2)))
    taking = sum(bool(profile[at] >= -FEASIBLE) for profile in profiles)
    if taking < FEWEST:
        return None
    rate, least, most = np.exp((grid[at], within.min(), within.max())).tolist()
    return Agreed(rate, least, most, taking)


def allows(fit: BucketFit, rate_byte_s: float) -> bool:
    """Whether a chunk's own fates do not contradict a rate."""
    return bool(_profile(fit, np.array([np.log(rate_byte_s)]))[0] >= -FEASIBLE)


def same_bucket(fit: BucketFit, others: Sequence[BucketFit]) -> bool:
    """Whether a bucket's size is that of the others' median, but for a tenth."""
    middle = float(np.median([other.bucket_bytes for other in others]))
    return bool(abs(fit.bucket_bytes - middle) <= _SAME * middle)


def _profile(fit: BucketFit, grid: Floats) -> Floats:
    """ln L relative to its best, over ln rates: the best within _BLUNT steps, no lower than the floor."""
    at, gains = np.log(fit.rates), fit.gains
    shifts = np.arange(-_BLUNT, _BLUNT + 1) * _STEP
    blunted = np.max([np.interp(grid + shift, at, gains) for shift in shifts], axis=0)
    return np.asarray(np.maximum(blunted, _FLOOR))
