"""Near-ties, and two directions at once."""

import math

import numpy as np
import pytest

from analysis import decide as module
from analysis.cell import Evidence
from analysis.decide import WEAK_LOG_E, Sided
from analysis.gate_cells import NOTHING_REGISTERED
from analysis.stats.cell import CellEvidence, CellTerms
from analysis.stats.parameters import METRICS, Parameters
from tests.analysis.worlds import POLICED, World


def sided(log_e, *, hypothesis="slowed", metric="thr", rejected=False, **beside):
    """A side with that evidence, on one metric; ``beside``: of other metrics, those that have some."""
    by_metric = {name: log_e if name == metric else beside.get(name, 0.0) for name in METRICS}
    evidence = CellEvidence(log_e, by_metric, 5, 25, 0.02, 0.1)
    terms = CellTerms(np.zeros((1, 15, 4, 6)), np.zeros((1, 4), dtype=np.int64), np.zeros(1, dtype=np.int64))
    return Sided(Evidence(hypothesis, evidence, terms), rejected, near=False, rho_at_bar=0.1)


@pytest.mark.parametrize(
    ("above", "weak"), [(-1e-5, False), (0.0, False), (9e-6, False), (1e-5, True), (1e-3, True)]
)
def test_a_near_tie_takes_the_innocent_side(above, weak):
    """Within 1e-5 of its threshold an E-value does not reach it."""
    assert weak is sided(WEAK_LOG_E + above).weak


def test_a_near_tie_is_marked(monkeypatch):
    """A cell that misses its bar by less than 1e-5 is undetermined and says so."""
    world = World(homes=5)
    measurements = world.all_pairs(4, [POLICED])
    reached = world.judged(measurements).findings[0].log_e
    monkeypatch.setattr(module, "WEAK_LOG_E", reached - 5e-6)
    marked = world.judged(measurements).findings[0]
    assert (True, "different") == (marked.near, marked.outcome)
    assert not world.judged(world.all_pairs(4, ["s4"])).findings[3].near


def test_slower_with_less_loss_is_slowed():
    """Where both hypotheses are rejected, the one on rate or failures speaks, however large the other's E."""
    slowed = sided(9.0, rejected=True)
    favoured = sided(12.0, hypothesis="favoured", metric="loss", rejected=True)
    assert slowed is module._leading(slowed, favoured)
    assert not module._contradictory(slowed, favoured)


def test_served_last_on_a_full_line_is_slowed():
    """Waits longer and loses less: neither side is led by rate, and rate speaks for one of them."""
    slowed = sided(18.0, metric="rtt", thr=8.0, rejected=True)
    favoured = sided(15.0, hypothesis="favoured", metric="loss", rejected=True)
    assert slowed is module._leading(slowed, favoured)
    assert not module._contradictory(slowed, favoured)


@pytest.mark.parametrize("thr", [WEAK_LOG_E - 0.1, 12.0])
def test_rate_for_neither_or_for_both_sides_is_no_finding(thr):
    """Longer waits and less loss with no word of rate, or with rate both ways: undetermined."""
    slowed = sided(18.0, metric="rtt", thr=thr, rejected=True)
    favoured = sided(15.0, hypothesis="favoured", metric="loss", thr=thr, rejected=True)
    assert module._contradictory(slowed, favoured)


def test_delay_alone_against_rate_is_no_finding():
    """Served last, and only its lower loss over the bar: rate says the other thing, if softly, so nobody is told favoured."""
    slowed = sided(7.3, metric="rtt", thr=4.5)
    favoured = sided(15.0, hypothesis="favoured", metric="loss", rejected=True)
    assert favoured is module._leading(slowed, favoured)
    assert module._contradictory(slowed, favoured)
    assert not module._contradictory(sided(1.0), favoured)


def test_the_other_direction_helps_nobody_over_the_bar():
    """A cell's second direction is no rejection, so it lowers the bar for nobody: of eight hypotheses at 5 %, 160 for one, 80 for two."""
    world = World(homes=5)
    wanted = [(150.0, 110.0), (60.0, 1.0), *[(1.0, 1.0)] * 2]
    sides = [
        sided(math.log(value), hypothesis=hypothesis, metric=metric).evidence
        for values in wanted
        for value, hypothesis, metric in zip(values, ("slowed", "favoured"), ("thr", "loss"), strict=True)
    ]
    registration = world.registration()
    family = module._Family([], sides, registration, Parameters(), NOTHING_REGISTERED)
    assert 8 == registration.hypotheses
    nobody: frozenset[int] = frozenset()
    first = family.decided(nobody, nobody)
    assert [(True, True), (True, False)] == [(one.rejected, other.rejected) for one, other in first.sided[:2]]
    assert {1} == family.losing(first)
    second = family.decided(nobody, family.losing(first))
    assert not any(side.rejected for both in second.sided for side in both)


def test_homes_at_odds_are_no_finding():
    """Half the homes slowed and half favoured, beyond chance: undetermined, with its reason."""
    world = World(homes=12, seed=6)
    pairs = [
        world.pair(
            home, "s1", *((4e6,) if home % 2 else (19.5e6,)), control_rate_bit_s=19.5e6 if home % 2 else 4e6
        )
        for home in range(12)
        for _ in range(6)
    ]
    one = world.judged(pairs).findings[0]
    assert min(one.log_e_slowed, one.log_e_favoured) > math.log(1000)
    assert ("undetermined", None) == (one.outcome, one.direction_of_effect)
    assert {"both_directions", "control_not_neutral"} & set(one.reasons)


def test_constants_are_the_design_s():
    """Grade 1 begins at E = 20 and the registered q is 5 % (detection.md 9)."""
    assert (20.0, 0.05) == (round(math.exp(WEAK_LOG_E), 9), Parameters().q)
