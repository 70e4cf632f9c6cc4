"""A run as a series of rates, and two runs of a pair compared.

Cumulative byte counts on memoryless ticks are interpolated to bins of 0.2 s, with a floor, and the first tenth is
dropped (detection.md 4.5). All functions work on the last axis, so that a simulation can hold many runs in an array.

Level shifts. In each run alone, without its label: among the splits of the log rate into two constants that leave at
least two bins before and a quarter of the run after, take the one with the smallest squared error. It is a shift if
the two means differ by at least 0.2 (ln) and the F statistic of the split is at least 25. Then look again to the right
of it, until there is none: the *last* shift. A run without a shift has its whole used part as tail.

The tail of a pair begins at the *later* of the two runs' last shifts, for both runs. Which run shifted does not
matter, so the tail of the unordered pair is the same under both assignments of the labels, and swapping them turns
d_tail into -d_tail exactly: that is all the sign-flip argument of 4.7 needs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.stats.parameters import Parameters

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Successive shifts in a run: bins are at least two apart, and a run has no more stories to tell than this.
_MOST_SHIFTS = 8
# Variance of log rate below which a series counts as flat: 1 % of rate, what the clock of the ticks is worth.
_FLAT_VARIANCE = 1e-4


@dataclass(frozen=True)
class Comparison:
    """Two runs compared; each field has the shape of the runs without their last axis (bins).

    d_thr, d_tail: ln(rate of original / rate of control) over the second half and over the tail (ln units, negative
    when the original was slower); s: the label-blind scale of 4.6 (ln units); tail_start: first bin of the tail;
    tail_original_bit_s, tail_control_bit_s: mean rates over the tail. NaN, and s at its floor, where a run is too
    short to be a series.
    """

    d_thr: Floats
    d_tail: Floats
    s: Floats
    tail_start: Ints
    tail_original_bit_s: Floats
    tail_control_bit_s: Floats


def bin_rates(
    t_s: ArrayLike, received_bytes: ArrayLike, parameters: Parameters, duration_s: float | None = None
) -> Floats:
    """Rates in bit/s of the whole bins of [0, duration_s], by interpolation of cumulative bytes, floored.

    `t_s` counts from the start of the transfer, where zero bytes had arrived. Without a duration the run ends with
    its last sample; with one, the count stands still after the last sample, as that of a stalled run does.
    Raises ValueError if times or bytes are not finite or run backwards, or their numbers differ.

    >>> bin_rates([0.25, 0.5, 1.0], [25_000, 50_000, 50_000], Parameters()).round().tolist()
    [800000.0, 800000.0, 400000.0, 10000.0, 10000.0]
    """
    t = np.concatenate(([0.0], np.asarray(t_s, dtype=np.float64)))
    count = np.concatenate(([0.0], np.asarray(received_bytes, dtype=np.float64)))
    if t.shape != count.shape or t.ndim != 1:
        msg = f"samples need one time and one count each: {t.size - 1} times, {count.size - 1} counts"
        raise ValueError(msg)
    if not (np.isfinite(t).all() and np.isfinite(count).all()):
        msg = "samples must be finite"
        raise ValueError(msg)
    if (np.diff(t) < 0).any() or (np.diff(count) < 0).any():
        msg = "cumulative samples must not run backwards"
        raise ValueError(msg)
    end_s = float(t[-1]) if duration_s is None else duration_s
    bins = max(0, int(np.floor(end_s / parameters.bin_s + 1e-9)))
    edges = np.arange(bins + 1) * parameters.bin_s
    rates: Floats = np.diff(np.interp(edges, t, count)) * 8 / parameters.bin_s
    return np.maximum(rates, parameters.floor_bit_s)


def head_bins(bins: int, parameters: Parameters) -> int:
    """How many bins at the start of a run are dropped."""
    return int(np.ceil(parameters.head_share * bins - 1e-9))


def last_shift(rates_bit_s: Floats, parameters: Parameters) -> Ints:
    """First bin after the last level shift of each run, or the first used bin where there is none.

    Shape (..., bins) gives shape (...). At least a quarter of the run remains.

    >>> run = np.array([20e6] * 8 + [4e6] * 12)
    >>> int(last_shift(run, Parameters())), int(last_shift(run[:8], Parameters()))
    (8, 1)
    """
    bins = rates_bit_s.shape[-1]
    log_rate = np.log(rates_bit_s).reshape(-1, bins)
    start = np.full(log_rate.shape[0], head_bins(bins, parameters), dtype=np.int64)
    latest = bins - int(np.ceil(parameters.shift_min_tail_share * bins - 1e-9))
    # Two means lie no further apart than the extremes: most steady runs need no search at all.
    steady = np.ptp(log_rate[:, head_bins(bins, parameters) :], axis=1) < parameters.shift_min_log
    rows = np.flatnonzero(~steady)
    for _ in range(_MOST_SHIFTS):  # ends when no row moves, at the latest after _MOST_SHIFTS
        found, split = _best_split(log_rate[rows], start[rows], latest, parameters)
        rows = rows[found]
        if not rows.size:
            break
        start[rows] = split[found]
    return start.reshape(rates_bit_s.shape[:-1])


def _best_split(
    log_rate: Floats, start: Ints, latest: int, parameters: Parameters
) -> tuple[NDArray[np.bool_], Ints]:
    """Per row: whether a shift lies at or before bin `latest`, and the first bin after the best one."""
    rows, bins = log_rate.shape
    zero = np.zeros((rows, 1))
    cumulative = np.hstack((zero, np.cumsum(log_rate, axis=1)))
    squares = np.hstack((zero, np.cumsum(log_rate**2, axis=1)))
    split = np.arange(bins + 1)
    first = start[:, None]
    before, after = split - first, bins - split
    base = np.take_along_axis(cumulative, first, axis=1)
    total = cumulative[:, -1:] - base
    allowed = (before >= parameters.shift_min_head_bins) & (split <= latest)
    with np.errstate(divide="ignore", invalid="ignore"):
        step = (cumulative[:, -1:] - cumulative) / after - (cumulative - base) / before
        gain = np.where(allowed, before * after / (before + after) * step**2, -1.0)
    best = np.argmax(gain, axis=1)
    pick = (np.arange(rows), best)
    used = bins - start
    spread = squares[:, -1] - np.take_along_axis(squares, first, axis=1)[:, 0] - total[:, 0] ** 2 / used
    residual = np.maximum((spread - gain[pick]) / np.maximum(used - 2, 1), _FLAT_VARIANCE)
    found = (gain[pick] >= parameters.shift_min_f * residual) & (gain[pick] > 0)
    found &= np.abs(np.where(allowed[pick], step[pick], 0.0)) >= parameters.shift_min_log
    return found, best.astype(np.int64)


def batch_se(rates_bit_s: Floats, parameters: Parameters) -> Floats:
    """Standard error of the mean log rate, from five batch means, over the last axis (ln units).

    Batch means carry the autocorrelation that the plain formula would deny (lag-1 correlation .7: detection.md 3.1).

    >>> float(batch_se(np.full(10, 20e6), Parameters()))
    0.0
    """
    batches = min(parameters.se_batches, rates_bit_s.shape[-1])
    if batches < 2:
        return np.zeros(rates_bit_s.shape[:-1])
    parts = np.array_split(np.log(rates_bit_s), batches, axis=-1)
    means = np.stack([part.mean(axis=-1) for part in parts], axis=-1)
    return np.asarray(means.std(axis=-1, ddof=1) / np.sqrt(batches))


def compare(original_bit_s: Floats, control_bit_s: Floats, parameters: Parameters) -> Comparison:
    """Compare the runs of a pair, or of many: shapes (..., bins), the leading axes equal.

    Both runs are read over the same seconds: the longer one is cut to the bins of the shorter. Swapping the runs
    negates d_thr and d_tail, exchanges the tail rates and leaves s and tail_start as they are, to the last bit.

    >>> c = compare(np.array([20e6] * 5 + [4e6] * 15), np.full(20, 20e6), Parameters())
    >>> round(float(c.d_thr), 3), round(float(c.d_tail), 3), round(float(c.s), 3), int(c.tail_start)
    (-1.609, -1.609, 0.05, 5)
    """
    bins = min(original_bit_s.shape[-1], control_bit_s.shape[-1])
    original, control = original_bit_s[..., :bins], control_bit_s[..., :bins]
    shape = original.shape[:-1]
    if bins < parameters.min_bins:
        missing = np.full(shape, np.nan)
        floor = np.full(shape, parameters.s_floor)
        return Comparison(missing, missing, floor, np.zeros(shape, dtype=np.int64), missing, missing)
    half = bins // 2
    used_o, used_c = original[..., half:], control[..., half:]
    # The sum of the two squares first: addition is commutative, but not associative, in floating point.
    noise = batch_se(used_o, parameters) ** 2 + batch_se(used_c, parameters) ** 2
    start = np.maximum(last_shift(original, parameters), last_shift(control, parameters))
    tail_o, tail_c = _mean_from(original, start), _mean_from(control, start)
    return Comparison(
        d_thr=np.log(used_o.mean(axis=-1)) - np.log(used_c.mean(axis=-1)),
        d_tail=np.log(tail_o) - np.log(tail_c),
        s=np.sqrt(parameters.s_floor**2 + noise),
        tail_start=start,
        tail_original_bit_s=tail_o,
        tail_control_bit_s=tail_c,
    )


def _mean_from(rates_bit_s: Floats, start: Ints) -> Floats:
    """Mean over the bins from `start` (one per run) to the end."""
    bins = rates_bit_s.shape[-1]
    tail = np.arange(bins) >= start[..., None]
    return np.asarray(np.where(tail, rates_bit_s, 0.0).sum(axis=-1) / (bins - start))
