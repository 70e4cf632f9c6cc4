"""The columns that a query answers with, read from its own text: so that no name of a column is kept twice. Pure."""

import re

from dashboards.grafana.queries import QUERIES, Query

_AS = re.compile(r'AS "(\w+)"')
_GROUP = re.compile(r"GROUP BY (.*?)(?: fill\(none\))?$")
_PLAIN = re.compile(r'SELECT ((?:"\w+"(?:, )?)+) FROM')
INNER = {"is_different"}


def columns_of(query: Query) -> list[str]:
    """Tags first, then fields, as they are asked for.

    >>> columns_of(QUERIES["discards"]), columns_of(QUERIES["documents"])
    (['brand', 'rule', 'pairs'], ['pairs'])
    """
    inner = query.text.partition("FROM (")[2] or query.text
    asked = _AS.findall(inner) or [
        name for part in _PLAIN.findall(query.text) for name in re.findall(r"\w+", part)
    ]
    group = _GROUP.search(inner.partition(") WHERE")[0]) if query.alias is None else None
    tags = re.findall(r'"(\w+)"', group[1]) if group else []
    return [name for name in (*tags, *asked) if name not in INNER]


__all__ = ["QUERIES", "columns_of"]
