"""VictoriaMetrics as a lossy copy: it takes the same lines over the same API, and keeps less of them.

A text becomes 0, so none is sent; times are cut to ms, a malformed line is dropped in silence, and what it acknowledged in
the seconds before a crash is gone (notes/016). Sent twice, a point is there twice, unless it runs with
``-dedup.minScrapeInterval=1ms``. So a gap is no reason to begin again; an empty one is. It has no buckets: the label ``db``
tells ours apart.
"""

import re
from typing import Final

import msgspec

from collector.timeseries.http_api import HttpApi
from collector.timeseries.kinds import Kind
from collector.timeseries.policy import Bucket
from collector.timeseries.servers import Refused, Rows

_TEXT: Final = re.compile(rb'(?:(?<= )|,)[A-Za-z0-9_]+="(?:[^"\\]|\\.)*"')


def without_text(lines: bytes) -> bytes:
    r"""The lines without their text fields.

    >>> without_text(b'a,t=1 x=1i,why="a, \\"b\\"",y=2 7\nb why="z",x=1 7')
    b'a,t=1 x=1i,y=2 7\nb x=1 7'
    """
    return _TEXT.sub(b"", lines).replace(b" ,", b" ")


class Victoria:
    """A single-node VictoriaMetrics."""

    kind: Kind = "victoria"
    lossy = True

    def __init__(self, api: HttpApi) -> None:
        self._api = api

    async def setup(self, bucket: Bucket) -> bool:  # noqa: ARG002 - as every server
        """Nothing: its retention is a flag of its own, one for all it holds."""
        return False

    async def write(self, bucket: Bucket, lines: bytes) -> None:
        """By ``/write``; the bucket's name as a label."""
        params = {"db": bucket.name, "precision": "ns"}
        await self._api.call("POST", "/write", params, without_text(lines))

    async def mark(self, bucket: Bucket, feed: str) -> int | None:
        """The largest of the samples; flushed, for it shows what is new only after a second, and exported, for a query would not show the last 30."""
        await self._api.call("GET", "/internal/force_flush", {})
        selector = f'feed_fed{{db="{bucket.name}",feed="{feed}"}}'
        body = await self._api.call("GET", "/api/v1/export", {"match[]": selector})
        values = [value for line in body.splitlines() for value in msgspec.json.decode(line)["values"]]
        return int(max(values)) if values else None

    async def query(self, bucket: Bucket, text: str) -> Rows:  # noqa: ARG002 - as every server
        """It answers MetricsQL only."""
        raise Refused("VictoriaMetrics answers no InfluxQL")

    async def drop(self, bucket: Bucket, measurement: str, tags: dict[str, str]) -> None:
        """Delete the series of every field of the measurement."""
        labels = "".join(f',{name}="{value}"' for name, value in sorted(tags.items()))
        selector = f'{{__name__=~"{measurement}_.+",db="{bucket.name}"{labels}}}'
        await self._api.call("GET", "/api/v1/admin/tsdb/delete_series", {"match[]": selector})

    async def empty(self, bucket: Bucket) -> None:
        """Delete every series of the bucket."""
        selector = f'{{db="{bucket.name}"}}'
        await self._api.call("GET", "/api/v1/admin/tsdb/delete_series", {"match[]": selector})

    async def close(self) -> None:
        """The session is closed by who opened it."""
