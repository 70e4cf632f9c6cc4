"""The environment's word over the operator's file, for containers: ``ISONOMIA_SET_<TABLE>_<FIELD>``.

``ISONOMIA_SET_COLLECTOR_CHECKERS=2`` stands for ``checkers = 2`` in ``[collector]``. A value is written as in TOML; one that
is no TOML is taken as text. A variable that names no field is a mistake, as a misspelt field in the file is.
"""

import tomllib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from collector.messages import Trouble
from collector.operator_file import OperatorFile

PREFIX: Final = "ISONOMIA_SET_"


def overlaid(raw: dict[str, Any], environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The file's content with the environment's values, and which variable stands behind which place ("collector.checkers").

    Raises ``Trouble`` for a variable that names no field of a single block.
    """
    tables = _tables()
    merged, behind = dict(raw), {}
    for name in sorted(name for name in environ if name.startswith(PREFIX)):
        table, _, field = name.removeprefix(PREFIX).lower().partition("_")
        if field not in tables.get(table, ()):
            raise Trouble("settings.bad_variable", name=name, tables=", ".join(tables))
        merged[table] = {**merged.get(table, {}), field: _value(environ[name])}
        behind[f"{table}.{field}"] = name
    return merged, behind


def _tables() -> dict[str, tuple[str, ...]]:
    """The single blocks of the file and their fields; arrays of blocks have no name for one of theirs."""
    blocks = {}
    for field in msgspec.structs.fields(OperatorFile):
        kinds = getattr(field.type, "__args__", (field.type,))
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and not _is_array(field.type):
                blocks[field.name] = tuple(inner.name for inner in msgspec.structs.fields(kind))
    return blocks


def _is_array(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
