"""Networks that treat control names by their stratum, and keys that share a line (integrity.md 3 and 5).

A whitelist network slows every name it does not know: our own control names, and perhaps the service. An anti-spoofing rule
slows names that do not belong to the address: the service's and the popular one's, but not our own. Neither discriminates
against the service; what tells is the effect in each stratum.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from analysis.power_runs import BAR, FINAL, TREATMENTS, ForgedCell
from analysis.stats.effect import effect
from analysis.stats.pair import HYPOTHESES
from analysis.stats.simulate import Simulated, World, log_e, simulate
from analysis.stats.simulate_treatments import Treatment

HOMES, PAIRS = 10, 10
_SLOW = Treatment("police", 4e6)
_MEASURED = World(bias=-0.01, rogue=0.02)
STRATA_WORLDS: Mapping[str, World] = {
    "the service alone is policed": replace(_MEASURED, treatment=_SLOW),
    "all unknown names policed: owned controls, not the service": replace(_MEASURED, on_owned=_SLOW),
    "all unknown names policed: owned controls and the service": replace(
        _MEASURED, on_owned=_SLOW, treatment=_SLOW
    ),
    "names that do not fit the address policed: service and popular": replace(
        _MEASURED, on_spoofed=_SLOW, treatment=_SLOW
    ),
    "nothing": _MEASURED,
}


@dataclass(frozen=True)
class StrataRow:
    """Shares of cells with E >= 400 on all pairs and by stratum, and median effects on rate (ln) by stratum."""

    slowed: float
    favoured: float
    slowed_owned: float
    slowed_spoofed: float
    effect_owned: float
    effect_spoofed: float


def strata_row(world: World, cells: int, rng: np.random.Generator) -> StrataRow:
    """Cells of 10 homes with 10 pairs."""
    made = simulate(world, cells=cells, homes=HOMES, pairs=PAIRS, rng=rng, parameters=FINAL)
    owned, spoofed = made.take(~made.spoofed), made.take(made.spoofed)
    slowed, favoured = ((log_e(made, FINAL, side) >= np.log(BAR)).mean() for side in HYPOTHESES)
    return StrataRow(
        float(slowed),
        float(favoured),
        float((log_e(owned, FINAL) >= np.log(BAR)).mean()),
        float((log_e(spoofed, FINAL) >= np.log(BAR)).mean()),
        _effect(owned),
        _effect(spoofed),
    )


def keys_on_lines(lines: int, cells: int, rng: np.random.Generator) -> ForgedCell:
    """Ten honest keys on so many lines, 5 pairs each, on a network that polices the service to 4 Mbit/s."""
    world = replace(_MEASURED, treatment=TREATMENTS["R4 B250k"][0], keys_per_line=10 // lines)
    e = np.exp(log_e(simulate(world, cells=cells, homes=10, pairs=5, rng=rng, parameters=FINAL), FINAL))
    return ForgedCell(float(np.median(e)), float((e >= BAR).mean()))


def _effect(made: Simulated) -> float:
    found = effect(made.pairs.d_thr, made.pairs.cluster)
    return float("nan") if found is None else found.value
