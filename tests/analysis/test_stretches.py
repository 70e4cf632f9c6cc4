"""A rate over pairs of before and after a change is nobody's: each stretch has its own, and the decision does not know of it."""

import math
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from analysis.sentences import sentences
from analysis.stats.simulate import World
from analysis.stats.simulate_treatments import Boxes, Treatment
from analysis.stats.step import MONDAY_US, WEEK_US, Told, changes_by_monday, step_at, steps
from tests.analysis.simulated import FIRST_US, P, cell, judged, registration

QUIET = World(wifi=0.0, congested=0.0, boxes=Boxes(0.75, 100))
REGISTERED = registration()
HOMES, PAIRS = 14, 18


def world(rate_bit_s):
    """A quiet network that polices at a rate, or does nothing."""
    return QUIET if rate_bit_s is None else replace(QUIET, treatment=Treatment("police", rate_bit_s))


def spliced(before, after, week):
    """One cell of two treatments: pairs of the first for that many weeks, of the second from then on."""
    at_us = FIRST_US + week * WEEK_US
    parts = [
        cell(world(rate), "film", homes=HOMES, pairs=PAIRS, seed=seed)
        for seed, rate in ((1, before), (2, after))
    ]
    return [
        one
        for part, early in zip(parts, (True, False), strict=True)
        for one in part
        if (one.opened_at_us < at_us) == early
    ]


def found(pairs) -> Any:
    """The judgement's finding on the film."""
    return next(one for one in judged(pairs, REGISTERED).findings if one.pairs)


@pytest.mark.parametrize(("before", "after"), [(4e6, 2e6), (None, 2e6), (2e6, None)])
def test_each_stretch_has_its_own_rate(before, after):
    """Two stretches, each with the rate that its policer had, and none of the whole; an untouched one has no rate."""
    one = found(spliced(before, after, 2))
    assert ("different", "slowed", None, None) == (
        one.outcome,
        one.direction_of_effect,
        one.delivered_mbit_s,
        one.delivered,
    )
    assert "treatment_changed" in one.notes
    assert [rate and pytest.approx(rate / 1e6, rel=0.1) for rate in (before, after)] == [
        stretch.delivered and stretch.delivered.rate for stretch in one.stretches
    ]
    assert one.pairs == sum(stretch.pairs for stretch in one.stretches)
    assert one.stretches[0].last_day < one.stretches[1].first_day
    for language in ("fr", "en"):
        said = [text for text in sentences(one, P, language) if one.stretches[1].first_day in text]
        assert 1 == len(said)


def test_what_did_not_change_is_one_stretch():
    """A steady policer has one rate, no stretches, and no word of a change."""
    one = found(cell(world(2e6), "film", homes=HOMES, pairs=PAIRS, seed=1))
    assert one.delivered_mbit_s == pytest.approx(2.0, rel=0.1)
    assert (msgspec.UNSET, False) == (one.stretches, "treatment_changed" in one.notes)


def test_the_decision_does_not_know_of_it(monkeypatch):
    """With stretches that nobody looks for, all but what is told of the rate is the same, to the last digit."""
    pairs = spliced(None, 2e6, 2)
    one = found(pairs)
    monkeypatch.setattr("analysis.finding_mechanism.stretches_of", lambda *_: ())
    plain, other = (msgspec.to_builtins(which) for which in (one, found(pairs)))
    told = {name for name in plain.keys() | other.keys() if plain.get(name) != other.get(name)}
    assert {"stretches", "notes", "sentences"} <= told
    assert told <= {
        "stretches", "notes", "sentences", "delivered_mbit_s", "interval", "delivered", "mechanism", "mechanism_rule",
        "mechanism_evidence", "highest_rate_mbit_s", "largest_bucket_bytes",
    }  # fmt: skip


def test_steps_are_found_one_after_the_other():
    """Three treatments give two dates; noise gives none, in 200 cells at most what 5 % allows."""
    rng = np.random.default_rng(5)
    level = [0.0, 0.0, 0.0, -1.0, -1.0, -1.0, -0.4, -0.4, -0.4]
    told = [
        Told(line, MONDAY_US + week * WEEK_US + 1, level[week] + float(rng.normal(0, 0.05)))
        for line in range(16)
        for week in range(9)
        for _ in range(3)
    ]
    assert [MONDAY_US + week * WEEK_US for week in (3, 6)] == steps(told)
    assert [] == steps([]) == steps(told[:30])
    false = 0
    for _ in range(200):
        noise = [one._replace(d=float(rng.normal(0, 0.3))) for one in told]
        false += step_at(noise, changes_by_monday(noise)) is not None
    assert false <= 200 * 0.05 + 2 * math.sqrt(200 * 0.05)
