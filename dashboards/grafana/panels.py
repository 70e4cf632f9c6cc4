"""How panels look: from ``boards.Panel`` to Grafana's JSON, by grafana-foundation-sdk. The one file that speaks the SDK.

Lengths begin at zero, every picture has its table behind Grafana's own “inspect”, and colour never stands alone: a threshold
colours a number that is written out.
"""

from collections.abc import Iterator
from typing import Any, Final

from grafana_foundation_sdk.builders import barchart, common, dashboard, stat, table, text, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import text as text_model

from dashboards.grafana import messages
from dashboards.grafana.boards import Panel
from dashboards.grafana.columns import columns_of, hidden_of
from dashboards.grafana.naming import (
    board_link,
    column_properties,
    grid_named,
    hidden_properties,
    organized,
    series_named,
    symbol_words,
)
from dashboards.grafana.queries import QUERIES, Query, Surface, datasource_uid
from dashboards.grafana.thresholds import THRESHOLDS
from dashboards.messages import Language

PAGE: Final = 24
BAD, NEUTRAL = "#D55E00", "text"
"""Okabe and Ito's vermilion, told apart by all, and Grafana's own colour of text; there is no green that means innocence."""


class Influxql(Dataquery, Builder[Any]):
    """One InfluxQL target: the SDK knows none."""

    def __init__(self, query: Query, surface: Surface, ref_id: str) -> None:
        self._query, self._surface, self._ref_id = query, surface, ref_id

    def build(self) -> "Influxql":
        """Itself: it is its own model."""
        return self

    def to_json(self) -> dict[str, object]:
        """As Grafana's InfluxDB data source keeps a raw query."""
        made: dict[str, object] = {
            "refId": self._ref_id,
            "datasource": source_of(self._query, self._surface),
            "query": filled(self._query),
            "rawQuery": True,
            "resultFormat": "table" if self._query.alias is None else "time_series",
        }
        return made if self._query.alias is None else {**made, "alias": self._query.alias}


def filled(query: Query) -> str:
    """The query's text with the thresholds it names."""
    return query.text.replace("{disruption_pairs}", f"{THRESHOLDS['disruption_pairs'].value:g}")


def source_of(query: Query, surface: Surface) -> dict[str, str]:
    """The data source of a query on a surface."""
    return {"type": "influxdb", "uid": datasource_uid(query.source, surface)}


def uid_of(board: str, surface: Surface, language: Language) -> str:
    """A board's address in Grafana, at most 40 characters."""
    return f"isonomia-{surface}-{board}-{language}"


def queries_of(panel: Panel, language: Language) -> list[tuple[str, Query]]:
    """The panel's queries by name; those that differ by language have its code behind their name."""
    names = (name if name in QUERIES else f"{name}_{language}" for name in panel.queries)
    return [(name, QUERIES[name]) for name in names]


def placed(panels: tuple[Panel, ...]) -> Iterator[tuple[int, model.GridPos, Panel]]:
    """Panels from left to right and top to bottom, numbered from 1."""
    x = y = row = 0
    for number, panel in enumerate(panels, start=1):
        if x + panel.width > PAGE:
            x, y, row = 0, y + row, 0
        yield number, model.GridPos(h=panel.height, w=panel.width, x=x, y=y), panel
        x, row = x + panel.width, max(row, panel.height)


def panel_json(
    panel: Panel, number: int, place: model.GridPos, surface: Surface, language: Language
) -> dict[str, Any]:
    """One panel as Grafana's JSON."""
    made = _words(panel, language) if panel.kind == "words" else _drawn(panel, surface, language)
    built = made.id(number).grid_pos(place).title(messages.say(f"panel.{panel.name}", language))
    plain: dict[str, Any] = to_plain(built.build())
    return plain


def to_plain(value: object) -> Any:
    """Plain JSON values of an SDK model, without what is unset."""
    import json  # noqa: PLC0415 - the SDK encodes with it, nobody else here does

    return _without_none(json.loads(json.dumps(value, cls=JSONEncoder)))


def _without_none(value: Any) -> Any:
    """Without what is unset; a threshold's first step is from minus infinity on, which JSON writes as null."""
    if isinstance(value, list):
        return [_without_none(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _without_none(one) for name, one in value.items() if one is not None}
    for step in kept.get("steps", ())[:1]:
        step.setdefault("value", None)
    return kept


def _words(panel: Panel, language: Language) -> Any:
    return (
        text.Panel()
        .mode(text_model.TextMode.MARKDOWN)
        .content(messages.say(f"panel.{panel.name}.text", language))
    )


def _drawn(panel: Panel, surface: Surface, language: Language) -> Any:
    """A panel with queries: its kind, unit, threshold, and the names of its columns."""
    kinds: dict[str, Any] = {
        "stat": stat.Panel, "table": table.Panel, "grid": table.Panel, "picture": timeseries.Panel,
        "points": timeseries.Panel, "bars": barchart.Panel,
    }  # fmt: skip
    made = (
        kinds[panel.kind]().description(messages.say(f"panel.{panel.name}.help", language)).unit(panel.unit)
    )
    made = made.no_value("–")
    asked = queries_of(panel, language)
    for ref_id, (_, query) in zip("ABCDEF", asked, strict=False):
        made = made.with_target(Influxql(query, surface, ref_id))
    made = made.datasource(model.DataSourceRef("influxdb", source_of(asked[0][1], surface)["uid"]))
    made = made.thresholds(_steps(panel.threshold) if panel.threshold and not panel.on else _no_steps())
    names = [name for _, query in asked for name in columns_of(query)]
    finish = {
        "stat": _stat,
        "picture": _picture,
        "points": _points,
        "bars": _bars,
        "table": _table,
        "grid": _grid,
    }
    made = finish[panel.kind](made, panel, names, language)
    if panel.to is not None:
        title = messages.say("column.title", language)
        made = made.override_by_name(title, [board_link(uid_of(panel.to, surface, language), language)])
    for name in (name for _, query in asked for name in hidden_of(query)):
        made = made.override_by_name(name, hidden_properties())
    return made


def _picture(made: Any, panel: Panel, names: list[str], language: Language) -> Any:
    """Lines over time, from zero."""
    made = series_named(made, names, language, renamed=False)
    made = made.min(0).axis_soft_min(0).line_width(2).fill_opacity(0)
    if panel.threshold is not None:
        made = made.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(common_model.GraphThresholdsStyleMode.DASHED)
        )
    return made.show_points(common_model.VisibilityMode.AUTO)


def _points(made: Any, panel: Panel, names: list[str], language: Language) -> Any:
    """A point a pair; the pace stays a line."""
    return _picture(made, panel, names, language).draw_style(common_model.GraphDrawStyle.POINTS).point_size(5)


def _stat(made: Any, _panel: Panel, names: list[str], language: Language) -> Any:
    """Numbers alone."""
    made = series_named(made, names, language, renamed=False)
    made = made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    return made.graph_mode(common_model.BigValueGraphMode.NONE)


def _bars(made: Any, _panel: Panel, names: list[str], language: Language) -> Any:
    """Bars from zero, side by side; the first column says where they stand."""
    made = series_named(made, names[1:], language, renamed=True)
    place = messages.say(f"column.{names[0]}", language)
    made = made.min(0).x_field(place)
    properties = column_properties(names[0], language)
    made = made.override_by_name(place, properties) if properties else made
    made = made.show_value(common_model.VisibilityMode.NEVER).legend(
        common.VizLegendOptions()
        .show_legend(True)
        .display_mode(common_model.LegendDisplayMode.LIST)
        .placement(common_model.LegendPlacement.BOTTOM)
    )
    return made.with_transformation(organized(names, language))


def _table(made: Any, panel: Panel, names: list[str], language: Language) -> Any:
    """Columns under their names, codes in words, and the column that has a threshold in its colour."""
    for name in names:
        properties = column_properties(name, language)
        if panel.threshold is not None and name == panel.on:
            properties += [
                model.DynamicConfigValue("thresholds", to_plain(_steps(panel.threshold).build())),
                model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
            ]
        if properties:
            made = made.override_by_name(messages.say(f"column.{name}", language), properties)
    return made.with_transformation(organized(names, language, dated=panel.dated))


def _grid(made: Any, _panel: Panel, names: list[str], language: Language) -> Any:
    """One symbol a place: in words and in colour too."""
    row, column, value, *_ = names
    options = {"rowField": row, "columnField": column, "valueField": value, "emptyValue": "empty"}
    made = made.with_transformation(model.DataTransformerConfig(id_val="groupingToMatrix", options=options))
    made = made.mappings([symbol_words(language)]).with_transformation(grid_named(row, column, language))
    return made.override_by_regexp(
        ".*", [model.DynamicConfigValue("custom.cellOptions", {"type": "color-text"})]
    )


def _no_steps() -> Any:
    """No threshold: said outright, for Grafana's own default colours what is below 80 green, as if it were well."""
    return (
        dashboard.ThresholdsConfig()
        .mode(model.ThresholdsMode.ABSOLUTE)
        .steps([model.Threshold(color=NEUTRAL)])
    )


def _steps(name: str) -> Any:
    """Colour from the threshold on, or up to it."""
    threshold = THRESHOLDS[name]
    first, then = (NEUTRAL, BAD) if threshold.above else (BAD, NEUTRAL)
    steps = [model.Threshold(color=first), model.Threshold(value=threshold.value, color=then)]
    return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)
