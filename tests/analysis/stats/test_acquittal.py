"""The mirrored e-process acquits what is innocent, and guilty networks at most as often as it says."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.stats.acquittal import SHARES, acquittal, home_acquittals
from analysis.stats.pair import PairTable
from analysis.stats.parameters import Parameters
from analysis.stats.simulate import Simulated, World, simulate
from analysis.stats.simulate_forgers import forged, no_homes, with_forgers
from analysis.stats.simulate_treatments import Treatment

P = Parameters()
SHARE = 0.2
EDGE = Treatment("slow", factor=0.9)
"""Slowed by just what the certificate rules out."""


def made(world, *, cells, homes, pairs, seed) -> Simulated:
    """Simulated cells."""
    return simulate(
        world, cells=cells, homes=homes, pairs=pairs, rng=np.random.default_rng(seed), parameters=P
    )


def of_cells(simulated, share=SHARE):
    """The acquittal of each cell."""
    cell_of = simulated.cell[simulated.pairs.cluster]
    found = []
    for number in range(simulated.cells):
        mine = simulated.pairs.take(cell_of == number)
        clusters = np.unique(mine.cluster, return_inverse=True)[1]
        found.append(acquittal(replace(mine, cluster=clusters), P, share))
    return found


@pytest.mark.parametrize(
    "world",
    [
        World(treatment=EDGE),
        World(treatment=EDGE, varying=True),
        World(treatment=EDGE, failures=0.1),
        World(treatment=replace(EDGE, hours=(18.0, 23.0))),
        World(treatment=EDGE, keys_per_line=2),
    ],
)
def test_a_slowed_home_earns_at_most_one(world):
    """At the edge of "slowed by 10 %", at all hours or in the evening: mean E of the part in question is at most 1."""
    homes = made(world, cells=1, homes=1500, pairs=24, seed=7)
    log_e = home_acquittals(homes.pairs, P)
    e = np.exp(log_e[1])  # the evening part, slowed in every one of these worlds
    assert log_e.shape[1] > 300
    assert e.mean() <= 1 + 4 * e.std() / np.sqrt(e.size)


@pytest.mark.parametrize(
    "treatment",
    [
        replace(EDGE, share_of_homes=SHARE),
        Treatment("police", 4e6, share_of_homes=0.3),
        Treatment("blocked", share_of_homes=0.25),
        Treatment("police", 4e6, hours=(18.0, 23.0), share_of_homes=SHARE),
        Treatment("after_then_police", 4e6, after_s=5.0, share_of_homes=SHARE),
        replace(EDGE, share_of_homes=1.0),
    ],
)
def test_certificates_are_wrong_at_most_at_the_stated_rate(treatment):
    """A fifth of homes slowed, blocked, slowed in the evening or late: mean E at most 1, and E >= 20 in none of 30."""
    world = World(wifi=0.0, congested=0.0, treatment=treatment, rogue=0.02)
    e = np.exp([one.log_e for one in of_cells(made(world, cells=30, homes=40, pairs=36, seed=3))])
    assert e.mean() <= 1.0
    assert e.max() < 20.0


def test_keys_on_one_line_acquit_once():
    """Forty honest-looking keys of a ten-line cell are ten homes: too few to rule out a fifth."""
    world = World(wifi=0.0, congested=0.0, keys_per_line=4)
    (one,) = of_cells(made(world, cells=1, homes=40, pairs=36, seed=4))
    assert 10 >= one.homes
    assert one.log_e < np.log(20)


def test_acquitting_forgers_on_one_line_change_little():
    """Ten keys that lie for a network that slows a third: on one line they are worth one home of at most 1 / (1 - share)."""
    world = World(wifi=0.0, congested=0.0, treatment=Treatment("police", 4e6, share_of_homes=0.33))
    honest = made(world, cells=4, homes=30, pairs=36, seed=5)
    lied = with_forgers(honest, 10, "acquit", np.random.default_rng(1), P, pairs=36, one_line=True)
    for before, after in zip(of_cells(honest), of_cells(lied), strict=True):
        assert after.log_e - before.log_e <= -np.log(1 - SHARE) + 1e-6


def test_innocent_cells_are_certified():
    """Sixty homes of forty pairs on wired lines: a fifth is ruled out far beyond 20, and the smallest share is told."""
    found = of_cells(made(World(wifi=0.0, congested=0.0), cells=6, homes=60, pairs=40, seed=6))
    assert all(one.log_e > np.log(400) for one in found)
    assert all(one.share_at(np.log(20)) in SHARES[:3] for one in found)
    assert 0 == sum(one.contrary for one in found)


def test_no_number_of_pairs_makes_homes():
    """Three flawless homes never rule out a fifth, however many pairs; and nobody rules out nothing."""
    flawless = forged(3, 400, "acquit", np.random.default_rng(1), P)
    assert acquittal(replace(flawless, s=flawless.s), P, SHARE).log_e <= 3 * -np.log(1 - SHARE)
    assert (0.0, 0) == (
        acquittal(no_homes(1).pairs, P, SHARE).log_e,
        acquittal(no_homes(1).pairs, P, SHARE).homes,
    )


def test_homes_without_enough_pairs_do_not_count():
    """Five by day, five in the evening, three long: one pair fewer in any, and the home says nothing."""

    def table(day, evening, long) -> PairTable:
        rows = day + evening
        flat = np.zeros(rows)
        return PairTable(
            d_thr=flat, d_tail=flat, d_rtt=flat, loss_original=flat, loss_control=flat, d_fail=flat, s=flat + 0.05,
            cluster=np.zeros(rows, dtype=np.int64), long=np.arange(rows) < long, evening=np.arange(rows) >= day,
        )  # fmt: skip

    homes = [
        acquittal(table(*parts), P, SHARE).homes for parts in ((5, 5, 3), (4, 5, 3), (5, 4, 3), (5, 5, 2))
    ]
    assert [1, 0, 0, 0] == homes


def test_failures_of_originals_count_as_nothing_delivered():
    """Half of the originals reset, the other half at full rate: the home loses its stake."""
    world = World(wifi=0.0, congested=0.0, failures=0.0)
    one = made(world, cells=1, homes=1, pairs=40, seed=8).pairs
    reset = np.arange(40) % 2 == 0
    nan = np.where(reset, np.nan, 0.0)
    half = replace(one, d_fail=np.where(reset, -1.0, 0.0), d_thr=one.d_thr + nan, d_tail=one.d_tail + nan)
    assert (home_acquittals(half, P) < np.log(0.05)).all()
    other = replace(half, d_fail=-half.d_fail)
    assert (home_acquittals(other, P) > np.log(2)).all()
