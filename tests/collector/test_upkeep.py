"""Upkeep: a stop that loses nothing, logs that name nobody, files of an older program brought up to this one."""

import asyncio
import json
import logging
import sqlite3
from contextlib import closing
from io import StringIO

import aiohttp
import msgspec
import pytest

from collector import quiet_log, reader
from collector.cli import main
from collector.messages import Trouble
from collector.quarters import US_PER_DAY, window_us
from collector.retention import forget_quarters
from collector.roster import Roster
from collector.schema_steps import bring_up
from probe.answers import Answer
from tests.collector.test_crash import enrol, fetch_plan
from tests.support.collectors import Clock, Site, served, unix_now_us, until


async def test_a_stop_under_load_loses_nothing(tmp_path):
    """SIGTERM while six senders write: every request under way is answered or was never begun, the exit code is 0, all that was
    accepted is kept, and no hour file is left in the middle of anything.
    """
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    accepted: set[bytes] = set()
    with served(site, tmp_path / "log") as server:
        await enrol(server, site)
        plan = await fetch_plan(server)
        waiting = [site.document(plan) for _ in range(90)]

        async def sender(client: aiohttp.ClientSession) -> None:
            while waiting:
                try:
                    async with client.post("/v1/measurements", data=waiting.pop()) as response:
                        answer = msgspec.json.decode(await response.read(), type=Answer)
                except (aiohttp.ClientError, OSError):
                    return
                if answer.settled():
                    accepted.add(bytes.fromhex(answer.id or ""))

        async with aiohttp.ClientSession(server.url) as client:
            sending = [asyncio.create_task(sender(client)) for _ in range(6)]
            await until(lambda: len(accepted) >= 20, 30)
            server.process.terminate()
            await asyncio.gather(*sending)
        assert 0 == await asyncio.to_thread(server.process.wait, 30)
    kept = {row.measurement_id for row in reader.read_measurements(site.folder.root)}
    assert set() == accepted - kept
    assert [] == [path.name for path in site.folder.hot.iterdir() if path.suffix != ".sqlite"]


def test_logs_as_json_name_nobody():
    """One object a line: time, level, logger, text, traceback; an address in any of them is scrubbed."""
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(quiet_log.JsonFormatter())
    logger = logging.getLogger("isonomia.test")
    logger.propagate = False
    logger.addHandler(handler)
    try:
        raise OSError("192.0.2.7 hung up")
    except OSError:
        logger.exception("peer %s and 2001:db8::7", ("192.0.2.7", 5000))
    entry = json.loads(out.getvalue())
    assert {"at", "level", "logger", "text", "traceback"} == set(entry)
    assert ("ERROR", "isonomia.test") == (entry["level"], entry["logger"])
    assert "192.0.2.7" not in out.getvalue()
    assert "db8" not in out.getvalue()


def test_a_wrong_kind_of_log(tmp_path, capsys, monkeypatch):
    """ISONOMIA_LOG that is neither json nor text is named, with what to write; options may come from the environment."""
    site = Site.make(tmp_path)
    monkeypatch.setenv("ISONOMIA_LOG", "xml")
    monkeypatch.setenv("ISONOMIA_COLLECTOR_DATA", str(site.folder.root))
    monkeypatch.setenv("ISONOMIA_COLLECTOR_OPERATOR", str(site.operator_file))
    assert 3 == main(["serve", "--lang", "en"])
    assert "ISONOMIA_LOG=xml: write json or text\n" == capsys.readouterr().err
    monkeypatch.setenv("ISONOMIA_COLLECTOR_LISTEN", "nowhere")
    monkeypatch.setenv("ISONOMIA_LOG", "json")
    assert 2 == main(["serve", "--lang", "en"])
    assert "--listen nowhere" in capsys.readouterr().err


async def test_a_roster_of_the_first_program(site):
    """A file without a version is brought up with its rows, once; of a later version, it is refused by name."""
    async with site.open():
        pass
    with closing(sqlite3.connect(site.folder.roster)) as db:
        db.execute("PRAGMA user_version = 0")
    for _ in range(2):
        roster = Roster(site.folder.roster, 10)
        assert 1 == len(roster)
        roster.close()
    with closing(sqlite3.connect(site.folder.roster)) as db:
        assert (1,) == db.execute("PRAGMA user_version").fetchone()
        db.execute("PRAGMA user_version = 7")
    with pytest.raises(Trouble, match=r"later version \(7, this one knows 1\); update the collector"):
        Roster(site.folder.roster, 10)


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path):
    """A step is whole or not at all: its first statement is taken back with the one that failed; mended, it goes on."""
    path = tmp_path / "file.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        assert 1 == bring_up(db, ("CREATE TABLE a (x INTEGER)",), path)
        with pytest.raises(sqlite3.OperationalError):
            bring_up(db, ("", "CREATE TABLE b (x INTEGER); CREATE NONSENSE"), path)
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master")]
        assert (["a"], 1) == (tables, db.execute("PRAGMA user_version").fetchone()[0])
        assert 1 == bring_up(db, ("", "CREATE TABLE b (x INTEGER)"), path)
        assert 0 == bring_up(db, ("", "CREATE TABLE b (x INTEGER)"), path)


async def test_who_can_have_sent_nothing_that_is_kept_leaves_the_roster(site):
    """A quarter that ended before the documents that are kept: its enrolments go, bytes and all; one day less, and they stay."""
    async with site.open() as intake:
        entry = intake.roster.entries_from(0)[0]
    kept_days = 30
    over_us = window_us(entry.quarter)[1] + kept_days * US_PER_DAY
    assert 0 == forget_quarters(site.folder.roster, kept_days, over_us)
    assert 1 == forget_quarters(site.folder.roster, kept_days, over_us + 1)
    assert entry.long_lived_key not in site.folder.roster.read_bytes()
    assert () == reader.read_rosters(site.folder.root)
    assert 0 == forget_quarters(site.folder.root / "nowhere", kept_days, over_us)
