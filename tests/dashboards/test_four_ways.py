"""One number, four ways: the page, its CSV, the Grafana panel's own query and ``isonomia-analysis judge --json`` say the same.

Every step is the real command: six homes' signed documents in a collector's store, judged, published through the ledger, exported,
rendered, written to Debian's InfluxDB, and asked with the query that stands in the committed board. Two worlds: of an evening, whose
picture over the period has the board's hours, and of twenty days, where the page's step is longer and hours of the day are compared.
"""

import asyncio
import csv
import io
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from analysis import cli as analysis
from analysis import registration
from analysis.verify import read_findings
from dashboards import cli as dashboards
from dashboards.grafana.boards_command import DEFAULT
from dashboards.grafana.provisioning import BUCKETS
from dashboards.grafana.variables import interpolated
from tests.analysis.worlds import NOW, POLICED, START, World
from tests.golden.chain import fill
from tests.support.databases import running
from tests.support.ledgers import published

LATER = datetime(2026, 12, 13, tzinfo=UTC)
"""After the twenty days."""
SLOTS, EVERY_H = 30, 17
"""Visits of the twenty days: at every hour of the day, six at least, for 17 and 24 have no common divisor."""
SIX_HOURS_S = 6 * 3600
FROM_MS, TO_MS = (int(at.timestamp() * 1000) for at in (NOW - timedelta(days=60), NOW + timedelta(days=60)))
REPLY = "We do no such thing."
SAME = ("grade", "homes", "pairs", "outcome", "direction_of_effect", "mechanism", "delivered_mbit_s", "finding_id",
        "highest_rate_mbit_s", "title")  # fmt: skip
"""Fields of ``judge --json`` that the panel, and all but the last two the CSV, have under the same name."""


def run(main, *words) -> None:
    """One of our commands, in this process."""
    assert 0 == main([str(word) for word in words])


@dataclass(frozen=True)
class FourWays:
    """What is said of the policed service: ``told`` by ``judge --json``, the rest where its name says."""

    told: dict[str, Any]
    pages: Path
    finding: dict[str, Any]
    hours: list[dict[str, Any]]
    counts: list[dict[str, Any]]
    clock: list[dict[str, Any]]
    reply: dict[str, Any]

    @property
    def points(self) -> list[dict[str, str]]:
        """The CSV behind the figures."""
        return rows(self.pages / "data" / f"finding-{self.told['finding_id']}.csv")

    def written(self, series: str) -> list[str]:
        """The exact values in the page's table of a series."""
        page = self.pages / "fr" / "findings" / f"{self.told['finding_id']}.html"
        table = page.read_text(encoding="utf-8").partition(f'aria-labelledby="{series}"')[2]
        return re.findall(r'<data data-field="" value="([^"]+)"', table.partition("</table>")[0])


def four_ways(folder: Path, made: World, as_of: datetime) -> FourWays:
    """Judge the store in ``folder``, publish the policed service's finding, and read it everywhere."""
    registration.write(made.registration(), folder / "registration.json")
    where = ("--store", folder / "store", "--registration", folder / "registration.json", "--lang", "en",
             "--as-of", as_of.isoformat())  # fmt: skip
    run(analysis.main, "judge", *where, "--full", "--out", folder / "findings.json")
    findings = json.loads((folder / "findings.json").read_bytes())
    (told,) = [one for one in findings if one["service"] == POLICED]
    moments = [as_of + timedelta(days=1 + day) for day in range(5)]
    (record,) = [one for one in read_findings(folder / "findings.json") if one.service == POLICED]
    published(folder / "ledger.jsonl", record, moments)
    reply = {"finding_id": told["finding_id"], "by": "Example", "at": "2026-12-14", "language": "en", "text": REPLY}  # fmt: skip
    (folder / "replies.json").write_text(json.dumps([reply]), encoding="utf-8")
    kept = ("--findings", folder / "findings.json", "--replies", folder / "replies.json")
    ledger = ("--ledger", folder / "ledger.jsonl", *kept)
    run(analysis.main, "export-public", *where, *ledger, "--out", folder / "public.json")
    run(dashboards.main, "site", folder / "public.json", "--out", folder / "pages")
    with running("influx1", folder / "influx") as database:
        run(analysis.main, "publish", *where, *ledger, "--server", database.url)
        cell = {name: told[name] for name in ("brand", "technology", "plan_class", "service", "direction")}
        (shown,) = panel_rows(database, "finding", "The finding", **cell)
        return FourWays(
            told,
            folder / "pages",
            shown,
            panel_rows(database, "finding", "Original and control, hour by hour", **cell),
            panel_rows(database, "cell", "On how many lines and pairs", **cell),
            panel_rows(database, "cell", "Hours of the day (local time)", **cell),
            panel_rows(database, "finding", "The provider’s reply", **cell)[0],
        )


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    """Four pairs of each home and service within two hours, through the collector's own intake."""
    folder = tmp_path_factory.mktemp("evening")
    made = World(homes=6)
    answers = asyncio.run(made.fill(folder / "store", made.all_pairs(4)))
    assert {"accepted"} == set(answers)
    return four_ways(folder, made, NOW)


@pytest.fixture(scope="module")
def twenty_days(tmp_path_factory):
    """A pair of each home every seventeen hours, on a line that is slower in the evening."""
    folder = tmp_path_factory.mktemp("twenty-days")
    made = World(homes=6)
    pairs = []
    for slot in range(SLOTS):
        for home in range(len(made.keys)):
            at = START + timedelta(hours=slot * EVERY_H, minutes=7 * home)
            rate = 19.5e6 * (0.8 if at.hour >= 18 else 1.0) * made.rng.uniform(0.84, 1)
            pairs.append(made.treated(home, POLICED, started_at=at, control_rate_bit_s=rate))
    fill(folder / "store", [made.stored(one) for one in pairs])
    return four_ways(folder, made, LATER)


def panel_rows(database, name: str, title: str, **chosen: str):
    """The answer to a panel of a committed public board, its variables filled as Grafana fills them."""
    board = json.loads((DEFAULT / f"public/boards/en/isonomia-public-{name}-en.json").read_bytes())
    (panel,) = [panel for panel in board["panels"] if panel["title"] == title]
    (target,) = panel["targets"]
    asked = set(re.findall(r"\$\{(\w+):regex\}", target["query"]))
    assert asked == {one["name"] for one in board["templating"]["list"]} == set(chosen)
    text = interpolated(
        target["query"], {name: [value] for name, value in chosen.items()}, FROM_MS, TO_MS, "1h"
    )
    bucket = BUCKETS["public"][target["datasource"]["uid"]]
    (result,) = json.loads(database.ask(f"/query?db={bucket}&q={quote(text)}"))["results"]
    return [
        dict(zip(series["columns"], row, strict=True)) | series.get("tags", {})
        for series in result["series"]
        for row in series["values"]
    ]


def test_page_csv_panel_and_json_are_equal(evening):
    """Every number of the published finding, and every hour of its picture, is the same in all four places."""
    same_numbers(evening)
    same_reply(evening)
    same_hours(evening)
    same_clock(evening)


def test_over_twenty_days_they_are_equal(twenty_days):
    """Where the page's step is six hours: the finding, each hour of the day, and how many pairs and lines there are."""
    same_numbers(twenty_days)
    same_clock(twenty_days)
    over = [point for point in twenty_days.points if point["series"] == "over"]
    assert {0.0} == {float(point["at"]) % SIX_HOURS_S for point in over}
    assert set(range(24)) == {int(one["hour"]) for one in twenty_days.clock}
    pairs = SLOTS * twenty_days.told["homes"]
    assert pairs == twenty_days.told["pairs"] == sum(int(point["pairs"]) for point in over)
    assert pairs == sum(int(point["pairs"]) for point in twenty_days.points if point["series"] == "hours")
    assert pairs == sum(one["pairs"] for one in twenty_days.counts)
    assert twenty_days.told["homes"] == max(one["lines"] for one in twenty_days.counts)


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV's rows by column."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def same_numbers(said: FourWays) -> None:
    """The finding itself: JSON, CSV, panel; then the pages in both languages."""
    told, shown = said.told, said.finding
    (row,) = rows(said.pages / "data" / "findings.csv")
    for name in SAME:
        assert told[name] == shown[name], name
        if name in row:
            assert ("" if told[name] is None else str(told[name])) == row[name], name
    relative = math.expm1(told["effect"]["value"])
    assert "published" == shown["state"] == row["state"]
    assert (repr(relative), round(relative * 100, 6)) == (row["relative"], shown["effect_percent"])
    low, high = (round(math.expm1(told["effect"][part]) * 100, 6) for part in ("low", "high"))
    assert (low, high) == (shown["effect_low"], shown["effect_high"])
    assert sum(told["discards"].values()) == shown["discarded"]
    for language in ("fr", "en"):
        path = said.pages / language / "findings" / f"{told['finding_id']}.html"
        page = path.read_text(encoding="utf-8").partition('class="facts"')[2]
        facts = dict(re.findall(r'data-field="(\w+)" value="([^"]+)"', page))
        for name in ("grade", "homes", "pairs", "bytes", "e_value", "delivered_mbit_s", "missing_tickets"):
            assert json.loads(facts[name]) == told[name], (language, name)
        assert float(facts["relative"]) == relative
        assert int(facts["discards"]) == shown["discarded"]


def same_reply(said: FourWays) -> None:
    """The provider's reply stands on page and board alike."""
    page = said.pages / "en" / "findings" / f"{said.told['finding_id']}.html"
    assert f">{REPLY}</blockquote>" in page.read_text(encoding="utf-8")
    assert said.reply["reply"].startswith(f"{REPLY} — Example, ")


def same_hours(said: FourWays) -> None:
    """The picture over the period, in steps of an hour: table of the page, CSV and panel."""
    asked = {datetime.fromisoformat(one["time"]).timestamp(): one for one in said.hours}
    same_points(said, "over", asked)


def same_clock(said: FourWays) -> None:
    """The picture by hour of the day: table of the page, CSV and panel."""
    same_points(said, "hours", {float(one["hour"]): one for one in said.clock})


def same_points(said: FourWays, series: str, asked: dict[float, dict[str, Any]]) -> None:
    """The medians of a series; ``asked``: the panel's rows by place."""
    points = {float(point["at"]): point for point in said.points if point["series"] == series}
    assert points.keys() == asked.keys()
    assert points
    written = said.written(series)
    for at, point in points.items():
        for role in ("original", "control"):
            assert float(point[f"{role}_mid"]) == asked[at][f"{role}_p50"]
            assert point[f"{role}_mid"] in written
