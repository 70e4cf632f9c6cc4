"""What a panel of a committed board would show of a database's real answers: frames, transformations, names, words and colours.

It reads what Grafana reads (targets, transformations, overrides, mappings, thresholds) and nothing else of ours, so that a name
misspelt there is seen here.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dashboards.grafana.variables import interpolated

Series = list[dict[str, Any]]
"""An InfluxQL answer's series: name, tags, columns, values."""
Ask = Callable[[str, str], Series]
"""Asks a data source (by its uid) a query."""


@dataclass
class Shown:
    """A column or a series as a reader meets it. ``config`` is the panel's defaults with this field's overrides."""

    name: str
    values: list[Any]
    times: list[datetime] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """Somebody before a board: the span of time and the variables chosen, by the board's own queries."""

    ask: Ask
    from_ms: int
    to_ms: int
    interval: str = "1h"

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From when to when."""
        return datetime.fromtimestamp(self.from_ms / 1000, UTC), datetime.fromtimestamp(
            self.to_ms / 1000, UTC
        )

    def chosen(self, board: Mapping[str, Any], prefer: Mapping[str, str]) -> dict[str, list[str]]:
        """A value of each variable: the preferred one where it is offered, else the first; all, where all may be asked."""
        values: dict[str, list[str]] = {}
        for variable in board["templating"]["list"]:
            if variable["includeAll"]:
                continue
            text = self._filled(variable["query"], values)
            offered = sorted(
                row[1] for one in self.ask(variable["datasource"]["uid"], text) for row in one["values"]
            )
            wanted = prefer.get(variable["name"], "")
            values[variable["name"]] = [wanted] if wanted in offered else offered[:1]
        return values

    def answers(self, panel: Mapping[str, Any], values: Mapping[str, Sequence[str]]) -> list[Shown]:
        """The panel's columns or series, transformed, named and configured."""
        found: list[Shown] = []
        for target in panel.get("targets", ()):
            series = self.ask(target["datasource"]["uid"], self._filled(target["query"], values))
            found += table(series) if target["resultFormat"] == "table" else lines(series, target["alias"])
        for step in panel.get("transformations", ()):
            found = {"organize": organize, "groupingToMatrix": grouping_to_matrix}[step["id"]](
                found, step["options"]
            )
        return [configured(one, panel["fieldConfig"]) for one in found]

    def marks(
        self, board: Mapping[str, Any], values: Mapping[str, Sequence[str]]
    ) -> list[tuple[datetime, str]]:
        """The moments that the board's annotations mark, each with its colour."""
        return [
            (moment(row[0]), one["iconColor"])
            for one in board["annotations"]["list"]
            for series in self.ask(one["datasource"]["uid"], self._filled(one["target"]["query"], values))
            for row in series["values"]
        ]

    def _filled(self, text: str, values: Mapping[str, Sequence[str]]) -> str:
        return interpolated(text, values, self.from_ms, self.to_ms, self.interval)


def moment(text: str) -> datetime:
    """An InfluxDB time; nanoseconds are cut."""
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d*Z$|Z$", r"\1+00:00", text)).astimezone(UTC)


def table(series: Series) -> list[Shown]:
    """The columns of a table answer: time, tags, fields, a row a value."""
    if not series:
        return []
    tags = list(series[0].get("tags") or ())
    columns: dict[str, list[Any]] = {"Time": [], **{tag: [] for tag in tags}}
    columns |= {name: [] for name in series[0]["columns"][1:]}
    for one in series:
        for row in one["values"]:
            columns["Time"].append(moment(row[0]))
            for tag in tags:
                columns[tag].append(one["tags"][tag])
            for name, value in zip(one["columns"][1:], row[1:], strict=True):
                columns[name].append(value)
    return [Shown(name, values) for name, values in columns.items()]


def lines(series: Series, alias: str) -> list[Shown]:
    """A series for each column of each group, named by the target's alias."""
    found = []
    for one in series:
        times = [moment(row[0]) for row in one["values"]]
        for place, column in enumerate(one["columns"]):
            if place:
                name = alias.replace("$col", column)
                for tag, value in (one.get("tags") or {}).items():
                    name = name.replace(f"$tag_{tag}", value)
                found.append(Shown(name, [row[place] for row in one["values"]], times))
    return found


def organize(columns: list[Shown], options: Mapping[str, Any]) -> list[Shown]:
    """Columns left out, put in order, renamed."""
    kept = [one for one in columns if not options["excludeByName"].get(one.name)]
    kept.sort(key=lambda one: options["indexByName"].get(one.name, len(columns)))
    return [Shown(options["renameByName"].get(one.name, one.name), one.values) for one in kept]


def grouping_to_matrix(columns: list[Shown], options: Mapping[str, Any]) -> list[Shown]:
    """A row for each value of one column, a column for each of another, a third in the places."""
    by_name = {one.name: one.values for one in columns}
    rows, across, values = (by_name.get(options[f"{part}Field"], []) for part in ("row", "column", "value"))
    place = {(row, column): value for row, column, value in zip(rows, across, values, strict=True)}
    heads, tops = list(dict.fromkeys(rows)), list(dict.fromkeys(across))
    corner = Shown(f"{options['rowField']}\\{options['columnField']}", heads)
    return [corner, *(Shown(top, [place.get((head, top)) for head in heads]) for top in tops)]


def configured(one: Shown, settings: Mapping[str, Any]) -> Shown:
    """The series with its name and what the overrides that match it say."""
    defaults = settings["defaults"]
    config: dict[str, Any] = {
        **defaults,
        **{f"custom.{name}": value for name, value in defaults.get("custom", {}).items()},
    }
    for override in settings["overrides"]:
        kind, wanted = override["matcher"]["id"], override["matcher"]["options"]
        if (kind == "byName" and wanted == one.name) or (
            kind == "byRegexp" and re.fullmatch(wanted, one.name)
        ):
            config |= {prop["id"]: prop["value"] for prop in override["properties"]}
    return Shown(config.get("displayName", one.name), one.values, one.times, config)


def said(value: Any, config: Mapping[str, Any]) -> tuple[str, str | None]:
    """A value as it is written, and its colour: mapped, dated or rounded."""
    if value is None:
        return str(config.get("noValue", "")), None
    for mapping in config.get("mappings", ()):
        if str(value) in mapping["options"]:
            found = mapping["options"][str(value)]
            return found["text"], found.get("color")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}", None
    if isinstance(value, str) or value is True:
        return str(value), None
    unit = config.get("unit", "short")
    if unit == "dateTimeAsIso":
        return f"{datetime.fromtimestamp(value / 1000, UTC):%Y-%m-%d %H:%M:%S}", None
    ending = {"percent": "%", "Mbits": " Mb/s"}.get(unit, "")
    return f"{value:,.4g}".replace(",", " ") + ending if abs(value) < 10_000 else f"{value:.3g}", colour_of(
        value, config
    )


def colour_of(value: float, config: Mapping[str, Any]) -> str | None:
    """The threshold's colour for a number."""
    steps = config.get("thresholds", {}).get("steps", ())
    reached: list[str] = [
        step["color"] for step in steps if step.get("value") is None or value >= step["value"]
    ]
    return reached[-1] if reached else None
