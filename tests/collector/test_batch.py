"""Batches by HTTP: a line a document, an answer a line, one commit; gzip and zstd, both bounded."""

import asyncio
import gzip
import tracemalloc
from collections.abc import Callable
from contextlib import asynccontextmanager
from io import BytesIO

import aiohttp
import msgspec
import pytest
from backports import zstd

from analysis.observe.opened import Opened, open_stored
from collector import batch, reader
from collector.app import make_site
from collector.limits import Limits
from collector.rejections import Refused
from collector.wiring import listening
from probe.answers import ANSWERS, SIGNATURE_HEADER, Answer, check_signature
from probe.measurement.signing import MEASUREMENT, Signed, public_bytes, verify
from probe.together import under_one_signature
from tests.collector.test_store import conflicting
from tests.support.collectors import Clock

NDJSON = {"Content-Type": batch.CONTENT_TYPE}
PACKERS: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.compress, "zstd": zstd.compress}


@asynccontextmanager
async def door(intake):
    """A client session on ``intake``."""
    async with listening(make_site(intake), "127.0.0.1", 0) as url, aiohttp.ClientSession(url) as client:
        yield client


@asynccontextmanager
async def prefixed(intake):
    """A client session that comes through the reverse proxy on this machine from one home, and the URL."""
    headers = {"X-Forwarded-For": "203.0.113.9, 192.0.2.7"}
    async with (
        listening(make_site(intake), "127.0.0.1", 0) as url,
        aiohttp.ClientSession(url, headers=headers) as client,
    ):
        yield client, url


async def post(client, body, encoding=""):
    """Post a batch; status, exact body, signature."""
    headers = NDJSON | ({"Content-Encoding": encoding} if encoding else {})
    async with client.post("/v1/measurements", data=BytesIO(body), headers=headers) as response:
        return response.status, await response.read(), response.headers.get(SIGNATURE_HEADER)


def lines(body):
    """The answers in a response."""
    return [msgspec.json.decode(line, type=Answer) for line in body.splitlines()]


@pytest.mark.parametrize("encoding", PACKERS)
async def test_a_batch_is_answered_line_by_line(site, intake, encoding):
    """Good, doubled, damaged and foreign lines: each its own answer, in order, all signed together; the good are kept."""
    plan = intake.plans.current()
    first, second = site.document(plan), site.document(plan)
    unsigned = msgspec.json.encode(msgspec.structs.replace(site.signed(plan), signature=bytes(64)))
    body = PACKERS[encoding](b"\n".join([first, second, b"", b"nonsense", first, unsigned]) + b"\n")
    async with door(intake) as client:
        status, said, signature = await post(client, body, encoding)
    assert 200 == status
    check_signature(said, signature, public_bytes(site.folder.open()), ANSWERS)
    found = lines(said)
    assert ["accepted", "accepted", "rejected", "duplicate", "rejected"] == [one.status for one in found]
    assert ["not_json", "bad_signature"] == [one.code for one in found if one.code]
    # Signed, an id under a rejection that anybody could have brought about would settle what it must not.
    assert [None, None] == [one.id for one in found if one.code]
    assert {row.measurement_id.hex() for row in reader.read_measurements(site.folder.root)} == {
        one.id for one in found if one.settled()
    }
    counted = intake.metrics.documents
    assert (2, 1, 1, 1) == tuple(
        counted["measurements", code] for code in ("accepted", "duplicate", "not_json", "bad_signature")
    )


async def test_a_batch_under_one_signature_is_kept_and_each_document_stands_for_itself(site, intake):
    """As a probe sends it: all accepted; what is kept verifies one by one; sent again alone each is a duplicate.

    One line that was changed on the way is refused by itself.
    """
    plan = intake.plans.current()
    spooled = [site.document(plan) for _ in range(12)]
    sent = under_one_signature(site.quarter_key, spooled)
    changed = sent[5].replace(b'"service":"', b'"service":"x', 1)
    async with door(intake) as client:
        _, said, _ = await post(client, b"\n".join([*sent[:5], changed, *sent[6:]]))
        assert ["bad_signature"] == [one.code for one in lines(said) if one.code]
        assert 11 == sum(one.status == "accepted" for one in lines(said))
        _, said, _ = await post(client, b"\n".join(spooled))
    assert ["accepted" if n == 5 else "duplicate" for n in range(12)] == [one.status for one in lines(said)]
    kept = list(reader.read_measurements(site.folder.root))
    assert 12 == len(kept)
    assert 11 == sum(len(row.signature) > 64 for row in kept)
    for row in kept:
        verify(Signed(row.key, row.signature, msgspec.Raw(row.body)), MEASUREMENT)
        assert isinstance(open_stored(row), Opened)  # the judgement verifies it, too


async def test_a_batch_is_one_commit(site, intake):
    """Fifty documents of one batch cost one fsync."""
    plan = intake.plans.current()
    async with door(intake) as client:
        _, said, _ = await post(client, b"\n".join(site.document(plan) for _ in range(50)))
    assert {"accepted"} == {one.status for one in lines(said)}
    assert (1, 50) == (intake.metrics.commits[True], intake.metrics.committed_rows)


@pytest.mark.parametrize(
    ("code", "status", "encoding", "make"),
    [
        ("empty_batch", 400, "", lambda: b"\n \n"),
        ("empty_batch", 400, "gzip", lambda: gzip.compress(b"\n" * batch.LARGEST_BYTES)),
        ("too_many_lines", 413, "", lambda: b"{}\n" * (batch.MOST_LINES + 1)),
        ("too_many_lines", 413, "gzip", lambda: gzip.compress(b"ab\n" * (batch.LARGEST_BYTES // 3))),
        ("too_large", 413, "", lambda: bytes(batch.LARGEST_ON_THE_WAY + 1)),
        ("gzip_bomb", 413, "gzip", lambda: gzip.compress(bytes(batch.LARGEST_BYTES + 1))),
        ("zstd_bomb", 413, "zstd", lambda: zstd.compress(bytes(batch.LARGEST_BYTES + 1))),
        ("zstd_broken", 400, "zstd", lambda: b"nonsense"),
        ("unknown_encoding", 400, "br", lambda: b"{}"),
    ],
)
async def test_a_batch_that_cannot_be_read_is_refused_whole(intake, code, status, encoding, make):
    """What is no batch is answered once, with its code, unsigned: the probe keeps all its copies."""
    async with door(intake) as client:
        got, said, signature = await post(client, make(), encoding)
    assert (status, code, None) == (got, msgspec.json.decode(said, type=Answer).code, signature)


def test_lines_beyond_the_hundredth_are_not_divided():
    """A body of a million lines is refused for no more memory than three times its own length and a bit; empty lines between documents are none."""
    flood = b"ab\n" * (batch.LARGEST_BYTES // 3)
    tracemalloc.start()
    with pytest.raises(Refused, match="too_many_lines"):
        batch.lines_of(gzip.compress(flood), "gzip")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3.5 * len(flood)
    spaced = b"\n\n".join(b"%d" % n for n in range(batch.MOST_LINES)) + b"\n" * 1000
    assert [b"%d" % n for n in range(batch.MOST_LINES)] == batch.lines_of(spaced, "")


@pytest.mark.parametrize("path", ["/v1/plan", "/v1/catalogue", "/v1/mqtt", "/v1/fleet"])
async def test_what_is_signed_on_asking_is_counted(intake, path):
    """Who has used up a minute gets no plan for it either; health, readiness and metrics are answered all the same."""
    intake.limits = Limits(Clock(), per_minute=3)
    intake.limits.take("192.0.2.200", 3)
    async with prefixed(intake) as (client, _):
        for asked, expected in ((path, 429), ("/healthz", 200), ("/readyz", 200), ("/metrics", 200)):
            async with client.get(asked) as response:
                assert expected == response.status, asked


@pytest.mark.parametrize("path", ["/v1/measurements", "/v1/enrolments", "/v1/tickets", "/v1/withdrawals"])
async def test_every_post_is_counted_before_it_is_read(intake, path):
    """Whoever has used up a minute is refused at every door by the headers alone: no byte of the body need come."""
    intake.limits = Limits(Clock(), per_minute=3)
    intake.limits.take("192.0.2.200", 3)
    async with prefixed(intake) as (client, url):
        for home, expected in (("192.0.2.7", True), ("198.51.100.1", False)):
            async with client.post(path, data=b"{}", headers={"X-Forwarded-For": home}) as response:
                code = msgspec.json.decode(await response.read(), type=Answer).code
            assert expected == (code == "too_fast")
        reading, writing = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
        writing.write(
            b"POST %b HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.99\r\nContent-Length: 100\r\n\r\n"
            % path.encode()
        )
        async with asyncio.timeout(5):
            assert b"429" in await reading.readline()
        writing.close()


@pytest.mark.parametrize(
    ("path", "headers", "make"),
    [
        ("/v1/measurements", NDJSON, lambda: gzip.compress(b"ab\n" * 1000)),
        ("/v1/measurements", NDJSON, lambda: gzip.compress(bytes(batch.LARGEST_BYTES + 1))),
        ("/v1/tickets", {}, lambda: gzip.compress(b"[%b0]" % (b"0," * 1000))),
    ],
)
async def test_what_costs_much_and_is_nothing_counts_as_a_whole_batch(intake, path, headers, make):
    """A body that inflates to megabytes of nothing uses up what a batch would: a minute has room for two."""
    intake.limits = Limits(Clock(), per_minute=2 * batch.MOST_LINES)
    async with prefixed(intake) as (client, _):
        codes = []
        for _ in range(3):
            async with client.post(
                path, data=make(), headers=headers | {"Content-Encoding": "gzip"}
            ) as response:
                codes.append(msgspec.json.decode(await response.read(), type=Answer).code)
    assert "too_fast" not in codes[:2]
    assert "too_fast" == codes[2]


async def test_a_line_for_a_ticket_that_was_used_is_a_conflict(site, intake):
    """Two different bodies for one ticket in one batch: the first is kept, the second is a conflict, counted as such."""
    plan = intake.plans.current()
    two = conflicting(site, plan, 2)
    async with door(intake) as client:
        _, said, _ = await post(client, b"\n".join(two))
    assert ["accepted", "conflict"] == [one.code or one.status for one in lines(said)]
    assert 1 == intake.metrics.documents["measurements", "conflict"]


def test_a_flood_from_one_prefix_does_not_starve_another():
    """A prefix that offers a thousand times its share gets its share; its neighbour all it asks; the minute after, again."""
    clock = Clock()
    limits = Limits(clock, per_minute=600)
    passed = sum(limits.take("192.0.2.7", 50) for _ in range(1000))
    assert 12 == passed
    assert not limits.take("192.0.2.200", 1)  # the same /24
    assert all(limits.take("198.51.100.1", 1) for _ in range(600))
    assert limits.take(None, 10_000)
    clock.advance(seconds=30)
    assert 6 == sum(limits.take("192.0.2.7", 50) for _ in range(1000))
    clock.advance(hours=-3)
    assert not limits.take("192.0.2.7", 1)


def test_limits_do_not_grow(monkeypatch):
    """Ever new prefixes leave no more behind than the bound allows."""
    monkeypatch.setattr("collector.limits.MOST_PREFIXES", 100)
    clock = Clock()
    limits = Limits(clock, per_minute=10)
    for n in range(1000):
        clock.advance(seconds=n % 3)
        assert limits.take(f"10.{n // 256}.{n % 256}.1", 1)
    assert len(limits._buckets) <= 100
