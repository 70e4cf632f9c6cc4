"""The placebo rank keeps its level whatever the luck of routes, and finds what detection.md 7 says it finds."""

import numpy as np
import pytest

from analysis.stats.placebo import difference_in_differences, placebo_rank

RUNS, NETWORKS, PLACEBOS = 2_000, 6, 20
HOME_SD = 0.3 / np.sqrt(20)
"""Of the mean over 20 homes."""


def share_ranked(tau: float, harm: float) -> float:
    """How often the first endpoint is called slower on the first network, at 5 %; tau: sd of an endpoint's luck on a network."""
    rng = np.random.default_rng(2212)
    shape = (RUNS, NETWORKS, 1 + PLACEBOS)
    server = rng.normal(0, 0.3, (RUNS, 1, 1 + PLACEBOS))
    figures = server + rng.normal(0, tau, shape) + rng.normal(0, HOME_SD, shape)
    figures[:, 0, 0] += harm
    differences = figures[:, 0, :] - figures[:, 1:, :].mean(axis=1)
    return float(np.mean([placebo_rank(row[0], list(row[1:])).p <= 0.05 for row in differences]))


@pytest.mark.parametrize("tau", [0.0, 0.1, 0.2])
def test_the_level_holds_whatever_the_luck_of_routes(tau: float) -> None:
    """False alarms of 1/21 for any tau (detection.md 7: .047, .049, .046), within four standard errors."""
    assert 1 / 21 == pytest.approx(share_ranked(tau, 0.0), abs=4 * (0.045 / RUNS) ** 0.5)


def test_power_as_in_the_design() -> None:
    """Half the rate is found where luck is small, and mostly where it is large (detection.md 7: 1.0, 1.0, .82)."""
    found = [share_ranked(tau, np.log(0.5)) for tau in (0.0, 0.1, 0.2)]
    assert [1.0, 1.0] == pytest.approx(found[:2], abs=0.02)
    assert 0.82 == pytest.approx(found[2], abs=0.1)


def test_what_cannot_be_compared() -> None:
    """One network alone is an error; without placebos p is 1, and a tie counts against the finding."""
    with pytest.raises(ValueError, match="two networks"):
        difference_in_differences(-0.5, [])
    assert (1.0, 0.5) == (placebo_rank(-1.0, []).p, placebo_rank(-1.0, [-1.0, 0.0, 0.0]).p)
