"""A home's e-value: a supermartingale in which no pair counts more than double."""

from itertools import product

import numpy as np
import pytest

from analysis.stats.home import STRATA, bet_weights, bets, home_evidence, own_log_e
from analysis.stats.pair import PairFeatures, PairTable, pair_table, scores
from analysis.stats.parameters import METRICS, Parameters
from tests.analysis.stats.test_pair import random_table

P = Parameters()
NAN = float("nan")


def flipped(sizes, signs, failures):
    """One home whose pair i has scores of `sizes[i]` (thr, tail, rtt, loss) with the sign of its coin, at the edge."""
    features = []
    for (thr, tail, rtt, loss), sign, failure in zip(sizes, signs, failures, strict=True):
        features.append(
            PairFeatures(
                d_thr=sign * thr * 0.05 - 0.05,
                d_tail=sign * tail * 0.075 - 0.05,
                d_rtt=sign * rtt * 0.15 - 0.05,
                loss_original=0.002 - sign * loss * 0.01,
                loss_control=0.0,
                d_fail=sign * failure,
                s=0.05,
            )
        )
    n = len(features)
    kinds = np.arange(n)
    return pair_table(features, np.zeros(n), long=kinds % 2 == 0, evening=kinds % 3 == 0)


def test_over_all_coin_flips_a_home_earns_exactly_nothing():
    """At the edge of the null every bet's mean over the 2^n equally likely coins is 1 (failures: below, by delta)."""
    rng = np.random.default_rng(1)
    n = 6
    sizes = rng.exponential(3.0, (n, 4))
    failures = np.array([0, 1, 1, 0, 1, 0])
    e = np.array(
        [
            np.exp(home_evidence(flipped(sizes, coins, failures), P).log_e[0])
            for coins in product((-1, 1), repeat=n)
        ]
    )
    mean = e.mean(axis=0)
    metric = np.array([m for m, _ in bets(P)])
    assert mean[metric != "fail"] == pytest.approx(1.0, abs=1e-7)
    assert mean[metric != "fail"].max() <= 1.0 + 1e-12  # rounding is downward
    assert (mean[metric == "fail"] < 1.0).all()


def test_a_pair_at_most_doubles_a_home():
    """However extreme a pair is, and whatever came before it."""
    rng = np.random.default_rng(2)
    before = random_table(rng, 40)
    monster = pair_table(
        [PairFeatures(-50, -50, -50, 1.0, 0.0, -1.0, s=0.05)], [0], long=[True], evening=[True]
    )
    columns = {name: np.concatenate((getattr(before, name), getattr(monster, name))) for name in vars(before)}
    gained = home_evidence(PairTable(**columns), P).log_e - home_evidence(before, P).log_e
    assert gained.max() <= np.log(2) + 1e-12
    assert gained[0].min() > 0
    assert (gained[1:] == 0).all()


def test_blocked_home_earns_what_the_formula_says():
    """Five originals that failed beside five controls that did not: (1 + c x .95)^5 for each bet c."""
    blocked = pair_table(
        [PairFeatures(NAN, NAN, NAN, NAN, NAN, -1.0, s=0.05)] * 5,
        [0] * 5,
        long=[False] * 5,
        evening=[False] * 5,
    )
    e = np.exp(home_evidence(blocked, P).log_e[0, :, 0])
    assert e[-3:] == pytest.approx([(1 + c * 0.95) ** 5 for c in (0.3, 0.6, 0.9)], rel=1e-7)
    assert e[:-3].tolist() == [1.0] * 12


def test_the_order_of_pairs_leaves_no_trace():
    """Any permutation gives the same bytes, because the sums are exact."""
    rng = np.random.default_rng(3)
    table = random_table(rng, 3000)
    expected = home_evidence(table, P).log_e.tobytes()
    for _ in range(5):
        assert expected == home_evidence(table.take(rng.permutation(3000)), P).log_e.tobytes()


def test_strata_hold_their_own_pairs_only():
    """Each stratum equals the evidence of a table made of its pairs alone."""
    table = random_table(np.random.default_rng(4), 400)
    whole = home_evidence(table, P, clusters=5)
    masks = [np.ones(400, bool), table.evening, table.long, table.long & table.evening]
    for column, (name, mask) in enumerate(zip(STRATA, masks, strict=True)):
        alone = home_evidence(table.take(mask), P, clusters=5)
        assert np.array_equal(alone.log_e[:, :, 0], whole.log_e[:, :, column]), name
        assert np.array_equal(alone.pairs[:, 0], whole.pairs[:, column]), name


def test_the_factors_are_those_of_the_design():
    """The product of 1 - tanh(lam u) and of 1 - c(d_fail + .05), computed plainly."""
    table = random_table(np.random.default_rng(5), 12)
    table = table.take(table.cluster == table.cluster[0])
    evidence = home_evidence(table, P)
    u = scores(table, P)
    for column, (metric, point) in enumerate(bets(P)):
        x = u[METRICS.index(metric)]
        factors = 1 - point * x if metric == "fail" else 1 - np.tanh(point * x)
        assert np.log(factors).sum() == pytest.approx(evidence.log_e[table.cluster[0], column, 0], abs=1e-7)


def test_weights_are_those_of_the_design_and_sum_to_one():
    """thr .4 over three bets, pooled .7, all hours .8."""
    weights = bet_weights(P)
    assert weights.sum() == pytest.approx(1.0)
    assert weights[0, 0] == pytest.approx(0.4 / 3 * 0.7 * 0.8)
    assert weights[-1, 3] == pytest.approx(0.2 / 3 * 0.3 * 0.2)


def test_a_home_without_pairs_has_wagered_nothing():
    """Its own e-value is 1."""
    evidence = home_evidence(random_table(np.random.default_rng(6), 50), P, clusters=9)
    assert own_log_e(evidence, P)[8] == 0.0


def test_a_cluster_outside_the_stated_number_is_refused():
    """An index that does not fit is an error of the caller, not a new home."""
    with pytest.raises(ValueError, match="cluster 4 of 3"):
        home_evidence(random_table(np.random.default_rng(7), 50), P, clusters=3)
