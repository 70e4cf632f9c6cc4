"""WeHeY's two tests: whether two simultaneous replays, from servers elsewhere, were held by one limiter.

Shmeis et al., IMC 2023, as its code does it (the design's peers-wehe.md 3). If two paths meet only inside the client's network
and both suffer from *the same* limiter, then that is where it is. They share one budget, so that the two rates together are
what one replay gets alone; or one queue or bucket, so that their losses rise and fall together. Either test may say so.
Where neither does, that is no acquittal.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu, spearmanr

from analysis.stats.series import Floats

LEVEL = 0.05
INTERVALS = range(10, 51)
"""Lengths that the loss test tries, in round-trip times."""
FEWEST_INTERVALS = 30
FEWEST_PACKETS = 10
"""An interval with no more packets than this says nothing of loss."""


@dataclass(frozen=True)
class SharedBudget:
    """The rate test: p of "two together differ from one alone by less than two runs usually do", and whether it passes."""

    p: float
    passes: bool


@dataclass(frozen=True)
class SharedLoss:
    """The loss test: in how many of the interval lengths losses rose and fell together at LEVEL; None where none could tell."""

    tried: int
    together: int

    @property
    def passes(self) -> bool | None:
        """At least half of the lengths."""
        return None if not self.tried else 2 * self.together >= self.tried


@dataclass(frozen=True)
class Sent:
    """One run's packets in order of sending: time (s), bytes, and whether the packet was lost (sent again)."""

    t_s: Floats
    size_bytes: Floats
    lost: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Refuse columns of unequal length, and times that are not finite or run backwards."""
        if not len(self.t_s) == len(self.size_bytes) == len(self.lost):
            raise ValueError("packets need one time, size and fate each")
        if not np.isfinite(self.t_s).all() or any(
            after < before for before, after in pairwise(self.t_s.tolist())
        ):
            raise ValueError("times of packets must be finite and must not run backwards")


def shared_budget(
    alone: ArrayLike, one: ArrayLike, other: ArrayLike, usual: ArrayLike, rng: np.random.Generator
) -> SharedBudget:
    """Compare rates of a replay alone with the sum, sample by sample, of two that ran at once.

    `usual` are differences between runs of one kind where nothing is wrong, as shares (0.1: ten per cent). As many half-samples
    are drawn as there are of these. Raises ValueError where a list is too short.

    >>> rng = np.random.default_rng(1)
    >>> usual = np.linspace(0.0, 0.3, 80)
    >>> half = rng.normal(2.0, 0.05, 40)
    >>> shared_budget(rng.normal(4.0, 0.1, 40), half, half, usual, rng).passes
    True
    >>> shared_budget(rng.normal(2.0, 0.1, 40), half, half, usual, rng).passes
    False
    """
    single, differences = np.asarray(alone, dtype=np.float64), np.asarray(usual, dtype=np.float64)
    first, second = (np.asarray(rates, dtype=np.float64) for rates in (one, other))
    length = min(first.size, second.size)
    both = first[:length] + second[:length]
    size = min(single.size, both.size) // 2
    if size < 1 or not differences.size:
        msg = f"too few samples: {single.size} alone, {both.size} together, {differences.size} usual differences"
        raise ValueError(msg)
    seen = np.empty(differences.size)
    for draw in range(differences.size):
        means = [rng.choice(rates, size, replace=False).mean() for rates in (single, both)]
        seen[draw] = abs(means[0] - means[1]) / max(means)
    p = float(mannwhitneyu(seen, differences, alternative="less").pvalue)
    return SharedBudget(p, p < LEVEL)


def shared_loss(one: Sent, other: Sent, rtt_s: float) -> SharedLoss:
    """Compare when two simultaneous runs lost packets; `rtt_s` is the larger of their smallest round-trip times."""
    if not rtt_s > 0:
        raise ValueError(f"a round-trip time is positive, not {rtt_s}")
    if not (len(one.t_s) and len(other.t_s)):
        return SharedLoss(0, 0)
    begin = max(one.t_s[0], other.t_s[0])
    lasted = min(one.t_s[-1], other.t_s[-1]) - begin
    tried = together = 0
    for times in INTERVALS:
        length = times * rtt_s
        count = int(lasted / length)
        if count < FEWEST_INTERVALS:
            break
        p = _trend(*(_loss_shares(run, begin, length, count) for run in (one, other)))
        tried += p is not None
        together += p is not None and p < LEVEL
    return SharedLoss(tried, together)


def _loss_shares(run: Sent, begin_s: float, length_s: float, count: int) -> Floats:
    """Bytes lost over bytes sent in each interval, by the time of sending; NaN where too few packets were sent."""
    index = np.floor((run.t_s - begin_s) / length_s).astype(np.int64)
    inside = (index >= 0) & (index < count)
    index, size, lost = index[inside], run.size_bytes[inside], run.lost[inside]
    packets = np.bincount(index, minlength=count)
    sent = np.bincount(index, weights=size, minlength=count)
    gone = np.bincount(index, weights=size * lost, minlength=count)
    return np.where(packets > FEWEST_PACKETS, gone / np.maximum(sent, 1.0), np.nan)


def _trend(one: Floats, other: Floats) -> float | None:
    """p of Spearman's rank correlation above zero; None where one of the runs never varied."""
    known = np.isfinite(one) & np.isfinite(other)
    one, other = one[known], other[known]
    quiet = (one == 0) & (other == 0)
    # A stretch in which neither lost anything is one event, however long: else silence alone would correlate.
    kept = ~(quiet & np.append(False, quiet[:-1]))
    one, other = one[kept], other[kept]
    if one.size < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(spearmanr(one, other, alternative="greater").pvalue)
