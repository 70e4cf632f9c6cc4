"""The variables of a board, as Grafana keeps them, and how it fills them into a query (for our tests, which do the same)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from dashboards.grafana import messages
from dashboards.grafana.panels import source_of
from dashboards.grafana.queries import QUERIES, Surface
from dashboards.messages import Language

ALL: Final = ".*"


def variable_json(name: str, surface: Surface, language: Language) -> dict[str, Any]:
    """A query variable: the values of a tag. One is chosen, for a mixture of cells, regions or technologies is nobody's; of networks several or all."""
    query = QUERIES[f"{name}_values"]
    several = name == "network"
    chosen = {"selected": True, "text": ["All"], "value": ["$__all"]} if several else {}
    return {
        "type": "query",
        "name": name,
        "label": messages.say(f"var.{name}", language),
        "datasource": source_of(query, surface),
        "query": query.text,
        "definition": query.text,
        "refresh": 2,
        "sort": 1,
        "multi": several,
        "includeAll": several,
        **({"allValue": ALL} if several else {}),
        "current": chosen,
        "options": [],
        "hide": 0,
    }


def interpolated(
    text: str, values: Mapping[str, Sequence[str]], from_ms: int, to_ms: int, interval: str
) -> str:
    r"""A query as Grafana sends it: variables escaped for a regular expression, several as an alternative, none as nothing, the time in ms.

    >>> interpolated('SELECT a WHERE $timeFilter AND "b" =~ /^${b:regex}$/', {"b": ["x.y", "z"]}, 1, 2, "1h")
    'SELECT a WHERE time >= 1ms and time <= 2ms AND "b" =~ /^(x\\.y|z)$/'
    """

    def value(match: re.Match[str]) -> str:
        chosen = values.get(match[1], (ALL,))
        if tuple(chosen) == (ALL,):
            return ALL
        if not chosen:
            return ""
        escaped = [re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", one) for one in chosen]
        return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"

    filled = re.sub(r"\$\{(\w+):regex\}", value, text)
    return filled.replace("$timeFilter", f"time >= {from_ms}ms and time <= {to_ms}ms").replace(
        "$__interval", interval
    )
