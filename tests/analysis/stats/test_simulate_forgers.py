"""Homes that lie: what they can reach, and what caps them."""

import numpy as np
import pytest

from analysis.stats.parameters import Parameters
from analysis.stats.simulate import World, log_e, simulate
from analysis.stats.simulate_forgers import no_homes, with_forgers
from analysis.stats.simulate_treatments import Treatment

P = Parameters()
CEILINGS = {1: 11.1, 2: 180, 3: 3_560, 4: 77_500, 5: 1_770_000}
"""detection.md 5.7, `final`: what so many clusters can be worth at most."""


def honest(treatment=Treatment(), homes=3, cells=30, pairs=20):  # noqa: B008 - frozen
    """Honest homes of an innocent network, or of one that does something."""
    world = World(bias=-0.01, treatment=treatment)
    return simulate(world, cells=cells, homes=homes, pairs=pairs, rng=np.random.default_rng(1), parameters=P)


@pytest.mark.parametrize("keys", CEILINGS)
def test_forgers_alone_stay_below_the_ceiling_of_their_lines(keys):
    """With 200 pairs each, the most extreme that scores allow, they come near it and not over it."""
    rng = np.random.default_rng(2)
    forged = with_forgers(no_homes(3), keys, "accuse", rng, P, pairs=200)
    e = np.exp(log_e(forged, P))
    assert e.max() <= CEILINGS[keys] * 1.005
    assert e.min() > 0.3 * CEILINGS[keys]


def test_keys_on_one_line_never_accuse():
    """Ten forged keys on a line are worth one cluster, alone or beside honest homes."""
    rng = np.random.default_rng(3)
    for beside in (no_homes(5), honest(cells=5)):
        one = with_forgers(beside, 10, "accuse", rng, P, pairs=20, one_line=True)
        assert np.exp(log_e(one, P)).max() < 12
        ten = with_forgers(beside, 10, "accuse", rng, P, pairs=20)
        assert np.exp(log_e(ten, P)).min() > 1e9


def test_forgers_can_acquit_a_small_cell_and_not_a_large_one():
    """Three honest throttled homes are silenced by five; thirty are not by ten."""
    rng = np.random.default_rng(4)
    throttle = Treatment("police", 4e6, 250e3)
    few = with_forgers(honest(throttle), 5, "acquit", rng, P, pairs=20)
    assert np.exp(log_e(few, P)).max() < 400
    many = with_forgers(honest(throttle, homes=30, cells=5), 10, "acquit", rng, P, pairs=20)
    assert np.exp(log_e(many, P)).min() > 400


def test_forged_homes_join_their_cell_and_leave_the_others_alone():
    """Clusters of added homes are new ones, and honest rows are untouched."""
    before = honest(cells=2)
    after = with_forgers(before, 2, "accuse", np.random.default_rng(5), P, pairs=20)
    assert [0, 0, 0, 1, 1, 1, 0, 0, 1, 1] == after.cell.tolist()
    assert np.array_equal(before.pairs.d_thr, after.pairs.d_thr[: len(before.pairs)], equal_nan=True)
    assert 10 == np.unique(after.pairs.cluster).size
