"""The mirrored e-process: evidence that traffic was *not* slowed, for a certificate (integrity.md 10).

Null hypothesis of a home, in the daytime, in the evening or in long runs: its originals were slowed by 10 % or more, by
rate or by late rate: y(original) <= .9 y(control) whichever slot each takes. Then the coin gives P(v > 0) <= 1/2 for
v = (d + .105) / s, and factors 1 + c tanh(2 v) with c < 1 have mean at most 1; with c = 1 a single dip, of which there
are more than enough, would cost a home all it has (no neutral cell was ever certified). A pair is
scored by the worse of its two rates. An original that
fails where its control does not counts as one that delivered nothing; a control that fails counts as nothing.

Null hypothesis of a cell: at least a share of its homes is slowed. A slowed home multiplies by at most 1 on average, any
other by at most 1 + pi(kappa - 1), so each of n homes is divided by 1 + pi (1 - share)(kappa - 1): the formula of
``cell`` with rho = 1 - share. Homes that are odd for a reason of their own are homes that are slowed: a certificate
counts them against itself, and needs no rho. Day, evening and long runs are three hypotheses, and the cell's E is the
*smallest* of theirs, which has mean at most 1 if any one of them is true: a limit in the evening alone, or after the
first seconds, cannot hide behind the rest. With perfect homes E grows by less than 1 / (1 - share) a home: no number of
pairs says of three homes what fifteen can say.
"""

from dataclasses import dataclass

import numpy as np

from analysis.stats.home import floor_exact, from_exact, log_mean
from analysis.stats.pair import PairTable
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats, Ints

MARGIN = float(-np.log(0.9))
"""ln units of rate: "slowed by 10 % or more"."""
LAM = 2.0
C_GRID = (0.3, 0.6, 0.9)
PI_GRID = (0.5, 0.9, 0.99)
KAPPA_GRID = (3.0, 5.0)
LEAST_PAIRS = (5, 5, 3)
"""Pairs a home needs by day, in the evening, and long ones (integrity.md 10)."""
SHARES = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
LOST = 0.05
_WORST = -300.0


@dataclass(frozen=True)
class Acquittal:
    """What a cell's homes say against "at least a share of homes is slowed".

    log_e: for the share asked for; by_share: for each of SHARES; homes: with enough pairs in every part, the only ones
    that count; contrary: how many of these lost their whole stake (E at most LOST).
    """

    log_e: float
    by_share: tuple[float, ...]
    homes: int
    contrary: int

    def share_at(self, log_bar: float) -> float | None:
        """The smallest of SHARES that is ruled out at a bar; a claim about more homes is ruled out too."""
        return next((s for s, log_e in zip(SHARES, self.by_share, strict=True) if log_e >= log_bar), None)


NOTHING_SHOWN = Acquittal(0.0, (0.0,) * len(SHARES), 0, 0)


def acquittal(pairs: PairTable, parameters: Parameters, share: float) -> Acquittal:
    """The evidence of one cell.

    Twenty flawless homes of 13 pairs, three of them long, rule out a fifth at E = 8 and 30 % at 37:

    >>> flat = np.zeros(260)
    >>> table = PairTable(
    ...     d_thr=flat, d_tail=flat, d_rtt=flat, loss_original=flat, loss_control=flat, d_fail=flat,
    ...     s=flat + 0.05, cluster=np.repeat(np.arange(20), 13), long=np.tile(np.arange(13) < 3, 20),
    ...     evening=np.tile(np.arange(13) % 2 == 0, 20),
    ... )
    >>> a = acquittal(table, Parameters(), 0.2)
    >>> a.homes, round(float(np.exp(a.log_e))), round(float(np.exp(a.by_share[5])))
    (20, 8, 37)
    """  # fmt: skip
    if not len(pairs):
        return NOTHING_SHOWN
    log_e = home_acquittals(pairs, parameters)
    if not log_e.size:
        return NOTHING_SHOWN
    by_share = tuple(_cell(log_e, one) for one in SHARES)
    return Acquittal(
        log_e=_cell(log_e, share),
        by_share=by_share,
        homes=int(log_e.shape[1]),
        contrary=int((log_e.min(axis=0) <= np.log(LOST)).sum()),
    )


def home_acquittals(pairs: PairTable, parameters: Parameters) -> Floats:
    """Ln of the mirrored e-values of each home that has enough pairs in every part, shape (3 parts, such homes)."""
    homes = int(pairs.cluster.max()) + 1 if len(pairs) else 0
    parts = [
        (part, pairs.cluster[part], least)
        for part, least in zip((~pairs.evening, pairs.evening, pairs.long), LEAST_PAIRS, strict=True)
    ]
    enough = np.ones(homes, dtype=np.bool_)
    for _, cluster, least in parts:
        enough &= np.bincount(cluster, minlength=homes) >= least
    if not enough.any():  # most cells: nothing needs to be computed of them
        return np.empty((len(parts), 0))
    v = _scores(pairs, parameters)
    return np.stack([_of_part(v[part], cluster, homes)[enough] for part, cluster, _ in parts])


def _scores(pairs: PairTable, parameters: Parameters) -> Floats:
    """v of each pair: 0 where nothing can be said, the worst there is where the original alone failed."""
    thr = (pairs.d_thr + MARGIN) / pairs.s
    tail = (pairs.d_tail + MARGIN) / (parameters.scale_tail * pairs.s)
    v: Floats = np.nan_to_num(np.fmin(thr, tail), nan=0.0)
    v = np.where(pairs.d_fail != 0, 0.0, v)
    return np.clip(np.where(pairs.d_fail < 0, _WORST, v), _WORST, -_WORST)


def _of_part(v: Floats, cluster: Ints, homes: int) -> Floats:
    """Ln of the mean over C_GRID of the product of 1 + c tanh(LAM v), of each home."""
    towards = np.tanh(LAM * v)
    # Exact units, so that the order of pairs leaves no trace.
    bets = [
        from_exact(
            np.bincount(cluster, weights=floor_exact(np.log1p(c * towards)), minlength=homes).astype(
                np.float64
            )
        )
        for c in C_GRID
    ]
    return log_mean(np.stack(bets), 1 / len(bets), axis=0)


def _cell(log_e: Floats, share: float) -> float:
    """Ln E of a cell of these homes: the smallest of its parts, rounded to 1e-6."""
    caps = [(pi, kappa) for pi in PI_GRID for kappa in KAPPA_GRID]
    logs = []
    for pi, kappa in caps:
        earned = np.minimum(np.exp(np.minimum(log_e, np.log(kappa))), kappa)
        terms = np.log1p(pi * (earned - 1)) - np.log1p(pi * (1 - share) * (kappa - 1))
        logs.append(from_exact(floor_exact(np.asarray(terms)).sum(axis=1)))
    of_parts = log_mean(np.stack(logs), 1 / len(caps), axis=0)
    return float(np.round(of_parts.min(), 6) + 0.0)
