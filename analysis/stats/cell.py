"""The e-value of a cell: the wager of its homes together, in which no single home can shout.

Null hypothesis: at most a share rho of homes differs by more than delta for a reason of its own, and all others are
treated equally in the sense of `home`. A home of the second kind multiplies E by at most 1 on average; one of the first
by at most 1 + pi(kappa - 1), and occurs with probability at most rho. Dividing each cluster's term by
1 + pi rho (kappa - 1) therefore keeps the mean of E at most 1 at any stopping time (detection.md 4.8):

    E = sum_b w_b mean_{pi,kappa} prod_k [1 + pi(min(E_kb, kappa) - 1)] / [1 + pi rho (kappa - 1)]

b runs over metrics, grid points, pooled or long, and hours. A cluster enters the product of a stratum with its first
pair there: until then it has wagered nothing and is divided by nothing. What is added up is exact (see `home`), so
the order of pairs and of homes leaves no trace in the result, which is rounded to 1e-6 in the logarithm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.stats.home import HomeEvidence, bet_weights, bets, floor_exact, from_exact, log_mean
from analysis.stats.parameters import METRICS, Parameters
from analysis.stats.series import Floats

_BISECTIONS = 30
"""To 1e-9: far below the 1e-6 to which the result is rounded down."""
_CHUNK = 256
"""Clusters at once."""
_CELLS = 128
"""Cells at once."""


@dataclass(frozen=True)
class CellTerms:
    """The parts of many cells' e-values, kept apart so that rho can be varied without touching a pair.

    log_capped: shape (cells, bets, strata, caps), ln prod_k [1 + pi(min(E_k, kappa) - 1)]; clusters: shape (cells,
    strata), how many clusters entered each product; pairs: shape (cells,).
    """

    log_capped: Floats
    clusters: NDArray[np.int64]
    pairs: NDArray[np.int64]

    def take(self, which: NDArray[np.int64] | slice) -> "CellTerms":
        """Some of the cells."""
        return CellTerms(self.log_capped[which], self.clusters[which], self.pairs[which])


@dataclass(frozen=True)
class CellEvidence:
    """One cell under one hypothesis.

    log_e: ln E, rounded to 1e-6; log_e_by_metric: ln E had only that metric been registered; clusters, pairs: how many
    it rests on; rho: the share of odd homes it allows for; rho_at_one: the rho at which E would fall to 1.
    """

    log_e: float
    log_e_by_metric: dict[str, float]
    clusters: int
    pairs: int
    rho: float
    rho_at_one: float


def cell_terms(
    homes: HomeEvidence, parameters: Parameters, cell: ArrayLike | None = None, cells: int = 1
) -> CellTerms:
    """The products over clusters of each cell.

    `cell` has one index 0 .. cells-1 per cluster; without it all clusters are of one cell. A cell without clusters has
    empty products, so E = 1.
    """
    count = homes.log_e.shape[0]
    cell_of = np.zeros(count, dtype=np.int64) if cell is None else np.asarray(cell, dtype=np.int64)
    if cell_of.shape != (count,) or (count and not 0 <= cell_of.min() <= cell_of.max() < cells):
        msg = f"each of {count} clusters needs a cell from 0 to {cells - 1}"
        raise ValueError(msg)
    log_capped = np.zeros((cells, *homes.log_e.shape[1:], len(parameters.caps)))
    clusters = np.zeros((cells, homes.pairs.shape[1]), dtype=np.int64)
    pairs = np.zeros(cells, dtype=np.int64)
    order = np.argsort(cell_of, kind="stable")
    # A chunk fits a processor's cache; sums are exact, so that chunks leave no trace.
    for begin in range(0, count, _CHUNK):
        chunk = order[begin : begin + _CHUNK]
        of_chunk = cell_of[chunk]
        first = np.flatnonzero(np.diff(of_chunk, prepend=-1))
        present = of_chunk[first]
        in_cells = homes.pairs[chunk]
        for cap, terms in enumerate(_log_terms(homes.log_e[chunk], parameters)):
            log_capped[present, :, :, cap] += np.add.reduceat(terms, first)
        clusters[present] += np.add.reduceat((in_cells > 0).astype(np.int64), first)
        pairs[present] += np.add.reduceat(in_cells[:, 0], first)
    return CellTerms(from_exact(log_capped), clusters, pairs)


def _log_terms(log_e: Floats, parameters: Parameters) -> Iterator[Floats]:
    """Of each cap ln [1 + pi(min(E, kappa) - 1)] in exact units, shape (clusters, bets, strata).

    Where a stratum holds no pair of a cluster, E is 1 and the term exactly 0: as if the cluster were absent.
    """
    # e^{largest kappa} is never needed, so large evidence is capped before it is exponentiated.
    e = np.exp(np.minimum(log_e, np.log(max(parameters.kappa_grid)) + 1))
    gains = {kappa: np.minimum(e, kappa) - 1.0 for kappa in parameters.kappa_grid}
    for pi, kappa in parameters.caps:
        terms = gains[kappa] * pi
        terms += 1.0
        np.log(terms, out=terms)
        yield floor_exact(terms, out=terms)


def log_e_values(terms: CellTerms, parameters: Parameters, rho: float | Floats | None = None) -> Floats:
    """Ln E of each cell, shape (cells,), rounded to 1e-6, for the registered rho or another one, or one a cell."""
    bets_and_caps = (1, 2, 3)
    return _rounded(log_mean(_log_e(terms, parameters, rho), _weights(parameters), axis=bets_and_caps))


def cell_evidence(homes: HomeEvidence, parameters: Parameters) -> CellEvidence:
    """The evidence of one cell, made of all these clusters.

    One home that could not be more incriminating, and five, are worth no more than this (detection.md 5.7):

    >>> import numpy as np
    >>> sure = HomeEvidence(np.full((5, 15, 4), 99.0), np.full((5, 4), 20))
    >>> [
    ...     float(f"{np.exp(cell_evidence(sure.take(np.arange(k)), Parameters()).log_e):.3g}")
    ...     for k in (1, 2, 3, 4, 5)
    ... ]
    [11.1, 180.0, 3560.0, 77500.0, 1770000.0]
    """
    return cell_evidences(cell_terms(homes, parameters), parameters)[0]


def cell_evidences(terms: CellTerms, parameters: Parameters) -> list[CellEvidence]:
    """The evidence of each cell of these terms; of many at once, for a family may hold two thousand."""
    log_e = log_e_values(terms, parameters)
    every = _log_e(terms, parameters, None)
    by_metric = {metric: _of_metric(every, parameters, metric) for metric in METRICS}
    at_one = _rho_at_bars(terms, parameters, 0.0)
    return [
        CellEvidence(
            log_e=float(log_e[cell]),
            log_e_by_metric={metric: float(values[cell]) for metric, values in by_metric.items()},
            clusters=int(terms.clusters[cell, 0]),
            pairs=int(terms.pairs[cell]),
            rho=parameters.rho,
            rho_at_one=float(at_one[cell]),
        )
        for cell in range(terms.pairs.size)
    ]


def metric_log_es(terms: CellTerms, parameters: Parameters, metric: str) -> Floats:
    """Ln E of each cell had only ``metric`` been registered, rounded to 1e-6; ``terms`` hold its bets alone."""
    return _weighed(_log_e(terms, parameters, None), parameters, metric)


def _of_metric(log_e: Floats, parameters: Parameters, metric: str) -> Floats:
    return _weighed(log_e[:, _bets_of(parameters, metric)], parameters, metric)


def _weighed(log_e: Floats, parameters: Parameters, metric: str) -> Floats:
    """Ln E of each cell from the bets of one metric; 0 where it has no weight."""
    weights = _weights(parameters)[_bets_of(parameters, metric)]
    total = float(weights.sum())
    if total <= 0:
        return np.zeros(log_e.shape[0])
    return _rounded(log_mean(log_e, weights / total, axis=(1, 2, 3)))


@cache
def _bets_of(parameters: Parameters, metric: str) -> NDArray[np.bool_]:
    return np.array([name == metric for name, _ in bets(parameters)])


def rho_at_bars(each: Sequence[CellTerms], parameters: Parameters, log_bar: float) -> Floats:
    """The share of odd homes at which each cell's ln E would fall below `log_bar`, by bisection, rounded to 1e-6.

    Each of `each` holds the terms of one cell; shape (cells,). E falls as rho grows. 0.0 where E is below the bar even
    if no home is odd; 1.0 where it is not below it even if all are (then the bar is no bar, or the cell is empty).
    """
    found = [np.zeros(0)]
    for begin in range(0, len(each), _CELLS):
        some = each[begin : begin + _CELLS]
        terms = CellTerms(
            np.concatenate([one.log_capped for one in some]),
            np.concatenate([one.clusters for one in some]),
            np.concatenate([one.pairs for one in some]),
        )
        found.append(_rho_at_bars(terms, parameters, log_bar))
    return np.concatenate(found)


def _rho_at_bars(terms: CellTerms, parameters: Parameters, log_bar: float) -> Floats:
    """The same of the cells of one record."""
    low, high = np.zeros(terms.pairs.size), np.ones(terms.pairs.size)
    never = log_e_values(terms, parameters, 0.0) < log_bar
    always = log_e_values(terms, parameters, 1.0) >= log_bar
    between = np.flatnonzero(~(never | always))
    some = terms.take(between)
    for _ in range(_BISECTIONS if between.size else 0):
        middle = (low[between] + high[between]) / 2
        reached = log_e_values(some, parameters, middle) >= log_bar
        low[between] = np.where(reached, middle, low[between])
        high[between] = np.where(reached, high[between], middle)
    # Down, the innocent side: a finding must not seem to stand more odd homes than it does.
    return np.where(never, 0.0, np.where(always, 1.0, np.floor(low * 1e6) / 1e6))


def _log_e(terms: CellTerms, parameters: Parameters, rho: float | Floats | None) -> Floats:
    """Ln of each bet's and cap's own cell e-value, shape (cells, bets, strata, caps)."""
    share = np.asarray(parameters.rho if rho is None else rho, dtype=np.float64).reshape(-1, 1, 1, 1)
    pi, kappa = _caps(parameters)
    divisors = np.log1p(pi * share * (kappa - 1))
    return np.asarray(terms.log_capped - terms.clusters[:, None, :, None] * divisors)


@cache
def _caps(parameters: Parameters) -> tuple[Floats, Floats]:
    """Each pi and each kappa, shape (caps,)."""
    both = np.array(parameters.caps).T
    return both[0], both[1]


@cache
def _weights(parameters: Parameters) -> Floats:
    """Weights of bets x strata x caps, summing to 1."""
    caps = len(parameters.caps)
    weights = np.repeat(bet_weights(parameters)[:, :, None], caps, axis=2) / caps
    weights.flags.writeable = False
    return weights


def _rounded(log_e: ArrayLike) -> Floats:
    """To 1e-6, and without a negative zero."""
    return np.asarray(np.round(np.asarray(log_e, dtype=np.float64), 6) + 0.0)
