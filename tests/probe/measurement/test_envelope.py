"""The envelope, the pair and the run: what may stand in them."""

import json
import random
from datetime import UTC, datetime

import msgspec
import pytest

from probe.measurement.envelope import LARGEST_BYTES, decode, encode
from probe.measurement.pair import Limits
from probe.measurement.signing import BadSignature, document_id
from tests.support.documents import key_from, make_pair, make_pair_document, make_plan
from tests.support.results import SAMPLES

RNG = random.Random(4)
RESPONDER, HOME = key_from(RNG), key_from(RNG)
PLAN = make_plan(RESPONDER)
MEASUREMENT = make_pair(RNG, RESPONDER, HOME, PLAN, PLAN.services[0].id, 18e6, 18e6)


def json_of(kind):
    """A sample result as plain JSON."""
    return json.loads(msgspec.json.encode(SAMPLES[kind]))


def spoil(change):
    """The measurement's JSON after ``change``."""
    table = json.loads(encode(MEASUREMENT))
    change(table)
    return json.dumps(table).encode()


def test_a_measurement_survives_its_bytes():
    """Decoding what was encoded gives the same measurement, and the same id again."""
    body = encode(MEASUREMENT)
    assert MEASUREMENT == decode(body)
    assert document_id(body) == document_id(encode(decode(body)))


def test_ten_seconds_of_ticks_fit_the_largest_size():
    """The longest variant stays far below the collector's limit."""
    long = make_pair_document(RNG, RESPONDER, HOME, PLAN, PLAN.services[0].id, 18e6, 18e6, variant="long")
    assert LARGEST_BYTES / 4 > len(msgspec.json.encode(long))


BROKEN = {
    "neither pair nor reason": (lambda m: m.update(pair=None), "why it was skipped"),
    "both pair and reason": (lambda m: m.update(skipped="budget"), "why it was skipped"),
    "both pair and result": (lambda m: m.update(result=json_of("dns")), "why it was skipped"),
    "a result of another nettest": (
        lambda m: m.update(pair=None, result=json_of("dns")),
        "a result of dns in a measurement of replay_tls",
    ),
    "a result of no known nettest": (
        lambda m: m.update(pair=None, result={"nettest": "weather"}),
        "Invalid value 'weather'",
    ),
    "runs out of order": (lambda m: m["pair"]["runs"].reverse(), "in their order"),
    "one run twice": (
        lambda m: m["pair"]["runs"][1].update(role=m["pair"]["runs"][0]["role"]),
        "one original and one control",
    ),
    "three runs": (lambda m: m["pair"]["runs"].append(m["pair"]["runs"][0]), "two runs, this one 3"),
    "an unknown failure string": (lambda m: m["pair"]["runs"][0].update(failure="broke"), "not in the list"),
    "negative bytes": (lambda m: m["pair"]["runs"][0].update(wire_bytes=-1), "Expected `int` >= 0"),
    "negative duration": (lambda m: m["pair"]["runs"][0].update(duration_us=-1), "Expected `int` >= 0"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_is_refused_with_its_reason(name):
    """Each rule of envelope, pair and run is a decoding error that says what and where."""
    change, said = BROKEN[name]
    with pytest.raises(msgspec.ValidationError, match=said):
        decode(spoil(change))


def test_an_aborted_pair_is_a_measurement():
    """One run, or none, with the reason: never a second throw."""
    one = decode(spoil(lambda m: m["pair"].update(runs=m["pair"]["runs"][:1], aborted="interrupted")))
    assert one.pair is not None
    assert (1, "interrupted") == (len(one.pair.runs), one.pair.aborted)
    assert None is one.pair.run("control" if one.pair.runs[0].role == "original" else "original")


def test_documents_inside_a_pair_open_only_if_signed():
    """Ticket and statement verify on opening; swapped for each other they do not."""
    pair = MEASUREMENT.pair
    assert pair is not None
    assert pair.statement is not None
    assert pair.open_ticket().pair_id == getattr(pair.open_statement(), "pair_id", None)
    with pytest.raises(BadSignature):
        msgspec.structs.replace(pair, ticket=pair.statement).open_ticket()


def test_a_statement_answers_for_its_ticket_only_if_both_are_the_same_keys_and_bytes():
    """Another signature, another body, another key or no statement: then the ticket has to be verified itself."""
    pair = MEASUREMENT.pair
    assert pair is not None
    assert pair.statement is not None
    statement = pair.open_statement()
    replace = msgspec.structs.replace
    assert pair.vouched(statement)
    assert not pair.vouched(None)
    assert statement is not None
    assert not pair.vouched(replace(statement, ticket_signature=None))
    for ticket in (
        replace(pair.ticket, signature=bytes(64)),
        replace(pair.ticket, body=pair.statement.body),
        replace(pair.ticket, key=bytes(32)),
    ):
        assert not replace(pair, ticket=ticket).vouched(statement)


def test_limits_say_what_could_not_be_seen():
    """The highest visible throttle is the lower of pace and capacity; the largest bucket (pace - R) x duration."""
    assert 20_000_000 == Limits(pace_bit_s=20_000_000, duration_ms=4000).highest_rate_bit_s()
    assert (
        8_000_000
        == Limits(pace_bit_s=20_000_000, duration_ms=1, capacity_bit_s=8_000_000).highest_rate_bit_s()
    )
    assert 8_000_000 == Limits(pace_bit_s=20_000_000, duration_ms=4000).largest_bucket_bytes(4e6)
    assert 0 == Limits(pace_bit_s=20_000_000, duration_ms=4000).largest_bucket_bytes(30e6)


def test_times_without_a_zone_are_refused():
    """``started_at`` names its zone, else it is no time."""
    with pytest.raises(msgspec.ValidationError, match="started_at"):
        decode(spoil(lambda m: m.update(started_at="2026-11-21T20:00:00")))
    assert datetime(2026, 11, 21, 20, tzinfo=UTC) == MEASUREMENT.started_at


def test_hostile_bytes_are_a_decode_error():
    """No UTF-8 and endless nesting raise the same error as any other nonsense."""
    for body in (b"\xff", b'{"nettest":"\xff"}', b'{"x":' + b"[" * 100_000, b"null", b"[]"):
        with pytest.raises(msgspec.DecodeError):
            decode(body)
