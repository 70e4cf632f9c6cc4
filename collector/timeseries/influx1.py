"""InfluxDB 1 by its own ``/write`` and ``/query``; Debian ships it. A bucket is a database of that name."""

from contextlib import suppress
from typing import Final

from collector.timeseries.http_api import HttpApi, ident, mark_query, text
from collector.timeseries.kinds import Kind
from collector.timeseries.policy import Bucket
from collector.timeseries.servers import Missing, Refused, Rows

POLICY: Final = "isonomia"
"""The retention policy, the database's default one."""


class Influx1:
    """InfluxDB 1.6 or later."""

    kind: Kind = "influx1"
    lossy = False

    def __init__(self, api: HttpApi) -> None:
        self._api = api

    async def setup(self, bucket: Bucket) -> bool:
        """Made with its policy. One that is there refuses that: its policy is altered, or made beside those it has."""
        keep = "INF" if bucket.keep_days is None else f"{bucket.keep_days}d"
        terms = f"DURATION {keep} REPLICATION 1 SHARD DURATION {bucket.shard_days}d"
        database, policy = ident(bucket.name), ident(POLICY)
        for statement in (
            f"CREATE DATABASE {database} WITH {terms} NAME {policy}",
            f"ALTER RETENTION POLICY {policy} ON {database} {terms} DEFAULT",
        ):
            with suppress(Missing, Refused):
                await self._api.influxql(statement, None, "POST")
                return True
        await self._api.influxql(
            f"CREATE RETENTION POLICY {policy} ON {database} {terms} DEFAULT", None, "POST"
        )
        return True

    async def write(self, bucket: Bucket, lines: bytes) -> None:
        """One POST; 204 says it is in the write-ahead log, synced."""
        await self._api.call("POST", "/write", {"db": bucket.name, "rp": POLICY, "precision": "ns"}, lines)

    async def mark(self, bucket: Bucket, feed: str) -> int | None:
        """By InfluxQL."""
        rows = await self._api.influxql(mark_query(feed), bucket)
        return int(rows[0]["fed"]) if rows else None

    async def query(self, bucket: Bucket, text: str) -> Rows:
        """By InfluxQL."""
        return await self._api.influxql(text, bucket)

    async def drop(self, bucket: Bucket, measurement: str, tags: dict[str, str]) -> None:
        """DROP SERIES."""
        where = " AND ".join(f"{ident(name)} = {text(value)}" for name, value in sorted(tags.items()))
        condition = f" WHERE {where}" if where else ""
        await self._api.influxql(f"DROP SERIES FROM {ident(measurement)}{condition}", bucket, "POST")

    async def empty(self, bucket: Bucket) -> None:
        """The database goes and comes anew."""
        await self._api.influxql(f"DROP DATABASE {ident(bucket.name)}", None, "POST")
        await self.setup(bucket)

    async def close(self) -> None:
        """The session is closed by who opened it."""
