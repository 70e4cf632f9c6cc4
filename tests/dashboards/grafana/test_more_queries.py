"""Queries of what stands beside findings: no mean of percentiles, days and weekdays, causes, practices, comparisons, the strip, and where a list leads."""

from datetime import datetime

from analysis.version import code_version
from dashboards.grafana.columns import hidden_of
from dashboards.grafana.queries import QUERIES
from tests.analysis.test_publish_more import PRACTICE
from tests.analysis.worlds import BLOCKED, BRAND, NOW, POLICED
from tests.dashboards.grafana.asking import PAGES


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
