"""A cell's e-value: capped, divided, exact, and worth at most 1 on average where nothing is wrong."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from analysis.stats.cell import cell_evidence, cell_terms, log_e_values, rho_at_bars
from analysis.stats.home import HomeEvidence, home_evidence
from analysis.stats.parameters import Parameters
from tests.analysis.stats.mirrored import mirror
from tests.analysis.stats.test_home import flipped
from tests.analysis.stats.test_pair import random_table

P = Parameters()


def certain(clusters):
    """Clusters that could not be more incriminating."""
    return HomeEvidence(np.full((clusters, 15, 4), 99.0), np.full((clusters, 4), 20))


@pytest.mark.parametrize(("clusters", "ceiling"), [(1, 11), (2, 180), (3, 3_560), (4, 77_500), (5, 1.8e6)])
def test_the_ceiling_is_the_tabulated_one(clusters, ceiling):
    """detection.md 5.7, `final`: what 1 to 5 clusters can ever be worth."""
    assert ceiling == pytest.approx(np.exp(cell_evidence(certain(clusters), P).log_e), rel=0.02)


@pytest.mark.parametrize("homes", [2, 3])
def test_over_all_coin_flips_a_cell_without_odd_homes_earns_at_most_nothing(homes):
    """All coins of all homes enumerated at the edge of the null, with caps that bind and rho = 0: the mean is <= 1."""
    rng = np.random.default_rng(homes)
    pairs = 12 // homes
    parameters = replace(P, rho=0.0, kappa_grid=(1.5, 5.0))
    flips = list(product((-1, 1), repeat=pairs))
    sizes = rng.exponential(3.0, (homes, pairs, 4))
    failures = rng.integers(0, 2, (homes, pairs))
    per_home = [
        [home_evidence(flipped(sizes[k], f, failures[k]), parameters) for f in flips] for k in range(homes)
    ]
    index = np.array(
        list(product(range(len(flips)), repeat=homes))
    )  # 4,096 cells: every outcome, equally likely
    logs = np.stack([np.concatenate([e.log_e for e in home]) for home in per_home])
    counts = per_home[0][0].pairs
    log_e = np.concatenate([logs[k, index[:, k]] for k in range(homes)])
    evidence = HomeEvidence(log_e, np.repeat(counts, len(log_e), axis=0))
    cell = np.tile(np.arange(len(index)), homes)
    e = np.exp(log_e_values(cell_terms(evidence, parameters, cell, len(index)), parameters))
    assert e.mean() <= 1.0 + 1e-6  # each ln E is rounded to 1e-6
    assert e.max() > 1.5


def test_a_rogue_home_is_bounded_and_its_probability_paid_for():
    """At most 1 + pi(kappa - 1), and over "rogue with probability rho" the mean is at most 1."""
    nothing = HomeEvidence(np.zeros((1, 15, 4)), np.full((1, 4), 5))
    for pi, kappa in P.caps:
        one = replace(P, pi_grid=(pi,), kappa_grid=(kappa,))
        rogue = np.exp(log_e_values(cell_terms(certain(1), one), one, rho=0.0)[0])
        assert 1 + pi * (kappa - 1) == pytest.approx(rogue, rel=1e-5)
        paid = [np.exp(log_e_values(cell_terms(e, one), one)[0]) for e in (certain(1), nothing)]
        assert 0.02 * paid[0] + 0.98 * paid[1] == pytest.approx(1.0, rel=1e-5)


def test_forged_keys_on_one_line_never_pass():
    """A thousand forged pairs from one line are one cluster, and worth 11."""
    rng = np.random.default_rng(2)
    forged = random_table(rng, 1000)
    forged = replace(
        forged, d_thr=np.full(1000, -9.0), d_tail=np.full(1000, -9.0), cluster=np.zeros(1000, np.int64)
    )
    assert np.exp(cell_evidence(home_evidence(forged, P), P).log_e) < 11.2


def test_the_order_of_pairs_and_homes_leaves_no_trace():
    """The same pairs in any order, homes under any number, give the same bytes."""
    rng = np.random.default_rng(3)
    table = random_table(rng, 600)
    expected = cell_evidence(home_evidence(table, P), P)
    for _ in range(5):
        shuffled = table.take(rng.permutation(600))
        renamed = replace(shuffled, cluster=rng.permutation(5)[shuffled.cluster])
        assert expected == cell_evidence(home_evidence(renamed, P), P)


def test_many_cells_at_once_equal_each_alone():
    """What is computed on a cluster of machines is what one would have computed."""
    rng = np.random.default_rng(4)
    homes = home_evidence(
        replace(random_table(rng, 4000), cluster=rng.integers(0, 1500, 4000)), P, clusters=1500
    )
    cell = rng.integers(0, 40, 1500)
    together = log_e_values(cell_terms(homes, P, cell, 41), P)
    alone = [cell_evidence(homes.take(cell == c), P).log_e for c in range(41)]
    assert alone == together.tolist()


def test_swapping_the_labels_swaps_the_hypotheses():
    """`favoured` of the mirrored pairs is `slowed` of the pairs."""
    table = random_table(np.random.default_rng(5), 300)
    slowed = cell_evidence(home_evidence(table, P, "slowed"), P)
    assert slowed == cell_evidence(home_evidence(mirror(table), P, "favoured"), P)


def test_a_cell_without_data_has_e_1():
    """It is registered, it counts in M, and it says nothing."""
    empty = random_table(np.random.default_rng(6), 5).take(np.zeros(0, dtype=np.int64))
    evidence = cell_evidence(home_evidence(empty, P), P)
    assert (0.0, 0, 0) == (evidence.log_e, evidence.clusters, evidence.pairs)


def test_homes_enter_a_stratum_with_their_first_pair_there():
    """Homes that ran no long pair do not dilute the long ones': the empty product is 1."""
    short = HomeEvidence(np.zeros((4, 15, 4)), np.array([[5, 0, 0, 0]] * 4))
    divisor = np.mean([(1 + pi * 0.02 * (kappa - 1)) ** -4.0 for pi, kappa in P.caps])
    expected = 0.56 * divisor + 0.44
    assert expected == pytest.approx(np.exp(cell_evidence(short, P).log_e), rel=1e-5)


def test_the_rho_that_a_result_withstands_is_where_its_e_meets_the_bar():
    """Just below it E reaches the bar, just above it does not."""
    terms = cell_terms(certain(5), P)
    bar = np.log(400.0)
    rho = float(rho_at_bars([terms], P, bar)[0])
    assert 0.05 < rho < 1
    assert log_e_values(terms, P, rho)[0] >= bar
    assert log_e_values(terms, P, rho + 1e-4)[0] < bar
    assert rho_at_bars([terms], P, 99.0).tolist() == [0.0]
    nobody = cell_terms(HomeEvidence(np.zeros((0, 15, 4)), np.zeros((0, 4), np.int64)), P)
    assert rho_at_bars([nobody], P, 0.0).tolist() == [1.0]


def test_a_cell_says_which_metric_spoke():
    """Only failures incriminate: their e-value is large, that of the rates below 1."""
    log_e = np.zeros((5, 15, 4))
    log_e[:, 12:] = 9.0
    by_metric = cell_evidence(HomeEvidence(log_e, np.full((5, 4), 9)), P).log_e_by_metric
    assert by_metric["fail"] > np.log(1e6)
    assert by_metric["thr"] < 0
