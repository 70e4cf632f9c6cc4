"""The e-value of one home: what a gambler who bets on "slowed" would have made of the coin flips of its pairs.

Null hypothesis: given |u| of a pair, u is positive with probability at least 1/2 (the coin is fair, and the original
no worse than delta allows: detection.md 4.4). tanh is odd and increasing, so every factor 1 - tanh(lam u) has mean at
most 1 and the product is a supermartingale, whatever the congestion, drift or autocorrelation (4.7; Koning, arXiv
2310.01153). A factor is below 2: one pair at most doubles a home's evidence.

The log factors are rounded *down* to multiples of 1e-9. Such numbers add without error, so the same pairs in any
order, or on any number of machines, give the same bytes; and rounding down keeps every mean at most 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from analysis.stats.pair import Hypothesis, PairTable, scores
from analysis.stats.parameters import METRICS, Parameters
from analysis.stats.series import Floats

STRATA = ("pooled_all", "pooled_evening", "long_all", "long_evening")
"""All pairs or the long ones alone, at all hours or in the evening: the last axis of a home's evidence."""

_UNITS = 1e9
_CHUNK = 8192
"""Pairs at once: a megabyte of scores, which a processor's second cache holds; fewer cost calls."""


@dataclass(frozen=True)
class HomeEvidence:
    """Log e-values of clusters, one per bet.

    log_e: shape (clusters, bets, strata), natural logs; a bet is a metric and a grid point, as `bets` lists them.
    pairs: shape (clusters, strata): how many pairs each stratum holds; where it is 0, log_e is 0.
    """

    log_e: Floats
    pairs: NDArray[np.int64]

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_]) -> "HomeEvidence":
        """Some of the clusters: to leave out a channel, or to split homes into halves."""
        return HomeEvidence(self.log_e[which], self.pairs[which])


def bets(parameters: Parameters) -> tuple[tuple[str, float], ...]:
    """Metric and grid point of each bet, in the order of HomeEvidence's second axis.

    >>> len(bets(Parameters())), bets(Parameters())[0], bets(Parameters())[-1]
    (15, ('thr', 0.1), ('fail', 0.9))
    """
    return tuple(
        (metric, point)
        for metric in METRICS
        for point in (parameters.c_grid if metric == "fail" else parameters.lam_grid)
    )


def log_mean(
    log_values: Floats, weights: Floats | float, axis: int | tuple[int, ...] | None = None
) -> Floats:
    """Ln of the weighted sum of exponentials over ``axis``, of finite values: without overflow, whatever their size.

    A cell asks this a hundred times of a few hundred numbers; scipy's, which also knows infinities, takes thirty times as long.

    >>> float(log_mean(np.array([1000.0, 1000.0]), 0.5))
    1000.0
    """
    largest = log_values.max(axis=axis, keepdims=True)
    total = (weights * np.exp(log_values - largest)).sum(axis=axis)
    return np.asarray(np.log(total) + np.squeeze(largest, axis=axis))


@cache
def bet_weights(parameters: Parameters) -> Floats:
    """Weights of bets x strata, shape (bets, strata), summing to 1: metrics, equal grids, pooled or long, hours."""
    p = parameters
    sizes = {metric: len(p.c_grid if metric == "fail" else p.lam_grid) for metric in METRICS}
    of_bets = np.array([p.metric_weights[metric] / sizes[metric] for metric, _ in bets(p)])
    of_strata = np.outer((p.weight_pooled, p.weight_long), (p.weight_all_hours, p.weight_evening)).ravel()
    weights = np.asarray(np.outer(of_bets, of_strata))
    weights.flags.writeable = False
    return weights


def floor_exact(values: Floats, out: Floats | None = None) -> Floats:
    """Whole numbers of 1e-9, rounded down, as floats: sums of them are exact up to 9e15. ``out`` may be ``values``."""
    units: Floats = np.multiply(values, _UNITS, out=out)
    return np.floor(units, out=units)


def from_exact(units: Floats) -> Floats:
    """Natural units of what `floor_exact` made."""
    return np.asarray(units / _UNITS)


def home_evidence(
    pairs: PairTable,
    parameters: Parameters,
    hypothesis: Hypothesis = "slowed",
    clusters: int | None = None,
    metric: str | None = None,
) -> HomeEvidence:
    """Evidence of each cluster 0 .. clusters-1; without a number, up to the largest that occurs.

    With ``metric`` its bets alone, in their order.

    Five pairs of a blocked home (d_fail = -1, c = .9: (1 + .9 * .95)^5):

    >>> from analysis.stats.pair import PairFeatures, pair_table
    >>> nan = float("nan")
    >>> f = PairFeatures(nan, nan, nan, nan, nan, -1.0, s=0.05)
    >>> blocked = pair_table([f] * 5, [0] * 5, long=[False] * 5, evening=[False] * 5)
    >>> e = home_evidence(blocked, Parameters())
    >>> round(float(np.exp(e.log_e[0, -1, 0])), 3), e.pairs.tolist()
    (21.964, [[5, 0, 0, 0]])
    """
    if clusters is None:
        clusters = int(pairs.cluster.max()) + 1 if len(pairs) else 0
    elif len(pairs) and int(pairs.cluster.max()) >= clusters:
        msg = f"cluster {int(pairs.cluster.max())} of {clusters}"
        raise ValueError(msg)
    columns = tuple(bet for bet in bets(parameters) if metric in (None, bet[0]))
    by_kind = np.zeros((clusters * 4, len(columns)))
    count = np.zeros(clusters * 4)
    for rows in _in_cache(pairs.cluster):
        part = pairs.take(rows) if len(pairs) > _CHUNK else pairs
        # Four kinds of pairs (long or not, evening or not), summed once; the strata are sums of kinds.
        kind = part.cluster * 4 + part.long * 2 + part.evening
        first = int(kind.min()) if kind.size else 0
        kind -= first
        kinds = int(kind.max()) + 1 if kind.size else 0
        here = slice(first, first + kinds)
        count[here] += np.bincount(kind, minlength=kinds)
        units = _log_factors(scores(part, parameters, hypothesis), columns)
        floor_exact(units, out=units)
        # One count for all bets: bet b of kind k is bin b * kinds + k.
        bins = (np.arange(len(columns)) * kinds)[:, None] + kind
        sums = np.bincount(bins.ravel(), weights=units.ravel(), minlength=len(columns) * kinds)
        by_kind[here] += sums.reshape(len(columns), kinds).T
    log_e = from_exact(_strata(by_kind.reshape(clusters, 4, len(columns))))
    return HomeEvidence(log_e, _strata(count.reshape(clusters, 4, 1))[:, 0].astype(np.int64))


def _in_cache(cluster: NDArray[np.int64]) -> Iterator[slice]:
    """Rows so few that their scores stay in a processor's cache; all at once where clusters are not in order.

    Sums are exact, so that chunks leave no trace.
    """
    size = _CHUNK if cluster.size > _CHUNK and bool((np.diff(cluster) >= 0).all()) else max(1, cluster.size)
    for begin in range(0, cluster.size, size):
        yield slice(begin, begin + size)


def _log_factors(u: Floats, columns: tuple[tuple[str, float], ...]) -> Floats:
    """Ln of what each pair multiplies a home's evidence by, shape (bets, pairs); exactly 0 where u is 0 or missing.

    ``u`` has shape (metrics, pairs). All bets at once: most cells have so few pairs that calls cost more than numbers.
    """
    rows, points, linear = _bets_as_arrays(columns)
    x: Floats = u[rows]
    x *= points[:, None]
    # Bets on failures are linear, and come last: ln(1 - c u).
    # ln(1 - tanh x) = ln 2 - ln(1 + e^2x): no cancellation for large x, and |x| is bounded by `scores`.
    curved, straight = x[:linear], x[linear:]
    np.exp(curved, out=curved)
    curved += 1.0
    np.log(curved, out=curved)
    np.subtract(np.log(2.0), curved, out=curved)
    silent = u == 0
    if silent[: METRICS.index("fail")].any():
        np.copyto(curved, 0.0, where=silent[rows[:linear]])
    np.subtract(1.0, straight, out=straight)
    np.log(straight, out=straight)
    return x


@cache
def _bets_as_arrays(columns: tuple[tuple[str, float], ...]) -> tuple[NDArray[np.int64], Floats, int]:
    """Of each bet its metric's row and its factor (2 lam, or c), and how many come before those on failures."""
    rows = np.array([METRICS.index(name) for name, _ in columns], dtype=np.int64)
    factors = np.array([point if name == "fail" else 2.0 * point for name, point in columns])
    return rows, factors, sum(name != "fail" for name, _ in columns)


def _strata(by_kind: Floats) -> Floats:
    """Sums over STRATA, shape (clusters, columns, 4), of kinds, shape (clusters, 4, columns).

    Kinds are short day, short evening, long day, long evening.
    """
    short_day, short_evening, long_day, long_evening = (by_kind[:, kind] for kind in range(4))
    found = np.empty((by_kind.shape[0], by_kind.shape[2], 4))
    np.add(long_day, long_evening, out=found[..., 2])
    np.add(short_evening, long_evening, out=found[..., 1])
    np.add(short_day + short_evening, found[..., 2], out=found[..., 0])
    found[..., 3] = long_evening
    return found


def own_log_e(evidence: HomeEvidence, parameters: Parameters) -> Floats:
    """Each home's own log e-value, shape (clusters,): its bets averaged with their weights, uncapped.

    It is an e-value against "this home is not slowed", and says nothing of the network: for explaining, and for the
    guard that no single home may contradict a certificate (detection.md 8). Rounded to 1e-6.
    """
    value = log_mean(evidence.log_e, bet_weights(parameters), axis=(1, 2))
    return np.asarray(np.round(value, 6) + 0.0)
