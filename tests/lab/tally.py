"""Counting a scoreboard: shares with exact intervals, and observed findings against predicted probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import beta


@dataclass(frozen=True)
class Counted:
    """`count` of `of`, with the exact 95 % interval of the share (Clopper and Pearson 1934)."""

    count: int
    of: int
    low: float
    high: float


def counted(count: int, of: int) -> Counted:
    """Return a share with its interval; nothing counted says nothing.

    >>> counted(0, 20).high
    0.168433
    """
    low = 0.0 if count == 0 else float(beta.ppf(0.025, count, of - count + 1))
    high = 1.0 if count == of else float(beta.ppf(0.975, count + 1, of - count))
    return Counted(count, of, round(low, 6), round(high, 6))


def distribution(probabilities: Sequence[float]) -> list[float]:
    """Return the probabilities of 0, 1, … successes of independent trials, one each (Poisson-binomial), by convolution.

    >>> distribution([0.5, 0.5])
    [0.25, 0.5, 0.25]
    """
    law = [1.0]
    for p in probabilities:
        law = [
            (law[k] if k < len(law) else 0.0) * (1 - p) + (law[k - 1] * p if k else 0.0)
            for k in range(len(law) + 1)
        ]
    return law


def agreement(probabilities: Sequence[float], observed: int) -> float:
    """Return the two-sided p-value of so many successes: twice the smaller tail, at most 1.

    Probabilities are held within 1/400 of 0 and 1, as two hundred repeats cannot tell them from there.

    >>> agreement([0.5] * 10, 5)
    1.0
    """
    law = distribution([min(max(p, 1 / 400), 1 - 1 / 400) for p in probabilities])
    low, high = sum(law[: observed + 1]), sum(law[observed:])
    return round(min(1.0, 2 * min(low, high)), 6)
