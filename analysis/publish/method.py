"""The strip at every board's foot: by which method and registration, by which software, when looked at, how new the data. Pure."""

from typing import Final

from analysis.registration import Registration
from analysis.version import code_version, rules_sha256
from collector.timeseries.lines import Point, Value

DIGITS: Final = 12
"""Of a hash: enough to tell one from another; the whole stands in the registration and on the pages."""


def method(registration: Registration, registration_sha256: str, last_pair_ms: Value, time_ns: int) -> Point:
    """One point a look. ``method`` is the hash of the sources that decide, and says where it is not the registered one."""
    here, there = rules_sha256()[:DIGITS], registration.rules_sha256[:DIGITS]
    fields: dict[str, Value] = {
        "method": here if here == there else f"{here} ≠ {there}",
        "registration": registration_sha256[:DIGITS],
        "quarter": registration.quarter,
        "software": code_version(),
        "looked_ms": time_ns // 1_000_000,
        "last_pair_ms": last_pair_ms,
    }
    return Point("method", {}, fields, time_ns)
