"""Every query of boards and alerts, asked of a real InfluxDB as Grafana asks it, gives the right numbers.

Golden measurements come in through the feed; a world of six homes, judged, through ``publish``.
"""

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from analysis.clusters import clusters
from analysis.public.form import FEWEST_LINES, Reply
from analysis.publish.beside import Beside
from analysis.publish.cell_words import in_words
from analysis.publish.command import write
from analysis.publish.comparison import comparison
from analysis.publish.surfaces import More, surfaces
from analysis.publish.trend import change_points
from analysis.record import record_sha256
from analysis.registration import CellKey
from analysis.states import Change, State
from analysis.version import code_version
from analysis.words import LANGUAGES
from collector.timeseries.opening import Address
from dashboards.grafana.boards import BOARDS
from dashboards.grafana.columns import columns_of, hidden_of
from dashboards.grafana.panels import filled
from dashboards.grafana.provisioning import BUCKETS
from dashboards.grafana.queries import CELL_TAGS, QUERIES, datasource_uid
from dashboards.grafana.variables import interpolated
from tests.analysis.test_publish_more import PRACTICE, beside, sights, visits, weeks
from tests.analysis.worlds import BLOCKED, BRAND, LINE, NOW, POLICED, World
from tests.golden.chain import expected, folder_of
from tests.golden.scenarios import SERVICE
from tests.support.databases import running
from tests.support.plans import unix_us
from tests.support.series import feed_once, golden_folder

FROM_MS, TO_MS = (int(datetime(2026, month, 1, tzinfo=UTC).timestamp() * 1000) for month in (11, 12))
TO_MS += 86_400_000 * 30
REPLY = Reply(by="Example", at="2026-12-14", language="en", text="“We do no such thing”, says <b>Example</b>")
PAGES = "https://pages.example"
EMPTY = {"skips", "observations", "discards", "alert_disruption"}
"""Golden measurements hold no skipped run and no result, the world discards nothing, and no network has twenty failing controls."""


class Asked:
    """A database with golden facts and a judged world in it, and Grafana's way of asking."""

    def __init__(self, database, world, judgement, changes):
        self.database, self.world, self.judgement, self.changes = database, world, judgement, changes

    def rows(self, name, surface="inside", span=(FROM_MS, TO_MS), interval="1h", **values):
        """The rows that a query answers with; of a grouped one the tags stand among the columns."""
        query = QUERIES[name]
        chosen = {one: [value] for one, value in values.items()}
        text = interpolated(filled(query), chosen, span[0], span[1], interval)
        return self.answered(name, surface, text)

    def answered(self, name, surface, text):
        """The rows of a query as it is sent."""
        from urllib.parse import quote

        source = datasource_uid(QUERIES[name].source, surface)
        bucket = BUCKETS[surface][source]
        answer = json.loads(self.database.ask(f"/query?db={bucket}&q={quote(text)}"))
        (result,) = answer["results"]
        assert "error" not in result, (name, text, result)
        return [
            {**series.get("tags", {}), **dict(zip(series["columns"], row, strict=True))}
            for series in result.get("series", ())
            for row in series["values"]
        ]


def judged_world():
    """Six homes behind a network that polices one service and blocks another, judged; two findings entered in the ledger."""
    world = World(homes=6)
    judgement = world.judged(world.all_pairs(4))
    by_service = {finding.service: finding for finding in judgement.findings}
    states: tuple[State, ...] = ("candidate", "replicated", "notified", "replied", "published")
    changes = [
        Change(
            finding_id=by_service[POLICED].finding_id,
            finding_sha256=record_sha256(by_service[POLICED]),
            state=state,
            at=datetime(2026, 12, 11 + day, tzinfo=UTC).isoformat(),
            actor="someone",
            reason=state,
        )
        for day, state in enumerate(states)
    ]
    gone: tuple[State, ...] = ("candidate", "withdrawn")
    changes += [
        Change(
            finding_id=by_service[BLOCKED].finding_id,
            state=state,
            at=datetime(2026, 12, 16, tzinfo=UTC).isoformat(),
            actor="someone else",
            reason="a box of the home’s own",
        )
        for state in gone
    ]
    return world, judgement, changes


@pytest.fixture(scope="module", params=["influx1", "influx2"])
def asked(request, tmp_path_factory):
    """The database, filled: Debian's InfluxDB 1.6, and a later one where there is one."""
    root = tmp_path_factory.mktemp("asked")
    with running(request.param, root / "influx") as database:
        world, judgement, changes = judged_world()
        replies = {changes[0].finding_id: [REPLY]}
        now_ns = unix_us(NOW) * 1000
        more = looked_at(judgement)
        made = surfaces(
            judgement, world.registration(), [world.plan], changes, now_ns, replies=replies, more=more
        )
        made = replace(made, inside=(*made.inside, *side_by_side(now_ns), *changed()))
        assert 66 == feed_once(golden_folder(root), database.url).rows
        written = asyncio.run(write(made, Address(database.url)))
        assert (0, len(made.public)) == (written.rejected, written.public)
        yield Asked(database, world, judgement, changes)


def looked_at(judgement):
    """What the store of that world would hold beside its pairs, and what its operator wrote down."""
    looks = beside(visits(6, "tls", service=POLICED), sights(6, "fetch"))
    capacities = {one.measurement_id: 80.0 for one in judgement.observations}
    return More(Beside(capacities, looks.visits, looks.sights, looks.brands), (PRACTICE,), PAGES)


def side_by_side(now_ns):
    """Two providers of ten lines in one region."""
    world = World(homes=20)
    pairs = [
        world.pair(home, "s1", line=msgspec.structs.replace(LINE, brand=f"Brand {home % 2}"))
        for home in range(20)
    ]
    seen = world.observations(pairs)
    return comparison(seen, clusters(seen), {one.measurement_id: 50.0 for one in seen}, now_ns)


def changed():
    """Ten lines on which the policed service was slowed from the third week on."""
    seen = weeks(World(homes=10), 10, lambda week, _home: 19e6 if week < 2 else 4e6)
    return change_points(seen, clusters(seen))


def golden(scenario):
    """Observations of a golden scenario and the span of time they fill, ms."""
    observations = expected(folder_of(scenario)).observations
    times = [one["opened_at_us"] // 1000 for one in observations]
    return observations, (min(times), max(times) + 1)


def rate(run):
    """The mean over the bulk, Mbit/s."""
    return run["wire_bytes"] * 8 / run["duration_us"]


def named(query):
    """The names of a panel's query: one, or one a language."""
    return [query] if query in QUERIES else [f"{query}_{language}" for language in LANGUAGES]


@pytest.mark.parametrize("empty", ["", "()"], ids=["nothing", "none of several"])
def test_every_query_is_understood_with_nothing_chosen(asked, empty):
    """A variable without a value is filled as nothing, several unchecked as "()": every query is understood, and shows nobody's cell."""
    for name, query in QUERIES.items():
        text = re.sub(r"\$\{\w+:regex\}", empty, filled(query))
        for surface in ("inside", *(["public"] if query.source == "surface" else [])):
            rows = asked.answered(name, surface, interpolated(text, {}, FROM_MS, TO_MS, "6h"))
            assert [] == rows or text == filled(query), (name, rows[:2])


def test_every_query_is_answered_with_its_columns(asked):
    """Each query of each panel is understood on each surface it stands on, and answers with the columns that its panel names."""
    for board in BOARDS:
        for surface in board.surfaces:
            for panel in board.shown(surface):
                for query in panel.queries:
                    for name in named(query):
                        rows = asked.rows(name, surface)
                        wanted = [] if name in EMPTY else columns_of(QUERIES[name])
                        assert [] == [c for c in wanted if not any(c in row for row in rows)], (
                            name,
                            surface,
                            rows[:2],
                        )
    for name in ("alert_grade", "alert_disruption", "alert_silent", "alert_lag", "states_all", "catalogue"):
        asked.rows(name)
    for language in LANGUAGES:
        assert ["Limit"] == [
            row["says"].partition(" – ")[2][:5] for row in asked.rows(f"practices_{language}")
        ]
        assert ["Chang"] == [row["says"][:5] for row in asked.rows(f"changes_{language}", service="s1")]
    cell = {
        "brand": BRAND,
        "technology": "fibre",
        "plan_class": "ordinary",
        "service": POLICED,
        "direction": "down",
    }
    assert CellKey.__struct_fields__ == CELL_TAGS == tuple(cell)
    for name, value in cell.items():
        before = dict(list(cell.items())[: CELL_TAGS.index(name)])
        assert value in {row["value"] for row in asked.rows(f"{name}_values", **before)}
        assert [] == asked.rows(f"{name}_values", **{**before, "brand": "Nobody"}) or name == "brand"
    assert [{"key": "network", "value": "AS64500"}] == asked.rows("network_values")
    assert ["FR-BRE"] == [row["value"] for row in asked.rows("area_values")]
    assert ["fibre"] == [row["value"] for row in asked.rows("access_values", area="FR-BRE")]


def test_golden_pairs_stand_on_one_axis_with_the_pace(asked):
    """The finding's picture has each golden pair of the policed scenario, original, control and pace, to the last digit."""
    observations, span = golden("policed-1.5")
    rows = asked.rows(
        "original_and_control", span=span, service=SERVICE.id, network="AS64500", direction="down"
    )
    expected_rows = [
        (rate(one["original"]), rate(one["control"]), one["pace_bit_s"] / 1e6) for one in observations
    ]
    assert expected_rows == [(row["original"], row["control"], row["pace"]) for row in rows]


def test_golden_percentiles_are_those_of_the_pairs(asked):
    """Percentiles 10, 50 and 90 of the raw facts, nearest rank as InfluxDB counts it, for original and control."""
    observations, span = golden("policed-1.5")
    (row,) = asked.rows("raw_percentiles", span=span, interval="3650d", service=SERVICE.id)
    for role in ("original", "control"):
        values = sorted(rate(one[role]) for one in observations)
        for p in (10, 50, 90):
            assert values[int(len(values) * p / 100 + 0.5) - 1] == row[f"{role}_p{p}"]


def test_golden_failures_and_counts(asked):
    """All originals that a reset ended are counted as failures, no control is; all 66 pairs were received."""
    observations, span = golden("reset")
    failed = sum(one["original"]["failure"] != "ok" for one in observations)
    (row,) = asked.rows("raw_failures", span=span, interval="3650d")
    assert (failed, 0) == (row["original"], row["control"])
    assert failed >= 17
    assert 66 == sum(row["pairs"] for row in asked.rows("documents", interval="3650d"))
    assert 66 == asked.rows("alert_silent")[0]["pairs"]
    assert {"fed": 66, "rejected": 0, "lag_rows": 0}.items() <= asked.rows("feed_state")[0].items()
    assert 0 < asked.rows("disk_free")[0]["free_percent"] <= 100


def test_variables_choose_and_are_escaped(asked):
    """A brand with a dot or a bracket in it is a text, not a pattern; several values are an alternative; All is all."""
    assert [] == asked.rows("hours", brand="Example.Telecom")
    assert [] == asked.rows("hours", brand="Example (Telecom")
    assert asked.rows("hours", brand=BRAND)
    text = interpolated(QUERIES["hours"].text, {"service": ["s1", "s/2"]}, 1, 2, "1h")
    assert r'"service" =~ /^(s1|s\/2)$/' in text


def test_hours_are_medians_over_lines(asked):
    """An hour of the policed service: percentiles over the lines' medians, to three digits, computed here from the observations themselves."""
    import numpy as np

    chosen = [
        one
        for one in asked.judgement.observations
        if one.service == POLICED
        and one.discarded_by is None
        and one.opened_at_us // 3_600_000_000 == 498_692
    ]
    rows = asked.rows("hours", service=POLICED)
    row = next(row for row in rows if row["time"] == "2026-11-21T20:00:00Z")
    for role in ("original", "control"):
        by_home: dict[str, list[float]] = {}
        for one in chosen:
            by_home.setdefault(one.home, []).append(getattr(one, role).tail_mbit_s)
        medians = [float(np.median(rates)) for rates in by_home.values()]
        assert 6 == len(medians)
        for p in (10, 50, 90):
            assert float(f"{np.percentile(medians, p):.3g}") == row[f"{role}_p{p}"]
    assert 20.0 == row["pace_mbit_s"]
    (counts, *_) = asked.rows("hour_counts", service=POLICED)
    assert (6, len(chosen)) == (counts["lines"], counts["pairs"])


def test_no_span_takes_hours_together(asked):
    """Over a quarter, with Grafana's interval of a day, the hours are those that were published: none is a mean of others."""
    published = asked.rows("hours", service=POLICED)
    assert published == asked.rows("hours", service=POLICED, interval="1d")
    assert [row["original_p50"] for row in published] == [
        row["original_p50"] for row in asked.rows("medians", service=POLICED, interval="7d")
    ]
    assert sum(row["pairs"] for row in asked.rows("hour_counts", service=POLICED, interval="1d")) == 24


def test_days_weekdays_and_the_clock(asked):
    """The trend is an index of 100 where nothing is done; hours of the day and weekdays have the whole access inside, not in public."""
    (day, *_) = asked.rows("trend", service="s4")
    assert 95 < day["index_low"] <= day["index_percent"] <= day["index_high"] < 105
    assert 0 == day["original_failed_percent"]
    (blocked, *_) = asked.rows("trend", service=BLOCKED)
    assert (None, 100, 0) == tuple(
        blocked[name] for name in ("index_percent", "original_failed_percent", "control_failed_percent")
    )
    for name, tag, places in (("clock", "hour", {"21", "22"}), ("weekdays", "weekday", {"6"})):
        inside, public = (
            asked.rows(f"{name}_whole", service=POLICED),
            asked.rows(name, "public", service=POLICED),
        )
        assert places == {row[tag] for row in inside} == {row[tag] for row in public}
        assert {80.0} == {row["access_p50"] for row in inside}
        assert [row["original_p50"] for row in inside] == [row["original_p50"] for row in public]
        assert all(row["control_p50"] > 10 for row in asked.rows(f"{name}_whole", service=BLOCKED))


def test_what_was_met_declared_and_compared(asked):
    """Reachability by cause, practices beside what was measured, providers in one region, and the strip: the right numbers."""
    (met,) = asked.rows("reach")
    assert (BRAND, POLICED, 6, 6, 0, 6, 0) == tuple(
        met[name] for name in ("brand", "service", "lines", "tls", "reached", "pages_seen", "pages_false")
    )
    finding = next(one for one in asked.judgement.findings if one.service == POLICED)
    for rows in (asked.rows("declared_fr"), asked.rows("declared_cell_fr", service=POLICED)):
        (row,) = rows
        assert ("Limité à 1,5 Mbit/s", 1.5, finding.delivered_mbit_s, "different", PRACTICE.source) == tuple(
            row[name] for name in ("says", "declared_mbit_s", "delivered_mbit_s", "outcome", "source")
        )
    assert [] == asked.rows("declared_cell_en", service="s4")
    rows = asked.rows("comparison", area="FR-BRE", access="fibre")
    assert [("Brand 0", 10, 50.0), ("Brand 1", 10, 50.0)] == [
        (row["brand"], row["lines"], row["access_p50"]) for row in rows
    ]
    assert [] == asked.rows("comparison", area="FR-IDF", access="fibre")
    for surface in ("inside", "public"):
        (strip,) = asked.rows("method", surface)
        assert (code_version(), "2026Q4", "00" * 6) == tuple(
            strip[name] for name in ("software", "quarter", "registration")
        )


def test_the_list_of_findings_leads_on(asked):
    """Age in days since the ledger knows it, codes for the link to the board, and the public page of what is published alone."""
    listed = {row["service"]: row for row in asked.rows("findings_fr")}
    row = listed[POLICED]
    assert ("fibre", "ordinary", "down") == tuple(row[name] for name in hidden_of(QUERIES["findings_fr"]))
    assert f"{PAGES}/fr/findings/{row['finding_id']}.html" == row["page"]
    entered = datetime.fromisoformat(asked.changes[0].at)
    assert (NOW - entered).days == row["age_days"]
    assert [(None, None)] == [(one["age_days"], one["page"]) for one in listed.values() if one is not row]
    (public,) = asked.rows("findings_en", "public")
    assert f"{PAGES}/en/findings/{row['finding_id']}.html" == public["page"]


def test_overview_says_what_was_measured_and_found(asked):
    """Coverage, matrix, parity and the list of findings say what the judgement says."""
    findings = asked.judgement.findings
    assert {"lines": 6, "pairs": 96, "brands": 1}.items() <= asked.rows("fleet_now")[0].items()
    (covered,) = asked.rows("coverage")
    assert (BRAND, "fibre", 6, 4) == tuple(
        covered[name] for name in ("brand", "technology", "lines", "services")
    )
    different = {one.service: one for one in findings if one.outcome == "different"}
    listed = {row["service"]: row for row in asked.rows("findings_fr")}
    assert different.keys() == {*listed, BLOCKED}
    assert POLICED in listed
    assert BLOCKED not in listed
    for service, finding in different.items():
        if service == BLOCKED:
            assert "withdrawn" == asked.rows("finding", service=service)[0]["state"]
            continue
        assert (finding.grade, finding.homes, finding.mechanism, finding.finding_id) == tuple(
            listed[service][name] for name in ("grade", "homes", "mechanism", "finding_id")
        )
    (cell,) = asked.rows("matrix")
    assert ("■", len(findings), len(different)) == (cell["symbol"], cell["cells"], cell["different"])
    (index,) = asked.rows("parity")
    assert 0 < index["index_percent"] <= 101
    entered = {change.finding_id for change in asked.changes}
    waiting = {one.service: one.grade for one in findings if one.finding_id not in entered}
    assert waiting == {row["service"]: row["grade"] for row in asked.rows("alert_grade")}


def test_a_finding_shows_its_reply_and_its_states(asked):
    """The board of the published finding: numbers, sentences in both languages, the reply as given, states in order."""
    finding = next(one for one in asked.judgement.findings if one.service == POLICED)
    for surface in ("inside", "public"):
        (row,) = asked.rows("finding", surface, service=POLICED)
        assert ("published", finding.outcome, finding.pairs) == (row["state"], row["outcome"], row["pairs"])
        assert finding.delivered_mbit_s == row["delivered_mbit_s"]
        assert (finding.e_value, finding.interval) == (
            row["e_value"],
            (row["delivered_low"], row["delivered_high"]),
        )
        assert (
            "“We do no such thing”, says <b>Example</b> — Example, 2026-12-14"
            == asked.rows("reply", surface, service=POLICED)[0]["reply"]
        )
        for lang in LANGUAGES:
            (told,) = asked.rows(f"sentences_{lang}", surface, service=POLICED)
            assert in_words(" ".join(finding.sentences[lang]), finding, lang) == told["sentences"]
    assert ["someone"] * 5 == [row["actor"] for row in asked.rows("states", service=POLICED)]
    assert ["published"] == [row["state"] for row in asked.rows("states", "public", service=POLICED)]


def test_public_shows_the_published_cell_and_no_other(asked):
    """In public there are hours and a finding of the published cell alone, and coverage; no cell of fewer than five lines."""
    assert {POLICED} == {row["service"] for row in asked.rows("findings_en", "public")}
    assert [] == asked.rows("hours", "public", service="s2")
    assert asked.rows("hours", "public", service=POLICED)
    assert all(row["lines"] >= FEWEST_LINES for row in asked.rows("coverage", "public"))
