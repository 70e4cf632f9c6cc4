"""What Wehe's server computes of two lists of throughput samples (wehe-py3 src/testHypothesis.py, doTests).

Null hypothesis of its KS test: both lists are independent draws from one distribution. Throughput samples are not independent
(lag-1 correlation .73: detection.md 3.1), which is why its p-values are not p-values; they are computed here as it does.
"""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import ks_2samp

from tests.rivals.rules import Area
from tests.rivals.samples import Floats

HALF_SAMPLES: Final = 100
SAME_SIDE_OF: Final = 0.05
"""1 - alpha in ``sampleKS2``, whatever the client's own threshold for p."""
ZEROS_INSTEAD: Final = 10
"""How many zeros stand for a list that holds nothing else."""
_P: Final[dict[tuple[int, int, int], float]] = {}
_MOST_KNOWN: Final = 100_000


@dataclass(frozen=True)
class Statistics:
    """area: relative difference, positive where the control was faster; ks_p: two-sample KS p-value;

    original_mbit_s, control_mbit_s: mean rates over all samples, zeros included.
    """

    area: float
    ks_p: float
    original_mbit_s: float
    control_mbit_s: float


def statistics(original: Floats, control: Floats, kind: Area, *, without_zeros: bool) -> Statistics:
    """The statistics of two lists of rates in Mbit/s, neither empty.

    >>> statistics(np.full(100, 1.5), np.full(100, 20.0), "means", without_zeros=True).area
    0.925
    """
    area = area_of_means(original, control) if kind == "means" else area_of_cdfs(original, control)
    lists = [_without_zeros(x) for x in (original, control)] if without_zeros else [original, control]
    return Statistics(area, ks_p(*lists), float(original.mean()), float(control.mean()))


def area_of_means(original: Floats, control: Floats) -> float:
    """(mean control - mean original) / the larger mean, in -1..1; 0 where nothing arrived in either (py3 344d8a9).

    >>> area_of_means(np.array([1.0, 3.0]), np.array([4.0, 4.0]))
    0.5
    """
    one, other = float(original.mean()), float(control.mean())
    larger = max(one, other)
    return (other - one) / larger if larger > 0 else 0.0


def area_of_cdfs(original: Floats, control: Floats) -> float:
    """Area between the two CDFs, from quantile .001 up, over the smaller of the two maxima (py3 2c5f7eb).

    The CDF begins at rate 0, as ``list2CDF`` draws it. Infinite where only one list holds rates above zero.

    >>> round(area_of_cdfs(np.full(100, 8.0), np.full(100, 10.0)), 2)
    0.25
    """
    smaller = float(min(original.max(), control.max()))
    between = _quantile_integral(control) - _quantile_integral(original)
    if smaller > 0:
        return between / smaller
    return 0.0 if between == 0 else float(np.copysign(np.inf, between))


def _quantile_integral(samples: Floats) -> float:
    """Integral of the piecewise linear quantile function through (0, 0) and (i/n, i-th smallest), from .001 to 1."""
    x = np.concatenate(([0.0], np.sort(samples)))
    y = np.arange(x.size) / samples.size
    begin = 0.001
    later = y > begin
    x = np.concatenate(([np.interp(begin, y, x)], x[later]))
    y = np.concatenate(([begin], y[later]))
    return float(np.sum(np.diff(y) * (x[1:] + x[:-1]) / 2))


def _without_zeros(samples: Floats) -> Floats:
    moved = samples[samples > 0]
    return moved if moved.size else np.zeros(ZEROS_INSTEAD)


def ks_p(one: Floats, other: Floats) -> float:
    """Two-sided two-sample KS p-value as scipy gives it with its own choice of method, which is how the server calls it.

    It depends on the two sizes and the largest gap alone, so each such triple is asked of scipy once: half-samples of a pair
    repeat a few gaps a hundred times.
    """
    values = np.concatenate((one, other))
    below = [np.searchsorted(np.sort(x), values, side="right") for x in (one, other)]
    gap = int(np.abs(below[0] * other.size - below[1] * one.size).max())
    known = (one.size, other.size, gap)
    if known not in _P:
        if len(_P) >= _MOST_KNOWN:
            _P.clear()
        with warnings.catch_warnings():
            # scipy says when its exact sum overflowed and the asymptotic formula stands in; so does the server's.
            warnings.simplefilter("ignore", RuntimeWarning)
            _P[known] = float(ks_2samp(one, other).pvalue)
    return _P[known]


def half_sample_ratio(original: Floats, control: Floats, p: float, rng: np.random.Generator) -> float:
    """Share of 100 random halves of both lists, zeros included, whose KS p lies on the side of .05 where ``p`` does.

    Wehe calls it a jackknife and takes it from NetPolice. Raises ValueError for lists of fewer than two samples.
    """
    if min(original.size, control.size) < 2:
        msg = f"half of {min(original.size, control.size)} samples is nothing to test"
        raise ValueError(msg)
    small = p < SAME_SIDE_OF
    agreed = 0
    for _ in range(HALF_SAMPLES):
        halves = [rng.choice(x, x.size // 2, replace=False) for x in (original, control)]
        half_p = ks_p(*halves)
        agreed += half_p < SAME_SIDE_OF if small else half_p > SAME_SIDE_OF
    return agreed / HALF_SAMPLES
