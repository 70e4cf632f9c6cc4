"""The boards in a real Grafana: pushed, asked through it, and looked at in headless Chromium. Where there is none, counted as not run.

``GRAFANA_URL`` and ``GRAFANA_TOKEN`` (a service account's with the role Admin) name a Grafana that is there to be tried out: folders,
data sources and boards named isonomia-* are written over. Its database is the one that ``INFLUX_URL`` names, for Grafana must reach it; else
Debian's InfluxDB on loopback, which a Grafana on this machine reaches. Pictures go to build/grafana.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dashboards import cli
from dashboards.grafana.alerts import RULES, rule_json
from dashboards.grafana.build import boards
from dashboards.grafana.variables import interpolated
from tests.dashboards.answers import Reader
from tests.dashboards.screenshots import BROWSER, CHROMIUM, filled, reader_of, taken
from tests.support.databases import asked, running

URL, GRAFANA_TOKEN = os.environ.get("GRAFANA_URL", "").rstrip("/"), os.environ.get("GRAFANA_TOKEN", "")
PICTURES = Path(__file__).parents[3] / "build" / "grafana"
pytestmark = [
    pytest.mark.skipif(
        not (URL and GRAFANA_TOKEN),
        reason="NOT RUN AGAINST A REAL GRAFANA: GRAFANA_URL and GRAFANA_TOKEN are not set",
    ),
    pytest.mark.timeout(900),
]
SECONDS_TO_DRAW = 12
EVALUATED_S = 21_600


@dataclass
class Looked:
    """A Grafana with the boards in it, its database, and the span of time that has data."""

    database: str
    reader: Reader

    def grafana(self, method: str, path: str, body: Any = None) -> Any:
        """Grafana's answer, decoded."""
        content = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {GRAFANA_TOKEN}", "Content-Type": "application/json"}
        status, told = asked(URL, method, path, content, headers)
        assert status < 300, (path, told)
        return json.loads(told)

    def frames(self, target: dict[str, Any], span: tuple[str, str]) -> list[dict[str, Any]]:
        """The data frames that Grafana's backend makes of a target."""
        query = {**target, "intervalMs": 3_600_000, "maxDataPoints": 1000}
        answer = self.grafana("POST", "/api/ds/query", {"queries": [query], "from": span[0], "to": span[1]})
        result = answer["results"][target["refId"]]
        assert "error" not in result, (target["query"], result)
        found: list[dict[str, Any]] = result["frames"]
        return found

    def chosen(self, target: dict[str, Any], values: dict[str, list[str]]) -> dict[str, Any]:
        """The target with its variables filled as the page fills them; time and interval are the backend's."""
        time, interval = "$timeFilter", "$__interval"
        text = target["query"].replace(time, "\0").replace(interval, "\1")
        text = interpolated(text, values, 0, 0, "").replace("\0", time).replace("\1", interval)
        return {**target, "query": text}


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """The database filled, both surfaces pushed."""
    folder = tmp_path_factory.mktemp("grafana")
    with running("influx2" if os.environ.get("INFLUX_URL") else "influx1", folder / "influx") as database:
        filled(folder, database, public=True)
        for surface in ("inside", "public"):
            assert 0 == cli.main(["push", "--grafana", URL, "--database", database.url, "--surface", surface])
        yield Looked(database.url, reader_of(database))


def test_a_second_push_finds_nothing_to_do(looked, capsys):
    """What Grafana gives back of folders, permissions, sources, boards and rules is what was sent."""
    for surface in ("inside", "public"):
        code = cli.main(
            ["push", "--grafana", URL, "--database", looked.database, "--surface", surface, "--dry-run"]
        )
        assert (0, []) == (
            code,
            [line for line in capsys.readouterr().out.splitlines() if not line.startswith("=")],
        )


def test_every_panel_is_answered_through_grafana(looked):
    """Each target of each board gives frames with every column that the panel renames, over the span that has data."""
    span = (str(looked.reader.from_ms), str(looked.reader.to_ms))
    for _, _, board in boards():
        values = looked.reader.chosen(board, {})
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                frames = looked.frames(looked.chosen(target, values), span)
                names = {
                    (one.get("config") or {}).get("displayNameFromDS", one["name"])
                    for frame in frames
                    for one in frame["schema"]["fields"]
                }
                renamed = [
                    name
                    for step in panel.get("transformations", ())
                    if step["id"] == "organize" and panel["type"] != "table"
                    for name in step["options"]["renameByName"]
                ]
                assert frames, (board["uid"], panel["title"], target["query"])
                assert set(renamed) <= names, (board["uid"], panel["title"], names)


def test_every_rule_can_be_evaluated(looked):
    """Grafana has each rule, and its data source understands the rule's query."""
    for rule in RULES:
        wanted = rule_json(rule)
        there = looked.grafana("GET", f"/api/v1/provisioning/alert-rules/{wanted['uid']}")
        assert (wanted["title"], wanted["for"]) == (there["title"], there["for"])
        looked.frames(wanted["data"][0]["model"], (f"now-{EVALUATED_S}s", "now"))


@pytest.mark.skipif(
    CHROMIUM is None or not (BROWSER / "node_modules").exists(),
    reason="NOT RUN IN A BROWSER: apt-get install chromium nodejs npm; npm ci --prefix tests/browser",
)
def test_every_board_is_drawn(looked, tmp_path):
    """Chromium shows each board with every panel's title, no answer that failed, and no panel that reports an error."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    span = f"from={looked.reader.from_ms}&to={looked.reader.to_ms}&kiosk"
    shots = [
        {
            "url": f"{URL}/d/{board['uid']}?{span}", "path": str(PICTURES / f"{board['uid']}.png"), "width": 1440,
            "height": 150 + 38 * max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in board["panels"]),
            "waitMs": SECONDS_TO_DRAW * 1000, "fullPage": False,
        }
        for _, _, board in boards()
    ]  # fmt: skip
    seen = taken(shots, tmp_path, {"Authorization": f"Bearer {GRAFANA_TOKEN}"})
    for (_, _, board), one in zip(boards(), seen, strict=True):
        assert [] == [panel["title"] for panel in board["panels"] if panel["title"] not in one["text"]]
        assert [] == [error for error in one["errors"] if "/api/ds/query" in error]
