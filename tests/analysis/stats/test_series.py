"""Runs as series: bins, shifts, scales and comparisons."""

import numpy as np
import pytest

from analysis.stats.parameters import Parameters
from analysis.stats.series import batch_se, bin_rates, compare, last_shift

P = Parameters()


def ticks(rng, duration_s, rate_mbit_s):
    """Memoryless ticks clamped to 25-650 ms and the bytes a steady rate has delivered by then."""
    gaps = np.clip(rng.exponential(0.25, 200), 0.025, 0.65)
    t_s = np.cumsum(gaps)
    t_s = np.append(t_s[t_s < duration_s], duration_s)
    return t_s, t_s * rate_mbit_s * 1e6 / 8


def test_a_steady_run_has_its_rate_in_every_bin_wherever_the_ticks_fell():
    """Interpolation does not invent variation."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        t_s, count = ticks(rng, 4.0, 12.0)
        rates = bin_rates(t_s, count, P)
        assert rates.shape == (20,)
        assert rates == pytest.approx(12e6)


def test_bytes_are_conserved():
    """What the bins hold together is what the samples counted, when nothing stalls."""
    rng = np.random.default_rng(2)
    t_s = np.linspace(0.1, 4.0, 37)
    count = np.cumsum(rng.uniform(50_000, 400_000, 37))
    assert bin_rates(t_s, count, P).sum() * P.bin_s / 8 == pytest.approx(count[-1])


def test_a_stall_is_the_floor_and_not_minus_infinity():
    """No bytes in a bin read as 10 kbit/s, in both runs alike."""
    rates = bin_rates([1.0, 1.2, 4.0], [1e6, 1.2e6, 1.2e6], P)
    assert rates.min() == 10_000


def test_a_run_shorter_than_planned_stands_still_to_its_planned_end():
    """With a duration given, missing samples at the end count as a stall."""
    assert [10_000.0] * 5 == bin_rates([1.0], [1e6], P, duration_s=2.0)[5:].tolist()


@pytest.mark.parametrize(
    ("t_s", "count"), [([1, 0.5], [1, 2]), ([0.5, 1], [2, 1]), ([1], [1, 2]), ([1], [float("nan")])]
)
def test_samples_that_run_backwards_are_refused(t_s, count):
    """Cumulative counts on a clock cannot decrease; the caller must not guess."""
    with pytest.raises(ValueError, match="samples"):
        bin_rates(t_s, count, P)


@pytest.mark.parametrize("bins", [20, 50, 100])
def test_the_last_of_two_shifts_is_found(bins):
    """A burst, a pause at half rate, then the throttle: the tail is what follows the last step."""
    rng = np.random.default_rng(3)
    first, second = bins // 4, bins // 2
    levels = np.repeat([20e6, 9e6, 4e6], [first, second - first, bins - second])
    run = levels * np.exp(0.03 * rng.standard_normal(bins))
    assert second == last_shift(run, P)


def test_without_a_shift_the_whole_used_part_is_the_tail():
    """Flat, noisy and autocorrelated runs alike keep all but their head, nearly always."""
    rng = np.random.default_rng(4)
    flat = np.full((1, 20), 20e6)
    noisy = 20e6 * np.exp(0.1 * rng.standard_normal((2000, 20)))
    assert [2] == last_shift(flat, P).tolist()
    assert (last_shift(noisy, P) == 2).mean() > 0.99


def test_a_quarter_of_the_run_always_remains():
    """A step in the last bins moves the tail no later than three quarters into the run."""
    rng = np.random.default_rng(5)
    wild = np.exp(rng.normal(15, 2, (3000, 20)))
    starts = last_shift(wild, P)
    assert starts.min() >= 2
    assert starts.max() <= 15


def test_a_pair_uses_the_later_shift_of_its_runs_for_both():
    """A burst in the original alone still compares the same seconds of both runs."""
    burst = np.array([20e6] * 10 + [4e6] * 10)
    c = compare(burst, np.full(20, 20e6), P)
    assert c.tail_start == 10
    assert c.tail_control_bit_s == 20e6
    assert c.d_tail == pytest.approx(np.log(0.2))


def test_swapping_the_runs_negates_the_differences_and_leaves_the_scale_to_the_last_bit():
    """The scale and the tail are label-blind; without that a coin flip would prove nothing."""
    rng = np.random.default_rng(6)
    a = np.exp(
        rng.normal(15, 1.0, (2000, 20)) + np.where(rng.random((2000, 1)) < 0.5, 0, 1) * np.linspace(0, 3, 20)
    )
    b = np.exp(rng.normal(15, 0.2, (2000, 20)))
    one, other = compare(a, b, P), compare(b, a, P)
    assert np.array_equal(one.d_thr, -other.d_thr)
    assert np.array_equal(one.d_tail, -other.d_tail)
    assert np.array_equal(one.s, other.s)
    assert np.array_equal(one.tail_start, other.tail_start)


def test_batches_see_the_autocorrelation_that_single_bins_hide():
    """At lag-1 correlation .7 the batch-means error is within a third of the true one; the naive one is not half."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((4000, 50))
    for b in range(1, 50):
        x[:, b] = 0.7 * x[:, b - 1] + np.sqrt(1 - 0.49) * x[:, b]
    true = x.mean(axis=1).std()
    batches = np.sqrt((batch_se(np.exp(0.1 * x), P) ** 2).mean()) / 0.1
    assert batches == pytest.approx(true, rel=0.33)
    assert x.std() / np.sqrt(50) < 0.5 * true


def test_less_than_a_second_is_not_a_series():
    """Then rates are missing, and the scale is the floor."""
    c = compare(np.full(4, 1e6), np.full(20, 1e6), P)
    assert np.isnan(c.d_thr)
    assert c.s == P.s_floor


def test_runs_of_unequal_length_are_read_over_the_same_seconds():
    """What one run did after the other had ended is compared with nothing."""
    long = np.array([8e6] * 20 + [1e6] * 10)
    assert compare(long, np.full(20, 8e6), P).d_thr == 0
