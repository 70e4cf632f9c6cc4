"""Retention as code: what databases say of their policies after ``setup``, whoever made the database before."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from collector.timeseries.influx2 import DATABASES
from collector.timeseries.opening import Address, open_server
from collector.timeseries.policy import BUCKETS, INSIDE, PRIVATE, PUBLIC
from collector.timeseries.servers import Missing, Server
from tests.support.databases import running
from tests.support.series import feed_once, golden_folder, timeseries

WANTED = {PRIVATE: ("17520h0m0s", "168h0m0s"), INSIDE: ("43848h0m0s", "720h0m0s"), PUBLIC: ("0s", "720h0m0s")}
"""Duration and shard of each bucket, as InfluxDB 1 writes them; 0 s is for ever."""


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One real InfluxDB."""
    with running("influx1", tmp_path_factory.mktemp("influx")) as one:
        yield one


def state(database, statement: str) -> None:
    """Have the database do something behind our back."""
    answer = json.loads(database.ask(f"/query?q={quote(statement)}", ""))
    assert "error" not in answer["results"][0], answer


def policies(database, bucket) -> dict[str, tuple[str, str, bool]]:
    """Duration, shard and whether it is the default one, of each policy of a bucket."""
    answer = database.ask(f"/query?q={quote(f'SHOW RETENTION POLICIES ON {bucket.name}')}")
    rows = json.loads(answer)["results"][0]["series"][0]["values"]
    return {name: (keep, shard, default) for name, keep, shard, _, default in rows}


def set_up(url: str, bucket) -> bool:
    """Set a bucket up; whether the database keeps to its period."""

    async def run() -> bool:
        async with open_server(Address(url), os.environ) as server:
            return await server.setup(bucket)

    return asyncio.run(run())


@pytest.mark.parametrize("bucket", BUCKETS, ids=lambda one: one.name)
@pytest.mark.parametrize(
    "before",
    [
        None,
        "CREATE DATABASE {name}",
        'CREATE DATABASE {name} WITH DURATION 1d REPLICATION 1 SHARD DURATION 1h NAME "other"',
        "CREATE DATABASE {name} WITH DURATION 9d REPLICATION 1 SHARD DURATION 1d NAME isonomia",
    ],
    ids=["none", "by hand", "another policy", "another period"],
)
def test_a_bucket_gets_its_period(database, bucket, before):
    """Whatever was there, our policy is there with its period and shards, and is the default; a second ``setup`` changes nothing."""
    state(database, f"DROP DATABASE {bucket.name}")
    if before is not None:
        state(database, before.format(name=bucket.name))
    for _ in range(2):
        assert set_up(database.url, bucket)
        assert (*WANTED[bucket], True) == policies(database, bucket)["isonomia"]


def test_a_database_made_by_hand_is_fed(tmp_path, database):
    """An operator's own ``CREATE DATABASE`` before the first feed is no reason to refuse."""
    folder = golden_folder(tmp_path, "neutral")
    state(database, "DROP DATABASE isonomia_private")
    state(database, "CREATE DATABASE isonomia_private")
    assert 12 == feed_once(folder, database.url).rows
    assert 12 == timeseries(folder, "check", database.url)[0]["points"]


def test_a_dropped_policy_is_a_loss_not_a_wait(tmp_path, database):
    """With its policy InfluxDB 1 drops our data, and answers 500 to every write: that is no full disk to be waited for."""
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, database.url, rebuild=True)
    state(database, "DROP RETENTION POLICY isonomia ON isonomia_private")

    async def write() -> None:
        async with open_server(Address(database.url), os.environ) as server:
            await server.write(PRIVATE, b"feed fed=1i 1")

    with pytest.raises(Missing, match="retention policy not found"):
        asyncio.run(write())
    done = feed_once(folder, database.url)
    assert (12, True) == (done.rows, done.began_again)
    assert 12 == timeseries(folder, "check", database.url)[0]["points"]


class Databases3:
    """What InfluxDB 3 documents of ``/api/v3/configure/database``: POST makes, PUT changes in Enterprise, DELETE deletes."""

    def __init__(self, *, core: bool, **periods: str | None) -> None:
        self.core = core
        self.periods = periods

    async def handle(self, request: web.Request) -> web.Response:
        """One request; it wants JSON, and to be told that it is."""
        if request.method == "DELETE":
            there = request.query["db"] in self.periods
            self.periods.pop(request.query["db"], None)
            return web.Response(status=200 if there else 404)
        if request.content_type != "application/json":
            return web.Response(status=415)
        wanted = await request.json()
        there = wanted["db"] in self.periods
        if request.method == "POST" and there:
            return web.Response(status=409)
        if request.method == "PUT" and (self.core or not there):
            return web.Response(status=405 if self.core else 404)
        self.periods[wanted["db"]] = wanted.get("retention_period")
        return web.Response()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Server]:
        """It, served on loopback, as the feed speaks to it."""
        app = web.Application()
        app.router.add_route("*", DATABASES, self.handle)
        async with TestServer(app) as serving:
            address = Address(str(serving.make_url("")), "influx3")
            async with open_server(address, {}) as server:
                yield server


@pytest.mark.parametrize("core", [True, False], ids=["Core", "Enterprise"])
async def test_influxdb_3_is_told_the_period_when_a_database_is_made(core):
    """By its own API, before the first write would make a database that keeps for ever; ``empty`` leaves it made so again."""
    there = Databases3(core=core)
    wanted = {"isonomia_private": "730d", "isonomia_inside": "1827d", "isonomia_public": None}
    async with there.opened() as server:
        assert [True] * 3 == [await server.setup(bucket) for bucket in BUCKETS]
        assert wanted == there.periods
        there.periods["isonomia_private"] = None
        await server.empty(PRIVATE)
        assert await server.setup(PRIVATE)
    assert wanted == there.periods


async def test_a_period_that_influxdb_3_core_does_not_change_is_reported():
    """Core leaves a database as it is: ``setup`` says that it does not keep to the period; Enterprise changes it."""
    async with Databases3(core=True, isonomia_private=None, isonomia_public=None).opened() as server:
        assert not await server.setup(PRIVATE)
        assert await server.setup(PUBLIC)
    there = Databases3(core=False, isonomia_private=None)
    async with there.opened() as server:
        assert await server.setup(PRIVATE)
    assert {"isonomia_private": "730d"} == there.periods


def test_the_feed_says_that_a_period_is_not_applied(tmp_path):
    """VictoriaMetrics has one period for all: the feed says so once, when it begins."""
    folder = golden_folder(tmp_path, "neutral")
    with running("victoria", tmp_path / "victoria") as database:
        said = timeseries(folder, "feed", database.url)
        assert ["ts_fed", "ts_not_retained"] == [one["event"] for one in said]
        assert ("isonomia_private", 730) == (said[1]["bucket"], said[1]["days"])
        assert ["ts_fed"] == [one["event"] for one in timeseries(folder, "feed", database.url)]
