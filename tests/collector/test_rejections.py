"""Every reason a measurement is refused: its exact code, its status, both messages, and nothing kept."""

import gzip
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from backports import zstd

from collector import reader
from collector.documents import plain
from collector.ingest import Candidate, inspect
from collector.intake import rejected
from collector.messages import MESSAGES
from collector.rejections import REJECTIONS, Rejection
from probe.measurement.envelope import LARGEST_BYTES, Clock, Measurement, encode
from probe.measurement.receipt import Receipt
from probe.measurement.signing import MEASUREMENT, STATEMENT, TICKET, Signed, document_id, public_bytes, sign
from probe.measurement.ticks import Ticks
from tests.support.collectors import Site
from tests.support.documents import key_from, make_pair, make_skipped_document

DAY = timedelta(days=1)
TOO_WIDE: dict[int, int] = {zstd.CompressionParameter.window_log: 27}
replace = msgspec.structs.replace


@dataclass
class Bench:
    """What a forger of one document has at hand: the site, its plan, and a sound measurement to spoil."""

    site: Site
    plan: Any
    measurement: Any

    def sign(self, measurement: Measurement) -> bytes:
        return msgspec.json.encode(sign(self.site.quarter_key, MEASUREMENT, encode(measurement)))

    def sound(self) -> bytes:
        return self.sign(self.measurement)

    def pair(self, **changes: Any) -> bytes:
        """The measurement with changes in its pair, signed by the probe."""
        return self.sign(replace(self.measurement, pair=replace(self.measurement.pair, **changes)))

    def ticket(self, by: Any = None, restate: bool = True, **changes: Any) -> bytes:
        """The measurement with another ticket; ``restate``: the responder's statement fits it."""
        pair = self.measurement.pair
        key = by or self.site.responder_key
        ticket = sign(key, TICKET, replace(pair.open_ticket(), **changes))
        if not restate:
            return self.pair(ticket=ticket)
        statement = replace(
            pair.open_statement(),
            ticket_sha256=document_id(ticket.body_bytes()),
            pair_id=pair.open_ticket().pair_id,
        )
        return self.pair(ticket=ticket, statement=sign(self.site.responder_key, STATEMENT, statement))

    def statement(self, by: Any = None, **changes: Any) -> bytes:
        statement = replace(self.measurement.pair.open_statement(), **changes)
        return self.pair(statement=sign(by or self.site.responder_key, STATEMENT, statement))

    def run(self, order: int, **changes: Any) -> bytes:
        runs = list(self.measurement.pair.runs)
        runs[order] = replace(runs[order], **changes)
        return self.pair(runs=tuple(runs))

    def other_key(self) -> Any:
        return key_from(random.Random(99))


def swapped(bench: Bench) -> bytes:
    """The runs in the other order, as if the coin had fallen otherwise."""
    first, second = bench.measurement.pair.runs
    return bench.pair(runs=(replace(second, order=0), replace(first, order=1)))


def flipped(signed: Signed) -> Signed:
    """The same document, its signature one bit off."""
    return replace(signed, signature=bytes([signed.signature[0] ^ 1]) + signed.signature[1:])


def unmeasured(bench: Bench) -> bytes:
    """A pair over QUIC that does not say what its CPU could have carried."""
    pair = bench.measurement.pair
    runs = tuple(replace(run, client_hello=None) for run in pair.runs)
    quic = replace(bench.measurement, nettest="replay_quic", pair=replace(pair, runs=runs))
    return Bench(bench.site, bench.plan, quic).ticket(nettest="replay_quic")


def wrong_type(bench: Bench) -> bytes:
    """A number given as text, in a body that is signed as it should be."""
    body = encode(bench.measurement).replace(b'"plan_serial":1', b'"plan_serial":"one"')
    return msgspec.json.encode(sign(bench.site.quarter_key, MEASUREMENT, body))


def stolen(bench: Bench) -> bytes:
    """Another probe's measurement under this probe's signature."""
    return bench.sign(replace(bench.measurement, probe_key=public_bytes(bench.other_key())))


def unenrolled(bench: Bench) -> bytes:
    """Signed by a key that nobody enrolled."""
    return msgspec.json.encode(sign(bench.other_key(), MEASUREMENT, encode(bench.measurement)))


def aged(bench: Bench, **delta: float) -> bytes:
    """A sound measurement of another time."""
    started_at = bench.site.clock.moment + timedelta(**delta)
    return bench.site.document(bench.plan, started_at=started_at)


def other_ticks(bench: Bench) -> bytes:
    """Responder's ticks that its receipt does not name."""
    return bench.run(0, responder_ticks=Ticks(t_us=(0, 1), wire_bytes=(0, 1)))


def receipts_twice(bench: Bench) -> bytes:
    """Two receipts for the first run."""
    receipts = bench.measurement.pair.open_statement().receipts
    return bench.statement(receipts=(receipts[0], receipts[0]))


def foreign_pair_id(bench: Bench) -> bytes:
    """A statement of the right responder about another pair."""
    return bench.statement(pair_id=bytes(16))


def skipped(bench: Bench, **delta: float) -> bytes:
    """A measurement that did not run, of another time."""
    started_at = bench.site.clock.moment + timedelta(**delta)
    return msgspec.json.encode(
        make_skipped_document(bench.site.quarter_key, bench.plan, "s1", started_at, "on_battery")
    )


def spelled(bench: Bench, old: bytes, new: bytes) -> bytes:
    """The measurement with other bytes in its body, signed as they stand."""
    body = encode(bench.measurement)
    assert old in body
    return msgspec.json.encode(sign(bench.site.quarter_key, MEASUREMENT, body.replace(old, new)))


def skipped_and_long(bench: Bench) -> bytes:
    """A measurement that did not run, with 9 kB of a field that nobody knows."""
    signed = make_skipped_document(
        bench.site.quarter_key, bench.plan, "s1", bench.site.clock.moment, "on_battery"
    )
    body = signed.body_bytes()[:-1] + b',"x":"' + b" " * 9_000 + b'"}'
    return msgspec.json.encode(sign(bench.site.quarter_key, MEASUREMENT, body))


def agreed(bench: Bench, **terms: Any) -> bytes:
    """Ticket and limits that agree with each other on ``terms``."""
    pair = bench.measurement.pair
    limits = replace(pair.limits, **terms)
    return Bench(
        bench.site, bench.plan, replace(bench.measurement, pair=replace(pair, limits=limits))
    ).ticket(**terms)


def receipt(bench: Bench, order: int, **changes: Any) -> bytes:
    """The measurement with another receipt, signed by the responder."""
    receipts = list(bench.measurement.pair.open_statement().receipts)
    receipts[order] = replace(receipts[order], **changes)
    return bench.statement(receipts=tuple(receipts))


def unseen(bench: Bench, *receipts: Receipt) -> bytes:
    """Two runs that claim to be ``ok`` while the responder's word is ``receipts``: a finding out of nothing."""
    pair = bench.measurement.pair
    runs = tuple(replace(run, responder_ticks=None) for run in pair.runs)
    nothing = Bench(bench.site, bench.plan, replace(bench.measurement, pair=replace(pair, runs=runs)))
    return nothing.statement(receipts=receipts)


def shrunk(bench: Bench, share: float) -> bytes:
    """The first run with this share of the bytes that the responder was told had arrived."""
    run = bench.measurement.pair.run("control")
    ticks = replace(run.ticks, wire_bytes=tuple(int(n * share) for n in run.ticks.wire_bytes))
    return bench.run(run.order, wire_bytes=int(run.wire_bytes * share), ticks=ticks)


def slowed(bench: Bench) -> bytes:
    """A run whose ticks are stretched to twice their length, which halves every rate."""
    run = bench.measurement.pair.runs[0]
    ticks = replace(run.ticks, t_us=tuple(2 * t for t in run.ticks.t_us))
    return bench.run(0, duration_us=2 * run.duration_us, ticks=ticks)


Make = Callable[[Bench], bytes]

CASES: dict[str, tuple[str, Make]] = {
    "too_large": ("too_large", lambda b: b.sound() + b" " * LARGEST_BYTES),
    "text": ("not_json", lambda _: b"hello"),
    "empty": ("not_json", lambda _: b""),
    "cut JSON": ("not_json", lambda b: b.sound()[:-9]),
    "not UTF-8": ("not_json", lambda _: b'{"key": "\xff'),
    "deep nesting beside the body": ("not_json", lambda _: b'{"x":' + b"[" * 200_000),
    "an array": ("bad_schema", lambda _: b"[1, 2]"),
    "no body": ("bad_schema", lambda _: b'{"key": "", "signature": ""}'),
    "wrong type": ("bad_schema", wrong_type),
    "NUL in a text": ("nul_in_text", lambda b: spelled(b, b'"region":null', b'"region":"a\\u0000b"')),
    "white space": (
        "padded",
        lambda b: spelled(b, b'{"schema_version"', b"{" + b" " * 60_000 + b'"schema_version"'),
    ),
    "a field that nobody knows": (
        "padded",
        lambda b: spelled(b, b'"region":null', b'"region":null,"x":"' + b"x" * 60_000 + b'"'),
    ),
    "skipped, and long": ("too_large", skipped_and_long),
    "longer than planned": ("plan_contradicted", lambda b: agreed(b, duration_ms=8000)),
    "faster than its service": ("plan_contradicted", lambda b: agreed(b, pace_bit_s=20_000_001)),
    "unpaced": ("plan_contradicted", lambda b: agreed(b, pace_bit_s=0)),
    "not enrolled": ("unknown_key", unenrolled),
    "wrong signature": (
        "bad_signature",
        lambda b: msgspec.json.encode(flipped(msgspec.json.decode(b.sound(), type=Signed))),
    ),
    "other bytes": (
        "bad_signature",
        lambda b: b.sound().replace(b'"utc_offset_min":60', b'"utc_offset_min":61'),
    ),
    "another's measurement": ("key_mismatch", stolen),
    "91 days old": ("too_old", lambda b: aged(b, days=-91)),
    "25 hours ahead": ("from_the_future", lambda b: aged(b, hours=25)),
    "a clock a year off": (
        "clock_far",
        lambda b: b.sign(replace(b.measurement, started_at=b.measurement.started_at - 365 * DAY)),
    ),
    "a clock a year off, and an offset that does not mend it": (
        "clock_far",
        lambda b: b.sign(replace(b.measurement, clock=Clock(offset_us=365 * 86_400_000_000, bound_us=1))),
    ),
    "skipped, a clock a year ahead": ("clock_far", lambda b: skipped(b, days=365)),
    "skipped, 91 days old": ("too_old", lambda b: skipped(b, days=-91)),
    "skipped in another quarter": ("wrong_quarter", lambda b: skipped(b, days=-80)),
    "in another quarter": ("wrong_quarter", lambda b: aged(b, days=-80)),
    "never planned": ("unknown_plan", lambda b: b.sign(replace(b.measurement, plan_serial=7))),
    "before its plan": ("plan_not_in_force", lambda b: aged(b, days=-3)),
    "no such responder": ("unknown_responder", lambda b: b.ticket(responder="r9")),
    "another responder's statement": ("foreign_receipt", lambda b: b.statement(by=b.other_key())),
    "a statement for another pair": ("foreign_receipt", foreign_pair_id),
    "statement's signature": (
        "bad_statement_signature",
        lambda b: b.pair(statement=flipped(b.measurement.pair.statement)),
    ),
    "a statement of another ticket": ("ticket_hash_mismatch", lambda b: b.statement(ticket_sha256=bytes(32))),
    "two receipts of a run": ("bad_receipts", receipts_twice),
    "ticket's signature": (
        "bad_ticket_signature",
        lambda b: b.pair(ticket=flipped(b.measurement.pair.ticket)),
    ),
    "ticket's signature, no statement": (
        "bad_ticket_signature",
        lambda b: b.pair(ticket=flipped(b.measurement.pair.ticket), statement=None),
    ),
    "ticket by another key": ("bad_ticket_signature", lambda b: b.ticket(by=b.other_key())),
    "another key's ticket": ("ticket_of_another_key", lambda b: b.ticket(probe_key=bytes(32))),
    "another nettest": ("ticket_for_another_test", lambda b: b.ticket(nettest="replay_quic")),
    "another service": ("ticket_for_another_test", lambda b: b.ticket(service="s2")),
    "another variant": ("ticket_for_another_test", lambda b: b.ticket(variant="long")),
    "other limits": ("limits_contradicted", lambda b: b.ticket(pace_bit_s=1_000_000)),
    "QUIC without its ceiling": ("limits_contradicted", unmeasured),
    "unplanned nettest": (
        "unknown_nettest",
        lambda b: Bench(b.site, b.plan, replace(b.measurement, nettest="replay_x")).ticket(
            nettest="replay_x"
        ),
    ),
    "unplanned service": (
        "unknown_service",
        lambda b: Bench(b.site, b.plan, replace(b.measurement, service="s9")).ticket(service="s9"),
    ),
    "unregistered name": ("unknown_name", lambda b: b.ticket(original_name="elsewhere.example")),
    "chosen controls": (
        "candidates_not_registered",
        lambda b: b.ticket(control_candidates=("media01.neutral.example",)),
    ),
    "an empty stratum": (
        "candidates_not_registered",
        lambda b: b.ticket(stratum="spoofed_same_sector", control_candidates=()),
    ),
    "another nonce": ("commit_mismatch", lambda b: b.pair(nonce=bytes(32))),
    "order turned": ("coin_contradicted", swapped),
    "another control": ("coin_contradicted", lambda b: b.run(0, name="www.popular-one.example")),
    "addresses turned": (
        "coin_contradicted",
        lambda b: b.run(1, address_index=1 - b.measurement.pair.runs[1].address_index),
    ),
    "another address": ("foreign_address", lambda b: b.run(0, address="203.0.113.9")),
    "other ticks": ("ticks_mismatch", other_ticks),
    "runs that nobody saw": (
        "no_receipt",
        lambda b: unseen(b, Receipt(order=0, seen=False), Receipt(order=1, seen=False)),
    ),
    "runs without receipts": ("no_receipt", unseen),
    "another address in the receipt": (
        "receipt_contradicted",
        lambda b: receipt(b, 0, address_index=1 - b.measurement.pair.runs[0].address_index),
    ),
    "another name seen": ("hello_contradicted", lambda b: receipt(b, 0, name_seen="elsewhere.example")),
    "no name seen": ("hello_contradicted", lambda b: receipt(b, 1, name_seen=None)),
    "another ClientHello seen": (
        "hello_contradicted",
        lambda b: receipt(b, 1, client_hello_sha256=bytes(32)),
    ),
    "no ClientHello told": ("hello_contradicted", lambda b: b.run(0, client_hello=None)),
    "responder's ticks left out": ("no_responder_ticks", lambda b: b.run(0, responder_ticks=None)),
    "fewer bytes than arrived": ("receipt_contradicted", lambda b: shrunk(b, 0.6)),
    "more bytes than were sent": ("receipt_contradicted", lambda b: shrunk(b, 1.5)),
    "more bytes than were handed over": ("receipt_contradicted", lambda b: receipt(b, 0, wire_bytes=1000)),
    "a stretched run": ("receipt_contradicted", slowed),
    "ticks without statement": ("ticks_mismatch", lambda b: b.pair(statement=None)),
}


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
