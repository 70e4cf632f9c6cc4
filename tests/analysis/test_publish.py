"""What is published: at least five lines, and in public nothing that is not in a public state."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from analysis.clusters import clusters
from analysis.public.form import Reply
from analysis.publish.command import Written, told
from analysis.publish.hours import cell_hours
from analysis.publish.surfaces import forgotten, surfaces
from analysis.record import record_sha256
from analysis.states import Change, State
from collector.timeseries.lines import LONGEST_TEXT
from collector.timeseries.policy import INSIDE, PUBLIC
from tests.analysis.worlds import BLOCKED, BRAND, NOW, POLICED, World
from tests.support.plans import unix_us

NOW_NS = unix_us(NOW) * 1000
LATER = NOW + timedelta(days=20)


@pytest.fixture(scope="module")
def measured():
    """Six homes, two services."""
    made = World(homes=6, services=4)
    return made, made.all_pairs(4, [POLICED, BLOCKED])


@pytest.fixture(scope="module")
def world(measured):
    """The same, judged."""
    made, pairs = measured
    return made, made.judged(pairs)


@pytest.fixture(scope="module")
def again(measured, world):
    """Judged anew after one more pair of the policed service: its finding has another id."""
    made, pairs = measured
    judgement = made.judged([*pairs, made.treated(0, POLICED)], now=LATER)
    before, now = (
        {one.finding_id for one in those.findings if one.service == POLICED}
        for those in (world[1], judgement)
    )
    assert before.isdisjoint(now)
    return judgement


def published(world, *states):
    """Both surfaces, after the policed finding went through ``states``."""
    made, judgement = world
    finding = next(one for one in judgement.findings if one.service == POLICED)
    changes = [
        Change(
            finding_id=finding.finding_id,
            finding_sha256=record_sha256(finding),
            state=state,
            at="2026-12-11T00:00:00+00:00",
            actor="a",
            reason="r",
        )
        for state in states
    ]
    return surfaces(judgement, made.registration(), [made.plan], changes, NOW_NS)


def test_hours_of_four_lines_are_withheld(world):
    """With two of six homes taken away every hour has four lines: none is published, all are counted."""
    _, judgement = world
    homes = sorted({one.home for one in judgement.observations})
    few = [one for one in judgement.observations if one.home in homes[:4]]
    whole, rest = (cell_hours(some, clusters(some)) for some in (judgement.observations, few))
    assert (0, ()) == (whole.withheld, rest.points)
    assert len(whole.points) == rest.withheld > 0


def test_keys_of_one_line_are_one_line(world):
    """Six keys that share line tags are fewer lines: joined to four, nothing is published."""
    _, judgement = world
    homes = sorted({one.home for one in judgement.observations})
    tag_of = {home: f"d:{min(n, 3):032}" for n, home in enumerate(homes)}
    joined = [msgspec.structs.replace(one, line_tags=(tag_of[one.home],)) for one in judgement.observations]
    assert () == cell_hours(joined, clusters(joined)).points


def test_a_candidate_is_inside_alone(world):
    """Before publication no point of public names a service, whatever was found; inside has all of it."""
    for states in ((), ("candidate",), ("candidate", "replicated", "notified", "replied")):
        made = published(world, *states)
        assert [] == [point for point in made.public if "service" in point.tags]
        assert {POLICED, BLOCKED} <= {point.tags.get("service") for point in made.inside}


def test_a_published_finding_brings_its_hours_and_a_withdrawn_one_keeps_its_record(world):
    """Published: finding, state and hours of that cell. Withdrawn: the record, marked, and no hours."""
    shown = published(world, "candidate", "replicated", "notified", "silent", "published")
    assert {POLICED} == {point.tags["service"] for point in shown.public if "service" in point.tags}
    assert {"cell_hour", "cell_clock", "finding", "finding_state", "coverage", "fleet"} <= {
        point.measurement for point in shown.public
    }
    gone = published(world, "candidate", "replicated", "notified", "silent", "published", "withdrawn")
    assert frozenset() == gone.public_cells
    (record,) = [point for point in gone.public if point.measurement == "finding"]
    assert "withdrawn" == record.fields["state"]
    assert [] == [point for point in gone.public if point.measurement.startswith("cell_")]


STEPS: tuple[State, ...] = ("candidate", "replicated", "notified", "replied", "published")
END: tuple[State, ...] = (*STEPS, "withdrawn")


def later(world, again, *states, replies=None, keep=True):
    """The policed finding, and both surfaces after one more pair; the record of the day it was judged is kept, or not."""
    made, judgement = world
    one = next(one for one in judgement.findings if one.service == POLICED)
    changes = [
        Change(
            finding_id=one.finding_id,
            finding_sha256=record_sha256(one),
            state=state,
            at="2026-12-11T00:00:00+00:00",
            actor="a",
            reason="r",
        )
        for state in states
    ]
    recorded = judgement.findings if keep else ()
    now_ns = unix_us(LATER) * 1000
    return one, surfaces(again, made.registration(), [made.plan], changes, now_ns, recorded, replies)


def of_policed(points):
    """The points of the policed service's findings, newest first."""
    found = [p for p in points if p.measurement == "finding" and p.tags["service"] == POLICED]
    return sorted(found, key=lambda point: -point.time_ns)


def test_one_more_pair_after_publication(world, again):
    """What was published stays published, on both surfaces, with the hours of the pairs it rests on; nothing waits for a ledger."""
    one, made = later(world, again, *STEPS)
    for points in (made.inside, made.public):
        assert [(one.finding_id, "published")] == [
            (point.fields["finding_id"], point.fields["state"]) for point in of_policed(points)
        ]
        assert {unix_us(LATER) * 1000} == {point.time_ns for point in of_policed(points)}
    assert {POLICED} == {cell.service for cell in made.public_cells}
    pairs = sum(point.fields["pairs"] for point in made.public if point.measurement == "cell_clock")
    assert one.pairs == pairs
    assert BLOCKED in {point.tags.get("service") for point in made.inside if point.fields.get("state") == "–"}
    _, forgotten = later(world, again, *STEPS, keep=False)
    assert frozenset() == forgotten.public_cells


def test_a_record_that_is_missing_is_said(world, again):
    """Without its record a published finding cannot be shown: the command counts it and says what to give it. A withdrawn one is not missed."""
    one = next(one for one in world[1].findings if one.service == POLICED)
    changes = [
        Change(
            finding_id=one.finding_id,
            finding_sha256=record_sha256(one),
            state=state,
            at="2026-12-11T00:00:00+00:00",
            actor="a",
            reason="r",
        )
        for state in END
    ]
    assert {one.finding_id} == forgotten((), again.findings, changes[:-1])
    assert frozenset() == forgotten((), again.findings, changes)
    assert frozenset() == forgotten([one], again.findings, changes[:-1])
    assert "--findings" in told(Written(1, 1, 0, 0, forgotten=1), "en")
    assert "\n" not in told(Written(1, 1, 0, 0), "fr")


def test_a_record_that_nobody_entered_is_judged_anew(world, again):
    """A file of records holds a whole day: a cell that no ledger names shows today's judgement, and waits for somebody."""
    one, made = later(world, again)
    (shown,) = of_policed(made.inside)
    assert one.finding_id != shown.fields["finding_id"]
    assert "–" == shown.fields["state"]


def test_after_a_withdrawal_todays_judgement_stands(world, again):
    """Inside the newest point of the cell is today's; in public the record says that it was withdrawn, newer than any look before."""
    one, made = later(world, again, *STEPS, "withdrawn")
    newest, before = of_policed(made.inside)
    assert ("–", "withdrawn", one.finding_id) == (
        newest.fields["state"],
        before.fields["state"],
        before.fields["finding_id"],
    )
    (record,) = of_policed(made.public)
    assert ("withdrawn", unix_us(LATER) * 1000) == (record.fields["state"], record.time_ns)


def test_withdrawn_before_publication_never_is_public(world):
    """A candidate that was withdrawn leaves no trace in public: neither record nor state."""
    made = published(world, "candidate", "withdrawn")
    assert [] == [point for point in made.public if "service" in point.tags]


def test_a_published_finding_of_four_homes_is_not_public(world):
    """Under five homes neither finding, state nor hours leave, whatever the ledger says; as on the pages."""
    made, judgement = world
    few = [
        msgspec.structs.replace(one, homes=4) if one.service == POLICED else one for one in judgement.findings
    ]
    assert [] == [
        point
        for point in published((made, replace(judgement, findings=tuple(few))), *STEPS).public
        if "service" in point.tags
    ]


def test_the_reply_is_what_was_filed(world, again):
    """The text with who and when; none filed: a code that says why, which the pages decide on in the same way."""
    one = next(one for one in world[1].findings if one.service == POLICED)
    reply = Reply(by="Example Telecom", at="2026-12-14", language="en", text="We do no such thing.")
    _, made = later(world, again, *STEPS, replies={one.finding_id: [reply], "other": [reply]})
    for points in (made.inside, made.public):
        (shown,) = of_policed(points)
        assert "We do no such thing. — Example Telecom, 2026-12-14" == shown.fields["reply"]
    for states, code in (
        ((), "not_notified"),
        (STEPS[:3], "waiting"),
        ((*STEPS[:3], "silent", "published"), "silent"),
        (STEPS, "to_come"),
    ):
        (shown,) = of_policed(published(world, *states).inside)
        assert code == shown.fields["reply"]


def test_a_reply_too_long_for_a_field_says_so(world, again):
    """It is cut where the database's text fields end, with a mark."""
    one = next(one for one in world[1].findings if one.service == POLICED)
    reply = Reply(by="X", at="2026-12-14", language="en", text="a" * 20_000)
    _, made = later(world, again, *STEPS, replies={one.finding_id: [reply]})
    (shown,) = of_policed(made.public)
    assert (LONGEST_TEXT, " […]") == (len(shown.fields["reply"]), shown.fields["reply"][-4:])


def test_each_bucket_gets_what_its_policy_names(world):
    """Inside and public hold only the measurements that the policy lists for them, and no home."""
    made = published(world, "published")
    for bucket, points in ((INSIDE, made.inside), (PUBLIC, made.public)):
        assert {point.measurement for point in points} <= set(bucket.measurements)
        assert [] == [point for point in points if {"home", "line", "key"} & {*point.tags, *point.fields}]


def test_an_invented_brand_is_no_tag(world):
    """What volunteers typed and nobody registered is ``other``, in either bucket, discarded or not; nothing is left out."""
    made, judgement = world
    invented = [
        msgspec.structs.replace(one, brand=f"Brand {n}", discarded_by="aborted" if n % 2 else None)
        for n, one in enumerate(judgement.observations)
    ]
    every = (*judgement.observations, *invented)
    points = published((made, replace(judgement, observations=every)))
    for bucket in (points.inside, points.public):
        assert {BRAND, "other"} == {point.tags["brand"] for point in bucket if "brand" in point.tags}
    (discards,) = [point for point in points.inside if point.measurement == "discards"]
    assert ("other", len(invented) // 2) == (discards.tags["brand"], discards.fields["pairs"])
    assert len(every) == sum(p.fields["pairs"] for p in points.inside if p.measurement == "coverage")


def test_one_probe_tells_nothing_of_itself(world):
    """Under five lines the public fleet and coverage tell no count, and not when the last pair was."""
    alone = World(homes=1, services=4)
    judgement = alone.judged(alone.all_pairs(2, [POLICED]))
    points = surfaces(judgement, alone.registration(), [alone.plan], [], NOW_NS).public
    assert {"fleet", "method"} == {point.measurement for point in points} - {"catalogue"}
    (strip,) = [point for point in points if point.measurement == "method"]
    assert strip.fields["last_pair_ms"] is None
    (fleet,) = [point for point in points if point.measurement == "fleet"]
    assert {"hypotheses"} == set(fleet.fields)
    many = published(world)
    (fleet,) = [point for point in many.public if point.measurement == "fleet"]
    assert (5, 40) == (fleet.fields["lines"], fleet.fields["pairs"])


def test_public_counts_are_in_steps(world):
    """Inside the exact numbers; in public lines in fives, pairs in steps, the day of the last pair, and nothing of single runs."""
    made = published(world)
    inside, public = (
        {name: p for p in points for name in (p.measurement,) if name in ("fleet", "coverage")}
        for points in (made.inside, made.public)
    )
    for name in ("fleet", "coverage"):
        exact, told = inside[name].fields, public[name].fields
        assert (6, 48, 5, 40) == (exact["lines"], exact["pairs"], told["lines"], told["pairs"])
        assert (
            0
            == told["last_pair_ms"] % 86_400_000
            <= exact["last_pair_ms"] - told["last_pair_ms"]
            < 86_400_000
        )
    assert not {"skipped", "missing", "pending", "corrupt", "results"} & public["fleet"].fields.keys()
    assert 2 == public["coverage"].fields["services"]


def test_before_anything_is_measured_there_is_a_point_that_says_so():
    """No data yet: both surfaces have a fleet, and no moment of a last pair."""
    made = World(homes=1)
    empty = surfaces(made.judged([]), made.registration(), [], [], NOW_NS)
    for points in (empty.inside, empty.public):
        (fleet,) = [point for point in points if point.measurement == "fleet"]
        assert fleet.fields.get("last_pair_ms") is None
        assert fleet.line()
