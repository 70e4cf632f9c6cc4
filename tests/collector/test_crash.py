"""Accepted means on disk: the real process is killed with -9 under load, again and again, and nothing is lost."""

import asyncio
import gzip
import random

import aiohttp
import msgspec

from collector import reader
from probe.answers import Answer
from probe.measurement.signing import Signed, document_id
from probe.plan import Plan
from tests.support.collectors import Clock, Server, Site, served, unix_now_us

ROUNDS = 6
SENDERS = 12
DOCUMENTS = 240


async def send_all(server: Server, documents: list[bytes], journal: dict[str, str], kill_after: int) -> None:
    """Send until the server is gone; the journal notes what was accepted, as a probe would before deleting."""
    waiting = list(documents)
    accepted = 0

    async def sender(client: aiohttp.ClientSession) -> None:
        nonlocal accepted
        while waiting:
            document = waiting.pop()
            try:
                async with client.post(
                    "/v1/measurements", data=gzip.compress(document, 1), headers={"Content-Encoding": "gzip"}
                ) as response:
                    answer = msgspec.json.decode(await response.read(), type=Answer)
            except (aiohttp.ClientError, OSError):
                return
            assert answer.id is not None, answer
            assert answer.settled(), answer
            journal[answer.id] = answer.status
            accepted += 1
            if accepted == kill_after:
                server.process.kill()

    async with aiohttp.ClientSession(server.url) as client:
        await asyncio.gather(*(sender(client) for _ in range(SENDERS)))


async def fetch_plan(server: Server) -> Plan:
    """The plan as a probe without a key would see it."""
    async with aiohttp.ClientSession(server.url) as client, client.get("/v1/plan") as response:
        signed = msgspec.json.decode(await response.read(), type=Signed)
    return msgspec.json.decode(signed.body_bytes(), type=Plan)


async def enrol(server: Server, site: Site) -> str:
    """Enrol the site's probe; the answer's status."""
    async with (
        aiohttp.ClientSession(server.url) as client,
        client.post("/v1/enrolments", data=site.enrolment()) as response,
    ):
        return msgspec.json.decode(await response.read(), type=Answer).status


async def test_kill_9_loses_nothing_that_was_accepted(tmp_path):
    """Six rounds of kill -9 between receiving and committing: every accepted measurement is there exactly once,
    every unaccepted one can be sent again, and no row is there that was not sent.
    """
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    rng = random.Random(9)
    journal: dict[str, str] = {}
    documents: dict[str, bytes] = {}
    for round_number in range(ROUNDS + 1):
        with served(site, tmp_path / "log") as server:
            assert ("duplicate" if round_number else "accepted") == await enrol(server, site)
            if not documents:
                plan = await fetch_plan(server)
                made = [site.signed(plan) for _ in range(DOCUMENTS)]
                documents = {document_id(s.body_bytes()).hex(): msgspec.json.encode(s) for s in made}
            unsent = [document for name, document in documents.items() if name not in journal]
            last = round_number == ROUNDS
            kill_after = len(unsent) + 1 if last else rng.randint(1, 35)
            await send_all(server, unsent, journal, kill_after)
            if not last:
                assert -9 == server.process.wait(20)
        stored = [row.measurement_id.hex() for row in reader.read_measurements(site.folder.root)]
        assert len(set(stored)) == len(stored)
        assert set() == set(journal) - set(stored)
        assert set() == set(stored) - set(documents)
    assert set(documents) == set(journal)
    assert {row.body for row in reader.read_measurements(site.folder.root)} == {
        msgspec.json.decode(document, type=Signed).body_bytes() for document in documents.values()
    }
    assert "" == (tmp_path / "log").read_text()


async def test_a_graceful_stop_answers_what_it_took(tmp_path):
    """SIGTERM under load: requests under way are answered, what was answered is kept, the exit code is 0."""
    site = Site.make(tmp_path, clock=Clock(unix_now_us()))
    journal: dict[str, str] = {}
    with served(site, tmp_path / "log") as server:
        await enrol(server, site)
        plan = await fetch_plan(server)
        documents = [site.document(plan) for _ in range(60)]
        server.process.kill = server.process.terminate  # type: ignore[method-assign] # a gentler end, same journal
        await send_all(server, documents, journal, 20)
        assert 0 == server.process.wait(20)
    stored = {row.measurement_id.hex() for row in reader.read_measurements(site.folder.root)}
    assert len(journal) >= 20
    assert set(journal) == stored
    assert [] == list(site.folder.hot.glob("*-wal"))
