"""Every reason a measurement is refused: its exact code, its status, both messages, and nothing kept."""

import gzip
import random
from datetime import timedelta

import msgspec
import pytest
from backports import zstd

from collector import reader
from collector.documents import plain
from collector.ingest import Candidate, inspect
from collector.intake import rejected
from collector.messages import MESSAGES
from collector.rejections import REJECTIONS, Rejection
from probe.measurement.envelope import encode
from probe.measurement.signing import MEASUREMENT, Signed, sign
from tests.collector.spoiled import (
    CASES,
    TOO_WIDE,
    Bench,
    agreed,
    flipped,
    shrunk,
    skipped,
    spelled,
    unenrolled,
    wrong_type,
)
from tests.support.documents import make_pair

DAY = timedelta(days=1)
replace = msgspec.structs.replace


@pytest.fixture
def bench(site, intake):
    """A sound measurement, and the means to spoil it."""
    plan = intake.plans.current()
    measurement = make_pair(
        site.rng,
        site.responder_key,
        site.quarter_key,
        plan,
        "s1",
        4e6,
        20e6,
        started_at=site.clock.moment,
    )
    return Bench(site, plan, measurement)


async def test_a_sound_measurement_is_accepted(bench, intake):
    """What the cases below spoil is accepted as it stands, plain and gzipped, closed or not."""
    reply = await intake.measurement(bench.sound(), "")
    assert (200, "accepted") == (reply.status, reply.answer.status)
    reply = await intake.measurement(gzip.compress(bench.site.document(bench.plan)), "gzip")
    assert (200, "accepted") == (reply.status, reply.answer.status)
    reply = await intake.measurement(bench.site.document(bench.plan, closed=False), "identity")
    assert (200, "accepted") == (reply.status, reply.answer.status)
    reply = await intake.measurement(skipped(bench, hours=0), "")
    assert (200, "accepted") == (reply.status, reply.answer.status)


@pytest.mark.parametrize("failure", ["connect_timeout", "tls_reset", "start_reset", "transfer_reset"])
async def test_what_the_network_did_is_no_reason_to_refuse(bench, intake, failure):
    """A run that failed at any layer is a measurement like any other."""
    document = bench.site.document(bench.plan, failures={"original": failure})
    assert "accepted" == (await intake.measurement(document, "")).answer.status


@pytest.mark.parametrize("share", [0.85, 1.001])
async def test_bytes_within_the_tolerance_are_no_reason_to_refuse(bench, intake, share):
    """A proxy that acknowledges early, or lost acknowledgements, make the two ends differ: that is accepted."""
    assert "accepted" == (await intake.measurement(shrunk(bench, share), "")).answer.status


async def test_an_escaped_backslash_is_no_nul(bench, intake):
    """A text of a backslash and the letters u0000 holds no NUL."""
    document = spelled(bench, b'"region":null', b'"region":"\\\\u0000"')
    assert "accepted" == (await intake.measurement(document, "")).answer.status


async def test_a_slower_pace_for_a_slower_home_is_no_reason_to_refuse(bench, intake):
    """A probe asks for less than the service's pace where its line is slower."""
    assert "accepted" == (await intake.measurement(agreed(bench, pace_bit_s=5_000_000), "")).answer.status


@pytest.mark.parametrize("case", CASES)
async def test_each_fault_has_its_own_code(bench, intake, site, case):
    """A document with one fault is refused with that fault's code, in both languages, and is not kept."""
    code, make = CASES[case]
    reply = await intake.measurement(make(bench), "")
    assert code == reply.answer.code
    assert REJECTIONS[code].status == reply.status
    assert (False, "rejected") == (reply.answer.retry, reply.answer.status)
    assert reply.answer.message_fr
    assert reply.answer.message_en
    assert reply.answer.message_fr != reply.answer.message_en
    assert [] == list(reader.read_measurements(site.folder.root))


def _streamed(data: bytes) -> bytes:
    """A frame that does not say its length, and asks its reader for a window of 128 MB."""
    packer = zstd.ZstdCompressor(options=TOO_WIDE)
    return bytes(packer.compress(data) + packer.flush())


@pytest.mark.parametrize(
    ("code", "encoding", "make"),
    [
        ("unknown_encoding", "br", lambda sound: sound),
        ("gzip_truncated", "gzip", lambda sound: gzip.compress(sound)[:-5]),
        ("gzip_truncated", "gzip", lambda _: b""),
        ("gzip_broken", "gzip", lambda sound: sound),
        ("gzip_broken", "gzip", lambda sound: gzip.compress(sound) + b"more"),
        ("gzip_broken", "gzip", lambda sound: gzip.compress(sound)[:-8] + bytes(8)),
        ("gzip_bomb", "gzip", lambda _: gzip.compress(bytes(64 * 1024 * 1024))),
        ("zstd_truncated", "zstd", lambda sound: zstd.compress(sound)[:-5]),
        ("zstd_truncated", "zstd", lambda _: b""),
        ("zstd_broken", "zstd", lambda sound: sound),
        ("zstd_broken", "zstd", lambda sound: zstd.compress(sound) + b"more"),
        ("zstd_broken", "zstd", _streamed),
        ("zstd_bomb", "zstd", lambda _: zstd.compress(bytes(64 * 1024 * 1024))),
    ],
)
async def test_each_encoding_fault_has_its_own_code(bench, intake, code, encoding, make):
    """A body whose encoding is unknown, cut, broken or a bomb is refused with its own code."""
    reply = await intake.measurement(make(bench.sound()), encoding)
    assert code == reply.answer.code


def test_a_body_of_exactly_the_limit_passes():
    """The bound is on what comes out: the limit itself is allowed, one byte more is not."""
    body = bytes(1000)
    assert body == plain(gzip.compress(body), "gzip", 1000)
    assert body == plain(body, "", 1000)


async def test_the_schema_message_says_where(bench, intake):
    """A wrong type is named with its place in the document."""
    reply = await intake.measurement(wrong_type(bench), "")
    assert "body: Expected `int`, got `str` - at `$.plan_serial`" in str(reply.answer.message_en)


async def test_the_first_fault_in_the_documented_order_is_told(bench, intake):
    """A document wrong in two ways is answered with the earlier check: the roster before the signature."""
    twice = flipped(msgspec.json.decode(unenrolled(bench), type=Signed))
    assert "unknown_key" == (await intake.measurement(msgspec.json.encode(twice), "")).answer.code


async def test_the_pipeline_is_pure(bench, intake):
    """The same bytes, knowledge and time give the same answer, and nothing is kept on the way."""
    now_us = bench.site.clock()
    first = inspect(bench.sound(), "", intake, now_us)
    assert isinstance(first, Candidate)
    assert first == inspect(bench.sound(), "", intake, now_us)
    assert 0 == intake.store.waiting


async def test_every_rejection_of_the_pipeline_is_tried_here(bench):
    """No code of the measurement pipeline is without a case above."""
    elsewhere = {
        "conflict",
        "ticket_of_two_keys",
        "over_quota",
        "second_quarter_key",
        "too_many_enrolments",
        "certificate_of_another_key",
        "bad_certificate_signature",
        "key_taken",
        "roster_full",
        "bad_query",
        "no_catalogue",
        "busy",
        "store_unavailable",
        "internal_error",
        "body_cut",
        "no_possession",
        *("bad_invitation", "invitation_used", "invitation_needed", "awaiting_approval"),
        *("home_revoked", "home_withdrawn", "unknown_home", "foreign_withdrawal", "not_inside"),
        "slow_body",
        "empty_batch",
        "too_many_lines",
        "too_fast",
        *("another_sender", "key_revoked", "no_mqtt", "plan_not_here"),
    }
    encodings = {"unknown_encoding"} | {code for code in REJECTIONS if code.startswith(("gzip", "zstd"))}
    assert set(REJECTIONS) == elsewhere | encodings | {code for code, _ in CASES.values()}


@pytest.mark.parametrize("code", REJECTIONS)
def test_every_code_has_both_messages(code):
    """The table and the messages name the same codes, and every answer says something in both languages."""
    assert {"fr", "en"} == set(MESSAGES[f"rejected.{code}"])
    reply = rejected(Rejection(code, "x", bytes(32)))
    assert code == reply.answer.code
    assert "{" not in f"{reply.answer.message_fr}{reply.answer.message_en}"


def test_no_message_without_a_code():
    """A rejected.* message that no code uses is a leftover."""
    assert set(REJECTIONS) == {name.partition(".")[2] for name in MESSAGES if name.startswith("rejected.")}


async def test_hostile_bytes_never_raise(bench, intake):
    """A sound document with random damage is refused or kept, never an exception: 400 seeded mutations."""
    rng = random.Random(5)
    sound = bench.sound()
    for _ in range(400):
        damaged = bytearray(sound)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        found = inspect(bytes(damaged), rng.choice(["", "gzip"]), intake, bench.site.clock())
        assert isinstance(found, Candidate | Rejection)


async def test_hostile_values_under_a_good_signature_never_raise(bench, intake):
    """Extreme numbers and dates that the schema allows are judged, not stumbled over."""
    for value in (0, -(10**30), 10**30, 2**63):
        for name in ("opened_at_us", "expires_at_us", "counter", "max_run_bytes"):
            found = inspect(bench.ticket(**{name: value}), "", intake, bench.site.clock())
            assert isinstance(found, Candidate | Rejection)
    for text in (b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00"):
        body = encode(bench.measurement).replace(
            msgspec.json.encode(bench.measurement.started_at), b'"' + text + b'"'
        )
        document = msgspec.json.encode(sign(bench.site.quarter_key, MEASUREMENT, body))
        found = inspect(document, "", intake, bench.site.clock())
        assert isinstance(found, Rejection)
        assert "clock_far" == found.code
