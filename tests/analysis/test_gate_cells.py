"""Gates: what is measured to test the measuring, and what their failure or silence withholds. By simulation."""

import random
from dataclasses import replace

import msgspec
import pytest

from analysis.gate_cells import Standing
from analysis.messages import Trouble
from analysis.registration import RegisteredGate, gate_of
from analysis.stats.simulate import World
from analysis.stats.simulate_treatments import Treatment
from tests.analysis.simulated import ASN, BRAND, GATES, cell, channels, gate_pairs, judged, registration

QUIET = World(wifi=0.0, congested=0.0)
SLOW = Treatment("slow", factor=0.5)
POLICED = replace(QUIET, treatment=Treatment("police", 4e6))
REGISTERED = registration(gates=GATES)


@pytest.fixture(scope="module")
def policed():
    """Eight homes of ten pairs of a service that is policed."""
    return cell(POLICED, "film", homes=8, pairs=10, seed=1)


def found(pairs, registered=REGISTERED):
    """The finding of the one service."""
    return judged(pairs, registered).findings[0]


def status(finding):
    """What each gate said."""
    return {(one.gate, one.scope): one.status for one in finding.gates}


def test_gates_that_pass_withhold_nothing(policed):
    """On a quiet network all four pass, the throttle is found, and the gates' pairs are counted beside the family."""
    judgement = judged([*policed, *gate_pairs()], REGISTERED)
    one = judgement.findings[0]
    assert {
        ("negative", "down"): "passed",
        ("neutral", "AS64500"): "passed",
        ("placebo", "all"): "passed",
        ("positive", "down"): "passed",
    } == status(one)
    assert ("different", "slowed", 2) == (one.outcome, one.direction_of_effect, one.grade)
    assert (2, 800, 80) == (one.hypotheses, judgement.summary.gate_pairs, judgement.summary.counted)


@pytest.mark.parametrize(
    ("role", "world", "outcome", "reason"),
    [
        ("negative", World(wifi=0.0, congested=0.0, bias=-0.03), "invalid", "negative_failed"),
        ("negative", World(wifi=0.0, congested=0.0, treatment=Treatment("blocked", share_of_homes=0.3)),
         "invalid", "negative_failed"),
        ("placebo", replace(QUIET, rogue=0.5), "invalid", "placebo_failed"),
        ("placebo", replace(QUIET, treatment=SLOW), "invalid", "placebo_failed"),
        ("positive", QUIET, "invalid", "positive_failed"),
        ("neutral", replace(QUIET, treatment=Treatment("slow", factor=0.8)), "undetermined", "control_not_neutral"),
    ],
)  # fmt: skip
def test_a_gate_that_fails_withholds_the_finding(policed, role, world, outcome, reason):
    """A biased instrument, odd homes, a missed throttle of our own, a control that is not neutral: never a flag."""
    one = found([*policed, *gate_pairs(**{role: world})])
    assert (outcome, None) == (one.outcome, one.direction_of_effect)
    assert reason == one.reasons[0]
    assert all(
        len(text) > len(f"say.{reason}") for language in ("fr", "en") for text in one.sentences[language]
    )
    assert one.log_e > 10


@pytest.mark.parametrize("role", ["negative", "placebo", "neutral"])
def test_a_registered_gate_without_data_withholds_the_finding(policed, role):
    """Registered and not measured is doubt, and doubt is the network's."""
    service = next(gate.service for gate in GATES if gate.role == role)
    one = found([*policed, *(pair for pair in gate_pairs() if pair.service != service)])
    assert ("undetermined", f"{role}_unknown") == (one.outcome, one.reasons[0])
    assert "unknown" in {one.status for one in one.gates if one.gate == role}


def test_a_bias_left_open_widens_the_margin():
    """Few negative controls leave a bias open: a strong effect stands against the wider margin, a slight one does not."""
    few = [
        pair for pair in gate_pairs(negative=World()) if pair.service != "aa" or int(pair.home[1:], 16) < 6
    ]
    strong = found([*cell(POLICED, "film", homes=8, pairs=10, seed=1), *few])
    assert "unknown" == status(strong)["negative", "down"]
    assert "different" == strong.outcome
    slight = cell(
        replace(QUIET, treatment=Treatment("slow", factor=0.93)), "film", homes=60, pairs=20, seed=3
    )
    weak = found([*slight, *few])
    assert weak.log_e > weak.log_bar
    assert ("undetermined", "negative_unknown") == (weak.outcome, weak.reasons[0])


def failing(pairs, share, most=None):
    """The pairs, of which about that share of originals is reset on its way, ``most`` at most."""
    rng, changed, count = random.Random(3), [], 0
    for pair in pairs:
        if rng.random() < share and (most is None or count < most):
            count += 1
            features = msgspec.structs.replace(
                pair.features, d_fail=-1.0, d_thr=None, d_tail=None, d_rtt=None, loss_original=None, loss_control=None
            )  # fmt: skip
            original = msgspec.structs.replace(pair.original, failure="tls_reset", tail_mbit_s=None)
            changed.append(msgspec.structs.replace(pair, features=features, original=original))
        else:
            changed.append(pair)
    return changed


def negatives(count):
    """Pairs of all gates, of the negative one's paced pairs the first few."""
    every = gate_pairs(homes=12, pairs=20)
    return [one for one in every if one.service == "aa" and one.variant == "paced"][:count], [
        one for one in every if one.service != "aa"
    ]


def test_failures_are_no_finding_while_the_instrument_may_fail_by_name_itself():
    """Originals of our own fail in 7 of 20 pairs and controls in none: originals that fail so at home are no finding yet."""
    some = failing(cell(QUIET, "film", homes=15, pairs=40, seed=1), 0.35)
    few, others = negatives(20)
    doubtful = found([*some, *others, *failing(few, 0.35, most=7)])
    assert "unknown" == status(doubtful)["negative", "down"]
    assert ("undetermined", "negative_unknown") == (doubtful.outcome, doubtful.reasons[0])
    assert doubtful.log_e > doubtful.log_bar
    whole = found([*some, *gate_pairs(homes=12, pairs=20)])
    assert ("passed", "different") == (status(whole)["negative", "down"], whole.outcome)


def test_few_negative_pairs_of_which_none_failed_hold_back_no_block():
    """Twenty negative pairs leave 19 points of failures open: a block of nearly all originals stands, one of a seventh does not."""
    few, others = negatives(20)
    for share, outcome in ((0.9, "different"), (0.14, "undetermined")):
        one = found([*failing(cell(QUIET, "film", homes=15, pairs=20, seed=1), share), *others, *few])
        assert "unknown" == status(one)["negative", "down"]
        assert outcome == one.outcome
        left_open = next(gate.left_open for gate in one.gates if gate.gate == "negative")
        assert 0.185122 == left_open["fail"]


def test_one_home_with_a_filter_of_its_own_voids_no_cell(policed):
    """Its originals of the negative control are all reset: the gate says so and speaks by the others. An instrument's failures are on all lines."""
    gates = gate_pairs(homes=12, pairs=30)
    for count in (10, 20, 30):
        home = failing(cell(QUIET, "aa", homes=1, pairs=count, seed=9, prefix="e0"), 1.0)
        one = found([*policed, *gates, *home])
        told = next(gate for gate in one.gates if gate.gate == "negative")
        assert ("different", "passed", 1) == (one.outcome, told.status, told.odd_lines), count
    everywhere = [pair for pair in gates if pair.service != "aa"] + failing(
        [pair for pair in gates if pair.service == "aa"], 0.1
    )
    assert "negative_failed" in found([*policed, *everywhere]).reasons


def test_unvetted_homes_fail_no_placebo(policed):
    """Five of them, slowed on it, leave the gate in doubt; vetted ones fail it."""
    gates = gate_pairs(homes=12, pairs=30)
    odd = cell(POLICED, "weather", homes=5, pairs=40, seed=9, prefix="e0")
    known = channels([*policed, *gates])
    every = [*policed, *gates, *odd]
    for vetted, gate in ((known, "unknown"), (channels(every), "failed"), ({}, "failed")):
        one = judged(every, REGISTERED, vetted=vetted).findings[0]
        assert gate == status(one)["placebo", "all"]


def test_an_instrument_that_loses_more_of_one_label_fails():
    """Two points more of loss of originals of our own: loss of a service is no finding, and the gate says why."""

    def lossy(pairs, more):
        changed = []
        for pair in pairs:
            control = pair.features.loss_control or 0.0
            features = msgspec.structs.replace(
                pair.features, loss_original=control + more, loss_control=control
            )
            changed.append(msgspec.structs.replace(pair, features=features))
        return changed

    some = lossy(cell(QUIET, "film", homes=15, pairs=40, seed=1), 0.02)
    few, others = negatives(90)
    assert ("invalid", "negative_failed") == (
        (one := found([*some, *others, *lossy(few, 0.02)])).outcome,
        one.reasons[0],
    )
    unmeasured = [
        msgspec.structs.replace(
            pair, features=msgspec.structs.replace(pair.features, loss_original=None, loss_control=None)
        )
        for pair in few
    ]
    doubtful = found([*some, *others, *unmeasured])
    assert ("undetermined", "negative_unknown") == (doubtful.outcome, doubtful.reasons[0])
    assert "different" == found([*some, *others, *few]).outcome


def test_a_positive_control_speaks_of_its_direction(policed):
    """A throttle of ours that was found downwards says nothing of uploads, and one that was missed there fails them alone."""

    def up(pairs):
        return [
            msgspec.structs.replace(
                pair, direction="up", measurement_id=pair.measurement_id + "ff", pair_id=pair.pair_id + "ff"
            )
            for pair in pairs
        ]  # fmt: skip

    uploads = tuple(msgspec.structs.replace(key, direction="up") for key in REGISTERED.cells)
    both = msgspec.structs.replace(REGISTERED, cells=(*REGISTERED.cells, *uploads))
    gates = gate_pairs()
    others = up(pair for pair in gates if pair.service != "ours")
    blind = up(cell(QUIET, "ours", homes=12, pairs=8, seed=77, prefix="g"))
    for more, expected in (([], "unknown"), (blind, "failed")):
        down, upwards = judged([*policed, *up(policed), *gates, *others, *more], both).findings
        assert ("passed", expected) == (
            status(down)["positive", "down"],
            status(upwards)["positive", "up"],
        )
        assert "different" == down.outcome
        assert ("invalid" if expected == "failed" else "different") == upwards.outcome


def test_what_was_never_registered_is_no_gate(policed):
    """Without gates in the registration a finding of grade 2 stands as before, and says that there were none."""
    one = found(policed, registration())
    assert ("different", 2, ()) == (one.outcome, one.grade, one.gates)
    assert not one.grade_checks["gates"]


def test_a_network_with_an_unknown_standing_is_unknown():
    """A gate that was tried elsewhere says nothing of this network."""
    standing = Standing(frozenset({"neutral"}), ())
    assert [("neutral", "AS1", "unknown")] == [
        (o.gate, o.scope, o.status) for o in standing.of(["AS1"], "down")
    ]
    assert f"AS{ASN[BRAND]}" == "AS64500"


def turned(pairs):
    """Pairs in which the slot, and not the name, decides: whichever run came first was the fast one."""
    changed = []
    for pair in pairs:
        sign = 1.0 if pair.first == "original" else -1.0
        features = msgspec.structs.replace(pair.features, d_thr=sign * 0.5, d_tail=sign * 0.5, s=0.05)
        changed.append(msgspec.structs.replace(pair, features=features))
    return changed


def test_an_effect_that_turns_with_the_order_is_no_finding():
    """Where 95 % of the pairs that count happen to begin with the control, a slot effect must not become a finding."""
    neutral = turned(cell(QUIET, "film", homes=10, pairs=40, seed=5))
    firsts = [pair for pair in neutral if pair.first == "control"]
    others = [pair for pair in neutral if pair.first == "original"][:12]
    # Without tickets and coin tests in the way: the gate itself, on what a box with a memory could leave behind.
    from analysis.cell import assemble
    from analysis.clusters import clusters
    from analysis.gates import split_effects, turns
    from analysis.registration import CellKey
    from tests.analysis.simulated import P

    pairs = [*firsts, *others]
    one = assemble(CellKey("", "", "", "", ""), pairs, clusters(pairs), P)
    assert turns(split_effects(one, "thr", P), P.delta_log)
    straight = cell(POLICED, "film", homes=10, pairs=10, seed=6)
    other = assemble(CellKey("", "", "", "", ""), straight, clusters(straight), P)
    assert not turns(split_effects(other, "thr", P), P.delta_log)
    assert "invalid" == found(pairs, registration()).outcome  # such a coin is unfair, and that is said first


def test_a_box_with_a_memory_is_said_and_costs_the_higher_grades():
    """The control that follows an original is slowed too: still a finding, with a note, and not alike in both orders."""
    carry = replace(POLICED, treatment=replace(POLICED.treatment, carry_over=True))
    one = found([*cell(carry, "film", homes=20, pairs=14, seed=8), *gate_pairs()])
    assert "different" == one.outcome
    assert "weaker_in_one_order" in one.notes
    assert not one.grade_checks["order"]
    assert any("may remember the line" in text for text in one.sentences["en"])


def test_what_is_held_back_helps_nobody_over_the_bar():
    """A cell that a gate holds back is no rejection: the others must pass the bar without it (e-BH is self-consistent)."""
    strong = cell(POLICED, "film", homes=8, pairs=10, seed=1)
    invalid = [msgspec.structs.replace(pair, first="original", last_tried="control") for pair in strong]
    registered = registration(("film", "news"))
    renamed = [
        msgspec.structs.replace(
            pair, service="news", original_name="news.example", pair_id=pair.pair_id + "aa",
            measurement_id=pair.measurement_id + "aa",
        )
        for pair in strong
    ]  # fmt: skip
    both = judged([*strong, *renamed], registered).findings
    alone = judged([*invalid, *renamed], registered).findings
    assert [40.0, 40.0] == [round(2.718281828459045**one.log_bar, 3) for one in both]
    assert ("invalid", "different") == (alone[0].outcome, alone[1].outcome)
    assert 80.0 == round(2.718281828459045 ** alone[1].log_bar, 3)


def test_gates_are_registered_by_role_and_service():
    """A role that does not exist is refused, with those that do."""
    assert RegisteredGate("placebo", "weather") == gate_of("placebo=weather")
    with pytest.raises(Trouble, match="negative, placebo, positive, neutral"):
        gate_of("control=weather")
