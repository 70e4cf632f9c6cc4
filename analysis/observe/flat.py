"""Flat: the ticks of many runs one behind the other, so that one operation of numpy serves them all. Pure.

A run of sixteen ticks is so short that asking numpy costs more than the answer. Times stay whole microseconds, so that a search
among all runs at once finds exactly what a search in each would: run r's are looked for between r and r + 1 spans.
Rates and medians have the bits that ``stats.series.bin_rates`` and ``stats.order_interval.middle`` give, run by run.
"""

from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.observe.packed import Laid
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats, Ints

SPAN: Final = 1 << 41
"""What two runs' keys lie apart: more than any time (µs) in a run that is searched here, and its surroundings."""
LONGEST: Final = 1 << 39
LARGEST_WHOLE: Final = 2.0**53


class Flat:
    """Ticks of runs: ``t_us`` and other columns have shape (ticks,), ``sizes`` and ``starts`` shape (runs,).

    Of runs that are not among ``which`` (shape (runs,)) it has none. To be searched, each run's times must run forward and
    stay below LONGEST.
    """

    def __init__(self, laid: Laid, which: NDArray[np.bool_] | None = None) -> None:
        self._laid = laid
        times = laid.entries("t_us")
        self.sizes: Ints = times if which is None else np.where(which, times, 0)
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.run = np.repeat(np.arange(self.sizes.size), self.sizes)
        self._within = np.arange(self.run.size) - self.starts[self.run]
        self.t_us = self.column("t_us")
        self._keys = self.run * SPAN + self.t_us

    def column(self, name: str) -> Ints:
        """A column of every run; zeros where a run's has not as many entries as it has times."""
        places = self._laid.begins(name)[self.run] + self._within
        fits = (self._laid.entries(name) == self.sizes)[self.run]
        if fits.all():
            return self._laid.words[places]
        found = np.zeros(places.size, dtype=np.int64)
        found[fits] = self._laid.words[places[fits]]
        return found

    def forward(self, column: Ints) -> NDArray[np.bool_]:
        """Whether a column begins at zero or above and never falls, shape (runs,)."""
        step = np.diff(column, prepend=0)
        begins = self.starts[self.sizes > 0]
        step[begins] = column[begins]
        falls = np.bincount(self.run[step < 0], minlength=self.sizes.size)
        return np.asarray(falls == 0)

    def last(self, column: Ints) -> Ints:
        """The last entry of each run, 0 where it has none."""
        found = np.zeros(self.sizes.size, dtype=np.int64)
        some = self.sizes > 0
        found[some] = column[(self.starts + self.sizes)[some] - 1]
        return found

    def before(self, run: Ints, at_us: Ints, side: Literal["left", "right"]) -> Ints:
        """How many times of a run lie before a moment (``left``), or not after it (``right``); shapes alike."""
        # A moment may lie a little before its run's beginning, or far behind its end: it stays with its run.
        at_us = np.clip(at_us, -1, SPAN - 2)
        return np.searchsorted(self._keys, run * SPAN + at_us, side) - self.starts[run]

    def rates(self, column: Ints, which: Ints, bins: int, parameters: Parameters) -> Floats:
        """Rates in bit/s of runs that all have ``bins`` bins, shape (which, bins): see ``stats.series.bin_rates``."""
        edges, edges_us = _edges(bins, parameters.bin_s)
        passed = self.before(which[:, None], edges_us[None, :], "right")
        sizes, starts = self.sizes[which][:, None], self.starts[which][:, None]
        low, high = starts + passed - 1, np.minimum(starts + passed, starts + sizes - 1)
        first = passed == 0  # between nothing at the start and the first tick
        t_s, count = self.t_us / 1e6, column.astype(np.float64)
        t_low, count_low = np.where(first, 0.0, t_s[low]), np.where(first, 0.0, count[low])
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (count[high] - count_low) / (t_s[high] - t_low)
            between = slope * (edges - t_low) + count_low
        # On a tick, and behind the last one, the count is the tick's.
        reached = np.where((passed == sizes) | (edges == t_low), count_low, between)
        rates: Floats = np.diff(reached) * 8 / parameters.bin_s
        return np.maximum(rates, parameters.floor_bit_s)

    def medians(self, column: Ints, counted: NDArray[np.bool_]) -> Floats:
        """The median of the ``counted`` entries (shape of the column) of each run, NaN of none; shape (runs,)."""
        ordered = np.sort(self.run[counted] * SPAN + column[counted])
        sizes = np.bincount(self.run[counted], minlength=self.sizes.size)
        ends = np.cumsum(sizes)
        some = np.flatnonzero(sizes)
        base, first, size = some * SPAN, (ends - sizes)[some], sizes[some]
        found = np.full(self.sizes.size, np.nan)
        found[some] = ((ordered[first + (size - 1) // 2] - base) + (ordered[first + size // 2] - base)) / 2
        return found


def rounded(values: Floats) -> Floats:
    """``round(value, 6)`` of each, a NaN for a NaN: shape (n,).

    Rounded to millionths by way of whole ones, which is exact but where that product's own error reaches over a half: those
    few are asked of Python.

    >>> rounded(np.array([0.1234565, 19.5, 1795291285.1234567])).tolist() == [
    ...     round(one, 6) for one in (0.1234565, 19.5, 1795291285.1234567)
    ... ]
    True
    """
    millionths = values * 1e6
    whole = np.rint(millionths)
    found: Floats = whole / 1e6
    unsafe = ~(np.abs(millionths - whole) + np.spacing(np.abs(millionths)) < 0.5) | (
        np.abs(whole) > LARGEST_WHOLE
    )
    for at in np.flatnonzero(unsafe & np.isfinite(values)).tolist():
        found[at] = round(float(values[at]), 6)
    return found


@lru_cache(64)
def _edges(bins: int, bin_s: float) -> tuple[Floats, Ints]:
    """The edges of bins in seconds, and for each the last whole microsecond that is not after it."""
    edges: Floats = np.asarray(np.arange(bins + 1) * bin_s, dtype=np.float64)
    near = np.floor(edges * 1e6).astype(np.int64)
    last: Ints = near - 1
    for candidate in (near, near + 1):
        last = np.where(candidate / 1e6 <= edges, candidate, last)
    return edges, last
