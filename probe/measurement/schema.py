"""JSON Schema (2020-12) of the signed documents, derived from the types.

``python -m probe.measurement.schema`` prints it; ``docs/schema/measurement.json`` is that output.
"""

import json
from inspect import cleandoc
from typing import Any

import msgspec

from probe.measurement.envelope import Measurement
from probe.measurement.receipt import DigestReport, Statement
from probe.measurement.signing import Signed
from probe.measurement.ticket import Grant, Opening, Ticket

DOCUMENTS = (Measurement, Ticket, Statement, Opening, Grant, DigestReport, Signed)


def schema() -> dict[str, Any]:
    """One schema with a definition for each document and each type they use."""
    _, definitions = msgspec.json.schema_components(DOCUMENTS, ref_template="#/$defs/{name}")
    for definition in definitions.values():
        if "description" in definition:  # Python 3.13 takes a docstring's indentation away, older ones do not
            definition["description"] = cleandoc(definition["description"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Isonomia measurement",
        "$ref": "#/$defs/Measurement",
        "$defs": definitions,
    }


if __name__ == "__main__":
    print(json.dumps(schema(), indent=1, sort_keys=True))
