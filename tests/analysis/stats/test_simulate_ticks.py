"""Memoryless ticks, and bins that are those of production."""

import numpy as np
import pytest

from analysis.stats.parameters import Parameters
from analysis.stats.series import bin_rates
from analysis.stats.simulate_ticks import binned_bit_s, sampled_bytes, ticks_s

P = Parameters()


def test_ticks_are_spaced_as_the_probes_are():
    """Between 25 and 650 ms, mean that of an exponential of 250 ms so clamped, and a last one at the end."""
    times = ticks_s(2000, 10.0, np.random.default_rng(1))
    assert (times[:, -1] == 10.0).all()
    gaps = np.diff(times, axis=1)[:, :20]  # before any row reaches its end
    assert gaps.min() == pytest.approx(0.025)
    assert gaps.max() == pytest.approx(0.65)
    assert gaps.mean() == pytest.approx(
        0.25 * (1 - np.exp(-2.6)) + 0.025 - 0.25 * (1 - np.exp(-0.1)), abs=0.003
    )


def test_many_runs_at_once_are_binned_as_one_run_alone():
    """Against series.bin_rates, on 50 ragged runs with stalls, to nine digits."""
    rng = np.random.default_rng(2)
    rates = rng.exponential(5e6, (50, 100)) * (rng.random((50, 100)) < 0.8)
    times = ticks_s(50, 10.0, rng)
    bins, counts = binned_bit_s(rates, times, P), sampled_bytes(rates, times)
    for run in range(50):
        assert bins[run] == pytest.approx(bin_rates(times[run], counts[run], P, 10.0), rel=1e-9)


def test_ticks_keep_every_byte():
    """The mean of the bins is that of the rates (above the floor)."""
    rng = np.random.default_rng(3)
    rates = rng.uniform(1e6, 9e6, (30, 40))
    assert binned_bit_s(rates, ticks_s(30, 4.0, rng), P).mean(axis=1) == pytest.approx(rates.mean(axis=1))
