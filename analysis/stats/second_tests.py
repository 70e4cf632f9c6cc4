"""Second tests, for what an e-value alone may not carry: C-pc and G (detection.md 4.10). Rigorous, without simulation.

Null hypothesis of both: that of ``cell``. A pair's score z is the weighted sum of tanh(u) over rate, late rate, RTT and
loss. Under the null it is at least as large as what the coin would make of two equal runs, so the sign-flip
distribution given |z| bounds the chance of so small a sum of z, inside the interval null too: a coin that hides a
difference makes negative scores smaller and positive ones larger, which only raises the p-value. Failures are not
exchangeable under "five points more": their p-value is one over their e-value (Markov). The two share the level .8 / .2.

C-pc. Were at most r - 1 homes odd, the rest would be honest: the p-value is the largest that leaving out r - 1 homes can
give, and P(Bin(K, rho) >= r) is added for the case of more. For one theta of the bound exp(theta sum z) prod cosh(theta z)
the worst homes to leave out are those that add most, so the largest over subsets is found without trying them all;
the bound stands for exact flips and saddlepoints, a little larger than either and never too small.
r is the smallest with a tail of at most min(5e-4, q / 2M): with 5e-4 alone a lone finding in a large family could never
pass BH.

G. A home alone is significant if its own p-value (exact up to 24 terms) is at most .05; the count is compared with
Binomial(K, rho + .95 x .05).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from analysis.stats.home import log_mean
from analysis.stats.pair import Hypothesis, PairTable, scores
from analysis.stats.parameters import METRICS, Parameters
from analysis.stats.series import Floats, Ints

LARGEST_TAIL = 5e-4
HOME_LEVEL = 0.05
FEWEST_PAIRS = 5
EXACT_TERMS = 24
_THETAS = np.geomspace(0.05, 50.0, 32)
_RATE_METRICS = tuple(metric for metric in METRICS if metric != "fail")


@dataclass(frozen=True)
class SecondTests:
    """Both p-values, rounded to 1e-9 upwards; ``left_out``: r - 1; ``significant``: homes that G counts, of ``tried``."""

    c_pc: float
    g: float
    homes: int
    left_out: int
    significant: int
    tried: int

    @property
    def p(self) -> float:
        """Of either test, with the factor 2 for looking at both."""
        return min(1.0, 2 * min(self.c_pc, self.g))


def second_tests(
    pairs: PairTable, parameters: Parameters, hypothesis: Hypothesis, hypotheses: int
) -> SecondTests:
    """Both tests of one cell in a family of ``hypotheses``; p = 1 where there are no homes."""
    homes = int(np.unique(pairs.cluster).size)
    if not homes:
        return SecondTests(1.0, 1.0, 0, 0, 0, 0)
    z, fail = _scores(pairs, parameters, hypothesis)
    cluster = np.unique(pairs.cluster, return_inverse=True)[1]
    r = most_odd(homes, parameters.rho, min(LARGEST_TAIL, parameters.q / (2 * hypotheses)))
    tail = float(binom.sf(r - 1, homes, parameters.rho))
    shares = _share(parameters)
    without = min(
        _flips_without(z, cluster, homes, r - 1) / shares[0],
        _failures_without(fail, cluster, homes, r - 1, parameters) / shares[1],
    )
    tried, significant = _significant_homes(z, fail, cluster, homes, parameters)
    chance = parameters.rho + (1 - parameters.rho) * HOME_LEVEL
    return SecondTests(
        c_pc=_up(min(1.0, without + tail)),
        g=_up(float(binom.sf(significant - 1, tried, chance))) if tried else 1.0,
        homes=homes,
        left_out=r - 1,
        significant=significant,
        tried=tried,
    )


def most_odd(homes: int, rho: float, tail: float) -> int:
    """The smallest r with P(Bin(homes, rho) >= r) <= tail.

    >>> [most_odd(k, 0.02, 5e-4) for k in (3, 10, 30, 100)]
    [3, 4, 5, 9]
    """
    r = 1
    while float(binom.sf(r - 1, homes, rho)) > tail:  # ends: the tail of homes + 1 is 0
        r += 1
    return r


def flip_p(z: Sequence[float] | Floats) -> float:
    """P(sum of |z| with fair signs <= sum of z): exact up to EXACT_TERMS terms, the exponential bound above.

    >>> flip_p([-1.0, -2.0, -3.0, -1.5, -0.5]), flip_p([-1.0, 1.0])
    (0.03125, 0.75)
    """
    terms = np.asarray(z, dtype=np.float64)
    terms = terms[terms != 0]
    if not terms.size:
        return 1.0
    if terms.size > EXACT_TERMS:
        return min(1.0, float(np.exp(_bounds(terms[:, None]).sum(axis=0).min())))
    sizes = np.abs(terms)
    half = terms.size // 2
    left, right = _all_sums(sizes[:half]), np.sort(_all_sums(sizes[half:]))
    # Sums that tie up to rounding count as reached: towards a larger p, the innocent side.
    reached = np.searchsorted(right, terms.sum() - left + 1e-9, side="right").sum()
    return float(reached / 2.0**terms.size)


def benjamini_hochberg(p: Sequence[float], hypotheses: int, q: float) -> tuple[bool, ...]:
    """Which of ``hypotheses`` to reject, of which ``p`` are given and the rest are 1 (Benjamini & Hochberg 1995).

    >>> benjamini_hochberg([0.001, 0.02, 0.9], 4, 0.05)
    (True, True, False)
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.sort(values)
    reached = np.flatnonzero(order <= q * np.arange(1, values.size + 1) / hypotheses)
    bar = order[reached[-1]] if reached.size else -1.0
    return tuple((values <= bar).tolist())


def _scores(pairs: PairTable, parameters: Parameters, hypothesis: Hypothesis) -> tuple[Floats, Floats]:
    """A score per pair for what arrived, in -1..1, and the failures' u; both negative against the service."""
    u = scores(pairs, parameters, hypothesis)
    weights = np.array([parameters.metric_weights[metric] for metric in _RATE_METRICS])
    rows = [METRICS.index(metric) for metric in _RATE_METRICS]
    z = weights @ np.tanh(u[rows]) / max(weights.sum(), 1e-12)
    return np.asarray(np.round(z, 9)), u[METRICS.index("fail")]


def _share(parameters: Parameters) -> tuple[float, float]:
    """How the level is shared between what arrived and failures."""
    fail = parameters.weight_fail
    return max(1 - fail, 1e-12), max(fail, 1e-12)


def _bounds(z: Floats) -> Floats:
    """theta z + ln cosh(theta z), shape (pairs, thetas): ln of what a pair adds to the bound of the flips.

    ln cosh x = |x| + ln((1 + e^-2|x|) / 2), which no size of x overflows.
    """
    x = z * _THETAS
    return np.asarray(x + np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - np.log(2.0))


def _per_home(values: Floats, cluster: Ints, homes: int) -> Floats:
    """Sums over each home, shape (homes, columns)."""
    found = np.zeros((homes, values.shape[1]))
    np.add.at(found, cluster, values)
    return found


def _flips_without(z: Floats, cluster: Ints, homes: int, left_out: int) -> float:
    """The bound of the sign-flip p-value, whichever ``left_out`` homes are odd."""
    added = np.sort(_per_home(_bounds(z[:, None]), cluster, homes), axis=0)
    # What incriminates most has the smallest bound: without those, the bound is largest.
    return min(1.0, float(np.exp(added[left_out:].sum(axis=0).min()))) if left_out < homes else 1.0


def _failures_without(
    fail: Floats, cluster: Ints, homes: int, left_out: int, parameters: Parameters
) -> float:
    """One over the e-value of failures, for each bet without the homes that earn it most."""
    bets = np.array(parameters.c_grid)
    earned = np.sort(_per_home(np.log(1 - fail[:, None] * bets), cluster, homes), axis=0)
    rest = earned[: homes - left_out].sum(axis=0) if left_out < homes else np.zeros(bets.size)
    return min(1.0, float(np.exp(-(log_mean(rest, 1 / bets.size)))))


def _significant_homes(
    z: Floats, fail: Floats, cluster: Ints, homes: int, parameters: Parameters
) -> tuple[int, int]:
    """How many homes of FEWEST_PAIRS there are, and how many of them are significant alone."""
    shares = _share(parameters)
    tried = significant = 0
    for home in range(homes):
        mine = cluster == home
        if mine.sum() < FEWEST_PAIRS:
            continue
        tried += 1
        own = _failures_without(fail[mine], np.zeros(int(mine.sum()), dtype=np.int64), 1, 0, parameters)
        significant += min(flip_p(z[mine]) / shares[0], own / shares[1]) <= HOME_LEVEL
    return tried, significant


def _all_sums(sizes: Floats) -> Floats:
    """The sums of all choices of signs."""
    sums = np.zeros(1)
    for size in sizes:
        sums = np.concatenate((sums + size, sums - size))
    return sums


def _up(p: float) -> float:
    """Rounded up to 1e-9: a p-value must not look smaller than it is."""
    return float(min(1.0, np.ceil(p * 1e9) / 1e9))
