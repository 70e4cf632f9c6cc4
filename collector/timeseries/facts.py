"""Raw facts: one document of the store becomes one point of the private bucket. Pure.

Only the fields that stand here are decoded, for ticks and certificates are most of a document's bytes; what the
collector accepted was checked when it came, and nothing is judged on these numbers: the analysis reads the signed bytes.

A point's time is the responder's µs x 1000 + measurement_id mod 1000 (architecture.md), so two pairs of one instant do
not overwrite each other, and the same document overwrites itself. A result or a skipped run met no responder: its time is
the probe's own, if that is within ``BELIEVED_US`` of its arrival, else its arrival.
"""

from datetime import datetime
from typing import Final

import msgspec

from collector.quarters import US_PER_DAY, unix_us
from collector.stored import StoredMeasurement
from collector.timeseries.lines import Point, Value
from collector.timeseries.tags import UNKNOWN, Vocabulary

BELIEVED_US: Final = 120 * US_PER_DAY
HOME_DIGITS: Final = 16
"""Of the quarter key: enough to count homes apart, in the private bucket alone."""
OK: Final = "ok"


class _Envelope(msgspec.Struct, frozen=True):
    body: msgspec.Raw


class _Line(msgspec.Struct, frozen=True):
    brand: str | None = None
    technology: str = UNKNOWN
    plan_class: str = UNKNOWN


class _Run(msgspec.Struct, frozen=True):
    role: str
    order: int
    failure: str
    connect_us: int | None = None
    duration_us: int | None = None
    wire_bytes: int = 0


class _Pair(msgspec.Struct, frozen=True):
    ticket: _Envelope
    runs: tuple[_Run, ...]
    statement: _Envelope | None = None


class _Look(msgspec.Struct, frozen=True):
    """A look, a question or a series of echoes: what they have in common."""

    failure: str = OK
    role: str | None = None
    phase: str | None = None
    p50_us: int | None = None


class _Result(msgspec.Struct, frozen=True):
    looks: tuple[_Look, ...] = ()
    answers: tuple[_Look, ...] = ()
    series: tuple[_Look, ...] = ()
    ticket: _Envelope | None = None
    statement: _Envelope | None = None


class _Measurement(msgspec.Struct, frozen=True):
    nettest: str
    variant: str
    service: str
    direction: str
    address_family: str
    started_at: datetime
    software_version: str
    line: _Line = _Line()
    pair: _Pair | None = None
    skipped: str | None = None
    result: _Result | None = None


class _Ticket(msgspec.Struct, frozen=True):
    responder: str
    stratum: str
    pace_bit_s: int
    opened_at_us: int


class _Path(msgspec.Struct, frozen=True):
    asn: int | None = None
    country: str | None = None


class _Receipt(msgspec.Struct, frozen=True):
    order: int
    wire_bytes: int | None = None


class _Statement(msgspec.Struct, frozen=True):
    path: _Path
    receipts: tuple[_Receipt, ...] = ()


_MEASUREMENT: Final = msgspec.json.Decoder(_Measurement)
_TICKET: Final = msgspec.json.Decoder(_Ticket)
_STATEMENT: Final = msgspec.json.Decoder(_Statement)
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError)


def point_of(stored: StoredMeasurement, words: Vocabulary) -> Point:
    """The point of a stored document; raises one of ``UNREADABLE`` for a document that is none."""
    found = _MEASUREMENT.decode(stored.body)
    tags: dict[str, str | None] = {
        "nettest": words("nettest", found.nettest),
        "variant": words("variant", found.variant),
        "service": words("service", found.service),
        "direction": words("direction", found.direction),
        "family": words("family", found.address_family),
        "technology": words("technology", found.line.technology),
        "plan_class": words("plan_class", found.line.plan_class),
    }
    common: dict[str, Value] = {
        "count": 1,
        "conflict": int(stored.conflict),
        "home": stored.key.hex()[:HOME_DIGITS],
        "brand": found.line.brand or UNKNOWN,
        "software": found.software_version,
    }
    at_us = _time_us(found, stored)
    if found.pair is not None:
        ticket = _TICKET.decode(found.pair.ticket.body)
        tags |= _of_ticket(ticket, found.pair.statement, words)
        fields = _pair(found.pair, ticket, found.direction)
        name, at_us = "pair", ticket.opened_at_us
    elif found.result is not None:
        name, fields = "result", _result(found.result)
        if found.result.ticket is not None:
            ticket = _TICKET.decode(found.result.ticket.body)
            tags |= _of_ticket(ticket, found.result.statement, words)
            at_us = ticket.opened_at_us
    else:
        name, fields = "skipped", {"reason": found.skipped or UNKNOWN}
    time_ns = at_us * 1000 + int.from_bytes(stored.measurement_id, "big") % 1000
    return Point(name, tags, common | fields, time_ns)


def _time_us(found: _Measurement, stored: StoredMeasurement) -> int:
    if found.started_at.tzinfo is None:
        raise ValueError("a time without its zone")
    told = unix_us(found.started_at)
    return told if abs(told - stored.received_at_us) <= BELIEVED_US else stored.received_at_us


def _of_ticket(ticket: _Ticket, closing: _Envelope | None, words: Vocabulary) -> dict[str, str | None]:
    path = _Path() if closing is None else _STATEMENT.decode(closing.body).path
    return {
        "responder": words("responder", ticket.responder),
        "stratum": words("stratum", ticket.stratum),
        "network": UNKNOWN if path.asn is None else f"AS{path.asn}",
        "country": words("country", path.country),
    }


def _pair(pair: _Pair, ticket: _Ticket, direction: str) -> dict[str, Value]:
    """Facts of both runs: rates are means over the bulk, of what arrived. ``bytes`` is what the home's line carried."""
    arrived = {run.order: run.wire_bytes for run in pair.runs}
    if direction == "up" and pair.statement is not None:
        receipts = _STATEMENT.decode(pair.statement.body).receipts
        arrived |= {one.order: one.wire_bytes for one in receipts if one.wire_bytes is not None}
    fields: dict[str, Value] = {
        "pace_bit_s": ticket.pace_bit_s,
        "bytes": sum(run.wire_bytes for run in pair.runs),
    }
    for run in pair.runs:
        ok = run.failure == OK
        fields |= {
            f"{run.role}_ok": int(ok),
            f"{run.role}_bytes": arrived[run.order],
            f"{run.role}_connect_us": run.connect_us,
            f"{run.role}_failure": run.failure,
            f"{run.role}_mbit_s": arrived[run.order] * 8 / run.duration_us
            if ok and run.duration_us
            else None,
        }
    return fields


def _result(result: _Result) -> dict[str, Value]:
    named = (one for one in result.series if one.role is not None)  # datagrams are the line's, of no service
    looks = (*result.looks, *result.answers, *named)
    failures = [look.failure for look in looks if look.failure != OK]
    fields: dict[str, Value] = {
        "looks": len(looks),
        "failed": len(failures),
        "failure": failures[0] if failures else OK,
    }
    for one in result.series:
        if one.role is not None and one.phase is not None:
            fields[f"{one.role}_{one.phase}_p50_us"] = one.p50_us
    return fields
