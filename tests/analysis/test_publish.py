"""What is published: at least five lines, and in public nothing that is not in a public state."""

import msgspec
import pytest

from analysis.clusters import clusters
from analysis.publish.hours import cell_hours
from analysis.publish.surfaces import surfaces
from analysis.states import Change
from collector.timeseries.policy import INSIDE, PUBLIC
from tests.analysis.worlds import BLOCKED, NOW, POLICED, World
from tests.support.plans import unix_us

NOW_NS = unix_us(NOW) * 1000


@pytest.fixture(scope="module")
def world():
    """Six homes, two services, judged."""
    made = World(homes=6, services=4)
    return made, made.judged(made.all_pairs(4, [POLICED, BLOCKED]))


def published(world, *states):
    """Both surfaces, after the policed finding went through ``states``."""
    made, judgement = world
    finding = next(one for one in judgement.findings if one.service == POLICED)
    changes = [
        Change(
            finding_id=finding.finding_id, state=state, at="2026-12-11T00:00:00+00:00", actor="a", reason="r"
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


def test_each_bucket_gets_what_its_policy_names(world):
    """Inside and public hold only the measurements that the policy lists for them, and no home."""
    made = published(world, "published")
    for bucket, points in ((INSIDE, made.inside), (PUBLIC, made.public)):
        assert {point.measurement for point in points} <= set(bucket.measurements)
        assert [] == [point for point in points if {"home", "line", "key"} & {*point.tags, *point.fields}]


def test_one_probe_tells_nothing_of_itself(world):
    """Under five lines the public fleet and coverage tell no count, and not when the last pair was."""
    alone = World(homes=1, services=4)
    judgement = alone.judged(alone.all_pairs(2, [POLICED]))
    points = surfaces(judgement, alone.registration(), [alone.plan], [], NOW_NS).public
    assert {"fleet"} == {point.measurement for point in points} - {"catalogue"}
    (fleet,) = [point for point in points if point.measurement == "fleet"]
    assert {"hypotheses"} == set(fleet.fields)
    many = published(world)
    (fleet,) = [point for point in many.public if point.measurement == "fleet"]
    assert (6, 48) == (fleet.fields["lines"], fleet.fields["pairs"])


def test_before_anything_is_measured_there_is_a_point_that_says_so():
    """No data yet: both surfaces have a fleet, and no moment of a last pair."""
    made = World(homes=1)
    empty = surfaces(made.judged([]), made.registration(), [], [], NOW_NS)
    for points in (empty.inside, empty.public):
        (fleet,) = [point for point in points if point.measurement == "fleet"]
        assert fleet.fields.get("last_pair_ms") is None
        assert fleet.line()
