"""Stretches: where what a slowed cell saw changed within its quarter, what was delivered before and after (``stats.step``). Pure.

A rate over pairs of before and after a change is nobody's: each stretch has its own. This is asked after the decision, of cells that were
found slowed alone, and nothing that decides or grades reads it. The dates are chosen on the very pairs whose rates are then told, so that an
interval is that of its stretch as it was cut: the sentence says so.
"""

from datetime import timedelta
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np

from analysis.cell import Cell
from analysis.rate import delivered_mbit_s
from analysis.stats.delivered import DeliveredRate
from analysis.stats.effect import Effect, effect
from analysis.stats.step import Told, steps
from collector.quarters import EPOCH

_US: Final = timedelta(microseconds=1)


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """The pairs between two changes. Days are UTC, those of its first and last pair; ``effect`` is of rate, in ln units.

    ``delivered`` in Mbit/s of TCP payload: ``None`` where no line was slowed in it, or nobody knows the rate.
    """

    first_day: str
    last_day: str
    homes: int
    pairs: int
    effect: Effect | None
    delivered: DeliveredRate | None


def stretches_of(cell: Cell, margin: float) -> tuple[tuple[Stretch, Cell], ...]:
    """The stretches of a cell, in order, each with its pairs; none where no change was found. ``margin``: of the instrument."""
    at_us = np.array([pair.opened_at_us for pair in cell.pairs], dtype=np.int64)
    differences = cell.metric("thr")
    told = [
        Told(home, at, d)
        for home, at, d in zip(cell.home.tolist(), at_us.tolist(), differences.tolist(), strict=True)
        if np.isfinite(d)
    ]
    cuts = steps(told)
    if not cuts:
        return ()
    edges = [int(at_us.min()), *cuts, int(at_us.max()) + 1]
    parts = [cell.take((at_us >= begin) & (at_us < end)) for begin, end in pairwise(edges)]
    return tuple((_stretch(part, margin), part) for part in parts)


def slowest(stretches: tuple[tuple[Stretch, Cell], ...]) -> tuple[Stretch, Cell]:
    """The stretch in which originals fared worst; the first of equals."""
    return min(stretches, key=lambda one: 0.0 if one[0].effect is None else one[0].effect.value)


def _stretch(part: Cell, margin: float) -> Stretch:
    return Stretch(
        first_day=_day(part.pairs[0].opened_at_us),
        last_day=_day(part.pairs[-1].opened_at_us),
        homes=part.homes,
        pairs=len(part.pairs),
        effect=effect(part.metric("thr"), part.home),
        delivered=delivered_mbit_s(part, margin),
    )


def _day(at_us: int) -> str:
    return (EPOCH + at_us * _US).date().isoformat()
