"""The boards as committed: what the code renders, in both languages, with nothing private in public."""

import copy
import json
import re
import shutil
import subprocess

import pytest

from dashboards.grafana.boards import BOARDS
from dashboards.grafana.boards_command import DEFAULT, changed
from dashboards.grafana.build import LANGUAGES, rendered
from dashboards.grafana.columns import columns_of
from dashboards.grafana.messages import MESSAGES
from dashboards.grafana.queries import QUERIES
from dashboards.grafana.thresholds import THRESHOLDS

FILES = rendered()
BOARD_FILES = {name: json.loads(content) for name, content in FILES.items() if "/boards/" in name}


def test_the_committed_files_are_what_the_code_renders():
    """Every file under deploy/grafana's surfaces is rendered, byte for byte; `isonomia-dashboards boards` writes them."""
    assert set() == changed(FILES, DEFAULT)


def test_both_languages_have_the_same_boards():
    """French and English boards differ in texts alone: same panels, places, queries but the sentences' own column."""
    for name, board in BOARD_FILES.items():
        if "/fr/" not in name:
            continue
        other = BOARD_FILES[name.replace("/fr/", "/en/").replace("-fr.json", "-en.json")]
        for one, twin in zip(board["panels"], other["panels"], strict=True):
            assert (one["gridPos"], one["type"], one["id"]) == (twin["gridPos"], twin["type"], twin["id"])
            asked, told = ([t["query"] for t in panel.get("targets", [])] for panel in (one, twin))
            assert asked == [query.replace("sentences_en", "sentences_fr") for query in told]


def test_no_public_file_names_what_is_inside():
    """No data source of the inside, no candidate, matrix, parity or discard stands in a public file."""
    public = "".join(content.decode() for name, content in FILES.items() if name.startswith("public/"))
    assert [] == re.findall(
        r'isonomia[-_](?:inside|private)|FROM \\"(?:pair|feed|matrix|parity|discards)\\"', public
    )


def test_panels_do_not_overlap_and_are_told_apart():
    """Panels of a board share no square, have ids of their own, and pictures begin at zero."""
    for board in BOARD_FILES.values():
        taken: set[tuple[int, int]] = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            squares = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert place["x"] + place["w"] <= 24
            assert not squares & taken
            taken |= squares
            if panel["type"] in ("timeseries", "barchart"):
                assert 0 == panel["fieldConfig"]["defaults"]["min"]
        assert len(board["panels"]) == len({panel["id"] for panel in board["panels"]})


def test_every_column_and_panel_has_its_words():
    """Each column that a panel's query answers with has a name in both languages, and each panel a title and its help."""
    for board in BOARDS:
        for panel in board.panels:
            assert f"panel.{panel.name}" in MESSAGES
            assert f"panel.{panel.name}.{'text' if panel.kind == 'words' else 'help'}" in MESSAGES
            for query in panel.queries:
                for name in [query] if query in QUERIES else [f"{query}_{lang}" for lang in LANGUAGES]:
                    assert [] == [c for c in columns_of(QUERIES[name]) if f"column.{c}" not in MESSAGES]


def test_every_query_and_threshold_is_used():
    """No query and no threshold stands there for nobody."""
    everything = b"".join(FILES.values()).decode()
    encoded = {name: json.dumps(query.text, ensure_ascii=False)[1:-1] for name, query in QUERIES.items()}
    assert [] == [
        name for name, text in encoded.items() if text.split("{disruption_pairs}")[0] not in everything
    ]
    assert all(threshold.reason for threshold in THRESHOLDS.values())


def test_the_types_of_grafana_accept_the_boards(tmp_path):
    """Every board is a ``Dashboard`` of @grafana/schema to the TypeScript compiler, where both are installed."""
    folder = DEFAULT.parents[1] / "tests" / "dashboards" / "grafana" / "types"
    if not (folder / "node_modules" / "@grafana" / "schema").is_dir() or shutil.which("node") is None:
        pytest.skip(
            "NOT TYPE-CHECKED AGAINST @grafana/schema: run `npm ci` in tests/dashboards/grafana/types"
        )
    lines = ['import type { Dashboard } from "@grafana/schema";']
    for number, board in enumerate(copy.deepcopy(list(BOARD_FILES.values()))):
        kept = {
            name: value
            for name, value in board.items()
            if name not in ("panels", "templating", "graphTooltip")
        }
        for annotation in kept["annotations"]["list"]:
            annotation["target"] = {"refId": annotation["target"]["refId"]}  # the rest is InfluxDB's own
        lines.append(f"export const b{number}: Partial<Dashboard> = {json.dumps(kept)};")
        panels = [
            {"type": p["type"], "title": p["title"], "gridPos": p["gridPos"], "id": p["id"]}
            for p in board["panels"]
        ]
        lines.append(f"export const p{number}: Dashboard['panels'] = {json.dumps(panels)};")
    (folder / "boards.ts").write_text("\n".join(lines), encoding="utf-8")
    try:
        done = subprocess.run(
            ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--skipLibCheck", "--strict", "boards.ts"],
            cwd=folder, capture_output=True, text=True, check=False, timeout=110,
        )  # fmt: skip
    finally:
        (folder / "boards.ts").unlink()
    assert (0, "") == (done.returncode, done.stdout)
