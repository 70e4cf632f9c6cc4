"""What befalls a database in these tests, of each kind: only a process that the test started is killed."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from collector.timeseries.opening import Address, open_server
from collector.timeseries.policy import PRIVATE
from tests.support.databases import Database

FILES = {"influx1": ("meta", "data", "wal"), "influx2": ("engine", "influxd.bolt", "influxd.sqlite")}


def owned(database) -> Database:
    """The database, if it is a process of ours; else the test is counted as not run."""
    if not isinstance(database, Database):
        pytest.skip("NOT RUN AGAINST INFLUX_URL: this test kills the database, which is not its own")
    return database


def lose(database) -> None:
    """An InfluxDB 1 loses its files; of a later one, whose files hold its token too, our bucket is emptied behind our back."""
    if isinstance(database, Database) and database.kind == "influx1":
        database.lose_everything()
        return

    async def run() -> None:
        async with open_server(Address(database.url), os.environ) as server:
            await server.empty(PRIVATE)

    asyncio.run(run())


def back_up(database: Database, to: Path) -> None:
    """Copy its files as they are on the disk, while it is stopped."""
    database.stop()
    _copy(database.folder, to, database.kind)
    database.start()


def restore(database: Database, origin: Path) -> None:
    """Kill it, and put an old copy in the place of what it has."""
    database.kill()
    _copy(origin, database.folder, database.kind)
    database.start()


def _copy(origin: Path, to: Path, kind: str) -> None:
    to.mkdir(exist_ok=True)
    for name in FILES[kind]:
        shutil.rmtree(to / name, ignore_errors=True)
        if (origin / name).is_dir():
            shutil.copytree(origin / name, to / name)
        elif (origin / name).is_file():
            shutil.copy2(origin / name, to / name)
