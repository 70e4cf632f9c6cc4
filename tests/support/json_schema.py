"""Checks a document against JSON Schema (2020-12): the keywords that our schemas use, and no others.

A keyword that is not known here raises, so that a schema can never be taken for checked when it was not.
"""

import base64
import re
from datetime import datetime
from typing import Any

SILENT = {"title", "description", "default", "$schema", "$defs", "discriminator"}
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def faults(
    value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None, at: str = "$"
) -> list[str]:
    """What is wrong with ``value``, empty if nothing is; ``root`` is the schema that holds the ``$defs``."""
    root = root or schema
    found: list[str] = []
    for keyword, rule in schema.items():
        if keyword in SILENT:
            continue
        check = CHECKS.get(keyword)
        if check is None:
            raise AssertionError(f"this checker does not know {keyword!r}")
        found += check(value, rule, root, at, schema)
    return found


def _ref(value, rule, root, at, _schema):
    target = root
    for part in rule.removeprefix("#/").split("/"):
        target = target[part]
    return faults(value, target, root, at)


def _type(value, rule, _root, at, _schema):
    fits = isinstance(value, TYPES[rule]) and (rule == "boolean" or not isinstance(value, bool))
    return [] if fits else [f"{at}: not of type {rule}: {value!r:.60}"]


def _any_of(value, rule, root, at, _schema):
    tried = [faults(value, option, root, at) for option in rule]
    return [] if any(not t for t in tried) else [f"{at}: fits none of {len(rule)}: {min(tried, key=len)[:1]}"]


def _properties(value, rule, root, at, _schema):
    if not isinstance(value, dict):
        return []
    return [
        f
        for name, sub in rule.items()
        if name in value
        for f in faults(value[name], sub, root, f"{at}.{name}")
    ]


def _items(value, rule, root, at, schema):
    if not isinstance(value, list) or rule is False:
        return []
    start = len(schema.get("prefixItems", ()))
    return [f for n, item in enumerate(value[start:], start) for f in faults(item, rule, root, f"{at}[{n}]")]


def _required(value, rule, _root, at, _schema):
    return [f"{at}: {name} is missing" for name in rule if isinstance(value, dict) and name not in value]


def _bound(broken):
    def check(value, rule, _root, at, _schema):
        return [f"{at}: {value!r:.40} breaks the bound {rule}"] if broken(value, rule) else []

    return check


def _encoding(value, _rule, _root, at, _schema):
    try:
        base64.b64decode(value if isinstance(value, str) else "", validate=True)
    except ValueError:
        return [f"{at}: no base64"]
    return []


def _format(value, rule, _root, at, _schema):
    assert rule == "date-time"
    try:
        whole = datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        whole = False
    return [] if whole else [f"{at}: no time with a zone"]


CHECKS = {
    "$ref": _ref,
    "type": _type,
    "anyOf": _any_of,
    "properties": _properties,
    "items": _items,
    "required": _required,
    "contentEncoding": _encoding,
    "format": _format,
    "enum": _bound(lambda v, r: v not in r),
    "const": _bound(lambda v, r: v != r),
    "minimum": _bound(lambda v, r: isinstance(v, int | float) and v < r),
    "maximum": _bound(lambda v, r: isinstance(v, int | float) and v > r),
    "minLength": _bound(lambda v, r: isinstance(v, str) and len(v) < r),
    "maxLength": _bound(lambda v, r: isinstance(v, str) and len(v) > r),
    "minItems": _bound(lambda v, r: isinstance(v, list) and len(v) < r),
    "maxItems": _bound(lambda v, r: isinstance(v, list) and len(v) > r),
    "pattern": _bound(lambda v, r: isinstance(v, str) and not re.search(r, v)),
}
