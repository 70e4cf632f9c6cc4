"""The boards as committed: what the code renders, in both languages, with nothing private in public."""

import copy
import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from dashboards.grafana.boards import BOARDS
from dashboards.grafana.boards_command import DEFAULT, changed
from dashboards.grafana.build import rendered
from dashboards.grafana.columns import columns_of
from dashboards.grafana.messages import MESSAGES
from dashboards.grafana.queries import QUERIES
from dashboards.grafana.thresholds import THRESHOLDS
from dashboards.messages import LANGUAGES

FILES = rendered()
BOARD_FILES = {name: json.loads(content) for name, content in FILES.items() if "/boards/" in name}
TYPES = DEFAULT.parents[1] / "tests" / "dashboards" / "grafana" / "types"
SPOILT = (
    ("schemaVersion", "39"),
    ("graphTooltip", 7),
    ("annotations.list.enable", "yes"),
    ("templating.list.sort", "asc"),
    ("table.type", "tabel"),
    ("table.gridPos.w", "12"),
    ("table.transformations.id", 1),
    ("table.fieldConfig.overrides.properties.id", "custom.cellOption"),
    ("barchart.options.showValue", "nevr"),
    ("stat.options.reduceOptions", {"calc": ["lastNotNull"]}),
    ("text.options.mode", "markup"),
    ("timeseries.fieldConfig.defaults.thresholds.mode", "absolut"),
    ("timeseries.fieldConfig.defaults.custom.showPoints", "sometimes"),
    ("timeseries.fieldConfig.overrides.properties.value", {"mode": "fixd"}),
)
"""A place in a board, and what is none of Grafana's there."""


def test_the_committed_files_are_what_the_code_renders():
    """Every file under deploy/grafana's surfaces is rendered, byte for byte; `isonomia-dashboards boards` writes them."""
    assert set() == changed(FILES, DEFAULT)


def test_both_languages_have_the_same_boards():
    """French and English boards differ in texts alone: same panels, places, queries but for the columns that hold texts."""
    for name, board in BOARD_FILES.items():
        if "/fr/" not in name:
            continue
        other = BOARD_FILES[name.replace("/fr/", "/en/").replace("-fr.json", "-en.json")]
        for one, twin in zip(board["panels"], other["panels"], strict=True):
            assert (one["gridPos"], one["type"], one["id"]) == (twin["gridPos"], twin["type"], twin["id"])
            asked, told = ([t["query"] for t in panel.get("targets", [])] for panel in (one, twin))
            assert asked == [re.sub(r"\b(sentences|says|page)_en\b", r"\1_fr", query) for query in told]


def test_no_public_file_names_what_is_inside():
    """No data source of the inside, no candidate, nothing that compares networks or is an observation stands in a public file."""
    public = "".join(content.decode() for name, content in FILES.items() if name.startswith("public/"))
    assert [] == re.findall(
        r'isonomia[-_](?:inside|private)|FROM \\"(?:pair|feed|matrix|parity|discards|comparison|reach|declared|practice|change_point)\\"|access_p',
        public,
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


def test_the_types_of_grafana_accept_the_boards():
    """Every board, whole, is what @grafana/schema says a board is, to the TypeScript compiler, where both are installed.

    A board that was spoilt in one place is refused each time, so that accepting means something.
    """
    if not (TYPES / "node_modules" / "@grafana" / "schema").is_dir() or shutil.which("node") is None:
        pytest.skip(
            "NOT TYPE-CHECKED AGAINST @grafana/schema: run `npm ci` in tests/dashboards/grafana/types"
        )
    lines = ['import type { Board } from "./board";']
    for number, board in enumerate(BOARD_FILES.values()):
        lines.append(f"export const b{number}: Board = {json.dumps(board)};")
    for number, (where, what) in enumerate(SPOILT):
        lines.append(f"// @ts-expect-error {where}")
        lines.append(f"export const s{number}: Board = {json.dumps(spoilt(where, what))};")
    (TYPES / "boards.ts").write_text("\n".join(lines), encoding="utf-8")
    try:
        done = subprocess.run(
            ["node", "node_modules/typescript/bin/tsc", "--noEmit", "--skipLibCheck", "--strict",
             "--module", "esnext", "--moduleResolution", "bundler", "boards.ts"],
            cwd=TYPES, capture_output=True, text=True, check=False, timeout=110,
        )  # fmt: skip
    finally:
        (TYPES / "boards.ts").unlink()
    assert (0, "") == (done.returncode, done.stdout)


def spoilt(where: str, what: Any) -> dict[str, Any]:
    """The first board that has the place ``where``, with ``what`` there instead; ``barchart`` is a panel of that kind."""
    *path, last = where.split(".")
    boards: list[dict[str, Any]] = copy.deepcopy(list(BOARD_FILES.values()))
    for board in boards:
        places = [board]
        for step in path:
            places = [inner for place in places for inner in _within(place, step)]
        found = [place for place in places if last in place]
        if found:
            found[0][last] = what
            return board
    raise AssertionError(f"no board has {where}")


def _within(place: dict[str, Any], step: str) -> list[dict[str, Any]]:
    """What ``step`` names there: panels of a kind, the parts of a list, or the one value."""
    if "panels" in place and step not in place:
        return [panel for panel in place["panels"] if panel["type"] == step]
    found = place.get(step, [])
    return found if isinstance(found, list) else [found]
