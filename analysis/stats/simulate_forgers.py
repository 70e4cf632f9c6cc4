"""Homes that lie: pairs invented to accuse a network, or to acquit it (integrity.md 5; detection.md 5.7).

A forger makes every pair as incriminating (or as exonerating) as a score can be, on rate, late rate, RTT and loss, and
leaves failures alone. Tickets still decide which pairs are long and the responder's clock when they ran, so that a forger
follows the sampling plan. What it cannot escape is its cluster: keys on one line are one cluster, capped as one.
"""

from dataclasses import fields, replace
from typing import Literal

import numpy as np

from analysis.stats.pair import PairTable
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats
from analysis.stats.simulate import VARIANTS, Simulated, planned_variants

Aim = Literal["accuse", "acquit"]
_EXTREME = 50.0


def forged(
    keys: int,
    pairs: int,
    aim: Aim,
    rng: np.random.Generator,
    parameters: Parameters,
    *,
    one_line: bool = False,
) -> PairTable:
    """Pairs of `keys` forged homes, clusters 0 .. keys-1, or all 0 if their keys are on one line.

    >>> t = forged(3, 5, "accuse", np.random.default_rng(1), Parameters())
    >>> len(t), sorted(set(t.d_thr.tolist())), t.cluster[-1].item()
    (15, [-50.0], 2)
    """
    count = keys * pairs
    key = np.repeat(np.arange(keys), pairs)
    hour = rng.uniform(0, 24, count)
    sign = -1.0 if aim == "accuse" else 1.0
    return PairTable(
        d_thr=np.full(count, sign * _EXTREME),
        d_tail=np.full(count, sign * _EXTREME),
        d_rtt=np.full(count, sign * _EXTREME),
        loss_original=np.full(count, 1.0 if aim == "accuse" else 0.0),
        loss_control=np.full(count, 0.0 if aim == "accuse" else 1.0),
        d_fail=np.zeros(count),
        s=np.full(count, parameters.s_floor),
        cluster=np.zeros(count, dtype=np.int64) if one_line else key,
        long=planned_variants(keys, pairs, rng).ravel() == VARIANTS.index("long"),
        evening=(parameters.evening_from_h <= hour) & (hour < parameters.evening_to_h),
    )


def with_forgers(
    honest: Simulated, keys: int, aim: Aim, rng: np.random.Generator, parameters: Parameters, *,
    pairs: int, one_line: bool = False,
) -> Simulated:  # fmt: skip
    """The same cells, each with `keys` forged homes more. A cell of forgers alone: `honest` from `no_homes`.

    >>> cells = with_forgers(no_homes(2), 5, "accuse", np.random.default_rng(1), Parameters(), pairs=20)
    >>> cells.cells, len(cells.pairs), cells.cell.tolist()
    (2, 200, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    """
    lines = 1 if one_line else keys
    tables, clusters = [honest.pairs], honest.cell.size
    for number in range(honest.cells):
        lies = forged(keys, pairs, aim, rng, parameters, one_line=one_line)
        tables.append(replace(lies, cluster=lies.cluster + clusters + number * lines))
    added = honest.cells * keys * pairs
    nan, no = np.full(added, np.nan), np.zeros(added, dtype=np.bool_)
    number_in_home = np.tile(np.arange(pairs), honest.cells * keys)
    return Simulated(
        pairs=_joined(tables),
        cell=np.concatenate((honest.cell, np.repeat(np.arange(honest.cells), lines))),
        cells=honest.cells,
        order=np.concatenate((honest.order, number_in_home)),
        spoofed=np.concatenate((honest.spoofed, no)),
        original_first=np.concatenate((honest.original_first, rng.integers(0, 2, added) == 0)),
        variant=np.concatenate(
            (honest.variant, np.concatenate([t.long for t in tables[1:]]).astype(np.int64))
        ),
        tail_original_bit_s=np.concatenate((honest.tail_original_bit_s, nan)),
        tail_control_bit_s=np.concatenate((honest.tail_control_bit_s, nan)),
    )


def no_homes(cells: int) -> Simulated:
    """Cells that nobody has measured."""
    none: Floats = np.zeros(0)
    nobody = none.astype(np.int64)
    no = none.astype(np.bool_)
    table = PairTable(
        d_thr=none, d_tail=none, d_rtt=none, loss_original=none, loss_control=none, d_fail=none, s=none,
        cluster=nobody, long=no, evening=no,
    )  # fmt: skip
    return Simulated(table, nobody, cells, nobody, no, no, nobody, none, none)


def _joined(tables: list[PairTable]) -> PairTable:
    names = [field.name for field in fields(PairTable)]
    return PairTable(**{name: np.concatenate([getattr(table, name) for table in tables]) for name in names})
