"""The mark: the feed's own point in the database, one a minute. How far it is, and how the machine it runs on does.

A database that dies may lose one shard and keep the next: InfluxDB 1 writes a log for each. The mark lies in the shard of the present
and vouches for no other, so each shard that a batch went to has one of its own (``feed_part``), among the points it vouches for.
"""

import shutil
from collections.abc import Iterable, Mapping
from typing import Final

from collector.data_folder import DataFolder
from collector.hot_files import hour_files
from collector.timeseries.cursor import Cursor
from collector.timeseries.http_api import text
from collector.timeseries.lines import Point, Value
from collector.timeseries.policy import DAY_S, PRIVATE

MINUTE_US = 60_000_000
MOST_PARTS: Final = 8
"""Shards that are asked after before a mark: those that were written to last."""
_DAY_NS: Final = DAY_S * 1_000_000_000
_SHARD_NS: Final = PRIVATE.shard_days * _DAY_NS
_FIRST_NS: Final = -3 * _DAY_NS
"""Shards of a week begin on Mondays (Go's time.Truncate counts from one), and 1970 began on a Thursday."""


def mark_line(folder: DataFolder, cursor: Cursor, now_us: int) -> str:
    """The point. ``lag_rows``: what is in the store and not here yet; ``hot_hours``: hour files that wait for the sealer."""
    disk = shutil.disk_usage(folder.root)
    fields: dict[str, Value] = {
        "fed": cursor.fed,
        "lag_rows": cursor.lag_rows,
        "rejected": cursor.rejected,
        "unreadable": cursor.unreadable,
        "too_old": cursor.too_old,
        "restarts": cursor.restarts,
        "hot_hours": len(hour_files(folder.hot)),
        "disk_free_bytes": disk.free,
        "disk_bytes": disk.total,
    }
    return Point("feed", {"feed": cursor.feed}, fields, now_us // MINUTE_US * MINUTE_US * 1000).line()


def begin_ns(part: int) -> int:
    """When that shard begins."""
    return _FIRST_NS + part * _SHARD_NS


def parts_of(times_ns: Iterable[int]) -> frozenset[int]:
    """The numbers of the shards in which points of those times lie."""
    return frozenset((time_ns - _FIRST_NS) // _SHARD_NS for time_ns in times_ns)


def part_lines(cursor: Cursor, parts: Iterable[int]) -> list[str]:
    """The marks of those shards, each in its own."""
    return [
        Point("feed_part", {"feed": cursor.feed}, {"fed": cursor.fed}, begin_ns(part)).line()
        for part in sorted(parts)
    ]


def part_query(feed: str, part: int) -> str:
    """How far the mark in that shard says that the feed came."""
    where = f"feed = {text(feed)} AND time >= {begin_ns(part)} AND time < {begin_ns(part + 1)}"
    return f"SELECT max(fed) AS fed FROM feed_part WHERE {where}"  # noqa: S608 - quoted


def parts_query(feed: str) -> str:
    """The marks of all shards, each with its time."""
    return f"SELECT fed FROM feed_part WHERE feed = {text(feed)}"  # noqa: S608 - quoted


def is_kept(part: int, now_ns: int) -> bool:
    """Whether that shard cannot have been deleted for its age yet."""
    return PRIVATE.holds(begin_ns(part), now_ns)


def kept(parts: Mapping[str, int], now_ns: int) -> dict[str, int]:
    """Those of the shards that cannot have been deleted for their age yet: a hundred and some at most."""
    return {part: fed for part, fed in parts.items() if is_kept(int(part), now_ns)}


def latest(parts: Mapping[str, int]) -> dict[str, int]:
    """Those of the shards that were written to last."""
    return dict(sorted(parts.items(), key=lambda one: one[1])[-MOST_PARTS:])
