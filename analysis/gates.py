"""Gates: what must hold beside the evidence (detection.md 4.12), as far as a store alone can tell.

``control_not_neutral``: the median effect must point the same way in every control stratum with five pairs. The effect
by first label is reported; it has no threshold yet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.cell import Cell
from analysis.observe.observation import Observation
from analysis.stats.effect import Effect, effect

FEWEST_PAIRS: Final = 5
CONTROL_NOT_NEUTRAL: Final = "control_not_neutral"


@dataclass(frozen=True)
class SplitEffects:
    """The effect on one metric within the parts of a cell: by control stratum, and by which run came first."""

    by_stratum: dict[str, Effect]
    by_first: dict[str, Effect]


def split_effects(cell: Cell, metric: str) -> SplitEffects:
    """The effect on ``metric`` in each part that has it."""
    return SplitEffects(
        _by(cell, metric, lambda pair: pair.stratum), _by(cell, metric, lambda pair: pair.first or "")
    )


def _by(cell: Cell, metric: str, part_of: Callable[[Observation], str]) -> dict[str, Effect]:
    parts = np.array([part_of(pair) for pair in cell.pairs], dtype=object)
    found = {}
    for part in sorted(set(parts.tolist())):
        mine = parts == part
        over = effect(cell.metric(metric)[mine], cell.home[mine])
        if over is not None:
            found[part] = over
    return found


def strata_agree(split: SplitEffects, sign: int) -> bool:
    """Whether every stratum with enough pairs has an effect of this sign (-1 slowed, +1 favoured).

    No effect at all in a stratum is disagreement: then the name of the control, not the service's, may be what counts.
    """
    return all(one.value * sign > 0 for one in split.by_stratum.values() if one.pairs >= FEWEST_PAIRS)
