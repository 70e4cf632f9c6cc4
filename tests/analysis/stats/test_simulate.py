"""The simulator: reproducible worlds whose margins are those of detection.md 5."""

import numpy as np
import pytest

from analysis.stats.pair import HYPOTHESES
from analysis.stats.parameters import Parameters
from analysis.stats.simulate import VARIANTS, World, log_e, planned_variants, recut, simulate
from analysis.stats.simulate_lines import (
    CORRELATION,
    LEVELS_BIT_S,
    WIRED,
    autocorrelated,
    capacities_bit_s,
    left_bit_s,
)
from analysis.stats.simulate_treatments import Treatment

P = Parameters()


def made(world, cells=20, homes=10, pairs=6, seed=1):
    """Some cells of a world."""
    rng = np.random.default_rng(seed)
    return simulate(world, cells=cells, homes=homes, pairs=pairs, rng=rng, parameters=P)


def columns(simulated):
    """Everything of a simulation, as bytes."""
    return [getattr(simulated.pairs, name).tobytes() for name in vars(simulated.pairs)] + [
        simulated.variant.tobytes(),
        simulated.spoofed.tobytes(),
        simulated.tail_original_bit_s.tobytes(),
    ]


def test_a_seed_gives_one_world_and_another_seed_another():
    """All columns are equal to the last bit; with another seed they are not."""
    world = World(treatment=Treatment("police", 4e6, share_of_homes=0.5), rogue=0.1, saturate_share=0.2)
    assert columns(made(world)) == columns(made(world))
    assert columns(made(world)) != columns(made(world, seed=2))


def test_innocent_cells_earn_at_most_one_on_average_at_every_size():
    """Mean E of clean cells is at most 1 for both hypotheses, from three homes with one pair to a hundred with twenty."""
    whole = made(World(bias=-0.01, rogue=0.02), cells=10, homes=100, pairs=20, seed=3)
    for homes, pairs in ((3, 1), (3, 20), (10, 5), (30, 5), (100, 20)):
        for hypothesis in HYPOTHESES:
            assert 1.0 >= np.exp(log_e(recut(whole, homes, pairs), P, hypothesis)).mean()


def test_capacities_are_lognormal_about_eighty_within_bounds():
    """Median 80 Mbit/s within 3 %, sd of the logarithm 1 but for the bounds, none outside 5-1000."""
    capacity = capacities_bit_s(20_000, np.random.default_rng(4)) / 1e6
    assert np.median(capacity) == pytest.approx(80, rel=0.03)
    assert np.log(capacity).std() == pytest.approx(1.0, abs=0.05)
    assert (capacity.min(), capacity.max()) == (5.0, 1000.0)


def test_a_paced_pair_moves_no_more_than_the_pace():
    """Late control rates are at most 20 Mbit/s but for jitter, and over half of the homes reach that."""
    paced = made(World(variant="paced", failures=0.0, wifi=0.0, congested=0.0))
    late = paced.tail_control_bit_s / 1e6
    assert late.max() < 21
    assert 0.5 < (late > 19).mean()


def test_the_plan_measures_long_early_and_one_in_four():
    """One long pair among a home's first three, and exactly one in each four after them."""
    long = planned_variants(300, 19, np.random.default_rng(5)) == VARIANTS.index("long")
    assert (long[:, :3].sum(axis=1) == 1).all()
    for begin in (3, 7, 11, 15):
        assert (long[:, begin : begin + 4].sum(axis=1) == 1).all()
    assert (long.mean(axis=0) > 0.1).all()  # any place in a block may be the long one


def test_rates_of_failures_evenings_strata_and_rogues_are_the_worlds():
    """1 % of runs fail, five hours of a day are evening, strata come in blocks of two, 2 % of homes are rogue."""
    s = made(World(rogue=0.02, rogue_treatment=Treatment("blocked")), cells=50, homes=40, pairs=6)
    assert s.pairs.evening.mean() == pytest.approx(5 / 24, abs=0.02)
    blocks = s.spoofed.reshape(-1, 2)
    assert (blocks.sum(axis=1) == 1).all()
    assert s.original_first.mean() == pytest.approx(0.5, abs=0.02)
    always = (s.pairs.d_fail.reshape(-1, 6) <= 0).all(axis=1) & (
        s.pairs.d_fail.reshape(-1, 6).sum(axis=1) < -4
    )
    assert always.mean() == pytest.approx(0.02, abs=0.01)
    assert (s.pairs.d_fail > 0).mean() == pytest.approx(0.01, abs=0.004)  # the control alone failed


def test_a_fifth_of_the_cells_is_congested_and_only_in_the_evening():
    """Round-trip times of congested cells grow in the evening; by day all cells are alike."""
    s = made(World(congested=1.0, wifi=0.0, failures=0.0), cells=20, homes=10, pairs=6)
    slow = s.tail_control_bit_s < 5e6
    assert 2 * slow[~s.pairs.evening].mean() < slow[s.pairs.evening].mean()


def test_noise_keeps_its_correlation_and_spread():
    """Lag-1 correlation .84 in steps of 0.1 s, variance 1 from the first step on."""
    waves = autocorrelated((4000, 2, 40), np.random.default_rng(6))
    flat = waves.reshape(-1, 40)
    assert flat[:, 0].std() == pytest.approx(1.0, abs=0.03)
    assert flat[:, -1].std() == pytest.approx(1.0, abs=0.03)
    assert np.corrcoef(flat[:, 20], flat[:, 21])[0, 1] == pytest.approx(CORRELATION, abs=0.02)


def test_time_varying_lines_hold_their_levels_for_five_to_twenty_seconds():
    """Only the five levels occur, none twice within 5 s, and the two slots of a pair are one story."""
    rng = np.random.default_rng(7)
    ones = np.ones(500)
    left = left_bit_s(ones, ones, WIRED.__class__(0, 0, 0, 0, 0, 0, 0), 10.0, varying=True, rng=rng)
    assert set(LEVELS_BIT_S) == set(np.unique(left).tolist())
    jumps = np.diff(left, axis=2) != 0
    assert jumps.sum(axis=2).max() <= 2  # in 10 s no more than two ends of holds of at least 5 s
    assert 0.4 < jumps.any(axis=2).mean() < 0.8


def test_cells_cut_out_of_large_ones_are_what_they_would_have_been():
    """Recutting to the whole changes nothing, and a small cell has the E of its own homes and pairs."""
    s = made(World(treatment=Treatment("slow", factor=0.8)), cells=2, homes=6, pairs=5)
    assert np.array_equal(log_e(s, P), log_e(recut(s, 6, 5), P))
    small = recut(s, 3, 2)
    mine = (s.pairs.cluster < 3) & (s.order < 2)
    alone = s.take(mine)
    assert log_e(small, P)[0] == log_e(alone, P)[0]


def test_keys_on_a_line_are_one_cluster():
    """Ten homes on two lines make two clusters, and cannot reach what two clusters cannot."""
    world = World(treatment=Treatment("police", 1.5e6), keys_per_line=5, failures=0.0)
    s = made(world, cells=5, homes=10, pairs=20)
    assert (10, 2) == (s.cell.size, np.unique(s.pairs.cluster[: 10 * 20]).size)
    assert log_e(s, P).max() <= np.log(180.5)


def test_a_network_may_treat_strata_differently():
    """Owned names policed alone: those pairs look favoured, the others neutral."""
    s = made(World(on_owned=Treatment("police", 4e6), line_bit_s=50e6, wifi=0.0, failures=0.0))
    assert np.nanmedian(s.pairs.d_thr[~s.spoofed]) > 1.5
    assert abs(np.nanmedian(s.pairs.d_thr[s.spoofed])) < 0.02
