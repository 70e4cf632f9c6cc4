"""The API's description, OpenAPI 3.1, made from the literal route table and the types it names. ``GET /openapi.json``.

``python -m collector.openapi`` prints it; ``docs/schema/openapi.json`` is that output. A document that a door takes
travels inside ``Signed``, and so do plan and catalogue on their way out: the type that is signed stands in ``body``.
"""

import json
import sys
from functools import cache
from inspect import cleandoc
from typing import Any, Final

import msgspec

from collector.batch import MOST_LINES
from collector.routes import JSON, ROUTES, Route
from probe import __version__
from probe.answers import SIGNATURE_HEADER, Answer
from probe.measurement.envelope import Measurement
from probe.measurement.roll import LARGEST_ROLL_BYTES
from probe.measurement.shared import LONGEST_BYTES as LONGEST_SHARED_BYTES
from probe.measurement.signing import KEY_BYTES, SIGNATURE_BYTES
from probe.rolls import MOST_ROLLS, ROLL_HEADER

REF: Final = "#/components/schemas/{name}"
ENCODINGS: Final = ("identity", "gzip", "zstd")
"""A collector without the package for zstd says 400; the description is the same everywhere."""


@cache
def document() -> bytes:
    """The description, indented JSON, always the same bytes."""
    return json.dumps(description(), indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def description() -> dict[str, Any]:
    """The description as plain values."""
    kinds = {kind for route in ROUTES for kind in (route.takes, route.answers) if kind is not None}
    _, schemas = msgspec.json.schema_components(
        sorted({*kinds, Answer}, key=lambda kind: kind.__name__), ref_template=REF
    )
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Isonomia collector",
            "version": __version__,
            "description": (
                "Measurements from homes, kept as the exact bytes that were signed. “accepted” is answered after an "
                "fsync; the same bytes again are a “duplicate”; an answer that settles a document is signed by the "
                f"operator’s key in the header {SIGNATURE_HEADER}."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _without_indents(dict(sorted(schemas.items())))},
    }


def _without_indents(value: Any) -> Any:
    """``value`` with each description as ``inspect.cleandoc`` has it: Python 3.13 strips docstrings, 3.11 does not."""
    if isinstance(value, dict):
        return {
            name: cleandoc(inner)
            if name == "description" and isinstance(inner, str)
            else _without_indents(inner)
            for name, inner in value.items()
        }
    return [_without_indents(inner) for inner in value] if isinstance(value, list) else value


def _operation(route: Route) -> dict[str, Any]:
    story = (route.handler.__doc__ or "").strip()
    operation: dict[str, Any] = {
        "operationId": route.handler.__name__,
        "summary": story.partition("\n")[0],
        "responses": {
            "200": {"description": "as asked", "content": {route.content: {"schema": _answer(route)}}},
            **{str(status): _of(Answer, said) for status, said in OTHERS.items() if route.door is not None},
            **{str(status): {"description": said} for status, said in route.others.items()},
        },
    }
    if route.takes is not None:
        body = {"schema": _signed(route.takes)}
        operation["requestBody"] = {"required": True, "content": {JSON: body}}
    if route.lines is not None and route.takes is not None:
        asked, answered = operation["requestBody"]["content"], operation["responses"]["200"]["content"]
        asked[route.lines] = {"schema": _lines(_signed(route.takes), "the documents, one a line")}
        answered[route.lines] = {
            "schema": _lines(_answer(route), "an answer a line, in the documents’ order")
        }
    parameters = [_parameter(name, said, "query") for name, said in route.query.items()]
    if route.takes is not None:
        parameters.append(
            {
                "name": "Content-Encoding",
                "in": "header",
                "schema": {"type": "string", "enum": list(ENCODINGS)},
                "description": "how the body is compressed",
            }
        )
    if route.lines is not None:
        parameters.append(
            {
                "name": ROLL_HEADER,
                "in": "header",
                "schema": {"type": "string", "maxLength": LARGEST_ROLL_BYTES},
                "description": f"with a batch, {MOST_ROLLS} at most: a responder’s signed roll of the statements in it, in JSON",
            }
        )
    if parameters:
        operation["parameters"] = parameters
    return operation


def _lines(kind: dict[str, Any], said: str) -> dict[str, Any]:
    """A batch: OpenAPI 3.1 has no word for NDJSON, so it is described as the array of its lines."""
    return {"type": "array", "items": kind, "minItems": 1, "maxItems": MOST_LINES, "description": said}


OTHERS: Final = {
    "4XX": "not kept, and why; `retry` says whether the same bytes may be accepted later",
    "5XX": "the collector is full or its disk fails; nothing is kept, come back later",
}


def _of(kind: type[msgspec.Struct], said: str) -> dict[str, Any]:
    return {"description": said, "content": {JSON: {"schema": {"$ref": REF.format(name=kind.__name__)}}}}


def _answer(route: Route) -> dict[str, Any]:
    if route.answers is None:
        return {"type": "string"} if route.content != JSON else {"type": "object"}
    return _signed(route.answers) if route.wrapped else {"$ref": REF.format(name=route.answers.__name__)}


def _signed(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """A signed document: base64 of key and signature, and the exact bytes that were signed."""
    return {
        "type": "object",
        "title": f"Signed{kind.__name__}",
        "required": ["key", "signature", "body"],
        "properties": {
            "key": _bytes(KEY_BYTES, "Ed25519 public key"),
            "signature": _signature(shared=kind is Measurement),
            "body": {"$ref": REF.format(name=kind.__name__)},
        },
    }


def _signature(*, shared: bool) -> dict[str, Any]:
    own = _bytes(SIGNATURE_BYTES, "Ed25519, over the purpose’s line and the exact bytes of body")
    if not shared:
        return own
    more = "; or longer, where documents that are sent together share one: probe/measurement/shared.py has its layout"
    return own | {
        "maxLength": _base64_length(LONGEST_SHARED_BYTES),
        "description": own["description"] + more,
    }


def _base64_length(count: int) -> int:
    """Characters of ``count`` bytes in base64, with its padding (RFC 4648, 4)."""
    return (count + 2) // 3 * 4


def _bytes(count: int, said: str) -> dict[str, Any]:
    length = _base64_length(count)
    return {
        "type": "string",
        "contentEncoding": "base64",
        "minLength": length,
        "maxLength": length,
        "description": f"{said}, {count} bytes",
    }


def _parameter(name: str, said: str, where: str) -> dict[str, Any]:
    return {"name": name, "in": where, "description": said, "schema": {"type": "string"}}


if __name__ == "__main__":
    sys.stdout.buffer.write(document())
