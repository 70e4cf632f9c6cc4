"""``timeseries status`` asks after every part of the database (a week each), more than the feed does before it goes on."""

import asyncio
import os
import subprocess

import msgspec
import pytest

from collector.timeseries import cursor as cursors
from collector.timeseries.mark import is_kept, kept, part_lines
from collector.timeseries.opening import Address, open_server
from collector.timeseries.policy import DAY_S, PRIVATE
from tests.support.databases import running
from tests.support.series import command, feed_once, golden_folder, timeseries


@pytest.fixture(scope="module", params=["influx1", "influx2"])
def database(request, tmp_path_factory):
    """One database of a kind for the module."""
    with running(request.param, tmp_path_factory.mktemp("influx")) as one:
        yield one


@pytest.mark.parametrize(("lang", "words"), [("fr", ("EN RETARD", "PERDUE")), ("en", ("BEHIND", "LOST"))])
def test_status_tells_each_part_that_is_behind_or_lost(tmp_path, database, capsys, lang, words):
    """Twenty weeks were written to: of the oldest the mark is gone, of the next it is behind; more than the feed itself asks after."""
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, database.url, rebuild=True)
    path = folder.root / "timeseries" / "main.json"
    cursor = cursors.read(path)
    assert cursor is not None
    (newest,) = map(int, cursor.parts)
    wrote = {newest - weeks: 100 - weeks for weeks in range(1, 20)}
    cursor.parts |= {str(part): fed for part, fed in wrote.items()}
    cursors.write(path, cursor)
    del wrote[newest - 19]
    wrote[newest - 18] = 7
    lines = [
        line
        for part, fed in wrote.items()
        for line in part_lines(msgspec.structs.replace(cursor, fed=fed), [part])
    ]
    put(database, lines)
    shown, lost, behind = timeseries(folder, "status", database.url, code=3)
    assert (20, 2) == (shown["parts"], shown["parts_bad"])
    assert ("ts_part_lost", 81, None) == (lost["event"], lost["fed"], lost["has"])
    assert ("ts_part_behind", 82, 7) == (behind["event"], behind["fed"], behind["has"])
    assert str(lost["last"]) < str(behind["first"])
    assert 0 == feed_once(folder, database.url).rows  # the feed asks after the last ones alone
    kept = cursors.read(path)
    assert kept is not None
    assert 20 == len(kept.parts)
    capsys.readouterr()
    asked = command(folder, "status", database.url, "--lang", lang)
    said = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (3, words) == (said.returncode, tuple(word for word in words if word in said.stdout))
    assert str(behind["first"]) in said.stdout


def put(database, lines: list[str]) -> None:
    """Write lines into the private bucket."""

    async def run() -> None:
        async with open_server(Address(database.url), os.environ) as server:
            await server.write(PRIVATE, "\n".join(lines).encode())

    asyncio.run(run())


def test_a_database_behind_is_not_an_empty_one(tmp_path, database):
    """Its last mark gone and older parts there: behind. Everything gone: empty, and each part is told."""
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, database.url, rebuild=True)
    path = folder.root / "timeseries" / "main.json"
    cursor = cursors.read(path)
    assert cursor is not None
    cursors.write(path, msgspec.structs.replace(cursor, fed=cursor.fed + 1))
    (shown,) = timeseries(folder, "status", database.url, code=3)
    assert ("behind", 0) == (shown["server"], shown["parts_bad"])
    cursors.write(path, msgspec.structs.replace(cursor, feed="another"))
    shown, lost = timeseries(folder, "status", database.url, code=3)
    assert ("empty", 1, "ts_part_lost") == (shown["server"], shown["parts_bad"], lost["event"])


def test_the_cursor_forgets_parts_past_their_age():
    """Of ten years of weeks those are kept that the database still has: two years and no more."""
    now_ns = 20_000 * DAY_S * 10**9
    weeks = {str(part): part for part in range(20_000 // 7 - 520, 20_000 // 7 + 1)}
    left = kept(weeks, now_ns)
    assert 100 < len(left) < 110
    assert all(is_kept(int(part), now_ns) for part in left)
