"""Renders boards and provisioning to files: JSON with sorted keys, so that a change reads as a diff. No I/O."""

import json
from collections.abc import Iterator
from typing import Any, Final

from dashboards.grafana import messages
from dashboards.grafana.boards import BOARDS, Board
from dashboards.grafana.panels import panel_json, placed, source_of, to_plain, uid_of
from dashboards.grafana.provisioning import provisioning
from dashboards.grafana.queries import CELL_TAGS, QUERIES, Surface
from dashboards.grafana.variables import variable_json
from dashboards.messages import LANGUAGES, Language

SURFACES: Final[tuple[Surface, ...]] = ("inside", "public")
SCHEMA: Final = 41
"""Grafana 11.6's, which the SDK is generated from; later ones read it and bring it up to date."""


def board_json(board: Board, surface: Surface, language: Language) -> dict[str, Any]:
    """One board on one surface in one language."""
    panels = [
        panel_json(panel, number, place, surface, language)
        for number, place, panel in placed(board.shown(surface))
    ]
    shown = [name for name in board.variables if surface == "inside" or name != "network"]
    return {
        "uid": uid_of(board.name, surface, language),
        "title": f"{messages.say(f'board.{board.name}', language)} ({language})",
        "tags": ["isonomia", surface, language],
        "schemaVersion": SCHEMA,
        "version": 0,
        "editable": False,
        "graphTooltip": 1,
        "timezone": "browser",
        "weekStart": "monday",
        "refresh": "",
        "time": {"from": board.since, "to": "now"},
        "panels": panels,
        "templating": {"list": [variable_json(name, surface, language) for name in shown]},
        "annotations": {"list": list(_annotations(board, surface, language))},
        "links": [_link(surface, language)],
    }


def _annotations(board: Board, surface: Surface, language: Language) -> Iterator[dict[str, Any]]:
    """What is known of dates: of the cell where one is chosen, of all else; there, inside, what changed in it and what its provider declared."""
    of_a_cell = set(CELL_TAGS) <= {*board.variables}
    states = "states" if of_a_cell else "states_all"
    marks = [("states", states, "title", "#CC79A7"), ("catalogue", "catalogue", "version", "#7F7F7F")]
    if surface == "inside" and of_a_cell:
        marks.append(("changes", f"changes_{language}", "says", "#D55E00"))
        marks.append(("practices", f"practices_{language}", "says", "#0072B2"))
    for name, query, column, colour in marks:
        source = source_of(QUERIES[query], surface)
        target = {
            "refId": "Anno",
            "query": QUERIES[query].text,
            "rawQuery": True,
            "fromAnnotations": True,
            "textEditor": True,
            "textColumn": column,
            "tagsColumn": "state" if name == "states" else "",
        }
        yield {
            "name": messages.say(f"annotation.{name}", language),
            "datasource": source,
            "enable": True,
            "hide": False,
            "iconColor": colour,
            "target": target,
        }


def _link(surface: Surface, language: Language) -> dict[str, Any]:
    """To the other boards of this surface and language."""
    return {
        "type": "dashboards",
        "title": "Isonomia",
        "tags": ["isonomia", surface, language],
        "asDropdown": True,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "",
        "url": "",
    }


def boards() -> Iterator[tuple[Surface, Language, dict[str, Any]]]:
    """Every board, on its surfaces, in both languages."""
    for board in BOARDS:
        for surface in board.surfaces:
            for language in LANGUAGES:
                yield surface, language, board_json(board, surface, language)


def rendered() -> dict[str, bytes]:
    """Every file, by its path under ``deploy/grafana``."""
    files = {
        f"{surface}/boards/{language}/{board['uid']}.json": encoded(board)
        for surface, language, board in boards()
    }
    for surface in SURFACES:
        files |= {f"{surface}/{path}": encoded(content) for path, content in provisioning(surface).items()}
    return files


def encoded(value: object) -> bytes:
    """Sorted, indented, and ending with a line."""
    return json.dumps(to_plain(value), indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
