"""What a probe's memoryless ticks keep of a run, for many runs at once.

The delivered rate is constant within steps of 0.1 s. Ticks read the cumulative count: exponential with mean 250 ms,
clamped to 25-650 ms, and one at the end (probe/measurement/ticks.py, which this package may not import). Bins come from
the ticks by the interpolation of `series.bin_rates`: the same numbers, up to the last digits of a float.
"""

import numpy as np

from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats

STEP_S = 0.1
MEAN_S, SHORTEST_S, LONGEST_S = 0.25, 0.025, 0.65
_APART_S = 64.0
"""Runs lie this far apart on one axis, so that a single interpolation serves them all; longer than any run."""


def ticks_s(runs: int, duration_s: float, rng: np.random.Generator) -> Floats:
    """Times of ticks, shape (runs, ticks): rising to `duration_s`, which fills the rest of each row.

    >>> t = ticks_s(3, 4.0, np.random.default_rng(1))
    >>> bool((np.diff(t) >= 0).all()), t[:, -1].tolist()
    (True, [4.0, 4.0, 4.0])
    """
    # Mean spacing .237 s, standard deviation below .2 s: six of them more than the mean number is always enough.
    mean_number = duration_s / 0.235
    columns = int(np.ceil(mean_number + 6 * np.sqrt(mean_number))) + 1
    waits = np.clip(rng.exponential(MEAN_S, (runs, columns)), SHORTEST_S, LONGEST_S)
    times: Floats = np.minimum(np.cumsum(waits, axis=1), duration_s)
    times[:, -1] = duration_s
    return times


def sampled_bytes(rates_bit_s: Floats, times_s: Floats) -> Floats:
    """Cumulative bytes at the ticks, shape of `times_s`, of runs with rates of shape (runs, steps).

    >>> sampled_bytes(np.full((1, 10), 8e6), np.array([[0.25, 1.0]])).round(6).tolist()
    [[250000.0, 1000000.0]]
    """
    runs, steps = rates_bit_s.shape
    count = np.zeros((runs, steps + 1))
    np.cumsum(rates_bit_s * (STEP_S / 8), axis=1, out=count[:, 1:])
    edges = np.broadcast_to(np.arange(steps + 1) * STEP_S, count.shape)
    return _interpolated(times_s, edges, count)


def binned_bit_s(rates_bit_s: Floats, times_s: Floats, parameters: Parameters) -> Floats:
    """Rates in bins as the analysis sees them, shape (runs, bins), floored.

    >>> from analysis.stats.series import bin_rates
    >>> rng = np.random.default_rng(2)
    >>> rates, times = rng.uniform(1e6, 20e6, (2, 40)), ticks_s(2, 4.0, rng)
    >>> both = binned_bit_s(rates, times, Parameters())
    >>> one = bin_rates(times[1], sampled_bytes(rates, times)[1], Parameters(), 4.0)
    >>> bool(np.allclose(both[1], one, rtol=1e-9, atol=0))
    True
    """
    runs = rates_bit_s.shape[0]
    zero = np.zeros((runs, 1))
    times = np.hstack((zero, times_s))
    count = np.hstack((zero, sampled_bytes(rates_bit_s, times_s)))
    bins = int(np.floor(rates_bit_s.shape[1] * STEP_S / parameters.bin_s + 1e-9))
    edges = np.broadcast_to(np.arange(bins + 1) * parameters.bin_s, (runs, bins + 1))
    rates: Floats = np.diff(_interpolated(edges, times, count), axis=1) * 8 / parameters.bin_s
    return np.maximum(rates, parameters.floor_bit_s)


def _interpolated(at: Floats, x: Floats, y: Floats) -> Floats:
    """np.interp for each row: all rows on one axis, far apart."""
    apart = np.arange(x.shape[0])[:, None] * _APART_S
    return np.asarray(np.interp((at + apart).ravel(), (x + apart).ravel(), y.ravel()).reshape(at.shape))
