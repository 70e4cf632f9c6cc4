"""The checkers' processes: the same word as the event loop's own, and nothing lost when one of them ends."""

import asyncio
import os
import signal
from pathlib import Path

import msgspec
import pytest

from collector.checkers import BATCH, Checkers
from collector.ingest import Candidate, inspect
from collector.rejections import Rejection
from probe.measurement.signing import Signed
from tests.support.collectors import Site, served, unix_now_us, until
from tests.support.documents import key_from, make_enrolment


@pytest.fixture
async def checkers(intake):
    """Two checkers on the intake's roster and plans."""
    checkers = Checkers(intake.roster, intake.plans, intake, 2)
    await checkers.start()
    yield checkers
    await checkers.close()


def damaged(document: bytes) -> bytes:
    """The document under a signature that is not its own."""
    signed = msgspec.json.decode(document, type=Signed)
    return msgspec.json.encode(msgspec.structs.replace(signed, signature=bytes(64)))


async def test_a_checker_says_what_the_event_loop_says(site, intake, checkers):
    """Sound, damaged, cut and empty documents get the same candidate or rejection in a process as here."""
    sound = site.document(intake.plans.current())
    for document in (sound, damaged(sound), sound[:-9], b"", sound * 2):
        expected = inspect(document, "", intake, site.clock())
        assert expected == await checkers.check(document, "", site.clock())


async def test_more_at_once_than_the_checkers_take_is_shared_with_the_event_loop(site, intake, checkers):
    """A burst of ten batches is answered whole, each document with its own answer."""
    plan = intake.plans.current()
    documents = [site.document(plan) for _ in range(10 * BATCH)]
    found = await asyncio.gather(*(checkers.check(document, "", site.clock()) for document in documents))
    assert [inspect(document, "", intake, site.clock()) for document in documents] == found


async def test_who_enrols_later_is_known_to_the_checkers(site, intake, checkers):
    """A key that is enrolled after a checker has started is on its roster with the next batch."""
    plan = intake.plans.current()
    late, other = key_from(site.rng), key_from(site.rng)
    site.quarter_key = late
    document = site.document(plan)
    before = await checkers.check(document, "", site.clock())
    assert isinstance(before, Rejection)
    assert "unknown_key" == before.code
    enrolment = msgspec.json.encode(make_enrolment(other, late, site.clock.moment))
    assert 200 == (await intake.enrolment(enrolment, "")).status
    assert isinstance(await checkers.check(document, "", site.clock()), Candidate)


async def test_a_checker_that_is_killed_loses_nothing_and_comes_back(site, intake, checkers):
    """Killed under load: each document is found sound or is to be sent again, and then is found sound."""
    plan = intake.plans.current()
    documents = [site.document(plan) for _ in range(3 * BATCH)]
    under_way = [asyncio.create_task(checkers.check(document, "", site.clock())) for document in documents]
    await asyncio.sleep(0)
    for checker in list(checkers._checkers):
        os.kill(checker.process.pid, signal.SIGKILL)
    for found in await asyncio.gather(*under_way):
        assert isinstance(found, Candidate) or "internal_error" == found.code
    again = await asyncio.gather(*(checkers.check(document, "", site.clock()) for document in documents))
    assert all(isinstance(found, Candidate) for found in again)
    await until(lambda: checkers.alive == 2)
    assert isinstance(await checkers.check(documents[0], "", site.clock()), Candidate)


async def test_a_collector_without_checkers_works(site, intake):
    """``checkers = 0``: the event loop does it all."""
    alone = Checkers(intake.roster, intake.plans, intake, 0)
    await alone.start()
    document = site.document(intake.plans.current())
    assert isinstance(await alone.check(document, "", site.clock()), Candidate)
    await alone.close()


async def test_a_checker_does_not_outlive_a_collector_that_was_killed(tmp_path):
    """``kill -9`` of the collector closes the checker's input, and the checker ends by itself."""
    site = Site.make(tmp_path)
    site.clock.now_us = unix_now_us()
    with served(site, tmp_path / "log") as server:
        pid = server.process.pid
        (child,) = children_of(pid)
        assert "Z" != state_of(child)
        server.kill()
        await until(lambda: "Z" == state_of(child), 10)


def children_of(pid: int) -> list[str]:
    """The processes that ``pid`` has started."""
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def state_of(pid: str) -> str:
    """The kernel's letter for the state of a process; Z also where there is none any more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
