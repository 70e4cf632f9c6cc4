"""Validity (detection.md 3.2 and 5.1): mean E at most 1 over every null setting, cell size and both hypotheses.

In the suite a small number of homes; ``ISONOMIA_VALIDITY_HOMES=3000`` (a multiple of 100, a minute of one core per 1,000 or so)
for as many as docs/power.md uses. The sizes are cut from the same homes, so they are not independent.
"""

import os
from dataclasses import replace

import numpy as np
import pytest

from analysis.power_runs import BEYOND_RHO, NULLS
from analysis.stats.home import home_evidence
from analysis.stats.pair import HYPOTHESES
from analysis.stats.parameters import Parameters
from analysis.stats.simulate import World, log_e, recut, simulate

P = Parameters()
HOMES = int(os.environ.get("ISONOMIA_VALIDITY_HOMES", "300"))
SIZES = ((3, 1), (3, 5), (3, 20), (10, 5), (10, 20), (30, 5), (100, 20))
BAR = 400.0
"""E that no innocent cell may reach in so few evaluations: at most 1 in 400 would, were mean E exactly 1."""

SETTINGS = {
    **{name: world for name, world in NULLS.items() if name not in BEYOND_RHO},
    "clusters: three keys a line": World(bias=-0.05, keys_per_line=3, rogue=0.02),
    "clusters, time-varying": World(bias=-0.05, keys_per_line=3, varying=True),
    "clusters, access failures 5 %": World(bias=-0.05, keys_per_line=3, failures=0.05),
    "access failures 30 %, time-varying, edge": World(bias=-0.05, varying=True, failures=0.3),
    "rogue 2 %, edge, congested": replace(World(bias=-0.05, rogue=0.02), congested=1.0, wifi=1.0),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_mean_e_is_at_most_one(name):
    """Mean E over all cells of a size is at most 1, beyond four standard errors of what chance adds; none is flagged."""
    seed = int.from_bytes(name.encode()[:8], "big")
    made = simulate(
        SETTINGS[name], cells=HOMES // 100, homes=100, pairs=20, rng=np.random.default_rng(seed), parameters=P
    )
    for homes, pairs in SIZES:
        lines = min(homes, made.cell.size)
        cut = recut(made, lines, pairs)
        for hypothesis in HYPOTHESES:
            e = np.exp(log_e(cut, P, hypothesis))
            assert e.mean() <= 1.0 + 4 * e.std() / np.sqrt(e.size), (homes, pairs, hypothesis)
            assert e.max() < BAR, (homes, pairs, hypothesis)


@pytest.mark.parametrize(
    "name", ["bias -5 % (edge)", "time-varying, bias -5 %", "clusters: three keys a line"]
)
def test_keys_of_a_line_share_one_cap(name):
    """As many clusters wager as there are lines, however many keys measure."""
    made = simulate(SETTINGS[name], cells=2, homes=30, pairs=5, rng=np.random.default_rng(1), parameters=P)
    lines = 30 // SETTINGS[name].keys_per_line
    evidence = home_evidence(made.pairs, P, clusters=made.cell.size)
    assert 2 * lines == int((evidence.pairs[:, 0] > 0).sum())
