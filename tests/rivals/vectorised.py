"""Wehe's client rule on many pairs at once: what a bench sets beside our own arithmetic. The same verdicts as ``decide``."""

import numpy as np
from numpy.typing import NDArray

from tests.rivals.rules import CLIENT, Rule
from tests.rivals.samples import Floats
from tests.rivals.statistics import ks_p


def slowed_or_favoured(original: Floats, control: Floats, rule: Rule = CLIENT) -> NDArray[np.int64]:
    """-1 slowed, 1 favoured, 0 neither, of pairs of samples in Mbit/s, shape (pairs, samples), none of them zero.

    Raises ValueError for a rule that looks at half-samples or CDFs, or for samples of zero: those are left out of the KS test.

    >>> slowed_or_favoured(np.full((2, 100), 1.5), np.array([[20.0] * 100, [1.5] * 100])).tolist()
    [-1, 0]
    """
    if rule.half_samples != "ignored" or rule.area_kind != "means":
        msg = f"{rule.id} does not decide by area of means and KS alone"
        raise ValueError(msg)
    if rule.ks_without_zeros and not (original.all() and control.all()):
        msg = "samples of zero"
        raise ValueError(msg)
    one, other = original.mean(axis=1), control.mean(axis=1)
    largest = np.maximum(one, other)
    area = (other - one) / largest
    far = np.abs(area) >= np.where(largest > rule.fast_mbit_s, rule.area_fast, rule.area)
    found = np.zeros(area.size, dtype=np.int64)
    rows = np.flatnonzero(far)  # as the client does: KS is only asked where the area is large
    found[rows] = np.where(_p(original[rows], control[rows]) < rule.ks_p, -np.sign(area[rows]), 0)
    return found


def _p(original: Floats, control: Floats) -> Floats:
    """Two-sample KS p-values by the largest gap, which is the number that scipy is asked for, once each."""
    sizes = original.shape[1], control.shape[1]
    values = np.concatenate((original, control), axis=1)
    order = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    steps = np.where(order < sizes[0], sizes[1], -sizes[0]).cumsum(axis=1)
    # Equal values are one step: the gap counts behind the last of them.
    last = np.concatenate((ordered[:, 1:] != ordered[:, :-1], np.ones((values.shape[0], 1), bool)), axis=1)
    gaps = np.where(last, np.abs(steps), 0).max(axis=1, initial=0)
    known = {gap: _p_of_gap(int(gap), sizes) for gap in np.unique(gaps).tolist()}
    return np.array([known[gap] for gap in gaps.tolist()], dtype=np.float64)


def _p_of_gap(gap: int, sizes: tuple[int, int]) -> float:
    """``ks_p`` of two lists with that gap; for lists of one size only, as Wehe's are."""
    if sizes[0] != sizes[1]:
        msg = f"lists of {sizes[0]} and {sizes[1]} samples"
        raise ValueError(msg)
    n = sizes[0]
    apart = gap // n  # the gap in samples: so many of the one lie below all of the other
    one = np.concatenate((np.zeros(apart), np.arange(1.0, n - apart + 1)))
    return ks_p(one, np.concatenate((np.arange(1.0, n - apart + 1), np.full(apart, n + 1.0))))
