"""What a cell would need: how many homes it takes at least to reach a bar (detection.md 5.7)."""

from functools import cache
from typing import Final

import numpy as np

from analysis.stats.cell import cell_evidence
from analysis.stats.home import STRATA, HomeEvidence, bets
from analysis.stats.parameters import Parameters

MOST_HOMES: Final = 60
_SURE: Final = 99.0
_PAIRS: Final = 20


@cache
def homes_needed(log_bar: float, parameters: Parameters) -> int | None:
    """The fewest homes whose evidence, however strong, can reach ``log_bar``; ``None`` beyond MOST_HOMES.

    >>> import math
    >>> homes_needed(math.log(240), Parameters())
    3
    """
    for homes in range(1, MOST_HOMES + 1):
        sure = HomeEvidence(
            np.full((homes, len(bets(parameters)), len(STRATA)), _SURE),
            np.full((homes, len(STRATA)), _PAIRS),
        )
        if cell_evidence(sure, parameters).log_e >= log_bar:
            return homes
    return None
