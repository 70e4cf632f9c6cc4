"""Compares the database with the store: counts and sums per hour and tag set, of what the store holds today.

InfluxQL has no hash, so sums of integer fields stand for the points. What quality would discard is in both; what is past its
retention is in neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from collector.archive import read_measurements
from collector.timeseries.facts import UNREADABLE, point_of
from collector.timeseries.http_api import ident
from collector.timeseries.lines import Point, Value, escaped, series
from collector.timeseries.policy import PRIVATE
from collector.timeseries.servers import Server
from collector.timeseries.tags import TAGS, Vocabulary

SUMS: Final[dict[str, tuple[str, ...]]] = {
    "pair": ("count", "conflict", "bytes", "original_ok", "control_ok", "original_bytes", "control_bytes"),
    "result": ("count", "conflict", "looks", "failed"),
    "skipped": ("count", "conflict"),
}
HOUR_NS: Final = 3_600_000_000_000
Key = tuple[str, str, int]
Table = dict[Key, tuple[int, ...]]
"""Measurement, tags and hour (counted since 1970 UTC): its sums in the order of ``SUMS``."""


@dataclass(frozen=True)
class Compared:
    """How many groups there are, and those that differ: what the store says, what the database says."""

    groups: int
    points: int
    differ: dict[Key, tuple[tuple[int, ...] | None, tuple[int, ...] | None]]


async def compare(data_dir: Path, server: Server, words: Vocabulary, now_ns: int) -> Compared:
    """Both sides, compared; raises ``Trouble``, ``Busy`` and ``Missing``."""
    expected = of_store(data_dir, words, now_ns)
    hours = [hour for _, _, hour in expected]
    found = await of_server(server, min(hours), max(hours)) if hours else {}
    differ = {
        key: (expected.get(key), found.get(key))
        for key in expected.keys() | found.keys()
        if expected.get(key) != found.get(key)
    }
    return Compared(len(expected), sum(sums[0] for sums in expected.values()), differ)


def of_store(data_dir: Path, words: Vocabulary, now_ns: int) -> Table:
    """What the store says. Two documents of one series and time are one point: the last one counts."""
    points: dict[tuple[str, int], tuple[Key, tuple[int, ...]]] = {}
    for point in _points(data_dir, words):
        if PRIVATE.holds(point.time_ns, now_ns):
            named = series(point.measurement, point.tags)
            key = (point.measurement, named.partition(",")[2], point.time_ns // HOUR_NS)
            sums = tuple(_integer(point.fields.get(name)) for name in SUMS[point.measurement])
            points[named, point.time_ns] = (key, sums)
    table: dict[Key, list[int]] = {}
    for key, values in points.values():
        kept = table.setdefault(key, [0] * len(values))
        kept[:] = map(int.__add__, kept, values)
    return {key: tuple(sums) for key, sums in table.items()}


def _points(data_dir: Path, words: Vocabulary) -> Iterator[Point]:
    for stored in read_measurements(data_dir):
        try:
            yield point_of(stored, words)
        except UNREADABLE:
            continue  # counted when it was fed


def _integer(value: Value) -> int:
    return value if isinstance(value, int) else 0


async def of_server(server: Server, first_hour: int, last_hour: int) -> Table:
    """What the database says of these hours, in one query a measurement."""
    table: Table = {}
    tags = sorted(tag.name for tag in TAGS if tag.name != "feed")
    for name, fields in SUMS.items():
        sums = ", ".join(f"sum({ident(field)}) AS {ident(field)}" for field in fields)
        span = f"time >= {first_hour}h AND time < {last_hour + 1}h"
        query = f"SELECT {sums} FROM {ident(name)} WHERE {span} GROUP BY time(1h), * fill(none)"  # noqa: S608 - constants
        for row in await server.query(PRIVATE, query):
            told = ",".join(f"{tag}={escaped(str(row[tag]))}" for tag in tags if row.get(tag))
            table[name, told, _hour(row["time"])] = tuple(int(row[field] or 0) for field in fields)
    return table


def _hour(text: str) -> int:
    """The hour of an RFC 3339 time, counted since 1970 UTC.

    >>> _hour("1970-01-02T01:00:00Z")
    25
    """
    return int(datetime.fromisoformat(text).timestamp()) // 3600
