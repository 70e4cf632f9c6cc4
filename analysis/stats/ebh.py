"""e-BH: which of many hypotheses to reject, with the false discovery rate at most q under any dependence.

Null hypothesis of each: its own; its e-value has mean at most 1 there. Reject the k largest, for the largest k with
E_(k) >= M / (q k); M counts every registered hypothesis, also those without data, whose E is 1 (Wang & Ramdas, arXiv
2009.02824; detection.md 4.9). Use the current E of a registered date, never a running maximum.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.stats.series import Floats

NEAR = 1e-5
"""Closer than this to its threshold (ln units), an e-value takes the innocent side and is marked (4.14)."""


@dataclass(frozen=True)
class EbhResult:
    """What was rejected.

    rejected: one flag per e-value given; near: those that only the margin of 1e-5 kept from being rejected; hypotheses:
    M; q; count: how many were rejected; log_bar: ln of the least E that sufficed (of M/q, a lone finding's, if none
    was rejected).
    """

    rejected: tuple[bool, ...]
    near: tuple[bool, ...]
    hypotheses: int
    q: float
    count: int
    log_bar: float

    @property
    def log_next_bar(self) -> float:
        """Ln of the E with which one more would have been rejected: M / (q (k + 1))."""
        return math.log(self.hypotheses / (self.q * (self.count + 1)))


def ebh(log_e: Sequence[float], hypotheses: int, q: float) -> EbhResult:
    """Decide over `hypotheses` registered ones, of which `log_e` are those with data (natural logs).

    Raises ValueError for more e-values than hypotheses, for NaN, and for q outside (0, 1).

    >>> r = ebh([math.log(200), math.log(170), math.log(20)], hypotheses=16, q=0.05)
    >>> r.rejected, round(math.exp(r.log_bar))
    ((True, True, False), 160)
    """
    values: Floats = np.asarray(np.round(np.asarray(log_e, dtype=np.float64), 6), dtype=np.float64)
    if values.size > hypotheses or hypotheses < 1:
        msg = f"{values.size} e-values of {hypotheses} registered hypotheses"
        raise ValueError(msg)
    if np.isnan(values).any():
        msg = "an e-value is not a number"
        raise ValueError(msg)
    if not 0 < q < 1:
        msg = f"q must lie between 0 and 1, not {q}"
        raise ValueError(msg)
    # Hypotheses without data have ln E = 0 and no say: M/(q k) is above 1 for every k.
    strict = _count(values, hypotheses, q, NEAR)
    lenient = _count(values, hypotheses, q, -NEAR)
    order = np.argsort(-values, kind="stable")
    rank = np.empty(values.size, dtype=np.int64)
    rank[order] = np.arange(values.size)
    return EbhResult(
        rejected=tuple((rank < strict).tolist()),
        near=tuple(((rank >= strict) & (rank < lenient)).tolist()),
        hypotheses=hypotheses,
        q=q,
        count=strict,
        log_bar=math.log(hypotheses / (q * max(strict, 1))),
    )


def _count(values: Floats, m: int, q: float, margin: float) -> int:
    """The largest k whose k-th largest value reaches ln(M / (q k)) + margin; 0 if none does."""
    k = np.arange(1, values.size + 1)
    reached = np.sort(values)[::-1] >= np.log(m / (q * k)) + margin
    return int(k[reached].max(initial=0))
