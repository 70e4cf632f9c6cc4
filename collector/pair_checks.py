"""The checks of a pair: ticket, statement, coin and ticks must tell one story. No I/O.

``CHECKS`` is the documented order. Each check looks at a ``Case`` and refuses with its own code or says nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final, Protocol

import msgspec

from collector.documents import decoded, verified
from collector.enrolment import Enrolled
from collector.plan_index import index_of
from collector.quarters import EPOCH, US_PER_DAY, unix_us
from collector.rejections import refuse
from collector.rolls import Vouched, is_vouched
from collector.run_checks import check_finished_runs
from probe.measurement.coin import commit
from probe.measurement.envelope import Measurement
from probe.measurement.pair import Pair, Sentinel
from probe.measurement.receipt import Statement
from probe.measurement.signing import STATEMENT, TICKET, document_id
from probe.measurement.ticket import FASTEST_PACE_BIT_S, Ticket
from probe.measurement.ticks import digest
from probe.plan import Plan, Responder

OLDEST_US: Final = 90 * US_PER_DAY
FUTURE_US: Final = US_PER_DAY
CLOCK_FAR_US: Final = US_PER_DAY
SENTINEL_US: Final = 600 * 1_000_000
"""A sentinel is opened at most so long before its pair."""
PLAN_SLACK_US: Final = US_PER_DAY
CEILING_SHARE: Final = 0.5

_TICKET: Final = msgspec.json.Decoder(Ticket)
_STATEMENT: Final = msgspec.json.Decoder(Statement)


class Known(Protocol):
    """What the pipeline may ask: who is enrolled, and what was planned."""

    def enrolled(self, key: bytes) -> Enrolled | None:
        """The roster's entry of a quarter key."""

    def plan(self, serial: int) -> Plan | None:
        """The plan of that serial, also an old one: a measurement is judged by the plan it was made under."""


class Case(msgspec.Struct, frozen=True):
    """All that the checks of a pair look at."""

    measurement: Measurement
    pair: Pair
    ticket: Ticket
    statement: Statement | None
    plan: Plan
    responder: Responder
    enrolled: Enrolled
    now_us: int
    vouched: Vouched


def check_pair(
    measurement: Measurement, pair: Pair, enrolled: Enrolled, known: Known, now_us: int, vouched: Vouched = ()
) -> bytes:
    """Refuse a pair that fails a check; its pair id otherwise."""
    ticket = decoded(_TICKET, pair.ticket.body_bytes(), "body.pair.ticket.body")
    statement = None
    if pair.statement is not None:
        statement = decoded(_STATEMENT, pair.statement.body_bytes(), "body.pair.statement.body")
    plan = known.plan(measurement.plan_serial)
    if plan is None:
        refuse("unknown_plan", str(measurement.plan_serial)[:20])
    responder = index_of(plan).responders.get(ticket.responder)
    if responder is None:
        refuse("unknown_responder", ticket.responder)
    case = Case(measurement, pair, ticket, statement, plan, responder, enrolled, now_us, vouched)
    for check in CHECKS:
        check(case)
    return ticket.pair_id


def statement_is_the_responders(case: Case) -> None:
    """The statement is by the ticket's responder, signed, for this very ticket, with one receipt a run at most.

    One that its responder's roll holds has been verified with the roll: a fifth of the work saved where many come at once.
    """
    signed, statement = case.pair.statement, case.statement
    if signed is None or statement is None:
        return
    if signed.key != case.responder.key:
        refuse("foreign_receipt", signed.key.hex()[:16])
    if not is_vouched(signed, case.vouched):
        verified(signed, STATEMENT, "bad_statement_signature")
    if statement.pair_id != case.ticket.pair_id:
        refuse("foreign_receipt", statement.pair_id.hex())
    if statement.ticket_sha256 != document_id(case.pair.ticket.body_bytes()):
        refuse("ticket_hash_mismatch")
    orders = [receipt.order for receipt in statement.receipts]
    if len(set(orders)) != len(orders):
        refuse("bad_receipts", str(orders)[:20])


def ticket_is_the_responders(case: Case) -> None:
    """The ticket bears its responder's key and signature.

    A statement that repeats the signature, and has been verified above, answers for it: a tenth of the work saved.
    """
    if case.pair.ticket.key != case.responder.key:
        refuse("bad_ticket_signature", case.pair.ticket.key.hex()[:16])
    if not case.pair.vouched(case.statement):
        verified(case.pair.ticket, TICKET, "bad_ticket_signature")


def ticket_is_for_this(case: Case) -> None:
    """The ticket was opened for this key, this test and these terms."""
    ticket, measurement = case.ticket, case.measurement
    if ticket.probe_key != measurement.probe_key:
        refuse("ticket_of_another_key", ticket.probe_key.hex()[:16])
    for name in ("nettest", "variant", "service", "direction", "address_family"):
        if getattr(ticket, name) != getattr(measurement, name):
            refuse("ticket_for_another_test", name)
    for name in ("pace_bit_s", "duration_ms"):
        if getattr(ticket, name) != getattr(case.pair.limits, name):
            refuse("limits_contradicted", name)
    if ticket.wash_ms and case.pair.gap_ms != ticket.wash_ms:
        refuse("limits_contradicted", "gap_ms")


def carried_as_opened(case: Case) -> None:
    """The runs travelled in what the ticket was opened for, and a pace set by a program is half of its ceiling at most,
    which is measured for each QUIC pair.

    The fingerprint of a ClientHello begins with the letter of what carried it (JA4: t for TCP, q for QUIC).
    """
    letter = "q" if case.ticket.nettest == "replay_quic" else "t"
    for run in case.pair.runs:
        if run.http is not None and case.ticket.nettest != "replay_http":
            refuse("limits_contradicted", f"runs[{run.order}].http")
        if run.client_hello is not None and run.client_hello.ja4[:1] != letter:
            refuse("hello_contradicted", f"runs[{run.order}].ja4")
    ceiling_bit_s = case.pair.limits.ceiling_bit_s
    if ceiling_bit_s is None and case.ticket.nettest == "replay_quic":
        refuse("limits_contradicted", "ceiling_bit_s")
    if ceiling_bit_s is not None and case.ticket.pace_bit_s > ceiling_bit_s * CEILING_SHARE:
        refuse("limits_contradicted", "ceiling_bit_s")


def clocks_agree(case: Case) -> None:
    """Judged by the responder's clock: not too old, not ahead of ours, and the probe's clock is near it."""
    opened_us, measurement = case.ticket.opened_at_us, case.measurement
    if opened_us < case.now_us - OLDEST_US:
        refuse("too_old", _day(opened_us))
    if opened_us > case.now_us + FUTURE_US:
        refuse("from_the_future", _day(opened_us))
    offset_us = measurement.clock.offset_us if measurement.clock else 0
    if abs(unix_us(measurement.started_at) + offset_us - opened_us) > CLOCK_FAR_US:
        refuse("clock_far", measurement.started_at.isoformat())
    if not case.enrolled.may_sign_at(opened_us):
        refuse("wrong_quarter", case.enrolled.quarter)
    if not case.plan.issued_at_us - PLAN_SLACK_US <= opened_us <= case.plan.expires_at_us + PLAN_SLACK_US:
        refuse("plan_not_in_force", str(case.plan.serial))


def plan_was_followed(case: Case) -> None:
    """Nettest, service, name and control list are those of the plan, its length too, and the pace at most.

    A probe asks for less than the service's pace where the home's line is slower; unpaced (0) is ``saturate`` alone, which over QUIC
    has a pace that the CPUs set (``carried_as_opened``), whatever the service's.
    """
    ticket, plan = case.ticket, index_of(case.plan)
    orders = (ticket.nettest, ticket.variant, ticket.direction)
    nettest = plan.nettests.get(orders)
    if nettest is None:
        refuse("unknown_nettest", " ".join(orders))
    service = plan.services.get(ticket.service)
    if service is None:
        refuse("unknown_service", ticket.service)
    if ticket.original_name not in service.names:
        refuse("unknown_name", ticket.original_name[:100])
    if ticket.duration_ms != nettest.duration_ms:
        refuse("plan_contradicted", "duration_ms")
    slowest, fastest = 1, service.pace(ticket.direction)
    if ticket.variant == "saturate":
        slowest, fastest = (1, FASTEST_PACE_BIT_S) if ticket.nettest == "replay_quic" else (0, 0)
    if not slowest <= ticket.pace_bit_s <= fastest:
        refuse("plan_contradicted", "pace_bit_s")
    registered = plan.candidates(ticket.stratum, ticket.original_name)
    if not registered or ticket.control_candidates != registered:
        refuse("candidates_not_registered", ticket.stratum)


def coin_was_followed(case: Case) -> None:
    """The nonce is the one committed to, and the runs are what the coin decided."""
    ticket, pair = case.ticket, case.pair
    if commit(pair.nonce) != ticket.commit:
        refuse("commit_mismatch")
    coin = ticket.coin(pair.nonce)
    names = {"original": ticket.original_name, "control": coin.control_name(ticket.control_candidates)}
    indices = {"original": coin.original_address, "control": coin.control_address}
    for run in pair.runs:
        first = coin.original_first == (run.role == "original")
        if run.order != (0 if first else 1):
            refuse("coin_contradicted", f"runs[{run.order}].order")
        if run.name != names[run.role]:
            refuse("coin_contradicted", f"runs[{run.order}].name")
        if run.address_index != indices[run.role]:
            refuse("coin_contradicted", f"runs[{run.order}].address_index")
        if run.address not in case.responder.addresses:
            refuse("foreign_address", f"runs[{run.order}].address")


def ticks_are_the_responders(case: Case) -> None:
    """Where a run carries responder's ticks, its receipt names their digest. A run that failed may have none."""
    named = {r.order: r.ticks_sha256 for r in case.statement.receipts} if case.statement else {}
    for run in case.pair.runs:
        if run.responder_ticks is not None and digest(run.responder_ticks) != named.get(run.order):
            refuse("ticks_mismatch", f"runs[{run.order}].responder_ticks")


def finished_runs_were_seen(case: Case) -> None:
    """A run that is ``ok`` has a receipt that bears it out (``run_checks``)."""
    check_finished_runs(case.pair, case.statement, case.ticket.direction)


def sentinel_is_this_pairs(case: Case) -> None:
    """Where the evidence of a sentinel is kept: opened by this responder for this key, before the pair, and as it says."""
    sentinel = case.pair.sentinel
    if sentinel is None or sentinel.ticket is None:
        return
    where = "sentinel"
    ticket = decoded(_TICKET, sentinel.ticket.body_bytes(), "body.pair.sentinel.ticket.body")
    if sentinel.ticket.key != case.responder.key:
        refuse("bad_ticket_signature", where)
    verified(sentinel.ticket, TICKET, "bad_ticket_signature")
    if ticket.probe_key != case.ticket.probe_key:
        refuse("ticket_of_another_key", where)
    early_us = case.ticket.opened_at_us - ticket.opened_at_us
    ours = (ticket.variant, ticket.direction, ticket.control_candidates) == (
        where,
        case.ticket.direction,
        case.ticket.control_candidates,
    )
    if not ours or not 0 <= early_us <= SENTINEL_US:
        refuse("ticket_for_another_test", where)
    if sentinel.nonce is None or commit(sentinel.nonce) != ticket.commit:
        refuse("commit_mismatch", where)
    if sentinel.run.name != ticket.coin(sentinel.nonce).control_name(ticket.control_candidates):
        refuse("coin_contradicted", where)
    _check_sentinels_statement(case, sentinel, ticket)


def _check_sentinels_statement(case: Case, sentinel: Sentinel, ticket: Ticket) -> None:
    signed, where = sentinel.statement, "sentinel"
    if signed is None:
        return
    if signed.key != case.responder.key:
        refuse("foreign_receipt", where)
    verified(signed, STATEMENT, "bad_statement_signature")
    statement = decoded(_STATEMENT, signed.body_bytes(), "body.pair.sentinel.statement.body")
    if sentinel.ticket is None or statement.pair_id != ticket.pair_id:
        refuse("foreign_receipt", where)
    if statement.ticket_sha256 != document_id(sentinel.ticket.body_bytes()):
        refuse("ticket_hash_mismatch", where)
    receipt = next(iter(statement.receipts), None)
    if receipt is None or not receipt.seen or receipt.name_seen != sentinel.run.name:
        refuse("receipt_contradicted", where)


CHECKS: Final[tuple[Callable[[Case], None], ...]] = (
    statement_is_the_responders,
    ticket_is_the_responders,
    ticket_is_for_this,
    carried_as_opened,
    clocks_agree,
    plan_was_followed,
    coin_was_followed,
    ticks_are_the_responders,
    finished_runs_were_seen,
    sentinel_is_this_pairs,
)


def _day(moment_us: int) -> str:
    """The UTC day of a time, or the bare number where no calendar reaches."""
    try:
        return (EPOCH + timedelta(microseconds=moment_us)).date().isoformat()
    except OverflowError:
        return f"{moment_us} us"[:30]
