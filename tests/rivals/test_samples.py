"""Samples from ticks: what is cut where."""

import numpy as np
import pytest

from tests.rivals.samples import SAMPLES, samples_mbit_s


def test_a_hundred_samples_of_the_nominal_duration():
    """A run to the end gives 100 samples whose mean is its rate, wherever the ticks stood."""
    times = np.sort(np.append(np.random.default_rng(1).uniform(0, 4, 15), 4.003))
    found = samples_mbit_s(times, times * 2.5e6, 4.0)
    assert (SAMPLES,) == found.shape
    assert np.full(SAMPLES, 20.0) == pytest.approx(found)


def test_an_early_end_has_fewer_samples():
    """A run of 1.1 s of 4 gives its 27 whole intervals; the part of one is left out, as Wehe's server does."""
    assert 27 == samples_mbit_s([1.1], [1_000_000], 4.0).size
    assert 5 == samples_mbit_s([1.1], [1_000_000], 4.0, interval_s=0.22).size
    assert 0 == samples_mbit_s([], [], 4.0).size


def test_a_stall_is_zeros():
    """Bytes that do not come are samples of zero, and stay in the list."""
    found = samples_mbit_s([1.0, 4.0], [500_000, 500_000], 4.0)
    assert (25, 75) == (int((found > 0).sum()), int((found == 0).sum()))


@pytest.mark.parametrize(
    ("times", "counts", "message"),
    [
        ([1.0, 0.5], [1, 2], "backwards"),
        ([1.0, 2.0], [2, 1], "backwards"),
        ([1.0], [1, 2], "1 times, 2 counts"),
    ],
)
def test_impossible_ticks_are_refused(times, counts, message):
    """Times or counts that run backwards, or do not match, are an error and not a rate."""
    with pytest.raises(ValueError, match=message):
        samples_mbit_s(times, counts, 4.0)
