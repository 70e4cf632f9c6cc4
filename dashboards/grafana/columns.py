"""The columns that a query answers with, read from its own text: so that no name of a column is kept twice. Pure."""

import re
from typing import Final

from dashboards.grafana.queries import QUERIES, Query

_GROUP = re.compile(r"GROUP BY (.*?)(?: fill\(none\))?$")
_NAME = re.compile(r'(?:.* AS )?"(\w+)"$')
HIDDEN: Final = "_code"
"""Ends the name of a column that a link needs and no reader."""


def _asked(query: Query) -> list[str]:
    """Every column, tags first, then fields as they are asked for; a query of a query names its own tags."""
    asked, _, rest = query.text.removeprefix("SELECT ").partition(" FROM ")
    parts = re.split(r", (?![^(]*\))", asked)
    named = [found[1] for part in parts if (found := _NAME.match(part))]
    group = None if query.alias is not None or rest.startswith("(") else _GROUP.search(rest)
    tags = re.findall(r'"(\w+)"', group[1]) if group else []
    return [*tags, *named]


def columns_of(query: Query) -> list[str]:
    """The columns that are shown.

    >>> columns_of(QUERIES["discards"]), columns_of(QUERIES["documents"]), columns_of(QUERIES["states"])[:2]
    (['brand', 'rule', 'pairs'], ['pairs'], ['state', 'actor'])
    """
    return [name for name in _asked(query) if not name.endswith(HIDDEN)]


def hidden_of(query: Query) -> list[str]:
    """The columns that are there for a link alone.

    >>> hidden_of(QUERIES["findings_fr"])
    ['technology_code', 'plan_class_code', 'direction_code']
    """
    return [name for name in _asked(query) if name.endswith(HIDDEN)]


__all__ = ["HIDDEN", "QUERIES", "columns_of", "hidden_of"]
