"""The feed into an InfluxDB 2 or 3, where one is on the PATH or ``INFLUX_URL`` names one; else counted as not run."""

import asyncio

import pytest

from collector.timeseries.opening import Address, open_server
from collector.timeseries.policy import PRIVATE
from tests.golden.chain import fill
from tests.support.databases import running
from tests.support.series import feed_once, golden_folder, golden_rows, timeseries


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One database for the module."""
    with running("influx2", tmp_path_factory.mktemp("influx2")) as one:
        yield one


def emptied(url):
    """The private bucket, emptied behind the feed's back."""
    import os

    async def run():
        async with open_server(Address(url), os.environ) as server:
            await server.empty(PRIVATE)

    asyncio.run(run())


def test_a_rebuild_equals_the_store(tmp_path, database):
    """Counts and sums per hour and tag set are equal after ``rebuild``, for all golden scenarios; a second feed adds nothing."""
    folder = golden_folder(tmp_path)
    first, second = timeseries(folder, "rebuild", database.url)
    assert (66, "ts_equal", 66) == (first["rows"], second["event"], second["points"])
    assert 0 == feed_once(folder, database.url).rows


def test_an_emptied_bucket_is_filled_again(tmp_path, database):
    """A bucket that lost its data gets everything anew at the next pass, and what came since."""
    folder = golden_folder(tmp_path, "policed-1.5")
    feed_once(folder, database.url, rebuild=True)
    emptied(database.url)
    fill(folder.root, golden_rows("reset"))
    done = feed_once(folder, database.url)
    assert (30, True) == (done.rows, done.began_again)
    (said,) = timeseries(folder, "check", database.url)
    assert ("ts_equal", 30) == (said["event"], said["points"])
