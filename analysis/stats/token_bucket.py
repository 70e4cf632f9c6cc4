"""One token bucket fitted to what passed and what was lost: rate, size, and how much of the loss it explains.

A policer of rate R and bucket B drops a packet exactly when the bucket holds fewer tokens than the packet has bytes.
Count what is missing in the bucket instead of what is left: that follows from R and the trace alone (`deficit`), and the
law reads: lost if and only if deficit + bytes > B. For each R the data are thus points on a line that one threshold B
must part. B and R are found by maximum likelihood: the chance of loss
rises from OUTLIERS/2 to 1 - OUTLIERS/2 around B over a few hundred to a few thousand bytes (clocks, jitter, ticks of
the device). The feasible set is where ln L is within FEASIBLE of its maximum: an interval of 95 % for each alone, the search allowed
for; losses of one burst count as one observation there, for they are not independent.

`explained` is McFadden's share, 1 - ln L / ln L0, of a null that knows the share of loss but not when: 1 for a perfect
law, about 0 for random loss. Nothing here knows of a queue's delay, and a drop-tail queue obeys the same law: telling
the two apart is `queueing`'s task.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.stats.deficit import Bools, Deficits, Floats, Trace, passed_before

OUTLIERS: Final = 0.01
"""Packets whose fate has another cause, or was read wrongly from the trace."""
DROP_95: Final = 1.92
"""Half of chi-square's 95 % point with one degree of freedom (Wilks)."""
FEASIBLE: Final = DROP_95 + 5.7
"""The best of some 300 rates is better by chance: ln 300 more, or one spike would pass for knowledge."""
_COARSE_STEP: Final = 0.04
_WIDEST: Final = 60.0
"""A bucket of 8 kB lets TCP have some thirtieth of the rate it polices: the search goes beyond that."""
_COARSE_BLUR: Final = (500.0, 6000.0)
_BLUR: Final = (500.0, 1500.0, 4500.0)
_COARSE_SHARES: Final = (3, 10, 25, 50, 75)
_SHARES: Final = (0, 1, 2, 4, 7, 12, 20, 35, 50, 70, 90)
_STARTS: Final = 2
_ROUNDS: Final = 4
_FAR: Final = 10.0
"""Blurs below the smallest bucket tried beyond which a packet's fate is certain: its ln L is a constant."""


@dataclass(frozen=True)
class BucketFit:
    """rate_byte_s and bucket_bytes with their intervals of 95 %; explained: the share of ln L, at most 1.

    blur_bytes: how far from sharp the threshold is. rates and gains: ln L relative to the best, by rate, for joining
    several fits, per independent loss. deficit: bytes missing in the bucket before each judged packet, at the best rate.
    """

    rate_byte_s: float
    rate_low: float
    rate_high: float
    bucket_bytes: float
    bucket_low: float
    bucket_high: float
    explained: float
    blur_bytes: float
    rates: Floats
    gains: Floats
    deficit: Floats


def log_likelihood(needed: Floats, lost: Bools, buckets: Floats, blur: float) -> Floats:
    """ln L of each bucket. ``needed`` is deficit plus bytes of each packet: lost if that exceeds the bucket.

    >>> needed, lost = np.array([1500.0, 3000.0, 9000.0, 9500.0]), np.array([False, False, True, True])
    >>> buckets = np.array([2000.0, 6000.0, 12000.0])
    >>> float(buckets[log_likelihood(needed, lost, buckets, 500.0).argmax()])
    6000.0
    """
    near = needed > buckets.min() - _FAR * blur
    far_lost = int(np.count_nonzero(lost & ~near))
    far_passed = needed.size - int(np.count_nonzero(near)) - far_lost
    certain = far_lost * np.log(OUTLIERS / 2) + far_passed * np.log1p(-OUTLIERS / 2)
    over = np.clip((needed[near][None, :] - buckets[:, None]) / blur, -30, 30)
    chance = OUTLIERS / 2 + (1 - OUTLIERS) / (1 + np.exp(-over))
    return np.asarray(certain + np.log(np.where(lost[near][None, :], chance, 1 - chance)).sum(axis=1))


def fit_bucket(trace: Trace) -> BucketFit | None:
    """The bucket that explains the judged packets best; None without both losses and passes, or without duration."""
    lost = trace.lost[trace.judged]
    t_s = trace.t_s[trace.judged]
    if lost.all() or not lost.any() or t_s[-1] <= t_s[0]:
        return None
    goodput = float(trace.bytes[trace.judged][~lost].sum() / (t_s[-1] - t_s[0]))
    view = _View(Deficits(trace), trace.bytes[trace.judged], lost)
    slopes = _slopes(trace)
    lowest = 0.5 * min([goodput, *slopes.tolist()])
    grid = np.exp(np.arange(np.log(max(lowest, goodput / _WIDEST)), np.log(goodput * _WIDEST), _COARSE_STEP))
    tried = {
        rate: _at_rate(view, rate, _COARSE_BLUR, _COARSE_SHARES)
        for rate in np.concatenate((grid, slopes)).tolist()
    }
    starts = sorted(tried, key=lambda rate: tried[rate].log_likelihood)[-_STARTS:]
    best = max((_refined(view, start) for start in starts), key=lambda point: point.log_likelihood)
    return _with_intervals(view, best, list(tried))


@dataclass(frozen=True)
class _View:
    """The judged packets: their deficits at any rate, bytes, fates."""

    deficits: Deficits
    bytes: Floats
    lost: Bools


@dataclass(frozen=True)
class _Point:
    """A rate with its best bucket and blur."""

    log_likelihood: float
    rate: float
    bucket: float
    blur: float


def _slopes(trace: Trace) -> Floats:
    """Rates at which bytes passed between losses: where the bucket did not overflow between them, the very rate."""
    used = passed_before(trace)
    at = trace.judged[trace.lost[trace.judged]]
    found = [np.zeros(0)]
    for step in sorted({max(1, (at.size - 1) // part) for part in (1, 2, 3, 4, 6, 8)}):
        seconds = trace.t_s[at[step:]] - trace.t_s[at[:-step]]
        apart = seconds > 0
        slopes = (used[at[step:]] - used[at[:-step]])[apart] / seconds[apart]
        if slopes.size:
            found.append(np.percentile(slopes, (10, 25, 40, 50, 60, 75, 90)))
    slopes = np.unique(np.concatenate(found))
    return slopes[slopes > 0]


def _at_rate(view: _View, rate: float, blurs: Sequence[float], shares: Sequence[float]) -> _Point:
    """The best bucket at one rate: what parts fates best, or somewhat below what the losses needed; over blurs."""
    lost = view.lost
    needed = view.deficits.at(rate) + view.bytes
    half = 0.5 * float(view.bytes[lost].mean())
    by_size = np.sort(needed[lost])
    of_losses = np.interp(np.asarray(shares) / 100 * (by_size.size - 1), np.arange(by_size.size), by_size)
    parting = _parting(needed, lost)
    best = _Point(-np.inf, rate, 0.0, 0.0)
    for blur in blurs:
        buckets = np.append(of_losses - min(half, 2 * blur), parting)
        found = log_likelihood(needed, lost, buckets, blur)
        at = int(np.argmax(found))
        if found[at] > best.log_likelihood:
            best = _Point(float(found[at]), rate, float(buckets[at]), blur)
    return best


def _parting(needed: Floats, lost: Bools) -> float:
    """The bucket with the fewest packets on its wrong side, midway between its neighbours."""
    least = needed[lost].min()
    above = needed >= least
    order = np.argsort(needed[above], kind="stable")
    values, fates = needed[above][order], lost[above][order]
    # Split before value k: losses below it and passes from it on are on the wrong side.
    wrong = np.concatenate(([0], np.cumsum(fates))) + np.concatenate((np.cumsum(~fates[::-1])[::-1], [0]))
    at = int(np.argmin(wrong))
    if at == values.size:
        return float(values[-1])
    below = needed[~above]
    under = values[at - 1] if at else below.max() if below.size else values[0]
    return float((under + values[at]) / 2)


def _refined(view: _View, start: float) -> _Point:
    """The summit near one rate: ever finer grids around the best so far."""
    best = _at_rate(view, start, _BLUR, _SHARES)
    step = _COARSE_STEP
    for _ in range(_ROUNDS):
        around = best.rate * np.exp(np.linspace(-step, step, 9))
        best = max(
            (best, *(_at_rate(view, rate, _BLUR, _SHARES) for rate in around.tolist())),
            key=lambda point: point.log_likelihood,
        )
        step /= 3
    return best


def _together(lost: Bools) -> float:
    """Losses per run of losses: a burst that meets an empty bucket is one observation, however long it is."""
    runs = int(lost[0]) + int(np.count_nonzero(lost[1:] & ~lost[:-1]))
    return float(np.count_nonzero(lost)) / runs


def _with_intervals(view: _View, best: _Point, others: Sequence[float]) -> BucketFit:
    """The fit, its profile over rates near the best and others, and what of it is feasible."""
    steps = np.geomspace(1e-4, 0.2, 16)
    near = best.rate * np.exp(np.concatenate((-steps, steps)))
    points = [_at_rate(view, rate, (best.blur,), _SHARES) for rate in (*near.tolist(), *others)]
    points = sorted((*points, best), key=lambda point: point.rate)
    lost = view.lost
    rates = np.array([point.rate for point in points])
    gains = (np.array([point.log_likelihood for point in points]) - best.log_likelihood) / _together(lost)
    feasible = gains >= -FEASIBLE
    missing = view.deficits.at(best.rate)
    share = float(lost.mean())
    null = lost.sum() * np.log(share) + (~lost).sum() * np.log1p(-share)
    sizes = best.bucket + best.blur * np.linspace(-3, 3, 61)
    likely = log_likelihood(missing + view.bytes, lost, sizes, best.blur)
    low, high = sizes[likely >= likely.max() - FEASIBLE * _together(lost)][[0, -1]]
    at_feasible = [point.bucket for point, within in zip(points, feasible, strict=True) if within]
    return BucketFit(
        rate_byte_s=best.rate,
        rate_low=float(rates[feasible].min()),
        rate_high=float(rates[feasible].max()),
        bucket_bytes=best.bucket,
        bucket_low=float(min(low, *at_feasible)) if at_feasible else float(low),
        bucket_high=float(max(high, *at_feasible)) if at_feasible else float(high),
        explained=float(1 - best.log_likelihood / null),
        blur_bytes=best.blur,
        rates=rates,
        gains=gains,
        deficit=missing,
    )
