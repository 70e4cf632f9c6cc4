"""The golden chain: signed measurements that stay as they are, and the observations and findings made of them.

``python -m tests.analysis.golden`` writes observations and findings anew; read what it changed as a diff.
``measurements.jsonl.gz`` is never written anew: old measurements must be readable for ever.
"""

import gzip
from pathlib import Path
from typing import Any

import msgspec

from analysis import quality, registration
from analysis.judge import Seen, judge_observations
from analysis.observe.observation import observe_many
from analysis.observe.opened import Opened, open_stored
from analysis.stats.parameters import Parameters
from collector.reader import StoredMeasurement
from probe.measurement.signing import Signed, document_id

FOLDER = Path(__file__).parent
MEASUREMENTS = FOLDER / "measurements.jsonl.gz"
REGISTRATION = FOLDER / "registration.json"
EXPECTED = FOLDER / "expected.json"


def documents() -> list[Signed]:
    """The signed measurements."""
    lines = gzip.decompress(MEASUREMENTS.read_bytes()).splitlines()
    return [msgspec.json.decode(line, type=Signed) for line in lines]


def stored(document: Signed) -> StoredMeasurement:
    """The row a collector would keep."""
    body = document.body_bytes()
    return StoredMeasurement(document_id(body), 0, body, document.key, document.signature)


def made() -> dict[str, Any]:
    """Observations and findings as this code makes them, less what changes with the code's own version."""
    registered = msgspec.json.decode(REGISTRATION.read_bytes(), type=registration.Registration)
    parameters = Parameters.from_json(registered.parameters)
    opened = [one for one in map(open_stored, map(stored, documents())) if isinstance(one, Opened)]
    ruled = [(one, quality.discarded_by(quality.blind(one))) for one in opened]
    seen = Seen(tuple(observe_many(ruled, parameters)), {}, (), 0)
    judgement = judge_observations(seen, registered, "golden", parameters, full=True)
    findings = [
        {name: value for name, value in finding.items() if name != "code_version"}
        for finding in plain(judgement.findings)
    ]
    return {"findings": findings, "observations": plain(judgement.observations)}


def plain(value: Any) -> Any:
    """What JSON makes of it."""
    return msgspec.json.decode(msgspec.json.encode(value))
