"""C-pc and G: their p-values are honest where nothing is wrong, odd homes included, and small where something is."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import binom

from analysis.stats.parameters import Parameters
from analysis.stats.second_tests import (
    SecondTests,
    _flips_without,
    benjamini_hochberg,
    flip_p,
    most_odd,
    second_tests,
)
from analysis.stats.simulate import World, simulate
from analysis.stats.simulate_forgers import no_homes
from analysis.stats.simulate_treatments import Treatment

P = Parameters()


def both_tests(world, *, cells, homes, pairs, seed, side="slowed", hypotheses=400):
    """Both tests of simulated cells."""
    made = simulate(
        world, cells=cells, homes=homes, pairs=pairs, rng=np.random.default_rng(seed), parameters=P
    )
    cell_of = made.cell[made.pairs.cluster]
    return [second_tests(made.pairs.take(cell_of == n), P, side, hypotheses) for n in range(cells)]


@pytest.mark.parametrize("seed", range(5))
def test_flips_are_exact(seed):
    """Meeting in the middle counts what trying every choice of signs counts."""
    z = np.random.default_rng(seed).normal(-0.3, 1, 9).round(6)
    sums = [np.dot(signs, np.abs(z)) for signs in product((1, -1), repeat=z.size)]
    assert np.mean([total <= z.sum() + 1e-9 for total in sums]) == flip_p(z)


def test_the_bound_is_never_below_the_exact_value():
    """Above the exact size the exponential bound stands in: for the same terms it is the larger of the two."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        z = rng.normal(-0.4, 0.5, 14)
        bound = _flips_without(z, np.zeros(14, dtype=np.int64), 1, 0)
        assert flip_p(z) <= bound <= 1


def test_leaving_out_is_the_worst_of_all_subsets():
    """The p-value without r - 1 homes is at least the largest over every choice of r - 1 homes."""
    rng = np.random.default_rng(4)
    cluster = np.repeat(np.arange(6), 5)
    for _ in range(10):
        z = rng.normal(-0.3, 0.6, cluster.size)
        worst = max(flip_p(z[~np.isin(cluster, gone)]) for gone in combinations(range(6), 2))
        assert worst <= _flips_without(z, cluster, 6, 2) + 1e-12


@pytest.mark.parametrize(
    "world",
    [
        World(bias=-0.05),
        World(bias=-0.05, varying=True),
        World(bias=-0.01, rogue=0.02),
        World(failures=0.3, rogue=0.02, rogue_treatment=Treatment("blocked")),
    ],
)
def test_p_values_of_innocent_cells_are_honest(world):
    """At the edge of the null, with rogue homes and failures: p <= alpha no more often than alpha allows."""
    for homes, pairs, side in ((5, 8, "slowed"), (12, 6, "favoured")):
        found = both_tests(world, cells=80, homes=homes, pairs=pairs, seed=homes, side=side)
        for p in (np.array([one.c_pc for one in found]), np.array([one.g for one in found])):
            for alpha in (0.05, 0.01):
                count = int((p <= alpha).sum())
                assert float(binom.sf(count - 1, p.size, alpha)) > 1e-4


@pytest.mark.parametrize(
    "treatment", [Treatment("police", 4e6), Treatment("slow", factor=0.8), Treatment("blocked")]
)
def test_guilty_cells_have_small_p_values(treatment):
    """Ten homes of ten pairs: a throttle or a block passes BH among 400 hypotheses, alone, by one test or the other."""
    found = both_tests(replace(World(), treatment=treatment), cells=20, homes=10, pairs=10, seed=1)
    assert 18 <= sum(one.p <= P.q / 400 for one in found)


def test_r_is_fixed_by_the_family():
    """The design's r for a tail of 5e-4; more where a lone finding of a large family must stay below q / M."""
    assert [3, 4, 5, 9] == [most_odd(k, 0.02, 5e-4) for k in (3, 10, 30, 100)]
    few, many = (
        both_tests(World(), cells=1, homes=30, pairs=1, seed=1, hypotheses=m)[0].left_out for m in (8, 4000)
    )
    assert few < many
    assert float(binom.sf(many, 30, P.rho)) <= P.q / 8000


def test_no_homes_say_nothing():
    """An empty cell, and one whose homes are all left out, have p = 1."""
    assert SecondTests(1.0, 1.0, 0, 0, 0, 0) == second_tests(no_homes(1).pairs, P, "slowed", 8)
    assert 1.0 == both_tests(World(treatment=Treatment("blocked")), cells=1, homes=2, pairs=9, seed=1)[0].c_pc


def test_bh_counts_hypotheses_that_were_not_tested():
    """Benjamini and Hochberg's example (1995, section 4.1): of 15 p-values four are rejected at 5 %; none of 10,000."""
    published = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
                 0.6528, 0.7590, 1.0]  # fmt: skip
    assert 4 == sum(benjamini_hochberg(published, 15, 0.05))
    assert 0 == sum(benjamini_hochberg(published, 10_000, 0.05))
    assert () == benjamini_hochberg([], 4, 0.05)
