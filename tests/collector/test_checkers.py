"""The checkers' processes: the same word as the event loop's own, and nothing lost when one of them ends."""

import asyncio
import gc
import gzip
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from collector.checker import Task, Work, frame
from collector.checkers import BATCH, Checkers
from collector.ingest import Candidate, inspect
from collector.rejections import Rejection
from collector.turns import Claim, Part
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


async def test_a_checker_killed_over_a_full_pipe_leaves_no_unheard_error(site, intake, checkers, caplog):
    """asyncio keeps why a pipe broke; nobody must find it in the log as an exception that nobody retrieved."""
    documents = [site.document(intake.plans.current()) for _ in range(20)] * 20
    killed = [checker.process.pid for checker in checkers._checkers]
    for pid in killed:
        os.kill(pid, signal.SIGSTOP)
    tasks = [asyncio.create_task(checkers.check(one, "", site.clock())) for one in documents]
    await asyncio.sleep(0.1)
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    await asyncio.gather(*tasks)
    await until(lambda: checkers.alive == 2, 60)
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_a_checker_that_is_killed_loses_nothing_and_comes_back(site, intake, checkers):
    """Killed under load: each document is found sound or is to be sent again, and then is found sound."""
    plan = intake.plans.current()
    documents = [site.document(plan) for _ in range(3 * BATCH)]
    under_way = [asyncio.create_task(checkers.check(document, "", site.clock())) for document in documents]
    await asyncio.sleep(0)
    killed = {checker.process.pid for checker in checkers._checkers}
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    for found in await asyncio.gather(*under_way):
        assert isinstance(found, Candidate) or "internal_error" == found.code
    # Even to die takes a process its turn: until it has, documents are still left to it.
    await until(lambda: killed.isdisjoint(checker.process.pid for checker in checkers._checkers), 60)
    again = await asyncio.gather(*(checkers.check(document, "", site.clock()) for document in documents))
    assert all(isinstance(found, Candidate) for found in again)
    await until(lambda: checkers.alive == 2, 60)
    assert isinstance(await checkers.check(documents[0], "", site.clock()), Candidate)


async def test_a_checker_that_is_stopped_and_continued_says_nothing_wrong(site, intake):
    """SIGSTOP and SIGCONT in the middle of its answers to a pipe that is full: the answers are what they were to be."""
    documents = [site.document(intake.plans.current()) for _ in range(BATCH)]
    enrolled = tuple(intake.roster.entries_from(0))
    # Packed, so that the bodies come back and fill the pipe.
    tasks = tuple(Task(gzip.compress(document), "gzip", site.clock()) for document in documents)
    asked = frame(Work(0, enrolled, intake.plans.after(0), tasks)) * 12
    assert answers_of(asked, 12) == await asyncio.to_thread(answers_of, asked, 0)


def answers_of(asked: bytes, stops: int) -> bytes:
    """All that a checker answers when it is stopped and continued ``stops`` times before anybody reads a part of it."""
    words = [sys.executable, "-m", "collector.checker"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        source = process.stdin
        writer = threading.Thread(target=lambda: (source.write(asked), source.close()))
        writer.start()
        answers = b""
        for _ in range(stops):
            time.sleep(0.05)
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.002)
            process.send_signal(signal.SIGCONT)
            answers += process.stdout.read(20_000)
        answers += process.stdout.read()
        writer.join()
    return answers


async def test_a_checker_that_hangs_is_ended(site, intake, checkers, monkeypatch):
    """One that answers nothing is ended after a while; its document is to be sent again, and another takes its place."""
    for name in ("HUNG_S", "SLOW_START_S"):
        monkeypatch.setattr(f"collector.checkers.{name}", 0.2)
    document = site.document(intake.plans.current())
    for checker in list(checkers._checkers):
        os.kill(checker.process.pid, signal.SIGSTOP)
    found = await checkers.check(document, "", site.clock())
    assert isinstance(found, Rejection)
    assert "internal_error" == found.code
    assert isinstance(await checkers.check(document, "", site.clock()), Candidate | Rejection)
    for checker in list(checkers._checkers):
        os.kill(checker.process.pid, signal.SIGCONT)


def test_a_checker_speaks_as_the_server_does():
    """Its log goes through the same scrubbing, as JSON where that is asked for: an error of ours is one entry, and its end."""
    nonsense = (5).to_bytes(4, "big") + b"nonse"
    done = subprocess.run(
        [sys.executable, "-m", "collector.checker"],
        input=nonsense,
        capture_output=True,
        check=False,
        env={**os.environ, "ISONOMIA_LOG": "json"},
    )
    (entry,) = done.stderr.splitlines()
    said = msgspec.json.decode(entry)
    assert (1, "isonomia.collector.checker") == (done.returncode, said["logger"])
    assert "DecodeError" in said["traceback"] or "ValidationError" in said["traceback"]


async def test_what_cannot_be_framed_takes_nobody_along(site, intake, checkers):
    """A text that is no Unicode fails its own batch, to be sent again; every later document gets the word on itself."""
    plan = intake.plans.current()
    documents = [site.document(plan) for _ in range(3 * BATCH)]
    found = await checkers.check(documents[0], "\udcff", site.clock())
    assert isinstance(found, Rejection)
    assert "internal_error" == found.code
    for document in documents:
        expected = inspect(document, "", intake, site.clock())
        async with asyncio.timeout(60):
            assert expected == await checkers.check(document, "", site.clock())


async def test_an_answer_to_another_frame_ends_its_checker(site, intake, checkers):
    """Answers that are out of step are nobody's word: who waits is to send again, and another checker takes the place."""
    plan = intake.plans.current()
    document, other = site.document(plan), site.document(plan)
    expected = inspect(document, "", intake, site.clock())
    assert expected == await checkers.check(document, "", site.clock())
    claim = Claim((Task(other, "", site.clock()),), asyncio.get_running_loop().create_future())
    stranger = Part(claim, 0, claim.tasks)
    for checker in checkers._checkers:
        checker.under_way.append([stranger])
    found = await checkers.check(document, "", site.clock())
    assert isinstance(found, Rejection)
    assert "internal_error" == found.code
    await until(lambda: checkers.alive == 2, 60)
    assert expected == await checkers.check(document, "", site.clock())


async def test_closing_leaves_no_pipe_behind(site, intake):
    """Checkers that are closed while they answer: what they say is read to its end, and no transport stays open."""
    plan, made = intake.plans.current(), Checkers(intake.roster, intake.plans, intake, 1)
    await made.start()
    tasks = [Task(site.document(plan), "", site.clock()) for _ in range(60)]
    asked = [asyncio.create_task(made.check_all(tasks[:1]))]
    await asked[0]
    asked.append(asyncio.create_task(made.check_all(tasks)))
    await asyncio.sleep(0)
    checker = made._checkers[0]
    await made.close()
    asked[1].cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert checker.process.returncode == 0
    assert checker.source.at_eof()


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
