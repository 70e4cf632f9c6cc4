"""One number, four ways: the page, its CSV, the Grafana panel's own query and ``isonomia-analysis judge --json`` say the same.

Every step is the real command: six homes' signed documents in a collector's store, judged, published through the ledger, exported,
rendered, written to Debian's InfluxDB, and asked with the query that stands in the committed board.
"""

import asyncio
import csv
import io
import json
import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from analysis import cli as analysis
from analysis import registration
from dashboards import cli as dashboards
from dashboards.grafana.boards_command import DEFAULT
from dashboards.grafana.provisioning import BUCKETS
from dashboards.grafana.variables import interpolated
from tests.analysis.worlds import NOW, POLICED, World
from tests.support.databases import running
from tests.support.ledgers import published

AS_OF = NOW.isoformat()
FROM_MS, TO_MS = (int(at.timestamp() * 1000) for at in (NOW - timedelta(days=60), NOW + timedelta(days=60)))
REPLY = "We do no such thing."
SAME = ("grade", "homes", "pairs", "outcome", "direction_of_effect", "mechanism", "delivered_mbit_s", "finding_id",
        "highest_rate_mbit_s", "title")  # fmt: skip
"""Fields of ``judge --json`` that the panel, and all but the last two the CSV, have under the same name."""


def run(main, *words) -> None:
    """One of our commands, in this process."""
    assert 0 == main([str(word) for word in words])


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder with the store, the registration and the ledger in which the policed service's finding was published."""
    folder = tmp_path_factory.mktemp("four")
    made = World(homes=6)
    answers = asyncio.run(made.fill(folder / "store", made.all_pairs(4)))
    assert {"accepted"} == set(answers)
    registration.write(made.registration(), folder / "registration.json")
    run(analysis.main, "judge", *named(folder), "--as-of", AS_OF, "--full", "--out", folder / "findings.json")
    (one,) = [one for one in judged(folder) if one["service"] == POLICED]
    moments = [datetime(2026, 12, 11, tzinfo=UTC) + timedelta(days=day) for day in range(5)]
    published(folder / "ledger.jsonl", one["finding_id"], moments)
    return folder


def named(folder: Path) -> tuple[str, ...]:
    """Where the commands find what they read."""
    return (
        "--store",
        str(folder / "store"),
        "--registration",
        str(folder / "registration.json"),
        "--lang",
        "en",
    )


def judged(folder: Path):
    """What ``judge --json`` says."""
    return json.loads((folder / "findings.json").read_bytes())


def panel_rows(database, title: str, **chosen: str):
    """The answer to a panel of the committed public finding board, its variables filled as Grafana fills them."""
    board = json.loads((DEFAULT / "public/boards/en/isonomia-public-finding-en.json").read_bytes())
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
        dict(zip(series["columns"], row, strict=True))
        for series in result["series"]
        for row in series["values"]
    ]


def test_page_csv_panel_and_json_are_equal(world, tmp_path):
    """Every number of the published finding, and every hour of its picture, is the same in all four places."""
    (told,) = [one for one in judged(world) if one["service"] == POLICED]
    reply = {
        "finding_id": told["finding_id"],
        "by": "Example",
        "at": "2026-12-14",
        "language": "en",
        "text": REPLY,
    }
    (tmp_path / "replies.json").write_text(json.dumps([reply]))
    kept = ("--findings", world / "findings.json", "--replies", tmp_path / "replies.json")
    ledger = ("--ledger", world / "ledger.jsonl", *kept)
    run(
        analysis.main,
        "export-public",
        *named(world),
        *ledger,
        "--as-of",
        AS_OF,
        "--out",
        tmp_path / "public.json",
    )
    run(dashboards.main, "site", tmp_path / "public.json", "--out", tmp_path / "pages")
    with running("influx1", tmp_path / "influx") as database:
        run(analysis.main, "publish", *named(world), *ledger, "--as-of", AS_OF, "--server", database.url)
        cell = {name: told[name] for name in ("brand", "technology", "plan_class", "service", "direction")}
        (shown,) = panel_rows(database, "The finding", **cell)
        (answer,) = panel_rows(database, "The provider’s reply", **cell)
        hours = panel_rows(database, "Original and control, hour by hour", **cell)
    pages = tmp_path / "pages"
    (row,) = rows(pages / "data" / "findings.csv")
    same_numbers(told, row, shown, pages)
    page = (pages / "en" / "findings" / f"{told['finding_id']}.html").read_text(encoding="utf-8")
    assert f">{REPLY}</blockquote>" in page
    assert answer["reply"].startswith(f"{REPLY} — Example, ")
    same_hours(rows(pages / "data" / f"finding-{told['finding_id']}.csv"), hours, pages, told["finding_id"])


def rows(path: Path):
    """A CSV's rows by column."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def same_numbers(told, row, shown, pages: Path) -> None:
    """The finding itself: JSON, CSV, panel; then the pages in both languages."""
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
        page = (pages / language / "findings" / f"{told['finding_id']}.html").read_text(encoding="utf-8")
        facts = dict(re.findall(r'data-field="(\w+)" value="([^"]+)"', page.partition('class="facts"')[2]))
        for name in ("grade", "homes", "pairs", "bytes", "e_value", "delivered_mbit_s", "missing_tickets"):
            assert json.loads(facts[name]) == told[name], (language, name)
        assert float(facts["relative"]) == relative
        assert int(facts["discards"]) == shown["discarded"]


def same_hours(points, hours, pages: Path, finding_id: str) -> None:
    """The picture over the period, in steps of an hour: table of the page, CSV and panel."""
    over = {point["at"]: point for point in points if point["series"] == "over"}
    asked = {repr(datetime.fromisoformat(one["time"]).timestamp()): one for one in hours}
    assert over.keys() == asked.keys()
    assert over
    page = (pages / "fr" / "findings" / f"{finding_id}.html").read_text(encoding="utf-8")
    table = page.partition('aria-labelledby="over"')[2].partition("</table>")[0]
    written = re.findall(r'<data data-field="" value="([^"]+)"', table)
    for at, point in over.items():
        for role in ("original", "control"):
            assert float(point[f"{role}_mid"]) == asked[at][f"{role}_p50"]
            assert point[f"{role}_mid"] in written
