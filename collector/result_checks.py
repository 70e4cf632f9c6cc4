"""The checks of a result without a pair: whoever's word it carries, a responder of the plan signed it. No I/O.

A latency has a ticket, a nonce and a statement like a pair's, which must tell one story. What met no responder may carry
witnesses: statements of whose line it was, from shortly before and after (integrity.md 1). A statement names no probe,
so that somebody else's can be shown: which probe opened its ticket, the responder's digests tell (``tickets``).
"""

from typing import Final

import msgspec

from collector.documents import decoded, verified
from collector.plan_index import index_of
from collector.quarters import unix_us
from collector.rejections import refuse
from probe.measurement.coin import commit
from probe.measurement.envelope import Measurement
from probe.measurement.receipt import Statement
from probe.measurement.results import LatencyResult
from probe.measurement.signing import STATEMENT, TICKET, Signed, document_id
from probe.measurement.ticket import Ticket
from probe.plan import Plan

FAR_US: Final = 86_400 * 1_000_000
"""A probe's clock may be a day off (``pair_checks.CLOCK_FAR_US``)."""
BETWEEN_US: Final = 600 * 1_000_000
"""From the witness before a result to the one after: a minute each, and the result's own time with its time limits."""

_TICKET: Final = msgspec.json.Decoder(Ticket)
_STATEMENT: Final = msgspec.json.Decoder(Statement)


def check_result(measurement: Measurement, plan: Plan) -> None:
    """Refuse a result whose evidence is nobody's, or another's."""
    _check_witnesses(measurement, plan)
    if isinstance(measurement.result, LatencyResult):
        _check_latency(measurement, measurement.result, plan)


def _check_witnesses(measurement: Measurement, plan: Plan) -> None:
    started_us, closed_us = unix_us(measurement.started_at), list[int]()
    for number, signed in enumerate(measurement.witnesses):
        where = f"witnesses[{number}]"
        statement = _statement(signed, plan, where)
        if abs(statement.closed_at_us - started_us) > FAR_US:
            refuse("clock_far", where)
        closed_us.append(statement.closed_at_us)
    if len(closed_us) == 2 and not 0 <= closed_us[1] - closed_us[0] <= BETWEEN_US:
        refuse("receipt_contradicted", "witnesses")


def _check_latency(measurement: Measurement, result: LatencyResult, plan: Plan) -> None:
    """Its ticket is by a responder of the plan, for this key and test; the coin gave the control's name; the statement closes it."""
    where = "result.ticket"
    ticket = decoded(_TICKET, result.ticket.body_bytes(), f"body.{where}.body")
    indexed = index_of(plan)
    responder = indexed.responders.get(ticket.responder)
    if responder is None:
        refuse("unknown_responder", ticket.responder)
    if result.ticket.key != responder.key:
        refuse("bad_ticket_signature", where)
    verified(result.ticket, TICKET, "bad_ticket_signature")
    if ticket.probe_key != measurement.probe_key:
        refuse("ticket_of_another_key", where)
    for name in ("nettest", "variant", "service", "address_family"):
        if getattr(ticket, name) != getattr(measurement, name):
            refuse("ticket_for_another_test", name)
    if commit(result.nonce) != ticket.commit:
        refuse("commit_mismatch", where)
    if ticket.control_candidates != indexed.candidates(ticket.stratum, ticket.original_name):
        refuse("candidates_not_registered", ticket.stratum)
    names = (ticket.original_name, ticket.coin(result.nonce).control_name(ticket.control_candidates))
    if names != (result.original_name, result.control_name):
        refuse("coin_contradicted", "result.control_name")
    if result.statement is None:
        return
    statement = _statement(result.statement, plan, "result.statement")
    if result.statement.key != responder.key or statement.pair_id != ticket.pair_id:
        refuse("foreign_receipt", "result.statement")
    if statement.ticket_sha256 != document_id(result.ticket.body_bytes()):
        refuse("ticket_hash_mismatch", "result.statement")


def _statement(signed: Signed, plan: Plan, where: str) -> Statement:
    """The statement, by a responder of the plan."""
    if signed.key not in {responder.key for responder in plan.responders}:
        refuse("foreign_receipt", where)
    verified(signed, STATEMENT, "bad_statement_signature")
    return decoded(_STATEMENT, signed.body_bytes(), f"body.{where}.body")
