"""Line protocol: one point a line, ``measurement,tag=value field=value time_ns`` (InfluxDB's own text format).

Written by hand, for it is twenty lines and influxdb-client's ``Point`` takes 25 µs a point. A tag without a value is
left out, as the format demands; a field that is ``None`` too. Integers carry an ``i``, so a field never changes type.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

Value = int | float | str | None

_NAME: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ ", "\n": " ", "\r": " "})
_TEXT: Final = str.maketrans({'"': r"\"", "\\": r"\\", "\n": " ", "\r": " "})
LONGEST_TEXT: Final = 8000
"""A text field is cut there; InfluxDB takes 64 kB."""


@lru_cache(maxsize=4096)
def escaped(text: str) -> str:
    r"""A tag key, tag value or field key; a backslash at its end would hide the separator behind it.

    >>> escaped("FAI Labo, Brest")
    'FAI\\ Labo\\,\\ Brest'
    """
    return text.rstrip("\\").translate(_NAME)


def quoted(text: str) -> str:
    """A text field, cut to ``LONGEST_TEXT``."""
    return f'"{text[:LONGEST_TEXT].translate(_TEXT)}"'


def series(measurement: str, tags: Mapping[str, str | None]) -> str:
    """The part of a line that names its series: measurement and tags, sorted, as the database indexes them."""
    parts = [f",{escaped(name)}={escaped(value)}" for name, value in sorted(tags.items()) if value]
    return escaped(measurement) + "".join(parts)


def field(name: str, value: int | float | str) -> str:  # noqa: PYI041 - an integer is told from a float
    """One field of a line."""
    if isinstance(value, str):
        return f"{name}={quoted(value)}"
    return f"{name}={value!r}" if isinstance(value, float) else f"{name}={value}i"


class Point(NamedTuple):
    """One point: a measurement (a table, in other words), tags, fields, and unix time in ns."""

    measurement: str
    tags: Mapping[str, str | None]
    fields: Mapping[str, Value]
    time_ns: int

    def line(self) -> str:
        r"""The point as a line, without its end. Raises ``ValueError`` for a point without a field.

        >>> Point("pair", {"service": "s 1", "network": None}, {"count": 1, "rate": 1.5}, 7).line()
        'pair,service=s\\ 1 count=1i,rate=1.5 7'
        """
        known = [
            field(name, value)
            for name, value in self.fields.items()
            if value is not None and not (isinstance(value, float) and not math.isfinite(value))
        ]
        if not known:
            raise ValueError(f"{self.measurement}: a point without a field")
        return f"{series(self.measurement, self.tags)} {','.join(known)} {self.time_ns}"
