"""docs/schema/measurement.json is what the types say, and real documents fit it."""

import copy
import json
import random
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from probe.measurement.envelope import Measurement
from probe.measurement.keys import certify
from probe.measurement.schema import DOCUMENTS, schema
from probe.measurement.signing import Signed
from tests.support.documents import key_from, make_pair_document, make_plan, make_skipped_document
from tests.support.json_schema import faults
from tests.support.results import SAMPLES, make_result_document

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docs" / "schema" / "measurement.json"
SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))


def documents() -> dict[str, Signed]:
    """One signed measurement of each kind."""
    rng = random.Random(2)
    responder, home = key_from(rng), key_from(rng)
    plan = make_plan(responder)
    service = plan.services[0].id
    terms = (rng, responder, home, plan, service)
    return {
        "plain": make_pair_document(*terms, 18e6, 18e6),
        "throttled": make_pair_document(*terms, 1.5e6, 18e6, bucket_bytes=100_000),
        "blocked": make_pair_document(*terms, 0, 18e6, failures={"original": "tls_reset"}),
        "broken off": make_pair_document(*terms, 5e6, 18e6, failures={"original": "transfer_eof"}),
        "never closed": make_pair_document(*terms, 18e6, 18e6, closed=False),
        "unknown network": make_pair_document(*terms, 18e6, 18e6, asn=None),
        **{
            kind: make_result_document(home, plan, service, datetime(2026, 11, 21, tzinfo=UTC), sample)
            for kind, sample in SAMPLES.items()
        },
        "skipped": make_skipped_document(home, plan, service, datetime(2026, 11, 21, tzinfo=UTC), "budget"),
    }


DOCUMENT = documents()


def test_the_file_is_what_the_types_say():
    """`python -m probe.measurement.schema > docs/schema/measurement.json` would change nothing."""
    printed = subprocess.run(
        [sys.executable, "-m", "probe.measurement.schema"], cwd=ROOT, capture_output=True, check=True
    )
    assert printed.stdout == FILE.read_bytes()


def test_every_signed_document_has_a_definition():
    """Each document type stands in the schema under its own name, with a description."""
    for document in DOCUMENTS:
        assert SCHEMA["$defs"][document.__name__]["description"]
    assert json.loads(json.dumps(schema())) == SCHEMA


@pytest.mark.parametrize("name", DOCUMENT)
def test_real_measurements_fit_the_schema(name):
    """Every kind of measurement validates, and so do the ticket and the statement inside it."""
    wire = json.loads(msgspec.json.encode(DOCUMENT[name]))
    assert [] == faults(wire, {"$ref": "#/$defs/Signed"}, SCHEMA)
    assert [] == faults(wire["body"], SCHEMA)
    pair = wire["body"]["pair"] or {}
    for part, kind in (("ticket", "Ticket"), ("statement", "Statement")):
        if pair.get(part):
            assert [] == faults(pair[part]["body"], {"$ref": f"#/$defs/{kind}"}, SCHEMA)


SPOILERS = {
    "a key too short": lambda m: m.update(probe_key="AAAA"),
    "a hash that is no base64": lambda m: m.update(probe_key="*" * 44),
    "another schema version": lambda m: m.update(schema_version=2),
    "a direction of its own": lambda m: m.update(direction="sideways"),
    "no nettest": lambda m: m.pop("nettest"),
    "a number as a name": lambda m: m.update(service=7),
    "an offset of days": lambda m: m.update(utc_offset_min=2000),
    "a time without a zone": lambda m: m.update(started_at="2026-11-21T20:00:00"),
    "a run of no role": lambda m: m["pair"]["runs"][0].update(role="bystander"),
    "a third order": lambda m: m["pair"]["runs"][0].update(order=2),
    "ticks that are words": lambda m: m["pair"]["runs"][0]["ticks"].update(t_us=["a"]),
    "a text past its length": lambda m: m.update(service="s" * 65),
}


@pytest.mark.parametrize("name", SPOILERS)
def test_schema_and_types_refuse_the_same(name):
    """What the decoder refuses, the schema refuses, so that others can check without our code."""
    spoilt = copy.deepcopy(json.loads(DOCUMENT["plain"].body_bytes()))
    SPOILERS[name](spoilt)
    assert faults(spoilt, SCHEMA)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps(spoilt), type=Measurement)


def test_unknown_fields_pass_both():
    """A later version's fields disturb neither the decoder nor the schema, at any depth."""
    later = json.loads(DOCUMENT["plain"].body_bytes())
    later["weather"] = "rain"
    later["line"]["colour"] = {"deep": [1]}
    later["pair"]["runs"][0]["ticks"]["delivery_rate"] = [1]
    assert [] == faults(later, SCHEMA)
    assert "video" != msgspec.json.decode(json.dumps(later), type=Measurement).nettest


def test_a_certificate_is_a_signed_document():
    """Certificates share the outer form, so one schema serves for them too."""
    rng = random.Random(1)
    signed = certify(key_from(rng), key_from(rng), datetime(2026, 11, 21, tzinfo=UTC))
    assert [] == faults(json.loads(msgspec.json.encode(signed)), {"$ref": "#/$defs/Signed"}, SCHEMA)
