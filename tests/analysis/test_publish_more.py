"""What boards show beside findings: reachability by cause, providers side by side, changes, declared practices, the strip at their foot."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from analysis.clusters import clusters
from analysis.messages import Trouble
from analysis.public.form import FEWEST_LINES, FEWEST_LINES_REGION
from analysis.publish.beside import Beside
from analysis.publish.compared import SYMBOLS, matrix, symbol
from analysis.publish.comparison import comparison
from analysis.publish.hours import cell_days, cell_weekdays, local_weekday
from analysis.publish.method import method
from analysis.publish.practices import Practice, beginnings, declared, read
from analysis.publish.surfaces import More, surfaces
from analysis.publish.trend import change_points
from analysis.record import record_sha256
from analysis.states import Change, State
from analysis.version import code_version, rules_sha256
from dashboards.grafana.naming import SYMBOLS as ON_BOARDS
from dashboards.site.model import MARKS
from probe.measurement.envelope import Line
from tests.analysis.test_publish_reach import beside, visits
from tests.analysis.worlds import BLOCKED, BRAND, NOW, POLICED, START, World
from tests.support.plans import unix_us
from tools.tree import ROOT

NOW_NS = unix_us(NOW) * 1000
REGISTERED = World(homes=1, services=2).registration()


@pytest.fixture(scope="module")
def two_brands():
    """Ten lines of each of two providers in one region, three of a third, and ten of the first elsewhere; one of them slows the service."""
    world = World(homes=33)
    lines = [
        Line(brand=brand, technology="fibre", plan_class="ordinary", region=region)
        for brand, region, count in (
            ("A", "FR-BRE", 10),
            ("B", "FR-BRE", 10),
            ("C", "FR-BRE", 3),
            ("A", "FR-IDF", 10),
        )
        for _ in range(count)
    ]
    pairs = [
        world.pair(home, "s1", 2e6 if lines[home].brand == "B" else 19.5e6, line=lines[home])
        for home in range(33)
    ]
    return world.observations(pairs)


def test_providers_stand_side_by_side_in_one_region_alone(two_brands):
    """Two providers of ten lines each are compared; one of three lines is not, and alone in its region nobody is."""
    capacities = {one.measurement_id: 50.0 for one in two_brands}
    points: Any = comparison(two_brands, clusters(two_brands), capacities, NOW_NS)
    assert [("A", "FR-BRE", "fibre"), ("B", "FR-BRE", "fibre")] == [
        (point.tags["brand"], point.tags["region"], point.tags["technology"]) for point in points
    ]
    a, b = (point.fields for point in points)
    assert FEWEST_LINES_REGION == a["lines"] == b["lines"]
    assert 95 < a["index_p50"] < 105
    assert 8 < b["index_p10"] <= b["index_p50"] <= b["index_p90"] < 13
    assert 50 == a["access_p50"]
    nine = [one for one in two_brands if one.home != two_brands[0].home]
    assert [] == comparison(nine, clusters(nine), capacities, NOW_NS)


def weeks(world: World, homes: int, changed: Any, number: int = 4) -> Any:
    """Observations of so many weeks, two pairs a line and week; ``changed(week, home)`` is the original's rate."""
    pairs = [
        world.pair(home, "s1", changed(week, home) * world.rng.uniform(0.98, 1.02),
                   started_at=START + timedelta(days=2 + 7 * week + part, minutes=home))
        for week in range(number) for part in (0, 3) for home in range(homes)
    ]  # fmt: skip
    return world.observations(pairs)


def found(observations: Any) -> list[Any]:
    """The change points that are drawn."""
    return [one for one in change_points(observations, clusters(observations)) if one.fields["found"]]


def test_a_change_of_treatment_is_found_at_its_monday():
    """Ten lines slowed from the third week on: one change, at the Monday between, with its size; before it was tested, so was every other."""
    seen = weeks(World(homes=10), 10, lambda week, _home: 19e6 if week < 2 else 4e6)
    (point,) = found(seen)
    at = datetime.fromtimestamp(point.time_ns / 1e9, UTC)
    assert (0, 0) == (at.weekday(), at.hour)
    assert datetime(2026, 12, 7, tzinfo=UTC) == at
    assert -85 < point.fields["change_percent"] < -70
    assert point.fields["says_fr"].startswith("Changement : −")
    assert 3 == len(change_points(seen, clusters(seen)))


def test_nothing_is_found_where_treatment_stays():
    """A limiter that was always there, congestion that slows both, a few lines, a trifle: no change."""
    assert [] == found(weeks(World(homes=10), 10, lambda _week, _home: 4e6))
    assert [] == found(weeks(World(homes=5), 5, lambda week, _home: 19e6 if week < 2 else 4e6))
    assert [] == found(weeks(World(homes=10), 10, lambda week, _home: 19e6 if week < 2 else 18.6e6))
    one_home = weeks(World(homes=10), 10, lambda week, home: 4e6 if home == 0 and week > 1 else 19e6)
    assert [] == found(one_home)


def test_chance_alone_seldom_makes_a_change():
    """Of 60 cells whose lines differ by chance alone from week to week, few are said to change: 5 % are allowed."""
    rng = random.Random(3)
    world = World(homes=10)
    pattern: Any
    (pattern,) = world.observations([world.pair(0, "s1")])
    said = 0
    for _ in range(60):
        observations = [
            msgspec.structs.replace(
                pattern, home=f"{home}", line_tags=(), opened_at_us=unix_us(START + timedelta(days=7 * week + 1)),
                features=msgspec.structs.replace(pattern.features, d_thr=rng.gauss(0, 0.3)),
            )
            for week in range(6) for home in range(12)
        ]  # fmt: skip
        said += bool(found(observations))
    assert said <= 6


def test_weekdays_are_those_of_the_line():
    """A pair of Saturday 23:30 UTC is Sunday's an hour to the east, Saturday's an hour to the west."""
    world = World(homes=5)
    (one,) = world.observations([world.pair(0, "s1", started_at=datetime(2026, 11, 21, 23, 30, tzinfo=UTC))])
    for local, weekday in ((0.5, "7"), (22.5, "6"), (23.5, "6")):
        assert weekday == local_weekday(msgspec.structs.replace(one, local_hour=local))
    pairs = [
        world.pair(home, "s1", started_at=START + timedelta(days=day))
        for home in range(5)
        for day in range(7)
    ]
    seen = world.observations(pairs)
    points = cell_weekdays(seen, clusters(seen), NOW_NS, {one.measurement_id: 80.0 for one in seen}).points
    assert {*"1234567"} == {point.tags["weekday"] for point in points}
    assert {80.0} == {point.fields["access_p50"] for point in points}
    days: Any = cell_days(seen, clusters(seen)).points
    assert (7, {FEWEST_LINES}) == (len(days), {point.fields["lines"] for point in days})
    assert all(95 < point.fields["index_percent"] < 105 for point in days)


@pytest.fixture(scope="module")
def judged():
    """Six homes, four services."""
    world = World(homes=6)
    return world, world.judged(world.all_pairs(4))


def test_a_service_that_did_not_get_through_is_a_square(judged):
    """The matrix shows what pages show: a square where it was blocked, a triangle where it was slowed; one list of symbols."""
    world, judgement = judged
    by_service = {one.service: one for one in judgement.findings}
    assert "■" == symbol([by_service[POLICED], by_service[BLOCKED]])
    assert "▼" == symbol([by_service[POLICED]])
    (point,) = matrix(
        judgement.observations, judgement.findings, clusters(judgement.observations), lambda _: "x", 1
    )
    assert "■" == point.fields["symbol"]
    for name, mark in SYMBOLS.items():
        assert mark == MARKS.get(name, mark)  # type: ignore[call-overload]
    assert {*SYMBOLS.values(), MARKS["few"]} == set(ON_BOARDS)
    assert {name: mark for mark, (name, _) in ON_BOARDS.items() if name != "few"} == SYMBOLS
    del world


PRACTICE = Practice(
    brand=BRAND, service=POLICED, kind="itmp", says={"fr": "Limité à 1,5 Mbit/s", "en": "Limited to 1.5 Mbit/s"},
    rate_mbit_s=1.5, since=date(2026, 11, 1), source="https://fai.example/itmp", read_on=date(2026, 11, 15),
)  # fmt: skip
ELSEWHERE = msgspec.structs.replace(PRACTICE, brand="Nobody", service=None)
TOML = """
[[practice]]
brand = "Example Telecom"
service = "s1"
kind = "itmp"
says = { fr = "Limité à 1,5 Mbit/s", en = "Limited to 1.5 Mbit/s" }
rate_mbit_s = 1.5
since = 2026-11-01
source = "https://fai.example/itmp"
read_on = 2026-11-15
"""


def test_a_declared_practice_stands_beside_what_was_measured(judged):
    """A row for each cell it covers, with its source; one that covers nothing says so; under five homes nothing measured is told."""
    world, judgement = judged
    cells = world.registration().cells
    beside_it: Any
    beside_it, alone = declared([PRACTICE, ELSEWHERE], cells, judgement.findings, NOW_NS)
    assert (POLICED, "001", "itmp") == tuple(beside_it.tags[name] for name in ("service", "practice", "kind"))
    assert ("different", 1.5, "https://fai.example/itmp", "2026-11-15") == tuple(
        beside_it.fields[name] for name in ("outcome", "declared_mbit_s", "source", "read_on")
    )
    assert abs(beside_it.fields["delivered_mbit_s"] - 1.45) < 0.1
    assert {"brand", "practice", "kind"} == set(alone.tags)
    assert "outcome" not in alone.fields
    few = [msgspec.structs.replace(one, homes=4) for one in judgement.findings]
    (silent,) = declared([PRACTICE], cells, few, NOW_NS)
    assert "outcome" not in silent.fields
    assert 4 == len(declared([msgspec.structs.replace(PRACTICE, service=None)], cells, (), NOW_NS))
    (begin,) = beginnings([PRACTICE], NOW_NS)
    assert unix_us(datetime(2026, 11, 1, tzinfo=UTC)) * 1000 == begin.time_ns
    assert [] == list(beginnings([msgspec.structs.replace(PRACTICE, since=date(2015, 1, 1))], NOW_NS))


def test_the_file_of_practices(tmp_path):
    """No file, none; one that is right is read; each mistake is said with its place."""
    path = tmp_path / "practices.toml"
    assert () == read(None)
    path.write_text("", encoding="utf-8")
    assert () == read(path)
    path.write_text(TOML, encoding="utf-8")
    assert (PRACTICE,) == read(path)
    for wrong, said in (
        (TOML.replace("itmp", "crime", 1), "crime"),
        (TOML.replace('source = "https://fai.example/itmp"', ""), "source"),
        (TOML.replace(', en = "Limited to 1.5 Mbit/s"', ""), "fr and en"),
        (TOML + "colour = 1\n", "colour"),
        ("[[practice", "end of an array"),
    ):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises(Trouble) as caught:
            read(path)
        assert said in str(caught.value), wrong
    with pytest.raises(Trouble):
        read(tmp_path / "absent.toml")


def test_the_page_shows_a_file_that_is_read(tmp_path):
    """The example in docs/boards.md is a file of practices."""
    page = (ROOT / "docs" / "boards.md").read_text(encoding="utf-8")
    path = tmp_path / "practices.toml"
    path.write_text(page.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    (one,) = read(path)
    assert ("FAI Labo", "itmp", 1.5, None) == (one.brand, one.kind, one.rate_mbit_s, one.until)


def test_nothing_of_it_is_public(judged):
    """Comparisons, reachability, practices, changes and the lines' access stay inside, whatever was published."""
    world, judgement = judged
    one = next(one for one in judgement.findings if one.service == POLICED)
    moments = [NOW + timedelta(days=day) for day in range(5)]
    states: tuple[State, ...] = ("candidate", "replicated", "notified", "replied", "published")
    changes = [
        Change(
            finding_id=one.finding_id,
            finding_sha256=record_sha256(one),
            state=state,
            at=at.isoformat(),
            actor="a",
            reason="r",
        )
        for state, at in zip(states, moments, strict=True)
    ]
    looks = beside(visits(6, "tls"))
    capacities = {pair.measurement_id: 80.0 for pair in judgement.observations}
    more = More(
        Beside(capacities, looks.visits, looks.sights, looks.brands), (PRACTICE,), "https://pages.example/"
    )
    later_ns = unix_us(moments[-1] + timedelta(hours=30)) * 1000
    made = surfaces(judgement, world.registration(), [world.plan], changes, later_ns, (), None, more)
    assert {"reach", "declared", "practice"} <= {point.measurement for point in made.inside}
    assert {
        "cell_hour",
        "cell_day",
        "cell_clock",
        "cell_weekday",
        "finding",
        "finding_state",
        "coverage",
        "fleet",
        "method",
    } == {point.measurement for point in made.public} - {"catalogue"}
    assert [] == [point for point in made.public for name in point.fields if name.startswith("access")]
    for points in (made.inside, made.public):
        (shown,) = [p for p in points if p.measurement == "finding" and p.tags["service"] == POLICED]
        assert 5 == shown.fields["age_days"]
        assert f"https://pages.example/fr/findings/{one.finding_id}.html" == shown.fields["page_fr"]
    others = [p for p in made.inside if p.measurement == "finding" and p.tags["service"] != POLICED]
    assert [(None, None)] * len(others) == [(p.fields["age_days"], p.fields.get("page_en")) for p in others]


def test_the_strip_says_by_what_the_numbers_were_made(judged):
    """Method, registration, software and the last data; a method that is not the registered one is said."""
    world, _ = judged
    registered = world.registration()
    strip = method(registered, "ab" * 32, 5, NOW_NS).fields
    assert (rules_sha256()[:12], "ab" * 6, "2026Q4", code_version(), 5) == tuple(
        strip[name] for name in ("method", "registration", "quarter", "software", "last_pair_ms")
    )
    other = msgspec.structs.replace(registered, rules_sha256="0" * 64)
    assert f"{rules_sha256()[:12]} ≠ {'0' * 12}" == method(other, "ab" * 32, 5, NOW_NS).fields["method"]
