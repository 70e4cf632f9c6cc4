"""Pairs: features, scores, and their mirror image."""

import numpy as np
import pytest

from analysis.stats.pair import (
    PairFeatures,
    PairTable,
    RunFacts,
    pair_features,
    pair_scores,
    pair_table,
    scores,
)
from analysis.stats.parameters import METRICS, Parameters
from tests.analysis.stats.mirrored import mirror

P = Parameters()
NAN = float("nan")
GOOD = RunFacts(failed=False, rates_bit_s=np.full(20, 20e6), rtt_us=20_000.0, loss=0.001)


def random_table(rng, n):
    """Pairs of all kinds, some with missing metrics."""
    d = rng.normal(0, 0.3, (3, n))
    d[:, rng.random(n) < 0.1] = np.nan
    return PairTable(
        d_thr=d[0],
        d_tail=d[1],
        d_rtt=d[2],
        loss_original=rng.uniform(0, 0.05, n),
        loss_control=rng.uniform(0, 0.05, n),
        d_fail=rng.integers(-1, 2, n).astype(np.float64),
        s=rng.uniform(0.05, 0.3, n),
        cluster=rng.integers(0, 5, n),
        long=rng.random(n) < 0.3,
        evening=rng.random(n) < 0.3,
    )


@pytest.mark.parametrize(("original_failed", "control_failed", "d_fail"), [(1, 0, -1), (0, 1, 1), (1, 1, 0)])
def test_a_failure_is_a_result_and_takes_the_other_metrics_with_it(original_failed, control_failed, d_fail):
    """If either run failed, whichever, only the failure speaks."""
    original = RunFacts(bool(original_failed), GOOD.rates_bit_s, GOOD.rtt_us, GOOD.loss)
    control = RunFacts(bool(control_failed), GOOD.rates_bit_s, GOOD.rtt_us, GOOD.loss)
    f = pair_features(original, control, P)
    assert d_fail == f.d_fail
    u = pair_scores(f, P)
    assert [0.0] * 4 == [u[metric] for metric in METRICS[:4]]
    assert d_fail + 0.05 == u["fail"]


def test_a_metric_that_a_run_cannot_carry_scores_nothing():
    """Without RTT and loss the rates still speak."""
    u = pair_scores(pair_features(GOOD, RunFacts(False, np.full(20, 10e6)), P), P)
    assert (0.0, 0.0) == (u["rtt"], u["loss"])
    assert u["thr"] == pytest.approx((np.log(2) + 0.05) / 0.05)


def test_a_tail_is_trusted_less_than_a_half():
    """The tail's scale is 1.5 times that of the second half."""
    u = pair_scores(PairFeatures(-0.2, -0.2, NAN, NAN, NAN, 0.0, s=0.06), P)
    assert u["tail"] == pytest.approx(u["thr"] / 1.5)


def test_favoured_is_slowed_of_the_mirror_image():
    """Swapping the labels swaps the hypotheses, to the last bit, and twice is once."""
    table = random_table(np.random.default_rng(1), 500)
    assert np.array_equal(scores(table, P, "favoured"), scores(mirror(table), P, "slowed"))
    assert np.array_equal(scores(table, P, "slowed"), scores(mirror(mirror(table)), P, "slowed"))


def one_row(features):
    """A table of one pair."""
    return pair_table([features], [0], long=[False], evening=[False])


def test_swapping_two_runs_mirrors_their_features():
    """The code that compares runs treats both alike: features of (b, a) are the mirror of those of (a, b)."""
    rng = np.random.default_rng(2)
    for _ in range(50):
        a, b = (
            RunFacts(False, np.exp(rng.normal(15, 0.5, 20)), rng.uniform(1e4, 1e5), rng.uniform(0, 0.1))
            for _ in "ab"
        )
        forth = scores(one_row(pair_features(a, b, P)), P, "slowed")
        back = scores(one_row(pair_features(b, a, P)), P, "favoured")
        assert np.array_equal(forth, back)


def test_no_worse_than_delta_scores_nothing_negative():
    """At the edge of the null, 5 % slower and .2 % more loss, u is 0 and not below."""
    edge = PairFeatures(-0.05, -0.05, -0.05, 0.002, 0.0, 0.0, s=0.05)
    assert [0.0] * 4 == [round(pair_scores(edge, P)[metric], 12) for metric in METRICS[:4]]


def test_columns_of_unequal_length_are_refused():
    """A table is a table."""
    with pytest.raises(ValueError, match="one shape"):
        pair_table([PairFeatures(0, 0, 0, 0, 0, 0, 0.05)], [0, 1], long=[False], evening=[False])
