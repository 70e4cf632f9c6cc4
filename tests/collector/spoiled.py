"""A sound measurement and every way to spoil it: ``CASES`` names what is wrong, the code it must be refused with, and its maker."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from backports import zstd

from probe.measurement.envelope import LARGEST_BYTES, Clock, Measurement, encode
from probe.measurement.receipt import Receipt
from probe.measurement.signing import MEASUREMENT, STATEMENT, TICKET, Signed, document_id, public_bytes, sign
from probe.measurement.ticks import Ticks
from tests.support.collectors import Site
from tests.support.documents import key_from, make_skipped_document

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
