"""What is not there: tickets without a measurement, pairs that were selected, labels among what was lost."""

from datetime import timedelta

import msgspec
import pytest

from analysis.missing import missing_of, tickets_by_cell
from analysis.observe.record import Observation
from analysis.registration import CellKey
from collector.quarters import unix_us
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, document_id, sign
from tests.analysis.worlds import LINE, NEUTRAL, NOW, POLICED, START, World

NOW_US = unix_us(NOW)


def digest_of(measurement, **more):
    """What the responder tells of a measurement's ticket: both runs seen, closed."""
    ticket = measurement.pair.open_ticket()
    facts = {
        "pair_id": ticket.pair_id,
        "probe_key": ticket.probe_key,
        "service": ticket.service,
        "variant": ticket.variant,
        "opened_at_us": ticket.opened_at_us,
        "counter": ticket.counter,
        "runs_seen": 2,
        "last_order": 1,
        "closed": True,
        "revealed": True,
        "original_first": ticket.coin(measurement.pair.nonce).original_first,
    }
    return TicketDigest(**{**facts, **more})


def first_is_original(measurement):
    """Whether the coin put the original first."""
    return measurement.pair.runs[0].role == "original"


@pytest.fixture(scope="module")
def world():
    """Six homes and sixty neutral pairs."""
    made = World(homes=6, seed=21)
    return made, made.all_pairs(10, [NEUTRAL])


def of(judgement, service=NEUTRAL):
    """The finding of a service."""
    return next(one for one in judgement.findings if one.service == service)


def test_all_there(world):
    """Where every ticket has its measurement, nothing is missing and nothing is held against the cell."""
    made, pairs = world
    judged = made.judged(pairs, tickets=[digest_of(one) for one in pairs])
    one = of(judged)
    assert ("undetermined", 0, 0, 60) == (
        one.outcome,
        one.missing_tickets,
        one.pending_tickets,
        judged.summary.tickets,
    )
    assert "no_ticket_digests" not in one.notes
    assert "no_ticket_digests" in of(made.judged(pairs)).notes


def test_young_tickets_are_pending(world):
    """A ticket without a measurement is pending for seven days, and missing from then on."""
    made, pairs = world
    tickets = [digest_of(one) for one in pairs]
    soon = of(made.judged(pairs[:-3], tickets=tickets, now=START + timedelta(days=2)))
    assert (0, 3, "undetermined") == (soon.missing_tickets, soon.pending_tickets, soon.outcome)
    late = of(made.judged(pairs[:-3], tickets=tickets))
    assert (3, 0) == (late.missing_tickets, late.pending_tickets)


def test_over_a_tenth_missing_is_invalid(world):
    """Seven of sixty tickets without a measurement: no finding, whatever the rest says, and the reason in words."""
    made, pairs = world
    one = of(made.judged(pairs[:-7], tickets=[digest_of(pair) for pair in pairs]))
    assert ("invalid", 0, "missing_over_10_percent") == (one.outcome, one.grade, one.reasons[0])
    assert any("Over 10%" in text for text in one.sentences["en"])


def test_selected_coins_are_seen_with_digests():
    """Pairs kept by their coin leave tickets of one order behind."""
    world = World(homes=10, seed=5)
    pairs = world.all_pairs(12, [POLICED])
    dropped = [one for one in pairs if first_is_original(one)][:10]
    kept = [one for one in pairs if one not in dropped]
    one = of(world.judged(kept, tickets=[digest_of(pair) for pair in pairs]), POLICED)
    assert ("invalid", True) == (one.outcome, "missing_by_order" in one.reasons)
    assert {"original": 10} == one.discards_by_first


def test_selected_coins_are_seen_without_digests():
    """Where only pairs of one order are handed in, the coin itself is unfair: no finding however large E is."""
    world = World(homes=6, seed=6)
    pairs = [one for one in world.all_pairs(8, [POLICED]) if not first_is_original(one)]
    one = of(world.judged(pairs), POLICED)
    assert one.log_e > one.log_bar
    assert ("invalid", "coin_unfair") == (one.outcome, one.reasons[0])


def test_pairs_that_could_not_be_closed():
    """Residual blocking that stops the closing is a reason of its own, with the labels beside it."""
    world = World(homes=6, seed=8)
    pairs = [world.pair(n % 6, "s1", closed=n % 3 > 0) for n in range(60)]
    one = of(world.judged(pairs), "s1")
    assert ("invalid", {"no_statement": 20}) == (one.outcome, one.discards)
    assert "missing_over_10_percent" in one.reasons
    assert "discards_over_10_percent" in one.notes
    assert 20 == sum(one.discards_by_last.values())


def test_a_blocked_original_is_no_bias():
    """Of blocked services the control is the last run ever seen, among what counts and what was lost alike."""
    world = World(homes=6, seed=9)
    pairs = [world.pair(n % 6, "s3", failures={"original": "tls_reset"}) for n in range(60)]
    tickets = [
        digest_of(one, runs_seen=1, last_order=0 if not first_is_original(one) else 1) for one in pairs
    ]
    observations = world.observations(pairs)
    some = [
        msgspec.structs.replace(o, discarded_by="probe_busy") if n < 12 else o
        for n, o in enumerate(observations)
    ]
    found = missing_of(some, tickets, NOW_US)
    assert ({"control": 12}, False) == (found.by_label, "missing_by_label" in found.invalid)


def test_pairs_lost_by_label():
    """Tickets that end after the original more often than those that count make a cell invalid."""
    world = World(homes=6, seed=10)
    pairs = world.all_pairs(20, [NEUTRAL])
    tickets = [digest_of(one) for one in pairs]
    after_original = [n for n, one in enumerate(pairs) if not first_is_original(one)][:11]
    kept = world.observations(one for n, one in enumerate(pairs) if n not in after_original)
    found = missing_of(kept, tickets, NOW_US)
    assert ({"original": 11}, True) == (found.by_label, "missing_by_label" in found.invalid)


def test_tickets_find_their_cell(world):
    """A ticket belongs where its key's other pairs are; one of a key that sent nothing is in no cell."""
    made, pairs = world
    registration = made.registration()
    stored: dict[CellKey, list[Observation]] = {key: [] for key in registration.cells}
    key = next(one for one in registration.cells if one.service == NEUTRAL)
    stored[key] = list(made.observations(pairs[:6]))
    tickets = [
        digest_of(pairs[6]),
        digest_of(pairs[7], service="s1"),
        digest_of(pairs[8], probe_key=bytes(32)),
    ]
    found = tickets_by_cell(tickets, stored, lambda _: True)
    assert {NEUTRAL: 1, "s1": 1} == {cell.service: len(mine) for cell, mine in found.items()}
    assert {LINE.brand} == {cell.brand for cell in found}
    assert {} == tickets_by_cell(tickets, stored, lambda _: False)


def test_tickets_from_before_the_registration_are_not_missing(world):
    """Tickets older than the registration, of another quarter or of a variant that is not judged, are nobody's loss."""
    made, pairs = world
    early = digest_of(pairs[0], pair_id=bytes(16), opened_at_us=unix_us(START - timedelta(days=3)))
    trial = digest_of(pairs[0], pair_id=bytes(15) + b"x", variant="capacity")
    assert 0 == of(made.judged(pairs, tickets=[early, trial])).missing_tickets


def report_of(world, tickets):
    """A responder's signed report."""
    body = DigestReport(responder="r1", serial=1, made_at_us=unix_us(START), tickets=tuple(tickets))
    return sign(world.responder_key, DIGEST, body)


async def test_reports_are_read_from_a_store(tmp_path):
    """Reports in a collector's store are verified and joined; a damaged one is named, or passed over and counted."""
    import sqlite3

    from analysis.judge import judge
    from analysis.messages import Trouble
    from tests.analysis.worlds import PARAMETERS

    world = World(homes=2)
    pairs = world.all_pairs(3, ["s1"])
    assert {"accepted"} == set(await world.fill(tmp_path, pairs[:-1]))
    report = report_of(world, [digest_of(one) for one in pairs])
    (file,) = (tmp_path / "hot").glob("*.sqlite")
    body = report.body_bytes()

    def insert(content):
        with sqlite3.connect(file) as db:
            db.execute(
                "INSERT INTO reports (report_id, received_at_us, key, signature, body) VALUES (?, ?, ?, ?, ?)",
                (document_id(content), unix_us(START), report.key, report.signature, content),
            )
        db.close()

    insert(body)
    facts = (tmp_path, world.registration(), "0" * 64, PARAMETERS)
    summary = judge(*facts, now=NOW).summary
    assert (6, 1, 0) == (summary.tickets, summary.missing, summary.pending)
    insert(body.replace(b'"r1"', b'"r2"'))
    with pytest.raises(Trouble, match=document_id(body.replace(b'"r1"', b'"r2"')).hex()):
        judge(*facts, now=NOW)
    passed = judge(*facts, now=NOW, keep_going=True).summary
    assert (6, 1) == (passed.tickets, len(passed.corrupt))
