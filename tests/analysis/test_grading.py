"""Grades 3 and 4, and naming: each condition, taken away alone, costs the grade. By simulation."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from analysis.cell import assemble
from analysis.clusters import clusters
from analysis.elsewhere import Asked, state_of
from analysis.grading import CONCLUSIVE, STRONG, Grading, half_of
from analysis.registration import CellKey, channel_of, invitation_sha256, responder_of
from analysis.stats.simulate import World
from analysis.stats.simulate_treatments import Boxes, Treatment
from analysis.vetted import vetted
from collector.enrolment import Enrolled
from collector.quarters import EPOCH
from probe.measurement.signing import public_bytes
from tests.analysis.simulated import (
    ASN,
    BRAND,
    DUE,
    GATES,
    OTHER,
    TWO_RESPONDERS,
    P,
    cell,
    channels,
    gate_pairs,
    judged,
    registration,
)
from tests.support.documents import key_from, make_enrolment

QUIET = World(wifi=0.0, congested=0.0, boxes=Boxes(0.75, 100))
POLICED = replace(QUIET, treatment=Treatment("police", 4e6))
REGISTERED = registration(brands=(BRAND, OTHER), gates=GATES, responders=TWO_RESPONDERS)


@pytest.fixture(scope="module")
def world():
    """Twelve homes of twelve pairs policed, eight of another brand not, all gates passed."""
    here = cell(POLICED, "film", homes=12, pairs=12, seed=1, responders=("r1", "r2"))
    there = cell(QUIET, "film", homes=8, pairs=6, seed=2, brand=OTHER, prefix="o")
    gates = gate_pairs(homes=12, pairs=20)
    return SimpleNamespace(here=here, there=there, gates=gates, every=[*here, *there, *gates])


def graded(pairs, registered=REGISTERED, **more):
    """The finding on the policed brand."""
    more.setdefault("vetted", channels(pairs))
    return next(f for f in judged(pairs, registered, **more).findings if f.brand == BRAND)


def test_all_conditions_give_grade_four(world):
    """Everything that the design asks for, at once: conclusive, and its network may be named."""
    one = graded(world.every)
    assert [] == [name for name, holds in one.grade_checks.items() if not holds]
    assert ("different", 4, True) == (one.outcome, one.grade, one.nameable)
    assert one.second_test.p < 1e-3
    text = " ".join(one.sentences["en"])
    assert "Grade 4 of 4" in text
    assert "at most 1%" in text
    for word in ("guilt", "odds", "violation"):
        assert word not in text


def test_what_costs_grade_three(world):
    """Without a registered date, two channels, vetted homes, digests or one of the strata it is grade 2, and says why."""
    owned = [pair for pair in world.every if pair.stratum == "owned" or pair.service != "film"]
    five = {home: channel for home, channel in channels(world.every).items() if int(home[-6:], 16) < 4}
    losses: dict[str, dict[str, Any]] = {
        "report_date": {"now": DUE + timedelta(days=1)},
        "channels": {"vetted": dict.fromkeys(channels(world.every), "radio")},
        "vetted_homes": {"vetted": five},
        "digests": {"tickets": False},
    }
    for name, change in losses.items():
        one = graded(world.every, **change)
        assert (2, False, False) == (one.grade, one.grade_checks[name], one.nameable)
        assert any(text.startswith("Wanting for grade 3") for text in one.sentences["en"])
    one = graded(owned)
    assert (2, False, True) == (one.grade, one.grade_checks["spoofed_popular"], one.grade_checks["owned"])
    nobody = graded(world.every, vetted={})
    assert (2, 1.0, 0) == (nobody.grade, nobody.second_test.p, nobody.second_test.homes)


def test_without_gates_there_is_no_grade_three(world):
    """What was not tested is not trusted with a name in public."""
    bare = msgspec.structs.replace(REGISTERED, gates=())
    one = graded([*world.here, *world.there], bare)
    assert (2, False) == (one.grade, one.grade_checks["gates"])


def test_what_costs_grade_four(world):
    """One responder's operator, no other brand, or nine homes: strong, and not conclusive."""
    alone = msgspec.structs.replace(REGISTERED, responders=TWO_RESPONDERS[:1])
    nine = [pair for pair in world.every if pair.service != "film" or int(pair.home[-6:], 16) < 9]
    same_there = [
        *cell(POLICED, "film", homes=8, pairs=6, seed=2, brand=OTHER, prefix="o"), *world.here, *world.gates
    ]  # fmt: skip
    for name, one in {
        "second_operator": graded(world.every, alone),
        "ten_homes": graded(nine),
        "other_networks": graded([*world.here, *world.gates]),
    }.items():
        assert (3, False) == (one.grade, one.grade_checks[name])
        assert "Grade 3 of 4" in " ".join(one.sentences["en"])
    assert not graded(same_there).grade_checks["other_networks"]


def test_silence_elsewhere_is_no_absence(world):
    """Policed alike on another brand, in so few pairs that E says nothing; or quiet on a brand of the same network: not grade 4."""
    for pairs in (1, 2, 3):
        there = cell(POLICED, "film", homes=5, pairs=pairs, seed=2, brand=OTHER, prefix="o")
        one = graded([*world.here, *there, *world.gates])
        assert (3, False) == (one.grade, one.grade_checks["other_networks"])
    quiet = [msgspec.structs.replace(pair, asn=ASN[BRAND]) for pair in world.there]
    asns = dict.fromkeys((BRAND, OTHER), (ASN[BRAND],))
    same = graded([*world.here, *quiet, *world.gates], msgspec.structs.replace(REGISTERED, asns=asns))
    assert (3, False) == (same.grade, same.grade_checks["other_networks"])
    unvetted = graded(world.every, vetted=channels([*world.here, *world.gates]))
    assert (3, False) == (unvetted.grade, unvetted.grade_checks["other_networks"])
    assert any("shown to be absent" in text for text in graded(world.every).sentences["en"])


def test_a_block_is_shown_absent_only_by_enough_pairs(world):
    """Nothing failed elsewhere: in thirty pairs that may still be a tenth, in a hundred and more it is within the margin."""
    for homes, pairs, state in ((5, 6, "unclear"), (10, 14, "absent")):
        quiet = cell(QUIET, "film", homes=homes, pairs=pairs, seed=2, brand=OTHER, prefix="o")
        whole = assemble(CellKey("", "", "", "", ""), quiet, clusters(quiet), P)
        part = replace(whole, table=replace(whole.table, d_fail=np.zeros(len(quiet))))
        assert state == state_of(part, Asked("fail", "slowed", P))


def test_forged_homes_cannot_carry_a_grade(world):
    """Unvetted homes raise E, but a grade rests on vetted ones: with an honest and neutral dozen it stays at 2."""
    quiet = cell(QUIET, "film", homes=12, pairs=12, seed=4)
    forged = cell(POLICED, "film", homes=12, pairs=12, seed=5, prefix="f")
    one = graded([*quiet, *forged, *world.gates], vetted=channels([*quiet, *world.gates]))
    assert not one.grade_checks["vetted_alone"]
    assert one.grade <= 2


def test_grades_are_read_from_checks():
    """The grade is a function of the shown checks: all of STRONG for 3, of CONCLUSIVE besides for 4."""
    strong = dict.fromkeys(STRONG, True)
    assert [2, 3, 4] == [
        Grading(checks).grade
        for checks in ({**strong, "owned": False}, strong, {**strong, **dict.fromkeys(CONCLUSIVE, True)})
    ]
    assert 0 < sum(half_of("ab" * 32, f"h{n}") for n in range(100)) < 100


def test_alerts_are_between_dates(world):
    """Off a registered date E >= 20 is an alert for the inside; on the date it is a finding, and no alert."""
    assert () == judged(world.every, REGISTERED).summary.alerts
    early = judged(world.every, REGISTERED, now=DUE - timedelta(days=7)).summary
    assert (f"{BRAND}/fibre/ordinary/film/down",) == early.alerts


def enrolled(rng_key, quarter_key, invitation, at_us):
    """An enrolment as a roster keeps it."""
    moment = EPOCH + timedelta(microseconds=at_us)
    document = msgspec.json.encode(make_enrolment(rng_key, quarter_key, moment, invitation))
    return Enrolled(public_bytes(quarter_key), public_bytes(rng_key), "2026Q4", at_us, "1", document)


def test_an_invitation_vets_one_home():
    """The first key to enrol with an invitation, before the registration, is vetted; a second with the same is not."""
    import random

    keys = [key_from(random.Random(n)) for n in range(4)]
    own = [key_from(random.Random(10 + n)) for n in range(5)]
    registered = registration(
        channels={"radio": (invitation_sha256("a"),), "library": (invitation_sha256("b"),)}
    )
    made_at_us = 1_790_812_800_000_000
    roster = [
        enrolled(keys[0], own[0], "a", made_at_us - 2),
        enrolled(keys[1], own[1], "a", made_at_us - 1),
        enrolled(keys[2], own[2], "b", made_at_us + 1),
        enrolled(keys[3], own[3], None, made_at_us - 3),
        enrolled(keys[0], own[4], "a", made_at_us + 9),
    ]
    assert dict.fromkeys((public_bytes(own[0]).hex(), public_bytes(own[4]).hex()), "radio") == vetted(
        roster, registered
    )
    assert ("radio", invitation_sha256("x")) == channel_of("radio=x")
    assert "AS64502" == responder_of("r2=University@AS64502!").network
