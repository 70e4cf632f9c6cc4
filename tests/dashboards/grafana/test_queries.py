"""Every query of boards and alerts, asked of a real InfluxDB as Grafana asks it, gives the right numbers.

Golden measurements come in through the feed; a world of six homes, judged, through ``publish``.
"""

import re

import pytest

from analysis.public.form import FEWEST_LINES
from analysis.publish.cell_words import in_words
from analysis.registration import CellKey
from analysis.words import LANGUAGES
from dashboards.grafana.boards import BOARDS
from dashboards.grafana.columns import columns_of
from dashboards.grafana.panels import filled
from dashboards.grafana.queries import CELL_TAGS, QUERIES
from dashboards.grafana.variables import interpolated
from tests.analysis.worlds import BLOCKED, BRAND, POLICED
from tests.dashboards.grafana.asking import EMPTY, FROM_MS, TO_MS
from tests.golden.chain import expected, folder_of
from tests.golden.scenarios import SERVICE


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
