"""What is not there: tickets without a measurement, pairs that were selected, labels among what was lost."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from analysis.judge import judge_observations
from analysis.missing import missing_of, tickets_by_cell
from analysis.observe.record import Observation
from analysis.reading import Seen
from analysis.registration import CellKey
from analysis.stats.simulate import World as SimulatedWorld
from analysis.stats.simulate_treatments import Treatment
from collector.quarters import unix_us
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, document_id, sign
from tests.analysis.simulated import DUE, FIRST_US, US, P, cell, channels, digests, registration
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
    """Ten of sixty tickets without a measurement, on every line some: no finding, whatever the rest says, and the reason in words."""
    made, pairs = world
    one = of(made.judged(pairs[:-10], tickets=[digest_of(pair) for pair in pairs]))
    assert ("invalid", 0, "missing_over_10_percent") == (one.outcome, one.grade, one.reasons[0])
    assert any("Over 10%" in text for text in one.sentences["en"])


def dropped(home, count, *, original_first=None):
    """Tickets that a home opened in the weeks before and never handed in."""
    return [
        TicketDigest(
            pair_id=bytes([9, n]) * 8, probe_key=bytes.fromhex(home), service="film", variant="paced",
            opened_at_us=FIRST_US + n * 3600 * US, counter=n, runs_seen=0 if original_first is None else 2,
            last_order=None, closed=False, revealed=original_first is not None, original_first=original_first,
            direction="down",
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def policed():
    """Twelve homes of twelve pairs, policed, and the pairs of a thirteenth, quiet."""
    quiet = SimulatedWorld(wifi=0.0, congested=0.0)
    guilty = replace(quiet, treatment=Treatment("police", 4e6))
    return cell(guilty, "film", homes=12, pairs=12, seed=1), cell(
        quiet, "film", homes=1, pairs=1, seed=9, prefix="f0"
    )


def judged_with(pairs, *tickets):
    """The finding of these pairs and of tickets that were never handed in."""
    ordered = tuple(sorted(pairs, key=lambda one: (one.opened_at_us, one.measurement_id)))
    seen = Seen(ordered, {}, (), 0, (*digests(ordered), *tickets), vetted=channels(pairs))
    return judge_observations(seen, registration(), "ab" * 32, P, now=DUE, full=False).findings[0]


def test_one_home_voids_no_cell(policed):
    """A newcomer, or one home of twelve, that lets its tickets drop is set aside whole and told; what the others measured stands."""
    here, newcomer = policed
    for pairs, home, original_first, own in (
        ([*here, *newcomer], newcomer[0].home, None, 1),
        ([*here, *newcomer], newcomer[0].home, True, 1),
        (here, here[0].home, None, 12),
        (here, here[0].home, True, 12),
    ):
        one = judged_with(pairs, *dropped(home, 17, original_first=original_first))
        assert ("different", 2) == (one.outcome, one.grade)
        assert {"home_set_aside": own} == one.discards
        assert (len(pairs) - own, 17) == (one.pairs, one.missing_tickets)
        assert "homes_set_aside" in one.notes
        assert any(f"({own} pairs, not counted" in text for text in one.sentences["en"])
        assert not any("{" in text for text in one.sentences["fr"])


def test_one_home_that_hands_in_one_order_alone_voids_no_cell(policed):
    """Thirty pairs with the original first, of one home: the coin of the cell is unfair by that home alone, which is set aside."""
    here, newcomer = policed
    one_sided = [
        msgspec.structs.replace(
            newcomer[0],
            pair_id=f"{n:064x}",
            measurement_id=f"{n:064x}",
            first="original",
            last_tried="control",
        )
        for n in range(60)
    ]
    one = judged_with([*here, *one_sided])
    assert ("different", {"home_set_aside": 60}) == (one.outcome, one.discards)
    assert (("coin_unfair",), {}) == (one.set_aside_for, one.discards_by_first)
    said = " ".join(one.sentences["en"])
    assert ("throws that are not those of a fair coin" in said, "lost pairs" in said) == (True, False)
    assert "discards_over_10_percent" not in one.notes


def test_what_many_homes_lost_is_not_a_few_homes(policed):
    """Where every home drops some, or half of the homes all they can, the cell stays invalid: setting aside is no way out."""
    here, _ = policed
    homes = sorted({one.home for one in here})
    for share, each in ((homes, 3), (homes[:6], 17)):
        tickets = [
            msgspec.structs.replace(ticket, pair_id=bytes([n]) * 16 + ticket.pair_id[:1] * 0)
            for n, ticket in enumerate((t for home in share for t in dropped(home, each)), 1)
        ]
        one = judged_with(here, *tickets)
        assert ("invalid", "missing_over_10_percent") == (one.outcome, one.reasons[0])


def test_a_forger_has_no_honest_home_set_aside(policed):
    """Whatever three forged homes lose, only they go: every honest pair counts, and their lines' keys that lost nothing do too."""
    here, newcomer = policed
    forged = [
        msgspec.structs.replace(newcomer[0], home=f"{n:06x}ff", pair_id=f"{n:064x}", measurement_id=f"{n:064x}",
                                line_tags=(f"d:f{n}",))
        for n in range(1, 4)
    ]  # fmt: skip
    tickets = [
        msgspec.structs.replace(ticket, pair_id=bytes([n, 7]) * 8)
        for n, ticket in enumerate((t for one in forged for t in dropped(one.home, 40)), 1)
    ]
    one = judged_with([*here, *forged], *tickets)
    assert ("different", {"home_set_aside": 3}, 144) == (one.outcome, one.discards, one.pairs)
    shared = msgspec.structs.replace(forged[0], line_tags=here[0].line_tags)
    beside = judged_with([*here, shared], *dropped(shared.home, 40))
    assert ("different", {"home_set_aside": 1}, 144) == (beside.outcome, beside.discards, beside.pairs)


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
    pairs = [world.pair(n % 6, "s1", closed=(n + n // 6) % 3 > 0) for n in range(60)]
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
