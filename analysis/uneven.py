"""Uneven: by how much one label may fail more often than the other, as far as what was seen to fail can tell. Pure."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from analysis.stats.effect import share_of_homes
from analysis.stats.second_tests import most_odd

BY_CHANCE: Final = 0.01
"""How probable it may be that the failures of a fair instrument are so uneven, before it is said to be none."""

ODD_TAIL: Final = 5e-4
"""How improbable so many odd lines must be, before the unevenness is no longer theirs alone (as in ``missing``)."""

LEVEL: Final = 1 - 2 * 0.05 / 3
"""Of each interval: three upper ends hold together at 95 %."""


def failure_bounds(d_fail: ArrayLike) -> tuple[float, float]:
    """Between what the mean of ``d_fail`` (fail_c - fail_o of each pair: -1, 0 or 1) may lie, each bound at 95 %.

    Two bounds hold at once, and the narrower counts. The original fails alone in no more pairs than the upper Clopper-Pearson bound
    of that; and of all pairs of which one run failed alone, whose share has such a bound, it is the original in no more than the
    interval of *that* share says, at worst in all. So few pairs leave much open though none failed:

    >>> failure_bounds([0.0] * 20), failure_bounds([0.0] * 100)
    ((-0.185122, 0.185122), (-0.040117, 0.040117))
    >>> failure_bounds([-1.0] * 7 + [0.0] * 13)
    (-0.610113, 0.0)
    >>> failure_bounds([])
    (-1.0, 1.0)
    """
    lost, won, pairs = _counted(d_fail)
    if not pairs:
        return -1.0, 1.0
    of_original, of_control, alone = (share_of_homes(n, pairs, LEVEL) for n in (lost, won, lost + won))
    among = share_of_homes(lost, lost + won, LEVEL) if lost + won else None
    low, high = (among.low, among.high) if among else (0.0, 1.0)
    worse = min(of_original.high, alone.high * max(0.0, 2 * high - 1))
    better = min(of_control.high, alone.high * max(0.0, 1 - 2 * low))
    return round(0.0 - worse, 6), round(better, 6)


def is_uneven(d_fail: ArrayLike) -> bool:
    """Whether one label failed more often than the other, beyond chance (two-sided sign test).

    >>> is_uneven([-1.0] * 7 + [0.0] * 13), is_uneven([-1.0] * 8)
    (False, True)
    """
    lost, won, _ = _counted(d_fail)
    return lost + won > 0 and float(binomtest(lost, lost + won, 0.5).pvalue) < BY_CHANCE


def odd_lines(d_fail: ArrayLike, line: ArrayLike, rho: float, delta: float) -> frozenset[int]:
    """The lines (numbers, one a pair in ``line``) that alone are why failures are not shown to be even within ``delta``.

    The one that is most uneven; or those that are uneven by themselves, fewer than ``most_odd`` of all lines: a home's own filter fails one
    label of one line, an instrument fails it on all. None where all is even with them, or still uneven without. Share ``rho`` may be odd.

    >>> quiet, homes = [0.0] * 240, [*range(12)] * 20
    >>> (
    ...     sorted(odd_lines(quiet + [-1.0] * 7, homes + [12] * 7, 0.02, 0.05)),
    ...     sorted(odd_lines(quiet, homes, 0.02, 0.05)),
    ... )
    ([12], [])
    >>> sorted(odd_lines([-1.0, 0.0, 0.0, 0.0, 0.0] * 48, homes, 0.02, 0.05))
    []
    """
    d, lines = np.asarray(d_fail, dtype=np.float64), np.asarray(line, dtype=np.int64)
    every = np.unique(lines).tolist()
    if _even(d, delta) or not every:
        return frozenset()
    by_line = {one: d[lines == one] for one in every}
    ranked = sorted(every, key=lambda one: -abs(float(np.nansum(by_line[one]))))
    most = most_odd(len(every), rho, ODD_TAIL) - 1
    tried = [frozenset(ranked[:1]), frozenset([one for one in ranked if is_uneven(by_line[one])][:most])]
    rest = {some: d[~np.isin(lines, list(some))] for some in tried if some and len(some) < len(every)}
    shown = [some for some, left in rest.items() if _even(left, delta)]
    fair = [some for some, left in rest.items() if is_uneven(d) and not is_uneven(left)]
    return next(iter((*shown, *fair)), frozenset())


def _even(d_fail: ArrayLike, delta: float) -> bool:
    return not is_uneven(d_fail) and max(map(abs, failure_bounds(d_fail))) < delta


def _counted(d_fail: ArrayLike) -> tuple[int, int, int]:
    """Pairs of which the original alone failed, of which the control alone did, and all."""
    d = np.asarray(d_fail, dtype=np.float64)
    return int((d < 0).sum()), int((d > 0).sum()), int(np.isfinite(d).sum())
