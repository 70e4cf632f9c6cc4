"""Rolls at the collector: a statement that its responder's roll holds is verified with it; whatever else comes changes nothing."""

import random

import msgspec
import pytest

from collector import reader
from collector.checker import Task
from collector.rolls import SPOT_CHECK, BatchRolls, is_vouched, vouched_by
from probe.measurement.roll import MOST_ENTRIES, Roll, entry_of
from probe.measurement.signing import ROLL, STATEMENT, public_bytes, sign
from probe.rolls import MOST_ROLLS, ROLL_HEADER
from tests.collector.spoiled import CASES, Bench, flipped
from tests.collector.test_batch import NDJSON, door, lines
from tests.support.documents import key_from, make_pair, roll_of

replace = msgspec.structs.replace


@pytest.fixture
def bench(site, intake):
    """A sound measurement, and the means to spoil it."""
    plan = intake.plans.current()
    pair = make_pair(
        site.rng, site.responder_key, site.quarter_key, plan, "s1", 4e6, 20e6, started_at=site.clock.moment
    )
    return Bench(site, plan, pair)


async def posted(intake, documents, headers):
    """The codes, or where there is none the words, on a batch that came with these headers."""
    body = b"\n".join(documents)
    async with (
        door(intake) as client,
        client.post("/v1/measurements", data=body, headers=[*NDJSON.items(), *headers]) as response,
    ):
        return [one.code or one.status for one in lines(await response.read())]


def unverifiable(bench):
    """A document whose statement's signature is one bit off, and that statement."""
    statement = flipped(bench.measurement.pair.statement)
    return bench.pair(statement=statement), statement


@pytest.mark.parametrize("checkers", [0, 1])
async def test_a_statement_on_its_responders_roll_is_not_verified_again(bench, intake, checkers):
    """What the responder vouches for is its own word, on the event loop and in a checker: shown by one that would fail."""
    document, statement = unverifiable(bench)
    roll = sign(bench.site.responder_key, ROLL, Roll(entry_of(statement)))
    header = (ROLL_HEADER, msgspec.json.encode(roll).decode())
    if checkers:
        vouched = vouched_by([header[1]], intake.plans)
        (found,) = await intake.checkers.check_all([Task(document, "", intake.clock_us(), vouched)])
        assert "accepted" == (await intake.kept(found)).answer.status
    else:
        assert ["accepted"] == await posted(intake, [document], [header])
    assert 1 == len(list(reader.read_measurements(bench.site.folder.root)))


@pytest.mark.parametrize(
    "fault", ["strangers", "probes", "forged", "another_purpose", "another_statement", "cut", "none"]
)
async def test_no_other_roll_vouches(bench, intake, fault):
    """Signed by a stranger, by the probe, by nobody, for something else, of another statement, or not whole."""
    document, statement = unverifiable(bench)
    site, roll = bench.site, Roll(entry_of(statement))
    strange = sign(key_from(random.Random(5)), ROLL, roll)
    rolls = {
        "strangers": strange,
        "probes": sign(site.quarter_key, ROLL, roll),
        "forged": replace(strange, key=public_bytes(site.responder_key)),
        "another_purpose": sign(site.responder_key, STATEMENT, roll),
        "another_statement": sign(site.responder_key, ROLL, Roll(entry_of(bench.measurement.pair.statement))),
        "cut": sign(site.responder_key, ROLL, roll),
        "none": sign(site.responder_key, ROLL, b"{}"),
    }
    text = msgspec.json.encode(rolls[fault]).decode()
    assert ["bad_statement_signature"] == await posted(
        intake, [document], [(ROLL_HEADER, text[:-1] if fault == "cut" else text)]
    )


@pytest.mark.parametrize("case", CASES)
async def test_each_fault_has_its_code_with_a_roll_too(bench, intake, case):
    """The roll of the sound statement saves no document that is spoilt: the codes are those without it."""
    code, make = CASES[case]
    vouched = vouched_by([roll_of(bench.site.responder_key, [bench.sound()])], intake.plans)
    assert is_vouched(bench.measurement.pair.statement, vouched)
    (found,) = await intake.checkers.check_all([Task(make(bench), "", intake.clock_us(), vouched)])
    assert code == getattr(found, "code", None)


@pytest.mark.parametrize("headers", [["nonsense"], [""], ["é"], ["[" * 7000], ["{}"] * 40])
async def test_whatever_stands_there_stops_nothing(bench, intake, headers):
    """A sound document is taken whatever comes with it."""
    assert ["accepted"] == await posted(intake, [bench.sound()], [(ROLL_HEADER, one) for one in headers])


async def test_a_batch_has_four_rolls_at_most_and_a_full_one_fits(bench, intake):
    """The fifth is not read; a roll of 128 entries goes through as a header."""
    document, statement = unverifiable(bench)
    key = bench.site.responder_key
    full = Roll(entry_of(statement) + bytes(32) * (MOST_ENTRIES - 1))
    good = (ROLL_HEADER, msgspec.json.encode(sign(key, ROLL, full)).decode())
    idle = (ROLL_HEADER, msgspec.json.encode(sign(key, ROLL, Roll(bytes(32)))).decode())
    assert ["bad_statement_signature"] == await posted(intake, [document], [*[idle] * MOST_ROLLS, good])
    assert ["accepted"] == await posted(intake, [document], [idle, good])


async def test_one_batch_in_sixteen_is_verified_all_the_same(bench, intake, caplog):
    """A responder that vouches for a signature it never made is refused then, and named; honest ones lose nothing."""
    document, statement = unverifiable(bench)
    roll = sign(bench.site.responder_key, ROLL, Roll(entry_of(statement)))
    header = (ROLL_HEADER, msgspec.json.encode(roll).decode())
    async with door(intake) as client:
        for _ in range(SPOT_CHECK - 1):
            async with client.post(
                "/v1/measurements", data=b"{}", headers=[*NDJSON.items(), header]
            ) as response:
                assert 200 == response.status
    assert ["bad_statement_signature"] == await posted(intake, [document], [header])
    assert "responder r1 vouched for statements that it never signed" in caplog.text
    assert 1 == intake.metrics.vouched_falsely
    assert ["accepted"] == await posted(intake, [document], [header])


async def test_an_operator_who_believes_no_roll(bench, intake):
    """``believe_rolls = false``: each statement is verified, and who vouched falsely is found out by the first."""
    intake.rolls = BatchRolls(intake.plans, believed=False)
    document, statement = unverifiable(bench)
    roll = sign(bench.site.responder_key, ROLL, Roll(entry_of(statement)))
    header = (ROLL_HEADER, msgspec.json.encode(roll).decode())
    assert ["bad_statement_signature", "accepted"] == await posted(
        intake, [document, bench.sound()], [header]
    )
    assert 1 == intake.metrics.vouched_falsely


async def test_who_vouched_for_nothing_is_not_named(bench, intake, caplog):
    """A bad statement beside a sound roll of something else, or beside a stranger's of just that: refused, and nobody is accused."""
    document, statement = unverifiable(bench)
    others = sign(bench.site.responder_key, ROLL, Roll(bytes(32)))
    strangers = sign(key_from(bench.site.rng), ROLL, Roll(entry_of(statement)))
    for roll in (others, strangers):
        header = (ROLL_HEADER, msgspec.json.encode(roll).decode())
        assert ["bad_statement_signature"] == await posted(intake, [document], [header])
    assert ("", 0) == (caplog.text, intake.metrics.vouched_falsely)
