"""The HTTP doors: enrolment, plan, tickets, measurements, health and metrics, over a real socket."""

import asyncio
import gzip
import random
import re
from contextlib import asynccontextmanager

import aiohttp
import msgspec
import pytest

from collector import body, reader
from collector.app import make_site
from collector.enrolment import inspect_enrolment
from collector.fleet.watch import FleetWatch
from collector.rejections import REJECTIONS, Rejection
from collector.routes import ROUTES
from collector.wiring import listening
from probe.answers import Answer
from probe.measurement.envelope import LARGEST_BYTES
from probe.measurement.keys import certify, prove_possession
from probe.measurement.receipt import DigestReport
from probe.measurement.signing import (
    ENROLMENT,
    GRANT,
    PLAN,
    Signed,
    open_signed,
    public_bytes,
    sign,
)
from probe.measurement.ticket import Grant
from probe.plan import Enrolment, Plan
from tests.support.collectors import Site
from tests.support.documents import ResponderDesk, key_from, make_enrolment, make_pair


@asynccontextmanager
async def door(intake):
    """A client session and the URL of an application on ``intake``."""
    async with listening(make_site(intake), "127.0.0.1", 0) as url, aiohttp.ClientSession(url) as client:
        yield client, url


async def post(client, path, body, **headers):
    """Post and read the answer: its HTTP status and itself."""
    async with client.post(path, data=body, headers=headers) as response:
        return response.status, msgspec.json.decode(await response.read(), type=Answer)


def other(site: Site, seed: int = 50):
    """A key of somebody else."""
    return key_from(random.Random(seed))


async def test_measurements_by_http(site, intake):
    """Gzip or plain: accepted, then duplicate, with the hash of the signed bytes as id."""
    async with door(intake) as (client, _):
        document = gzip.compress(site.document(intake.plans.current()))
        headers = {"Content-Encoding": "gzip"}
        first = await post(client, "/v1/measurements", document, **headers)
        second = await post(client, "/v1/measurements", document, **headers)
        assert (200, "accepted") == (first[0], first[1].status)
        assert (200, "duplicate") == (second[0], second[1].status)
        (stored,) = reader.read_measurements(site.folder.root)
        assert {stored.measurement_id.hex()} == {first[1].id, second[1].id}


async def test_large_bodies_are_refused_by_http(intake):
    """Too large by its own word, too large without saying so, and a bomb: 413 each, and the server goes on."""

    async def without_length():
        for _ in range(40):
            yield bytes(16 * 1024)

    async with door(intake) as (client, _):
        status, answer = await post(client, "/v1/measurements", bytes(LARGEST_BYTES + 1))
        assert (413, "too_large") == (status, answer.code)
        status, answer = await post(client, "/v1/measurements", without_length())
        assert (413, "too_large") == (status, answer.code)
        bomb = gzip.compress(bytes(200 * 1024 * 1024))
        status, answer = await post(client, "/v1/measurements", bomb, **{"Content-Encoding": "gzip"})
        assert (413, "gzip_bomb") == (status, answer.code)
        status, answer = await post(client, "/v1/measurements", b"{}")
        assert (422, "bad_schema") == (status, answer.code)


async def test_a_body_that_stops_halfway_is_refused(intake, monkeypatch):
    """A sender that says 100 bytes and sends 10, then waits, or leaves: refused, to be tried again."""
    monkeypatch.setattr(body.read_body, "__defaults__", (0.2,))
    async with door(intake) as (client, url):
        port = int(url.rpartition(":")[2])
        reading, writing = await asyncio.open_connection("127.0.0.1", port)
        writing.write(b"POST /v1/measurements HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n0123456789")
        text = (await reading.read(2000)).decode()
        assert "408" in text.splitlines()[0]
        assert '"code":"slow_body"' in text
        assert '"retry":true' in text
        writing.close()
        reading, writing = await asyncio.open_connection("127.0.0.1", port)
        writing.write(b"POST /v1/measurements HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n0123456789")
        writing.close()
        await writing.wait_closed()
        async with client.get("/healthz") as response:
            assert 200 == response.status


async def test_a_broken_chunk_is_refused(intake):
    """A chunked body whose framing is nonsense is answered, not stumbled over."""
    async with door(intake) as (client, url):
        reading, writing = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writing.write(
            b"POST /v1/measurements HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
        )
        assert b"400" in (await reading.read(2000)).split(b"\r\n")[0]
        writing.close()
        async with client.get("/healthz") as response:
            assert 200 == response.status


BAD_HEADERS = [
    ("POST /v1/measurements", b"Content-Encoding: \xff", 400, b'"unknown_encoding"'),
    (
        "POST /v1/measurements",
        b"Content-Type: application/x-ndjson\r\nContent-Encoding: \xff",
        400,
        b'"unknown_encoding"',
    ),
    ("POST /v1/enrolments", b"Content-Encoding: \xff", 400, b'"unknown_encoding"'),
    ("POST /v1/tickets", b"Content-Encoding: gz\xc3\xa9p", 400, b'"unknown_encoding"'),
    ("POST /v1/withdrawals", b"Content-Encoding: \xff", 400, b'"unknown_encoding"'),
    ("GET /v1/fleet", b"Authorization: Bearer \xff", 401, b'"not_inside"'),
]


@pytest.mark.parametrize(("door_of", "header", "status", "code"), BAD_HEADERS)
async def test_a_header_that_is_no_text_is_refused_at_the_door(site, intake, door_of, header, status, code):
    """One byte that is no ASCII in a header is told so, and the documents after it are none the worse."""
    intake.fleet = FleetWatch(site.folder, intake.roster, site.clock)
    async with door(intake) as (client, url):
        reading, writing = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writing.write(
            door_of.encode() + b" HTTP/1.1\r\nHost: x\r\n" + header + b"\r\nContent-Length: 2\r\n\r\n{}"
        )
        said = await reading.read(2000)
        assert b" %d " % status in said.splitlines()[0]
        assert code in said
        writing.close()
        accepted = await post(client, "/v1/measurements", site.document(intake.plans.current()))
        assert (200, "accepted") == _fate(accepted)[:2]
    await intake.fleet.close()


async def test_an_error_of_ours_is_an_answer(site, intake, monkeypatch):
    """A bug behind a door becomes ``internal_error`` with retry; the probe keeps its copy, the server stays up."""

    def broken() -> int:
        raise RuntimeError("peer 127.0.0.42 did it")

    document = site.document(intake.plans.current())
    async with door(intake) as (client, _):
        with monkeypatch.context() as patched:
            patched.setattr(intake, "clock_us", broken)
            status, answer = await post(client, "/v1/measurements", document)
            assert (500, "internal_error", True) == (status, answer.code, answer.retry)
        assert 200 == (await post(client, "/v1/measurements", document))[0]


async def test_enrolment_and_plan(site, intake):
    """An enrolled key gets a plan signed by the operator, with a grant for it; a stranger gets 404."""
    long_lived, quarter_key = other(site, 51), other(site, 52)
    request = msgspec.json.encode(make_enrolment(long_lived, quarter_key, site.clock.moment))
    hexed = public_bytes(quarter_key).hex()
    async with door(intake) as (client, _):
        async with client.get(f"/v1/plan?key={hexed}") as response:
            assert 404 == response.status
            assert "unknown_key" == msgspec.json.decode(await response.read(), type=Answer).code
        assert (200, "accepted", hexed) == _fate(await post(client, "/v1/enrolments", request))
        assert (200, "duplicate", hexed) == _fate(await post(client, "/v1/enrolments", request))
        async with client.get(f"/v1/plan?key={hexed}") as response:
            signed = msgspec.json.decode(await response.read(), type=Signed)
        assert public_bytes(site.folder.open()) == signed.key
        plan = open_signed(signed, PLAN, Plan)
        grant = open_signed(plan.grants[0], GRANT, Grant)
        assert (public_bytes(quarter_key), ("r1",)) == (grant.probe_key, grant.responders)
        assert signed.key == plan.grants[0].key
        async with client.get("/v1/plan") as response:
            bare = open_signed(msgspec.json.decode(await response.read(), type=Signed), PLAN, Plan)
        assert ((), plan.serial) == (bare.grants, bare.serial)
        for nonsense in ("xyz", "00"):
            async with client.get(f"/v1/plan?key={nonsense}") as response:
                assert 400 == response.status
    assert hexed in {entry.quarter_key.hex() for entry in reader.read_rosters(site.folder.root)}


def _fate(reply):
    return reply[0], reply[1].status, reply[1].id


async def test_each_enrolment_fault_has_its_own_code(site, intake):
    """Wrong signatures, a certificate of another key, another quarter, a key that is taken, nonsense: each named."""
    moment, long_lived, quarter_key, third = (
        site.clock.moment,
        other(site, 51),
        other(site, 52),
        other(site, 53),
    )

    def request(signer, certificate):
        enrolment = Enrolment(certificate=certificate, software_version="1", sent_at_us=0)
        return sign(signer, ENROLMENT, enrolment)

    def flipped(signed):
        return msgspec.structs.replace(signed, signature=bytes(64))

    certificate = certify(long_lived, quarter_key, moment)
    cases = {
        "bad_signature": flipped(request(long_lived, certificate)),
        "certificate_of_another_key": request(third, certificate),
        "bad_certificate_signature": request(long_lived, flipped(certificate)),
        "wrong_quarter": make_enrolment(long_lived, quarter_key, moment.replace(year=2025)),
        "no_possession": request(long_lived, certificate),
        "key_taken": make_enrolment(long_lived, site.quarter_key, moment),
        "bad_schema": sign(long_lived, ENROLMENT, b'{"certificate": 1}'),
    }
    for code, signed in cases.items():
        reply = await intake.enrolment(msgspec.json.encode(signed), "")
        assert (code, REJECTIONS[code].status) == (reply.answer.code, reply.status)
    assert 1 == len(reader.read_rosters(site.folder.root))


@pytest.mark.parametrize("quarter", ["2026Q5", "Q4", "20264", "٢٠٢٦Q4", "0000Q1", "9999Q4"])
def test_nonsense_quarters_are_bad_schema(site, quarter):
    """A certificate for a quarter that does not exist is named as such."""
    certificate = sign(
        site.long_lived,
        "certificate",
        msgspec.json.encode(
            {"quarter_key": public_bytes(site.quarter_key), "quarter": quarter, "issued_at_us": 1}
        ),
    )
    request = Enrolment(
        certificate=certificate,
        software_version="1",
        sent_at_us=0,
        possession=prove_possession(site.quarter_key, certificate),
    )
    found = inspect_enrolment(
        msgspec.json.encode(sign(site.long_lived, ENROLMENT, request)), "", site.clock()
    )
    assert isinstance(found, Rejection)
    assert "bad_schema" == found.code


async def test_a_full_roster_asks_to_come_back(site, intake, monkeypatch):
    """The roster is bounded; beyond it an enrolment is refused with retry."""
    monkeypatch.setattr(intake.roster, "_largest", 1)
    request = msgspec.json.encode(make_enrolment(other(site, 51), other(site, 52), site.clock.moment))
    reply = await intake.enrolment(request, "")
    assert (503, "roster_full", True) == (reply.status, reply.answer.code, reply.answer.retry)


async def test_ticket_reports_are_kept(site, intake):
    """A responder of the plan posts its digests: kept once, read back; anybody else is refused."""
    desk = ResponderDesk(site.responder_key, "r1", site.rng)
    plan = intake.plans.current()
    make_pair(site.rng, site.responder_key, site.quarter_key, plan, "s1", 4e6, 2e7, desk=desk)
    signed = desk.report(site.clock.moment)
    report = msgspec.json.encode(signed)
    async with door(intake) as (client, _):
        assert (200, "accepted") == _fate(await post(client, "/v1/tickets", report))[:2]
        assert (200, "duplicate") == _fate(await post(client, "/v1/tickets", report))[:2]
        stranger = sign(other(site), "digest", signed.body_bytes())
        status, answer = await post(client, "/v1/tickets", msgspec.json.encode(stranger))
        assert (422, "unknown_responder") == (status, answer.code)
        forged = msgspec.structs.replace(signed, signature=bytes(64))
        status, answer = await post(client, "/v1/tickets", msgspec.json.encode(forged))
        assert (401, "bad_signature") == (status, answer.code)
        namesake = sign(
            site.responder_key, "digest", DigestReport(responder="r2", serial=1, made_at_us=1, tickets=())
        )
        status, answer = await post(client, "/v1/tickets", msgspec.json.encode(namesake))
        assert (422, "unknown_responder") == (status, answer.code)
    (stored,) = reader.read_digests(site.folder.root)
    assert 1 == msgspec.json.decode(stored.body, type=DigestReport).tickets[0].counter
    assert signed.body_bytes() == stored.body


async def test_a_busy_or_failing_store_says_come_back(site, intake, monkeypatch):
    """No room or no disk: 503 with retry, so that the probe keeps its copy; health tells the operator."""
    document = site.document(intake.plans.current())
    async with door(intake) as (client, _):
        with monkeypatch.context() as patched:
            patched.setattr(intake.store, "_waiting_rows", 0)
            status, answer = await post(client, "/v1/measurements", document)
            assert (503, "busy", True) == (status, answer.code, answer.retry)
        site.folder.hot.rename(site.folder.root / "away")
        status, answer = await post(client, "/v1/measurements", document)
        assert (503, "store_unavailable", True) == (status, answer.code, answer.retry)
        async with client.get("/healthz") as response:
            assert 503 == response.status
        site.folder.hot.mkdir()
        assert 200 == (await post(client, "/v1/measurements", document))[0]
        async with client.get("/healthz") as response:
            assert 200 == response.status


async def test_every_rejection_has_a_counter(site, intake):
    """Metrics name every code from the start, count what came, and are in Prometheus's text format."""
    async with door(intake) as (client, _):
        await post(client, "/v1/measurements", b"nonsense")
        await post(client, "/v1/measurements", site.document(intake.plans.current()))
        async with client.get("/metrics") as response:
            text = await response.text()
            assert "text/plain" == response.content_type
    counted = dict(re.findall(r'documents_total\{door="measurements",outcome="(\w+)"\} (\d+)', text))
    assert {*REJECTIONS, "accepted", "duplicate"} == set(counted)
    assert ("1", "1", "0") == (counted["not_json"], counted["accepted"], counted["conflict"])
    line = re.compile(r'(# (HELP|TYPE) .*|[a-z_]+(\{[a-z_]+="[\w/]+"(,[a-z_]+="[\w/]+")*\})? [0-9.e+-]+)')
    assert [] == [row for row in text.splitlines() if not line.fullmatch(row)]


async def test_the_table_makes_the_routes(intake):
    """What the table lists answers, with the method it lists and no other."""
    async with door(intake) as (client, _):
        for route in ROUTES:
            wrong = "GET" if route.method == "POST" else "POST"
            async with client.request(wrong, route.path) as response:
                assert 405 == response.status
            async with client.request(route.method, route.path) as response:
                # where no plan draws on a catalogue, saying so is an answer too
                assert 404 != response.status or b'"code":"no_' in await response.read()
