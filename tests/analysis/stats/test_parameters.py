"""The constants: those of the design, plain enough for JSON, and refused where the procedure would not hold."""

import json

import pytest

from analysis.stats.parameters import Parameters


def test_a_registration_carries_every_constant_unchanged():
    """Through JSON and back the record is the same."""
    assert Parameters() == Parameters.from_json(json.loads(json.dumps(Parameters().to_json())))


def test_the_constants_are_those_of_the_design():
    """detection.md 4: what was registered is what was simulated there."""
    p = Parameters()
    assert (0.05, 0.002, 0.05) == (p.delta_log, p.delta_loss, p.delta_fail)
    assert ((0.1, 0.3, 1.0), (0.3, 0.6, 0.9)) == (p.lam_grid, p.c_grid)
    assert ((0.2, 0.5, 0.95), (10.0, 50.0), 0.02) == (p.pi_grid, p.kappa_grid, p.rho)
    assert (0.7, 0.3, 0.8, 0.2) == (p.weight_pooled, p.weight_long, p.weight_all_hours, p.weight_evening)
    assert (0.05, 1.5, 0.15, 0.01) == (p.s_floor, p.scale_tail, p.scale_rtt, p.scale_loss)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight_thr": 0.5}, "metric weights"),
        ({"c_grid": [0.3, 0.96]}, "c_grid"),
        ({"rho": 1.0}, "rho"),
        ({"kappa_grid": []}, "kappa_grid"),
        ({"rho": "0.02"}, "rho is not a finite number"),
        ({"min_bins": 5.5}, "min_bins has the wrong type"),
        ({"lam": 1.0}, "unknown or missing: lam"),
    ],
)
def test_constants_that_break_the_argument_are_refused(change, words):
    """A bet that could lose more than it has, weights that do not sum to 1, a name or a type nobody registered."""
    with pytest.raises(ValueError, match=words):
        Parameters.from_json({**Parameters().to_json(), **change})


def test_a_missing_constant_is_refused():
    """A default must never fill a gap in a registration."""
    values = Parameters().to_json()
    del values["rho"]
    with pytest.raises(ValueError, match="rho"):
        Parameters.from_json(values)
