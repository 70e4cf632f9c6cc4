"""InfluxDB 2 and 3 by influxdb-client's asynchronous v2 API. The one file that speaks influxdb_client.

Written lines go through its write API, buckets through its own buckets service; what is read is InfluxQL over ``/query``, as
the boards read it, for InfluxDB 3 knows no Flux.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import msgspec

from collector.messages import Trouble
from collector.timeseries.http_api import HttpApi, mark_query
from collector.timeseries.kinds import Kind
from collector.timeseries.policy import Bucket
from collector.timeseries.servers import TIMEOUT_S, Busy, Missing, Refused, Rows, failed

if TYPE_CHECKING:
    from collections.abc import Awaitable

FIRST: Final = "1970-01-01T00:00:00Z"
LAST: Final = "2200-01-01T00:00:00Z"
DATABASES: Final = "/api/v3/configure/database"
"""InfluxDB 3's own: POST makes, PUT changes (Enterprise only, says its documentation), DELETE deletes."""


def _library() -> Any:
    """influxdb-client, which ships types for part of itself only."""
    try:
        import influxdb_client
    except ImportError as error:
        raise Trouble("timeseries.extra", detail="influxdb-client") from error
    return influxdb_client


class Influx2:
    """InfluxDB 2 (``influx2``) or 3 (``influx3``), at ``api.url`` in the organisation ``org``."""

    lossy = False

    def __init__(self, api: HttpApi, org: str, token: str, kind: Kind) -> None:
        _library()
        from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

        self.kind: Kind = kind
        self._api, self._org = api, org
        self._told: set[str] = set()
        self._client: Any = InfluxDBClientAsync(api.url, token, org, timeout=int(TIMEOUT_S * 1000))

    async def setup(self, bucket: Bucket) -> bool:
        """Make the bucket or set its retention."""
        if self.kind == "influx3":
            return await self._setup3(bucket)
        service = _library().BucketsService(self._client.api_client)
        rule = _library().BucketRetentionRules(
            type="expire",
            every_seconds=bucket.keep_s,
            shard_group_duration_seconds=bucket.shard_days * 86_400,
        )
        found = await self._done(service.get_buckets_async(name=bucket.name, org=self._org))
        if found.buckets:
            there = found.buckets[0]
            there.retention_rules = [rule]
            await self._done(service.patch_buckets_id_async(bucket_id=there.id, patch_bucket_request=there))
            return True
        org_id = await self._org_id()
        wanted = _library().PostBucketRequest(org_id=org_id, name=bucket.name, retention_rules=[rule])
        await self._done(service.post_buckets_async(post_bucket_request=wanted))
        return True

    async def _setup3(self, bucket: Bucket) -> bool:
        """A database made by its first write keeps for ever, so it is made before. Core changes the period of none that is there."""
        wanted = {"db": bucket.name}
        if bucket.keep_days is not None:
            wanted["retention_period"] = f"{bucket.keep_days}d"
        content, about = msgspec.json.encode(wanted), {"Content-Type": "application/json"}
        for method in ("POST", "PUT"):
            with suppress(Refused, Missing):
                await self._api.call(method, DATABASES, {}, content, about)
                self._told.add(bucket.name)
                return True
        return bucket.keep_days is None or bucket.name in self._told

    async def _org_id(self) -> str:
        found = await self._done(self._client.organizations_api().find_organizations(org=self._org))
        return str(found[0].id)

    async def write(self, bucket: Bucket, lines: bytes) -> None:
        """The write API passes bytes on as they are."""
        await self._done(self._client.write_api().write(bucket=bucket.name, org=self._org, record=lines))

    async def mark(self, bucket: Bucket, feed: str) -> int | None:
        """By InfluxQL, which 2 answers for a bucket of that name without a mapping."""
        rows = await self._api.influxql(mark_query(feed), bucket)
        return int(rows[0]["fed"]) if rows else None

    async def query(self, bucket: Bucket, text: str) -> Rows:
        """By InfluxQL."""
        return await self._api.influxql(text, bucket)

    async def drop(self, bucket: Bucket, measurement: str, tags: dict[str, str]) -> None:
        """The delete API's predicate; InfluxDB 3 has none, and refuses."""
        if self.kind == "influx3":
            raise Refused("InfluxDB 3 deletes no rows: its database is emptied instead")
        predicate = " AND ".join(
            f'{name}="{value}"' for name, value in [("_measurement", measurement), *sorted(tags.items())]
        )
        await self._done(self._client.delete_api().delete(FIRST, LAST, predicate, bucket.name, self._org))

    async def empty(self, bucket: Bucket) -> None:
        """Every series of every measurement of ours goes; of InfluxDB 3 the database, which is made anew."""
        if self.kind == "influx3":
            self._told.discard(bucket.name)
            with suppress(Missing):
                await self._api.call("DELETE", DATABASES, {"db": bucket.name})
            await self.setup(bucket)
            return
        for measurement in bucket.measurements:
            await self.drop(bucket, measurement, {})

    async def _done(self, call: "Awaitable[Any]") -> Any:
        """The call's answer; its errors as everybody's."""
        from influxdb_client.rest import ApiException

        try:
            return await call
        except ApiException as error:
            told: Any = error
            wait = (told.headers or {}).get("Retry-After")
            raise failed(int(told.status or 0), str(told.body or error), wait) from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Busy(f"{type(error).__name__}: {error}") from error
        except (TypeError, ValueError) as error:
            raise Refused(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Its own session."""
        await self._client.close()
