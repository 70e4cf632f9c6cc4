"""The parts of the database, a week each: which of them no longer vouches for what the feed put there.

A shard may be lost by itself (``mark``). Before each mark the feed asks after those it wrote to last, and begins again by itself; here all are
asked after, in one query, for an operator who wants to know.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from collector.timeseries.cursor import Cursor
from collector.timeseries.mark import begin_ns, is_kept, parts_of, parts_query
from collector.timeseries.policy import PRIVATE
from collector.timeseries.servers import Server


@dataclass(frozen=True)
class Part:
    """A shard: its first and last day (UTC), the rows that were fed when it was last written to, and those its mark tells (``None``: no mark)."""

    first: str
    last: str
    fed: int
    has: int | None

    @property
    def state(self) -> Literal["whole", "behind", "lost"]:
        """A mark ahead of the cursor is a feed that died between the two, and is well."""
        if self.has is None:
            return "lost"
        return "behind" if self.has < self.fed else "whole"


async def parts(server: Server, cursor: Cursor, now_ns: int) -> list[Part]:
    """Every shard that the cursor knows and that is not past its age, the oldest first; none of a lossy copy, which vouches for nothing.

    Raises as ``Server.query`` does.
    """
    wanted = sorted((int(part), fed) for part, fed in cursor.parts.items() if is_kept(int(part), now_ns))
    if server.lossy or not wanted:
        return []
    told: dict[int, int] = {}
    for row in await server.query(PRIVATE, parts_query(cursor.feed)):
        (part,) = parts_of([_ns(str(row["time"]))])
        told[part] = max(told.get(part, 0), int(row["fed"]))
    return [Part(*_days(part), fed, told.get(part)) for part, fed in wanted]


def _ns(text: str) -> int:
    """An RFC 3339 time, whole seconds, in ns since 1970.

    >>> _ns("1970-01-05T00:00:00Z") // 1_000_000_000
    345600
    """
    return int(datetime.fromisoformat(text).timestamp()) * 1_000_000_000


def _days(part: int) -> tuple[str, str]:
    first = datetime.fromtimestamp(begin_ns(part) / 1e9, UTC).date()
    return first.isoformat(), (first + timedelta(days=PRIVATE.shard_days - 1)).isoformat()
