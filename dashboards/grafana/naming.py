"""Names, colours and words of a panel's series and columns: what Grafana shows in the place of our fields and codes."""

from typing import Any, Final

from grafana_foundation_sdk.models import dashboard as model

from dashboards.grafana import messages
from dashboards.grafana.queries import CELL_TAGS, CODED
from dashboards.messages import Language
from dashboards.site.messages import MESSAGES as PAGES
from probe.catalogue.entries import SECTORS

COLOURS: Final = {
    "original": "#D55E00",
    "control": "#0072B2",
    "pace": "#7F7F7F",
    "access": "#56B4E9",
    "index": "#8F3F9E",
}
"""Okabe and Ito's vermilion, blue and sky blue, told apart by all, and a purple that is darker than any of them."""
STROKES: Final[dict[str, dict[str, Any]]] = {
    "control": {"fill": "dash", "dash": [10, 6]},
    "pace": {"fill": "dot", "dash": [0, 8]},
}
"""Lines differ in stroke as well as in colour."""
UNITS: Final = {"last_pair_ms": "dateTimeAsIso", "looked_ms": "dateTimeAsIso", "e_value": "sci"}
"""Columns whose unit is not the panel's, as Grafana names it."""
ADDRESSES: Final = ("page",)
"""Columns whose values are addresses."""
CODES: Final = {
    "technology": "technology", "plan_class": "plan_class", "direction": "direction", "origin": "origin",
    "outcome": "verdict", "direction_of_effect": "verdict", "mechanism": "mechanism", "state": "state",
    "rule": "rule", "reply": "reply", "brand": "brand", "kind": "kind",
    "weekday": "weekday",
}  # fmt: skip
"""Columns that hold codes, and the messages that say them in words: the pages', and ours where no page says them."""
OWN: Final = {"outcome": ("different",), "state": ("–",), "origin": ("other",), "brand": ("other",)}
"""Codes that no page shows."""
SYMBOLS: Final = {
    "■": ("blocked", "#D55E00"), "▼": ("slowed", "#D55E00"), "▲": ("favoured", "#8F3F9E"), "=": ("equivalent", "#0072B2"),
    "?": ("undetermined", "text"), "×": ("invalid", "text"), "·": ("few", "text"),
}  # fmt: skip
BANDS: Final = {"index_high": "index_low"} | {
    f"{role}_p90": f"{role}_p10" for role in ("original", "control")
}
"""The upper and the lower edge of each band: an interval, or percentiles 10 and 90."""
BAND_FILL: Final = 18
BAND_LINE: Final = 0


def series_named(made: Any, names: list[str], language: Language, *, renamed: bool) -> Any:
    """Each series under its name in the language; original, control and pace always in the same colours and strokes.

    ``renamed``: a transformation has given the names already. Some are the edges of a band.
    """
    for name in names:
        shown = messages.say(f"column.{name}", language)
        properties = [] if renamed else [model.DynamicConfigValue("displayName", shown)]
        role = name.partition("_")[0]
        if role in COLOURS:
            properties.append(
                model.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": COLOURS[role]})
            )
        if role in STROKES and not renamed:
            properties.append(model.DynamicConfigValue("custom.lineStyle", STROKES[role]))
        if role == "pace":
            properties.append(model.DynamicConfigValue("custom.drawStyle", "line"))
        if name in {*BANDS, *BANDS.values()}:
            properties.append(model.DynamicConfigValue("custom.lineWidth", BAND_LINE))
            properties.append(model.DynamicConfigValue("custom.showPoints", "never"))
        if name in BANDS:
            below = messages.say(f"column.{BANDS[name]}", language)
            properties.append(model.DynamicConfigValue("custom.fillBelowTo", below))
            properties.append(model.DynamicConfigValue("custom.fillOpacity", BAND_FILL))
        if name in UNITS:
            properties.append(model.DynamicConfigValue("unit", UNITS[name]))
        if properties:
            made = made.override_by_name(shown if renamed else name, properties)
    return made


def organized(names: list[str], language: Language, *, dated: bool = False) -> model.DataTransformerConfig:
    """Columns in the order of the query, under their names in the language; the time of a last value says nothing."""
    shown = ["Time", *names] if dated else names
    return model.DataTransformerConfig(
        id_val="organize",
        options={
            "excludeByName": {} if dated else {"Time": True},
            "indexByName": {name: index for index, name in enumerate(shown)},
            "renameByName": {name: messages.say(f"column.{name}", language) for name in shown},
        },
    )


def grid_named(row: str, column: str, language: Language) -> model.DataTransformerConfig:
    """A grid's corner and its columns, which are codes of sectors, in words."""
    words = {f"{row}\\{column}": messages.say(f"column.{row}", language)}
    words |= {code: told[language] for code, told in SECTORS.items()}
    words["other"] = PAGES["sector.other"][language]
    return model.DataTransformerConfig(
        id_val="organize", options={"excludeByName": {}, "indexByName": {}, "renameByName": words}
    )


def column_properties(name: str, language: Language) -> list[Any]:
    """What a table's column needs beside its name: codes in words, moments as dates, evidence as a power of ten, addresses as links."""
    found = []
    if name in ADDRESSES:
        found.append(
            model.DynamicConfigValue(
                "links",
                [
                    {
                        "title": messages.say(f"link.{name}", language),
                        "url": "${__value.raw}",
                        "targetBlank": True,
                    }
                ],
            )
        )
    if name in CODES or name in ("sector", "symbol"):
        mapping = symbol_words(language) if name == "symbol" else _code_words(name, language)
        found.append(model.DynamicConfigValue("mappings", [mapping]))
    if name in UNITS:
        found.append(model.DynamicConfigValue("unit", UNITS[name]))
    return found


def hidden_properties() -> list[Any]:
    """A column that no reader sees: as Grafana 11 says it, and as later ones do."""
    away = {"viz": True, "legend": False, "tooltip": False}
    return [
        model.DynamicConfigValue("custom.hidden", True),
        model.DynamicConfigValue("custom.hideFrom", away),
    ]


def board_link(board_uid: str, language: Language) -> Any:
    """A link from a row to the board of its cell: codes as they are, not as they are shown, and the span of time kept."""
    fields = {name: f"{name}_code" if name in CODED else name for name in CELL_TAGS}
    chosen = "&".join(
        f"var-{name}=${{__data.fields.{field}:percentencode}}" for name, field in fields.items()
    )
    url = f"/d/{board_uid}?{chosen}&${{__url_time_range}}"
    return model.DynamicConfigValue(
        "links", [{"title": messages.say("link.board", language), "url": url, "targetBlank": False}]
    )


def _code_words(name: str, language: Language) -> dict[str, Any]:
    if name == "sector":
        words = {code: told[language] for code, told in SECTORS.items()}
        words["other"] = PAGES["sector.other"][language]
    else:
        start = f"{CODES[name]}."
        texts = {key: told[language] for some in (PAGES, messages.MESSAGES) for key, told in some.items()}
        words = {
            key.removeprefix(start): text
            for key, text in texts.items()
            if key.startswith(start) and "{" not in text
        }
        words |= {code: messages.say(f"code.{code}", language) for code in OWN.get(name, ())}
    return value_mapping({code: (text, None) for code, text in words.items()})


def symbol_words(language: Language) -> dict[str, Any]:
    """The matrix's symbols with their words and colours."""
    return value_mapping(
        {
            symbol: (f"{symbol} {messages.say(f'symbol.{name}', language)}", colour)
            for symbol, (name, colour) in SYMBOLS.items()
        }
    )


def value_mapping(words: dict[str, tuple[str, str | None]]) -> dict[str, Any]:
    """Grafana's value mapping."""
    options = {
        value: {"index": index, "text": text, **({} if colour is None else {"color": colour})}
        for index, (value, (text, colour)) in enumerate(words.items())
    }
    return {"type": "value", "options": options}
