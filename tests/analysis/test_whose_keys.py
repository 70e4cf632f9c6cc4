"""Whose keys: a pair, a ticket report or an enrolment counts by the keys that were registered or that signed it, never by its own word."""

import random
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from analysis import registration
from analysis.cli import main
from analysis.ledger import read_tickets
from analysis.messages import Trouble
from analysis.observe.open_lean import open_lean
from analysis.observe.opened import Corrupt, open_stored
from analysis.registering import check_keys
from analysis.responders import ResponderKeys, key_sha256
from analysis.source import Source
from analysis.vetted import vetted
from collector.enrolment import Enrolled
from collector.quarters import unix_us
from collector.stored import StoredReport
from probe.measurement.receipt import DigestReport
from probe.measurement.signing import DIGEST, STATEMENT, document_id, public_bytes, sign
from tests.analysis.worlds import MADE_AT, POLICED, World
from tests.support.documents import ResponderDesk, key_from, make_enrolment


def stranger(world: World) -> World:
    """The same homes, with another's key behind the responder's name."""
    world.responder_key = key_from(random.Random(999))
    world.desk = ResponderDesk(world.responder_key, "r1", random.Random(5))
    responders = tuple(
        msgspec.structs.replace(one, key=public_bytes(world.responder_key)) for one in world.plan.responders
    )
    world.plan = msgspec.structs.replace(world.plan, responders=responders)
    return world


def test_pairs_by_a_key_that_is_not_registered_are_not_judged():
    """Whoever makes a key on the spot and names it r1 accuses nobody: every pair is told as outside, and no cell has one."""
    world = World(homes=6)
    registered = world.registration()
    judged = stranger(world).judged(world.all_pairs(4, [POLICED]), registered)
    assert {"responder key of r1": 24} == judged.summary.unjudged
    assert {0} == {one.pairs for one in judged.findings}
    assert {"different"} == {
        one.outcome for one in world.judged(world.all_pairs(4, [POLICED])).findings if one.pairs
    }


def test_a_key_signs_for_its_own_responder_alone():
    """The key registered for r1 is nobody else's: a second operator is a second key, not a second name."""
    keys = ResponderKeys({"r1": (key_sha256(b"a"), key_sha256(b"b")), "r2": (key_sha256(b"c"),)})
    assert [True, True, False] == [keys.knows("r1", key_sha256(one)) for one in (b"a", b"b", b"c")]
    assert [False, False] == [keys.knows("r2", key_sha256(b"a")), keys.knows("r1", None)]
    assert ResponderKeys({}).knows("r1", None)


def test_early_registrations_are_judged_and_say_so():
    """Without keys a judgement is as it was, carries a note and its sentence, and cannot pass grade 2."""
    world = World(homes=6)
    pairs = world.all_pairs(4, [POLICED])
    old = msgspec.structs.replace(world.registration(), responder_keys={})
    one = next(one for one in world.judged(pairs, old).findings if one.service == POLICED)
    new = next(one for one in world.judged(pairs).findings if one.service == POLICED)
    assert ("different", new.e_value, 2) == (one.outcome, one.e_value, one.grade)
    assert ("responder_keys_unregistered" in one.notes, "responder_keys_unregistered" in new.notes) == (
        True,
        False,
    )
    assert any("which keys sign for the responders" in text for text in one.sentences["en"])
    assert (False, True) == (one.grade_checks["responder_keys"], new.grade_checks["responder_keys"])


def test_a_statement_is_by_the_ticket_s_own_key():
    """A statement that the home signed itself, or one about a ticket of other content, makes no pair, read whole or lean."""
    world = World(homes=1)
    measurement = world.pair(0, POLICED)
    said = measurement.pair.open_statement()
    foreign = sign(key_from(random.Random(3)), STATEMENT, said)
    other = sign(
        world.responder_key,
        STATEMENT,
        msgspec.structs.replace(said, ticket_sha256=bytes(32), ticket_signature=None),
    )
    for statement, why in ((foreign, "another key"), (other, "other content")):
        pair = msgspec.structs.replace(measurement.pair, statement=statement)
        stored = world.stored(msgspec.structs.replace(measurement, pair=pair))
        with pytest.raises(Corrupt, match=why):
            open_stored(stored)
    pair = msgspec.structs.replace(measurement.pair, statement=foreign)
    with pytest.raises(Corrupt, match="another key"):
        open_lean(world.stored(msgspec.structs.replace(measurement, pair=pair)))


def test_ticket_reports_count_by_registered_keys():
    """A report by a key made on the spot could void a cell by tickets that never were: it is counted, and says nothing."""
    mine, rogue = key_from(random.Random(1)), key_from(random.Random(2))

    def stored(key, responder):
        report = sign(key, DIGEST, DigestReport(responder=responder, serial=1, made_at_us=1, tickets=()))
        body = report.body_bytes()
        return StoredReport(document_id(body), 1, body, report.key, report.signature)

    rows = [stored(mine, "r1"), stored(rogue, "r1"), stored(mine, "r2")]
    source = Source(
        measurements=lambda: iter(()), reports=lambda: iter(rows), roster=tuple, where=lambda _: Path()
    )
    keys = ResponderKeys({"r1": (key_sha256(public_bytes(mine)),)})
    assert [2, 0] == [read_tickets(source, keys=keys)[1].foreign, read_tickets(source)[1].foreign]


def test_an_enrolment_vets_a_home_only_as_both_its_keys_signed_it():
    """Signatures of zeros, another's keys in the row, or a date set back in the roster: none of them vets anybody."""
    world = World(homes=1)
    registered = world.registration(channels={"radio": [registration.invitation_sha256("a")]})
    before = MADE_AT - timedelta(days=3)
    document = make_enrolment(world.long_lived[0], world.keys[0], before, "a")
    late = make_enrolment(world.long_lived[0], world.keys[0], MADE_AT + timedelta(days=9), "a")
    quarter, own = public_bytes(world.keys[0]), public_bytes(world.long_lived[0])
    zeros = msgspec.structs.replace(document, signature=bytes(64))

    def row(signed, quarter_key=quarter, long_lived=own):
        at_us = unix_us(before)
        return Enrolled(quarter_key, long_lived, "2026Q4", at_us, "1", msgspec.json.encode(signed))

    assert {quarter.hex(): "radio"} == vetted([row(document)], registered)
    for bad in (
        row(zeros),
        row(document, quarter_key=bytes(32)),
        row(document, long_lived=bytes(32)),
        row(late),
    ):
        assert {} == vetted([bad], registered)


def test_register_takes_the_keys_of_the_plan(tmp_path, capsys):
    """Those of the newest plan by themselves, others by option; a responder without a key is an error that says what to do."""
    import asyncio

    world, store = World(homes=1), tmp_path / "data"
    asyncio.run(world.fill(store, []))
    words = ["register", "--store", str(store), "--lang", "en", "--quarter", "2026Q4", "--asn", "unknown=1"]
    assert 0 == main([*words, "--out", str(tmp_path / "a.json")])
    registered, _, _ = registration.load(tmp_path / "a.json")
    own = key_sha256(public_bytes(world.responder_key))
    assert (own,) == registered.responder_keys["r1"]
    assert "responders’ keys: r1" in capsys.readouterr().out
    second = ["--responder", "r9=University@AS64502!", "--out", str(tmp_path / "b.json")]
    assert 2 == main([*words, *second])
    assert "--responder-key r9=KEY" in capsys.readouterr().err
    assert 2 == main([*words, *second, "--responder-key", "r9=12"])
    assert "64 hex digits" in capsys.readouterr().err
    assert 0 == main([*words, *second, "--responder-key", "r9=" + "ab" * 32])
    registered, _, _ = registration.load(tmp_path / "b.json")
    assert {"r1": (own,), "r9": (key_sha256(b"\xab" * 32),)} == registered.responder_keys


def test_no_responder_no_registration():
    """A plan that names no responder cannot be registered for: nothing could be judged."""
    with pytest.raises(Trouble, match="names no responder"):
        check_keys([], set(), Path("data"))
