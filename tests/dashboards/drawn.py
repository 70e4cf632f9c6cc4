"""A board drawn as a page from its own JSON and a database's real answers, for whoever has no Grafana. Pictures are matplotlib's."""

import base64
import io
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.dates import AutoDateLocator, DateFormatter, date2num
from matplotlib.figure import Figure

from tests.dashboards.answers import Reader, Shown, said

STYLE = """
* { box-sizing: border-box } body { margin: 0; padding: 12px; background: #f4f5f5; font: 13px/1.35 'DejaVu Sans', sans-serif; color: #24292e; width: 1440px }
h1 { font-size: 18px; margin: 0 0 4px } .vars { margin: 0 0 10px; color: #555 } .vars b { color: #24292e; margin-right: 14px }
.grid { display: grid; grid-template-columns: repeat(24, 1fr); grid-auto-rows: 30px; gap: 8px }
.panel { background: #fff; border: 1px solid #dcdfe2; overflow: hidden; padding: 6px 10px } .panel h2 { font-size: 13px; margin: 0 0 4px }
table { border-collapse: collapse; width: 100%; font-size: 12px } th { text-align: left; color: #1f60c4; font-weight: 600 }
th, td { padding: 3px 8px 3px 0; border-bottom: 1px solid #e9eaec; vertical-align: top } .stats { display: flex; justify-content: space-around; gap: 12px }
.stat { text-align: center } .stat b { display: block; font-size: 26px; font-weight: 500 } .none { color: #888; text-align: center; margin-top: 20px }
.words { font-size: 13px } .words p { margin: 0 0 4px }
"""
CELL_PX, ROW_PX, GAP_PX, PAD_PX = 1416 / 24, 30, 8, 40


def page(board: Mapping[str, Any], reader: Reader, prefer: Mapping[str, str], note: str) -> str:
    """The whole board, one variable of each kind chosen."""
    values = reader.chosen(board, prefer)
    named = {one["name"]: one["label"] for one in board["templating"]["list"]}
    chosen = "".join(f"{escape(named[name])} <b>{escape(', '.join(one))}</b>" for name, one in values.items())
    marks = reader.marks(board, values)
    panels = "".join(_panel(panel, reader, values, marks) for panel in board["panels"])
    return (
        f"<!doctype html><meta charset=utf-8><title>{escape(board['title'])}</title><style>{STYLE}</style>"
        f"<h1>{escape(board['title'])}</h1><p class=vars>{chosen}{escape(note)}</p><div class=grid>{panels}</div>"
    )


Marks = Sequence[tuple[datetime, str]]
"""Moments that annotations mark, each with its colour."""


def _panel(
    panel: Mapping[str, Any], reader: Reader, values: Mapping[str, Sequence[str]], marks: Marks
) -> str:
    place = panel["gridPos"]
    spot = (
        f"grid-column: {place['x'] + 1} / span {place['w']}; grid-row: {place['y'] + 1} / span {place['h']}"
    )
    kind = panel["type"]
    if kind == "text":
        inside = _words(panel["options"]["content"])
    else:
        shown = reader.answers(panel, values)
        width = place["w"] * CELL_PX - 40
        height = place["h"] * (ROW_PX + GAP_PX) - GAP_PX - PAD_PX
        draw = {"table": _table, "stat": _stats}.get(kind) or (
            lambda some: _picture(
                some, panel, (width, height), reader.span, None if kind == "barchart" else marks
            )
        )
        inside = draw(shown) if any(one.values for one in shown) else "<p class=none>–</p>"
    return f'<div class=panel style="{spot}"><h2>{escape(panel["title"])}</h2>{inside}</div>'


def _words(markdown: str) -> str:
    bold = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(markdown))
    plain = re.sub(r"\*(.+?)\*", r"<i>\1</i>", bold)
    return f"<div class=words>{''.join(f'<p>{one}</p>' for one in plain.splitlines() if one)}</div>"


def _coloured(text: str, colour: str | None) -> str:
    return escape(text) if colour in (None, "text") else f'<b style="color: {colour}">{escape(text)}</b>'


def _table(every: list[Shown]) -> str:
    columns = [one for one in every if not one.config.get("custom.hidden")]
    heads = "".join(f"<th>{escape(one.name)}</th>" for one in columns)
    rows = zip(*(one.values for one in columns), strict=True)
    cells = (
        "".join(
            f"<td>{_coloured(*said(value, one.config))}</td>" for one, value in zip(columns, row, strict=True)
        )
        for row in rows
    )
    return f"<table><tr>{heads}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _stats(columns: list[Shown]) -> str:
    numbers = [one for one in columns if one.name != "Time"]
    told = (
        f"<div class=stat>{escape(one.name)}<b>{_coloured(*said(one.values[-1], one.config))}</b></div>"
        for one in numbers
    )
    return f"<div class=stats>{''.join(told)}</div>"


def _picture(
    series: list[Shown],
    panel: Mapping[str, Any],
    size: tuple[float, float],
    span: tuple[datetime, datetime],
    marks: Marks | None,
) -> str:
    """Lines over time with the moments that are marked; ``marks`` ``None``: bars."""
    width, height = size
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
                         "grid.color": "#e9eaec", "axes.axisbelow": True}):  # fmt: skip
        figure = Figure(figsize=(width / 100, height / 100), layout="constrained")
        axes = figure.add_subplot()
        if marks is None:
            _bars(axes, series)
        else:
            _lines(axes, series)
            for at, colour in marks:
                axes.axvline(float(date2num(at)), color=colour, linestyle=(0, (4, 3)), linewidth=0.9)
            axes.set_xlim(*date2num(span))
            _limits(axes, panel["fieldConfig"]["defaults"])
        if panel["fieldConfig"]["defaults"].get("min") == 0:
            axes.set_ylim(bottom=0, top=max(axes.get_ylim()[1] * 1.05, highest_of(series) or 1))
        if panel["fieldConfig"]["defaults"].get("unit") == "Mbits":
            axes.set_ylabel("Mb/s")
        if axes.get_legend_handles_labels()[0]:
            figure.legend(loc="outside lower center", ncols=7, frameon=False)
        out = io.BytesIO()
        figure.savefig(out, format="svg")
    encoded = base64.b64encode(out.getvalue()).decode()
    return f'<img src="data:image/svg+xml;base64,{encoded}" width="{width:.0f}" height="{height:.0f}">'


def _limits(axes: Any, defaults: Mapping[str, Any]) -> None:
    """Thresholds as dashed lines, where the panel has them so and they are within sight."""
    if defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode") == "dashed":
        for step in defaults["thresholds"]["steps"][1:]:
            if step["value"] <= axes.get_ylim()[1] * 1.05:
                axes.axhline(step["value"], color="#333333", linestyle=(0, (6, 4)), linewidth=0.9)


def _lines(axes: Any, series: list[Shown]) -> None:
    by_name = {one.name: one for one in series}
    for one in series:
        colour = one.config.get("color", {}).get("fixedColor")
        custom = {name.removeprefix("custom."): value for name, value in one.config.items()}
        below = by_name.get(custom.get("fillBelowTo", ""))
        if below is not None:
            share = custom["fillOpacity"] / 100
            axes.fill_between(one.times, gapped(below), gapped(one), color=colour, alpha=share, linewidth=0)
        if custom.get("lineWidth", 2) == 0:
            continue
        stroke = {"dash": (0, (5, 3)), "dot": (0, (1, 2))}.get(custom.get("lineStyle", {}).get("fill"), "-")
        dots = custom.get("drawStyle") == "points"
        stroke = "none" if dots else stroke
        mark = "o" if dots or len(one.values) < 40 else None
        axes.plot(
            one.times, gapped(one), color=colour, linestyle=stroke, linewidth=1.6, marker=mark, markersize=3, label=one.name
        )  # fmt: skip
    axes.xaxis.set_major_locator(AutoDateLocator(maxticks=10))
    axes.xaxis.set_major_formatter(DateFormatter("%m-%d"))


def gapped(one: Shown) -> list[float]:
    """The values, absent ones as what is not drawn."""
    return [math.nan if value is None else float(value) for value in one.values]


def _bars(axes: Any, columns: list[Shown]) -> None:
    places, groups = columns[0].values, columns[1:]
    share = 0.8 / max(1, len(groups))
    for number, one in enumerate(groups):
        at = [place + share * (number - (len(groups) - 1) / 2) for place in range(len(places))]
        heights = [value or 0 for value in one.values]
        axes.bar(at, heights, share, label=one.name, color=one.config.get("color", {}).get("fixedColor"))
    axes.set_xticks(range(len(places)), [said(place, columns[0].config)[0] for place in places])
    axes.set_xlim(-0.6, len(places) - 0.4)


def highest_of(series: list[Shown]) -> float:
    """The largest number of a picture."""
    numbers = (value for one in series for value in one.values if isinstance(value, int | float))
    return max(numbers, default=0.0)
