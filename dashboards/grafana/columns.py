"""The columns that a query answers with, read from its own text: so that no name of a column is kept twice. Pure."""

import re

from dashboards.grafana.queries import QUERIES, Query

_GROUP = re.compile(r"GROUP BY (.*?)(?: fill\(none\))?$")
_NAME = re.compile(r'(?:.* AS )?"(\w+)"$')
INNER = {"is_different"}
"""Columns that a query needs for itself."""


def columns_of(query: Query) -> list[str]:
    """Tags first, then fields, as they are asked for.

    >>> columns_of(QUERIES["discards"]), columns_of(QUERIES["documents"]), columns_of(QUERIES["states"])[:2]
    (['brand', 'rule', 'pairs'], ['pairs'], ['state', 'actor'])
    """
    inner = query.text.partition("FROM (")[2] or query.text
    asked, _, rest = inner.removeprefix("SELECT ").partition(" FROM ")
    parts = re.split(r", (?![^(]*\))", asked)
    named = [found[1] for part in parts if (found := _NAME.match(part))]
    group = _GROUP.search(rest.partition(") WHERE")[0]) if query.alias is None else None
    tags = re.findall(r'"(\w+)"', group[1]) if group else []
    return [name for name in (*tags, *named) if name not in INNER]


__all__ = ["INNER", "QUERIES", "columns_of"]
