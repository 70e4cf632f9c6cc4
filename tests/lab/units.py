"""Numbers with units, as people write them on a command line: 1.5Mbit, 16kB, 20ms."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*")
_BIT_S = {"bit": 1, "kbit": 1e3, "mbit": 1e6, "gbit": 1e9, "": 1}
_BYTES = {"b": 1, "kb": 1e3, "mb": 1e6, "kib": 1024, "mib": 1024**2, "": 1}
_MS = {"ms": 1, "s": 1e3, "us": 1e-3, "": 1}


def _read(text: str, units: Mapping[str, float], what: str) -> float:
    match = _NUMBER.fullmatch(text)
    if match is None or match[2].lower() not in units:
        known = ", ".join(unit for unit in units if unit)
        raise ValueError(f"{text!r} is no {what}: write a number and one of {known}")
    return float(match[1]) * units[match[2].lower()]


def rate_bit_s(text: str) -> int:
    """Return a rate in bit/s.

    >>> rate_bit_s("1.5Mbit")
    1500000
    """
    return round(_read(text, _BIT_S, "rate"))


def size_bytes(text: str) -> int:
    """Return a size in bytes (kB is 1000).

    >>> size_bytes("16kB")
    16000
    """
    return round(_read(text, _BYTES, "size"))


def duration_ms(text: str) -> float:
    """Return a duration in milliseconds.

    >>> duration_ms("20ms")
    20.0
    """
    return _read(text, _MS, "duration")
