"""The pictures in docs/screenshots, and the page they are drawn from where there is no Grafana."""

from pathlib import Path

import pytest

from dashboards.grafana.build import boards
from tests.dashboards.answers import Reader, Shown, configured, grouping_to_matrix, organize, said
from tests.support.databases import running

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
LARGEST = 3_000_000
PANEL = {
    "title": "t", "type": "table", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 8},
    "targets": [{"datasource": {"uid": "u"}, "query": "SELECT", "resultFormat": "table", "refId": "A"}],
    "transformations": [
        {"id": "organize", "options": {"excludeByName": {"Time": True}, "indexByName": {"b": 0, "a": 1}, "renameByName": {"a": "A", "b": "B"}}}
    ],
    "fieldConfig": {
        "defaults": {"unit": "short", "noValue": "–"},
        "overrides": [
            {"matcher": {"id": "byName", "options": "A"}, "properties": [
                {"id": "thresholds", "value": {"steps": [{"color": "text"}, {"color": "#D55E00", "value": 3}]}}]},
            {"matcher": {"id": "byName", "options": "B"}, "properties": [
                {"id": "mappings", "value": [{"type": "value", "options": {"x": {"text": "EX"}}}]}]},
        ],
    },
}  # fmt: skip


def test_there_is_a_picture_of_each_page_and_board_in_both_languages():
    """docs/screenshots has the main pages and all panels, French and English, in less than 3 MB, and nothing else."""
    from tests.dashboards.screenshots import names

    found = {path.name: path.stat().st_size for path in FOLDER.iterdir()}
    assert set(names()) == set(found)
    assert LARGEST > sum(found.values())


@pytest.mark.timeout(300)
def test_no_panel_of_the_pictures_is_empty(tmp_path):
    """In the world of the pictures every panel of every board has something to show, with the variables that a reader would choose."""
    from tests.dashboards.screenshots import PREFERRED, filled, reader_of

    with running("influx1", tmp_path / "influx") as database:
        filled(tmp_path, database, public=True)
        reader = reader_of(database)
        for surface, _, board in boards():
            values = reader.chosen(board, PREFERRED)
            for panel in board["panels"]:
                shown = reader.answers(panel, values)
                assert panel["type"] == "text" or any(one.values for one in shown), (surface, panel["title"])
            assert board["templating"]["list"] == [] or all(values.values())


def test_a_panel_is_read_as_grafana_reads_it():
    """Columns left out, ordered, renamed; codes in words; thresholds as colours; what is absent as the panel says it."""

    def ask(_uid, _text):
        values = [["2026-11-22T00:00:00Z", 3, "x"], ["2026-11-22T00:00:00.123456789Z", None, "y"]]
        return [{"name": "m", "columns": ["time", "a", "b"], "values": values}]

    second, first = Reader(ask, 0, 1).answers(PANEL, {})[::-1]
    assert ("B", "A") == (first.name, second.name)
    assert [("EX", None), ("y", None)] == [said(value, first.config) for value in first.values]
    assert [("3", "#D55E00"), ("–", None)] == [said(value, second.config) for value in second.values]


def test_a_grid_has_a_place_for_each_pair():
    """A row for each value of the first column, a column for each of the second; a place without a value is empty."""
    columns = [Shown("r", ["a", "a", "b"]), Shown("c", ["x", "y", "x"]), Shown("v", [1, 2, 3])]
    grid = grouping_to_matrix(columns, {"rowField": "r", "columnField": "c", "valueField": "v"})
    assert [("r\\c", ["a", "b"]), ("x", [1, 3]), ("y", [2, None])] == [(one.name, one.values) for one in grid]
    options = {"excludeByName": {}, "indexByName": {}, "renameByName": {"r\\c": "R"}}
    assert "R" == organize(grid, options)[0].name
    assert "R" == configured(Shown("R", []), {"defaults": {}, "overrides": []}).name
