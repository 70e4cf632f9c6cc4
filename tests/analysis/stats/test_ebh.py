"""e-BH: against a plain reference, with cells without data, near-ties and false discoveries counted."""

import math

import numpy as np
import pytest

from analysis.stats.ebh import ebh


def reference(e, m, q):
    """The definition, tried for every k."""
    padded = sorted([*e, *([1.0] * (m - len(e)))], reverse=True)
    fits = [k for k in range(1, m + 1) if padded[k - 1] >= m / (q * k)]
    k = max(fits, default=0)
    return {i for i, value in enumerate(e) if k and value >= padded[k - 1]}


def test_it_rejects_what_the_definition_rejects():
    """Random e-values of every size, some registered cells without data."""
    rng = np.random.default_rng(1)
    for _ in range(300):
        n = int(rng.integers(1, 30))
        m = n + int(rng.integers(0, 10))
        e = np.exp(rng.normal(3, 4, n)).tolist()
        result = ebh(np.log(e).tolist(), m, 0.05)
        assert reference(e, m, 0.05) == {i for i, hit in enumerate(result.rejected) if hit}
        assert result.count == sum(result.rejected)


def test_cells_without_data_raise_the_bar():
    """E = 200 is enough among 10 hypotheses and not among 11, though the eleventh measured nothing."""
    assert ebh([math.log(201)], 10, 0.05).rejected == (True,)
    assert ebh([math.log(201)], 11, 0.05).rejected == (False,)


def test_a_near_tie_takes_the_innocent_side_and_is_marked():
    """Within 1e-5 of the bar nothing is found, on any machine; beyond it, it is."""
    bar = math.log(1 / 0.05)
    for excess, rejected, near in (
        (-2e-5, False, False),
        (0.0, False, True),
        (9e-6, False, True),
        (2e-5, True, False),
    ):
        result = ebh([bar + excess], 1, 0.05)
        assert (rejected, near) == (result.rejected[0], result.near[0]), excess


def test_a_near_tie_of_the_last_marks_all_it_would_have_carried():
    """Two cells that pass only together are both marked when one of them is too near."""
    bar = math.log(2 / (0.05 * 2))
    assert ebh([bar + 0.1, bar], 2, 0.05).near == (True, True)


def test_false_discoveries_stay_below_q_under_dependence():
    """All hypotheses true and all e-values one and the same variable: the worst case costs at most q."""
    rng = np.random.default_rng(2)
    hits = 0
    for _ in range(4000):
        e = 20.0 if rng.random() < 0.05 else 1e-3
        hits += any(ebh([math.log(e) + 2e-5] * 8, 8, 0.05).rejected)
    assert hits / 4000 < 0.06


@pytest.mark.parametrize(
    ("log_e", "m", "q"), [([1.0, 2.0], 1, 0.05), ([float("nan")], 1, 0.05), ([], 1, 1.0)]
)
def test_nonsense_is_refused(log_e, m, q):
    """More e-values than registered hypotheses, no numbers, no level."""
    with pytest.raises(ValueError, match=r"e-value|q must"):
        ebh(log_e, m, q)


def test_nothing_measured_is_nothing_found():
    """And the bar is that of a lone finding."""
    result = ebh([], 4000, 0.05)
    assert (0, 80_000) == (result.count, round(math.exp(result.log_bar)))
