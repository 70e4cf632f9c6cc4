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

from analysis.stats.columns import row_sum, running_sums
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
    tail_original_bit_s, tail_control_bit_s: mean rates over the tail; shift_original, shift_control: each run's own last
    shift (`last_shift`). NaN, and s at its floor, where a run is too short to be a series.
    """

    d_thr: Floats
    d_tail: Floats
    s: Floats
    tail_start: Ints
    tail_original_bit_s: Floats
    tail_control_bit_s: Floats
    shift_original: Ints
    shift_control: Ints


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
    if (t[1:] < t[:-1]).any() or (count[1:] < count[:-1]).any():
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
    return _last_shift(np.log(np.ascontiguousarray(_columns(rates_bit_s))), parameters).reshape(
        rates_bit_s.shape[:-1]
    )


def _last_shift(log_rate: Floats, parameters: Parameters) -> Ints:
    """The same of columns, shape (bins, runs)."""
    bins, runs = log_rate.shape
    head = head_bins(bins, parameters)
    start = np.full(runs, head, dtype=np.int64)
    latest = bins - int(np.ceil(parameters.shift_min_tail_share * bins - 1e-9))
    # Two means lie no further apart than the extremes: most steady runs need no search at all.
    used = log_rate[head:]
    moving = np.flatnonzero(~(used.max(axis=0) - used.min(axis=0) < parameters.shift_min_log))
    for _ in range(_MOST_SHIFTS):  # ends when no run moves, at the latest after _MOST_SHIFTS
        found, split = _best_split(log_rate[:, moving], start[moving], latest, parameters)
        moving = moving[found]
        if not moving.size:
            break
        start[moving] = split[found]
    return start


def _best_split(
    log_rate: Floats, start: Ints, latest: int, parameters: Parameters
) -> tuple[NDArray[np.bool_], Ints]:
    """Per run (column): whether a shift lies at or before bin `latest`, and the first bin after the best one."""
    bins, runs = log_rate.shape
    cumulative, squares = running_sums(log_rate), running_sums(log_rate**2)
    run = np.arange(runs)
    if runs and start.min() == start.max():
        start = start[
            :1
        ]  # the first round: all begin at one bin, so what depends on it alone is counted once
    base, whole = cumulative[start, run], cumulative[-1]
    first = min(int(start.min(initial=bins)) + parameters.shift_min_head_bins, latest)
    splits = np.arange(first, latest + 1)[:, None]
    before, after, used = splits - start, bins - splits, bins - start
    allowed = before >= parameters.shift_min_head_bins
    upto = cumulative[first : latest + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        step = (whole - upto) / after - (upto - base) / before
        gain = np.where(allowed, before * after / used * step**2, -1.0)
    best = np.argmax(gain, axis=0)
    largest = gain[best, run]
    spread = squares[-1] - squares[start, run] - (whole - base) ** 2 / used
    residual = np.maximum((spread - largest) / np.maximum(used - 2, 1), _FLAT_VARIANCE)
    found = (largest >= parameters.shift_min_f * residual) & (largest > 0)
    found &= np.abs(step[best, run]) >= parameters.shift_min_log
    return found, best + first


def batch_se(rates_bit_s: Floats, parameters: Parameters) -> Floats:
    """Standard error of the mean log rate, from five batch means, over the last axis (ln units).

    Batch means carry the autocorrelation that the plain formula would deny (lag-1 correlation .7: detection.md 3.1).

    >>> float(batch_se(np.full(10, 20e6), Parameters()))
    0.0
    """
    return _batch_se(np.log(np.ascontiguousarray(_columns(rates_bit_s))), parameters).reshape(
        rates_bit_s.shape[:-1]
    )


def _batch_se(log_rate: Floats, parameters: Parameters) -> Floats:
    """The same of columns of log rates, shape (bins, runs)."""
    batches = min(parameters.se_batches, log_rate.shape[0])
    if batches < 2:
        return np.zeros(log_rate.shape[1])
    means = np.stack([row_sum(part) / len(part) for part in np.array_split(log_rate, batches)])
    means -= row_sum(means) / batches
    return np.asarray(np.sqrt(row_sum(means**2) / (batches - 1)) / np.sqrt(batches))


def compare(original_bit_s: Floats, control_bit_s: Floats, parameters: Parameters) -> Comparison:
    """Compare the runs of a pair, or of many: shapes (..., bins), the leading axes equal.

    Both runs are read over the same seconds: the longer one is cut to the bins of the shorter. Swapping the runs
    negates d_thr and d_tail, exchanges the tail rates and leaves s and tail_start as they are, to the last bit.

    >>> c = compare(np.array([20e6] * 5 + [4e6] * 15), np.full(20, 20e6), Parameters())
    >>> round(float(c.d_thr), 3), round(float(c.d_tail), 3), round(float(c.s), 3), int(c.tail_start)
    (-1.609, -1.609, 0.05, 5)
    """
    bins = min(original_bit_s.shape[-1], control_bit_s.shape[-1])
    shape = original_bit_s.shape[:-1]
    if bins < parameters.min_bins:
        missing = np.full(shape, np.nan)
        floor = np.full(shape, parameters.s_floor)
        none = np.zeros(shape, dtype=np.int64)
        return Comparison(missing, missing, floor, none, missing, missing, none, none)
    pairs = int(np.prod(shape, dtype=np.int64))
    # Both sides at once, originals first: what follows asks nothing of the label, and each logarithm is taken once.
    rates = np.empty((bins, 2 * pairs))
    rates[:, :pairs] = _columns(original_bit_s[..., :bins])
    rates[:, pairs:] = _columns(control_bit_s[..., :bins])
    log_rate = np.log(rates)
    half = bins // 2
    late = np.log(row_sum(rates[half:]) / (bins - half))
    squared_se = _batch_se(log_rate[half:], parameters) ** 2
    shift = _last_shift(log_rate, parameters)
    start = np.maximum(shift[:pairs], shift[pairs:])
    tail = _mean_from(rates, np.concatenate((start, start)))
    log_tail = np.log(tail)
    # The sum of the two squares first: addition is commutative, but not associative, in floating point.
    noise = squared_se[:pairs] + squared_se[pairs:]
    return Comparison(
        d_thr=(late[:pairs] - late[pairs:]).reshape(shape),
        d_tail=(log_tail[:pairs] - log_tail[pairs:]).reshape(shape),
        s=np.sqrt(parameters.s_floor**2 + noise).reshape(shape),
        tail_start=start.reshape(shape),
        tail_original_bit_s=tail[:pairs].reshape(shape),
        tail_control_bit_s=tail[pairs:].reshape(shape),
        shift_original=shift[:pairs].reshape(shape),
        shift_control=shift[pairs:].reshape(shape),
    )


def _columns(runs: Floats) -> Floats:
    """Runs, shape (..., bins), as columns, shape (bins, runs): what is done to one bin is done to all runs at once."""
    return runs.reshape(-1, runs.shape[-1]).T


def _mean_from(rates: Floats, start: Ints) -> Floats:
    """Mean of columns over the bins from `start` (one per run) to the end."""
    bins, first = len(rates), int(start.min(initial=len(rates)))
    nothing = np.zeros(rates.shape[1])
    total = row_sum([nothing] * first + list(rates[first:]))
    later = np.flatnonzero(start > first)
    if later.size:
        some, begins, nothing = rates[:, later], start[later], nothing[later]
        total[later] = row_sum([np.where(begins <= row, some[row], nothing) for row in range(bins)])
    return total / (bins - start)
