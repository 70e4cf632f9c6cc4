"""The chain from signed measurements to findings."""

import math
import random

import msgspec
import pytest

from analysis.judge import judge_observations
from analysis.needs import homes_needed
from analysis.reading import Seen
from tests.analysis.worlds import (
    BLOCKED,
    NEUTRAL,
    NOW,
    PARAMETERS,
    POLICED,
    SHAPED,
    START,
    World,
    queued,
    swapped,
)


@pytest.fixture(scope="module")
def judged():
    """Six homes, five pairs of each of four services: one policed, one shaped, one blocked, one left alone."""
    world = World(homes=6)
    return world.judged(world.all_pairs(5))


def finding(judgement, service):
    """The finding of a service's cell."""
    return next(one for one in judgement.findings if one.service == service)


def test_the_three_and_only_those(judged):
    """Policer, shaper and block are named with their mechanism; the neutral service is undetermined, never equal."""
    assert {
        POLICED: ("different", "slowed", 2, "policer"),
        SHAPED: ("different", "slowed", 2, "shaper"),
        BLOCKED: ("different", "slowed", 2, "blocking_tcp"),
        NEUTRAL: ("undetermined", None, 0, None),
    } == {f.service: (f.outcome, f.direction_of_effect, f.grade, f.mechanism) for f in judged.findings}


def test_the_delivered_rate(judged):
    """The rate is that of the limit, within its interval; what is blocked or left alone has none."""
    policed = finding(judged, POLICED)
    assert 1.45 == pytest.approx(policed.delivered_mbit_s, rel=0.02)
    assert policed.interval[0] <= 1.45 <= policed.interval[1]
    assert 3.8 == pytest.approx(finding(judged, SHAPED).delivered_mbit_s, rel=0.02)
    for service in (BLOCKED, NEUTRAL):
        assert (None, None) == (finding(judged, service).delivered_mbit_s, finding(judged, service).interval)


def test_a_finding_carries_what_it_rests_on(judged):
    """Homes, pairs, bytes, ids and the reasons of a mechanism stand in the record, and it goes through JSON."""
    policed = finding(judged, POLICED)
    assert (6, 6, 6, 30) == (policed.homes, policed.clusters, policed.keys, policed.pairs)
    assert policed.bytes == sum(o.bytes for o in judged.observations if o.service == POLICED)
    ids = sorted(o.measurement_id for o in judged.observations if o.service == POLICED)
    assert ids == list(policed.measurement_ids)
    assert "fixed_rate" == policed.mechanism_rule
    assert policed.mechanism_evidence["late_spread"] < 0.15
    assert (0.02, True) == (policed.rho, policed.rho_at_bar > 0.2)
    shown = msgspec.json.decode(msgspec.json.encode(judged.findings))
    assert {"service", "outcome", "direction_of_effect", "grade", "e_value", "mechanism", "delivered_mbit_s",
            "interval", "homes", "pairs", "bytes"} <= set(shown[0])  # fmt: skip


def test_sentences_say_no_more_than_was_measured(judged):
    """Both languages; no word of law or guilt; an undetermined cell is never called equal and says what it needs."""
    for one in judged.findings:
        for language in ("fr", "en"):
            text = " ".join(one.sentences[language]).lower()
            assert text
            for word in ("violation", "coupable", "guilt", "illég", "illegal", "fraud"):
                assert word not in text
            if one.outcome == "undetermined":
                for word in ("égal", "equal", "equivalent", "équivalent", "neutral treatment", "no throttl"):
                    assert word not in text
    assert "Pour conclure, il faudrait" in " ".join(finding(judged, NEUTRAL).sentences["fr"])
    assert "To conclude" in " ".join(finding(judged, NEUTRAL).sentences["en"])
    assert "ont été ralentis" in finding(judged, POLICED).sentences["fr"][0]
    assert "n’ont pas abouti" in finding(judged, BLOCKED).sentences["fr"][0]


def test_the_order_of_a_store_leaves_no_trace():
    """Rows in any order give the same bytes."""
    world = World(homes=4, seed=11)
    measurements = world.all_pairs(3)
    shuffled = list(measurements)
    random.Random(5).shuffle(shuffled)
    assert msgspec.json.encode(world.judged(measurements).findings) == msgspec.json.encode(
        world.judged(shuffled).findings
    )


def test_exchanged_labels_exchange_the_hypotheses():
    """With every label swapped, "slowed" becomes "favoured" with the same E, and no mechanism is named."""
    world = World(homes=5, seed=3)
    measurements = world.all_pairs(4, [POLICED, NEUTRAL])
    straight, mirrored = world.judged(measurements), world.judged([swapped(one) for one in measurements])
    for service in (POLICED, NEUTRAL):
        one, other = finding(straight, service), finding(mirrored, service)
        assert (one.log_e_slowed, one.log_e_favoured) == (other.log_e_favoured, other.log_e_slowed)
    flipped = finding(mirrored, POLICED)
    assert ("different", "favoured", None, None) == (
        flipped.outcome, flipped.direction_of_effect, flipped.mechanism, flipped.delivered_mbit_s,
    )  # fmt: skip


def test_one_home_accuses_nobody():
    """However many pairs one line brings, no cell is flagged, not even as weak; it says how many homes it takes."""
    world = World(homes=1)
    blocked = finding(world.judged(world.all_pairs(30, [BLOCKED, POLICED])), POLICED)
    assert ("undetermined", 0, 1, 30) == (blocked.outcome, blocked.grade, blocked.homes, blocked.pairs)
    assert blocked.e_value < 12
    assert any(
        f"at least {homes_needed(blocked.log_bar, PARAMETERS)} homes" in s for s in blocked.sentences["en"]
    )


def test_many_keys_on_one_line_are_one_home():
    """Ten probes behind one line tag are one cluster and accuse nobody; on ten lines they do."""
    world = World(homes=10, seed=2)
    tags = list(world.tags)
    world.tags = [tags[0]] * 10
    forged = finding(world.judged(world.all_pairs(4, [POLICED])), POLICED)
    assert ("undetermined", 1, 10) == (forged.outcome, forged.clusters, forged.keys)
    world.tags = tags
    assert "different" == finding(world.judged(world.all_pairs(4, [POLICED])), POLICED).outcome


def test_cells_without_data_count_as_hypotheses():
    """More registered cells raise the bar, whether or not anything was measured in them."""
    world = World(homes=3)
    measurements = world.all_pairs(5, [POLICED])
    narrow = world.judged(measurements)
    wide = world.judged(
        measurements, world.registration(brands=["Example Telecom", *(f"B{n}" for n in range(400))])
    )
    assert "different" == finding(narrow, POLICED).outcome
    lone = next(f for f in wide.findings if f.pairs)
    assert ("undetermined", 1, 401 * 4 * 2) == (lone.outcome, lone.grade, lone.hypotheses)
    empty = next(f for f in wide.findings if not f.pairs)
    assert ("undetermined", 1.0, ("no_pairs",)) == (empty.outcome, empty.e_value, empty.reasons)


def test_what_is_not_registered_is_counted_not_judged():
    """Another line, service, quarter or control list is named in the account and enters no cell."""
    world = World(homes=2)
    registration = world.registration()
    other_line = world.pair(0, "s1", line=msgspec.structs.replace(world.pair(0, "s1").line, brand=None))
    measurements = [world.pair(0, "s1"), other_line]
    account = world.judged(measurements, registration).summary
    assert (1, {"cell unknown/fibre/ordinary/s1/down": 1}) == (account.counted, account.unjudged)
    later = msgspec.structs.replace(registration, quarter="2027Q1")
    assert {"quarter 2026Q4": 2} == world.judged(measurements, later).summary.unjudged
    fewer = msgspec.structs.replace(registration, controls=())
    assert 1 == world.judged(measurements[:1], fewer).summary.unjudged.popitem()[1]
    paced = msgspec.structs.replace(registration, nettests=())
    assert {"nettest replay_tls paced": 2} == world.judged(measurements, paced).summary.unjudged


def test_discards_are_counted_by_rule_and_network():
    """A cell whose pairs were all discarded is invalid, and the account says by which rule and where."""
    world = World(homes=2)
    judgement = world.judged([world.pair(home, "s1", closed=False) for home in (0, 1)])
    one = finding(judgement, "s1")
    assert ("invalid", 0, {"no_statement": 2}) == (one.outcome, one.pairs, one.discards)
    assert {"no_statement": {"unknown": 2}} == judgement.summary.discarded
    moved = msgspec.structs.replace
    busy = world.change(world.pair(0, "s1"), lambda run: moved(run, cpu_share=0.99))
    assert {"probe_busy": {"AS64500": 1}} == world.judged([busy]).summary.discarded


def test_a_control_that_is_not_neutral_withholds_the_finding():
    """If one stratum of control names alone makes the difference, there is evidence but no finding."""
    world = World(homes=6, seed=4)
    pairs = [
        world.pair(home, "s1", *rates, stratum=stratum, control_rate_bit_s=control)
        for home in range(6)
        for _ in range(5)
        for stratum, rates, control in (
            ("spoofed_popular", (8e6,), 19.5e6),
            ("owned", (8.2e6,), 8e6),
        )
    ]
    one = finding(world.judged(pairs), "s1")
    assert ("undetermined", None, 1) == (one.outcome, one.direction_of_effect, one.grade)
    assert "control_not_neutral" == one.reasons[0]
    assert "témoins ne s’accordent pas" in " ".join(one.sentences["fr"])


def test_pairs_older_than_the_registration_do_not_count():
    """Registering after having looked is worth nothing: such pairs are outside, and the account says so."""
    world = World(homes=2)
    late = world.registration(made_at=START.replace(month=12))
    judgement = world.judged([world.pair(0, "s1")], late)
    assert (0, 1) == (judgement.summary.counted, judgement.summary.older_than_registration)
    assert {"before_registration": 1} == judgement.summary.unjudged


def test_only_registered_networks_are_judged():
    """The brand is the home's word: what the receipts say must be a registered network of that brand."""
    world = World(homes=3)
    pairs = [world.pair(0, "s1"), world.pair(1, "s1", asn=64999), world.pair(2, "s1", asn=None)]
    account = world.judged(pairs).summary
    assert (1, {"asn: AS64999": 1, "asn: unknown": 1}) == (account.counted, account.unjudged)
    nobody = world.judged(pairs[:1], world.registration(asns={})).summary
    assert {"asn: none registered for Example Telecom": 1} == nobody.unjudged
    assert ("Example Telecom",) == nobody.brands_without_asn


def test_a_report_date_is_registered():
    """On a registered date a finding is plain, on any other provisional, in notes and in words; its grade is the same."""
    world = World(homes=6)
    pairs = world.all_pairs(5, [POLICED])
    dated = world.registration(report_dates=[NOW.date().isoformat()])
    due, early = (finding(world.judged(pairs, one), POLICED) for one in (dated, world.registration()))
    assert (2, 2) == (due.grade, early.grade)
    assert "provisional" not in due.notes
    assert "provisional" in early.notes
    assert any(text.startswith("Provisoire") for text in early.sentences["fr"])


def test_other_code_than_the_registered_is_said():
    """A judgement by other sources than those registered goes on, and says so in account and finding."""
    world = World(homes=1)
    judgement = world.judged(
        [world.pair(0, "s1")], msgspec.structs.replace(world.registration(), rules_sha256="0")
    )
    assert judgement.summary.other_rules
    assert "other_rules" in finding(judgement, "s1").notes
    assert not world.judged([world.pair(0, "s1")]).summary.other_rules


def test_a_policy_on_control_names_alone_is_no_finding():
    """A service treated like all else, against one shaped stratum of control names, is never called favoured."""
    for seed in range(8):
        world = World(homes=8, seed=seed)
        pairs = [
            world.pair(home, "s1", stratum=stratum, control_rate_bit_s=control)
            for home in range(8)
            for _ in range(3)
            for stratum, control in (("spoofed_popular", 3.8e6), ("owned", 19.5e6))
        ]
        one = finding(world.judged(pairs), "s1")
        assert one.log_e_favoured > one.log_bar
        assert ("undetermined", 1) == (one.outcome, one.grade)
        assert one.reasons[0] in {"control_not_neutral", "not_confirmed:owned"}


def test_a_policy_that_hits_some_pairs_is_found():
    """Two pairs in five are slowed, so the median is zero; each stratum bears it out by itself all the same."""
    world = World(homes=10, seed=2)
    pairs = [
        world.pair(home, "s1", 1.5e6 if n % 5 < 2 else 19.5e6, stratum=("owned", "spoofed_popular")[n % 2])
        for home in range(10)
        for n in range(12)
    ]
    one = finding(world.judged(pairs), "s1")
    assert ("different", "slowed", 2) == (one.outcome, one.direction_of_effect, one.grade)


def test_the_bar_of_what_was_not_found_is_the_next_one():
    """With three found of eight hypotheses, a fourth would have needed 8 / (0.05 x 4) = 40; the three needed 53."""
    world = World(homes=6)
    judged = world.judged(world.all_pairs(5))
    assert {POLICED: 53.333, SHAPED: 53.333, BLOCKED: 53.333, NEUTRAL: 40.0} == {
        one.service: round(math.exp(one.log_bar), 3) for one in judged.findings
    }


def test_headlines_say_what_was_seen():
    """A block needs nine in ten to fail, "slowed" a lower rate; else it failed more often, or took longer."""

    def headline(seed, make):
        world = World(homes=8, seed=seed)
        pairs = [make(world, home, n) for home in range(8) for n in range(8)]
        one = finding(world.judged(pairs), "s1")
        assert "different" == one.outcome
        return one.sentences["en"][0], one.sentences["fr"][0]

    reset = {"original": "tls_reset"}
    english, french = headline(1, lambda world, home, _: world.pair(home, "s1", failures=reset))
    assert "did not get through" in english
    assert "n’ont pas abouti" in french
    english, french = headline(
        2, lambda world, home, n: world.pair(home, "s1", failures=reset if n % 4 else None)
    )
    assert "failed more often" in english
    assert "échoué plus souvent" in french
    english, french = headline(3, lambda world, home, _: world.change(world.pair(home, "s1"), queued))
    assert "took longer" in english
    assert "délais plus longs" in french


def test_the_bucket_that_could_be_seen():
    """(pace - R) x duration: 19.5 Mbit/s of controls less 1.45 over four seconds."""
    world = World(homes=6)
    one = finding(world.judged(world.all_pairs(5, [POLICED])), POLICED)
    assert (19.5 - 1.45) / 8 * 4e6 == pytest.approx(one.largest_bucket_bytes, rel=0.03)
    over = one.delivered
    assert one.interval == (over.low, over.high)
    assert one.interval[0] < one.delivered_mbit_s * 0.995
    assert any("6 of 6 slowed homes" in text for text in one.sentences["en"])


def test_keys_that_share_a_line_are_said():
    """Ten probes on one line are said to be one."""
    world = World(homes=10)
    world.tags = [world.tags[0]] * 10
    one = finding(world.judged(world.all_pairs(4, [POLICED])), POLICED)
    assert any(text.startswith("10 probes, 1 access line") for text in one.sentences["en"])


def test_congestion_that_hits_both_runs_is_no_finding():
    """A home whose line carries 2 Mbit/s of either name changes nothing."""
    world = World(homes=6, seed=9)
    pairs = [
        world.pair(home, "s4", 2e6 if home == 5 else 19.5e6, control_rate_bit_s=2e6 if home == 5 else 19.5e6)
        for home in range(6)
        for _ in range(5)
    ]
    one = finding(world.judged(pairs), "s4")
    assert ("undetermined", 0) == (one.outcome, one.grade)


def test_an_empty_store_is_judged():
    """No observation at all gives a finding a cell, each with E = 1."""
    world = World(homes=1)
    judgement = judge_observations(
        Seen((), {"budget:month": 3}, (), 0, results={"dns": 2}),
        world.registration(),
        "0" * 64,
        PARAMETERS,
        now=NOW,
        full=False,
    )
    assert {1.0} == {f.e_value for f in judgement.findings}
    summary = judgement.summary
    assert (5, {"budget:month": 3}, {"dns": 2}) == (summary.measurements, summary.skipped, summary.results)
