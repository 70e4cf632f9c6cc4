"""What is told of a pair, and what is read off it: the country that its responder saw."""

from typing import Any

import msgspec

from probe.catalogue.codes import COUNTRIES
from probe.measurement.pair import Pair
from probe.measurement.receipt import Statement
from probe.measurement.run import Run
from probe.measurement.signing import decode_json


def country_seen(pair: Pair) -> str | None:
    """The country in the responder's statement; ``None`` where it names none, or none that there is."""
    if pair.statement is None:
        return None
    try:
        country = decode_json(pair.statement.body, Statement).path.country
    except msgspec.MsgspecError:
        return None
    return country if country in COUNTRIES else None


def run_facts(run: Run) -> dict[str, Any]:
    """What is told of a run; the rate is ``None`` for one that failed."""
    rate_bit_s = round(run.wire_bytes * 8e6 / run.duration_us) if run.ok and run.duration_us else None
    return {
        "role": run.role,
        "order": run.order,
        "name": run.name,
        "failure": run.failure,
        "rate_bit_s": rate_bit_s,
        "wire_bytes": run.wire_bytes,
    }
