"""The pipeline of a measurement: bytes in, a candidate for the store or a rejection out. No I/O.

Every door (HTTP now, MQTT later) ends here. The order of the checks is part of the contract: a document that
is wrong in two ways is always answered with the first.

1. body: size, encoding, gzip, JSON, schema of the signed envelope      (``documents``)
2. the key is on the roster: cheaper than a signature, so it stands before it
3. the signature of the exact bytes
4. the schema of the measurement, no NUL in its texts; the key it names is the key that signed; its length
5. without a pair (``skipped``, or a ``result``): the probe's clock is all there is to judge by, the plan it cites, and what
   responders signed of it (``result_checks``)
6. with one: everything in ``pair_checks``
"""

from typing import Final

import msgspec

from collector.documents import decoded, guessed, plain, signed, verified, without_nul
from collector.enrolment import Enrolled
from collector.pair_checks import FUTURE_US, OLDEST_US, Known, check_pair
from collector.plan_index import index_of
from collector.quarters import unix_us
from collector.rejections import Refused, Rejection, refuse
from collector.result_checks import check_result
from collector.rolls import Vouched
from probe.measurement.envelope import LARGEST_BYTES, Measurement, encode
from probe.measurement.signing import MEASUREMENT, Signed, document_id
from probe.plan import Plan

LARGEST_SKIPPED_BYTES: Final = 8 * 1024
"""A measurement that was skipped costs nobody a ticket, so it may cost the collector little."""
LARGEST_RESULT_BYTES: Final = 16 * 1024
"""A result of a nettest without a pair: a handful of looks or answers."""
UNKNOWN_BYTES: Final = 16 * 1024
"""Unknown fields and white space may be as long as what is known, and this: a later probe's new fields fit.

A document shorter than this needs no second look: an honest pair is 12 kB, and what a key may send in a day is bounded.
"""

_MEASUREMENT: Final = msgspec.json.Decoder(Measurement)


class Candidate(msgspec.Struct, frozen=True):
    """A measurement fit to be kept. ``pair_id`` is its ticket's, ``None`` for one that was skipped."""

    measurement_id: bytes
    key: bytes
    signature: bytes
    body: bytes
    pair_id: bytes | None


def inspect(
    raw: bytes, encoding: str, known: Known, now_us: int, vouched: Vouched = ()
) -> Candidate | Rejection:
    """The measurement in ``raw``, or why it is refused. ``vouched``: what rolls say of responders' statements."""
    try:
        text = plain(raw, encoding, LARGEST_BYTES)
    except Refused as refused:
        return refused.rejection
    guess, found = guessed(text), None
    if guess is not None:
        found = _inspected(guess, known, now_us, vouched)
        if isinstance(found, Candidate):  # its body was read whole, so the guess was right
            return found
    try:
        document = signed(text)
    except Refused as refused:
        return refused.rejection
    return found if found is not None and document == guess else _inspected(document, known, now_us, vouched)


def _inspected(document: Signed, known: Known, now_us: int, vouched: Vouched) -> Candidate | Rejection:
    """The measurement in an envelope, or why it is refused."""
    document_hash = document_id(document.body_bytes())
    try:
        enrolled, body = _attributed(document, document_hash, known)
    except Refused as refused:
        return msgspec.structs.replace(refused.rejection, document_id=document_hash)
    try:
        pair_id = _judged(body, document.key, enrolled, known, now_us, vouched)
    except Refused as refused:
        return msgspec.structs.replace(refused.rejection, document_id=document_hash, proved=True)
    return Candidate(document_hash, document.key, document.signature, body, pair_id)


def _attributed(document: Signed, document_hash: bytes, known: Known) -> tuple[Enrolled, bytes]:
    """Who signed, and the bytes that were signed."""
    enrolled = known.enrolled(document.key)
    if enrolled is None:
        refuse("unknown_key", document.key.hex()[:16])
    return enrolled, verified(document, MEASUREMENT, "bad_signature", document_hash)


def _judged(
    body: bytes, key: bytes, enrolled: Enrolled, known: Known, now_us: int, vouched: Vouched
) -> bytes | None:
    """The pair id of a measurement that passes, ``None`` for one that was skipped."""
    measurement = decoded(_MEASUREMENT, body, "body")
    without_nul(body, "body")
    if measurement.probe_key != key:
        refuse("key_mismatch")
    largest = LARGEST_SKIPPED_BYTES if measurement.result is None else LARGEST_RESULT_BYTES
    if measurement.pair is None and len(body) > largest:
        refuse("too_large", str(largest))
    if len(body) > UNKNOWN_BYTES and len(body) > 2 * len(encode(measurement)) + UNKNOWN_BYTES:
        refuse("padded", str(len(body)))
    if measurement.pair is not None:
        return check_pair(measurement, measurement.pair, enrolled, known, now_us, vouched)
    _check_times(measurement, enrolled, now_us)
    if measurement.result is not None:
        check_result(measurement, _check_planned(measurement, known))
    return None


def _check_planned(measurement: Measurement, known: Known) -> Plan:
    """The plan that a result cites; it is of a service and a nettest of it."""
    plan = known.plan(measurement.plan_serial)
    if plan is None:
        refuse("unknown_plan", str(measurement.plan_serial)[:20])
    orders = (measurement.nettest, measurement.variant)
    if orders not in {(n.nettest, n.variant) for n in plan.nettests}:
        refuse("unknown_nettest", f"{measurement.nettest} {measurement.variant}")
    if measurement.service not in index_of(plan).services:
        refuse("unknown_service", measurement.service)
    return plan


def _check_times(measurement: Measurement, enrolled: Enrolled, now_us: int) -> None:
    offset_us = measurement.clock.offset_us if measurement.clock else 0
    started_us = unix_us(measurement.started_at) + offset_us
    if started_us > now_us + FUTURE_US:
        refuse("clock_far", measurement.started_at.isoformat())
    if started_us < now_us - OLDEST_US:
        refuse("too_old", measurement.started_at.isoformat())
    if not enrolled.may_sign_at(started_us):
        refuse("wrong_quarter", enrolled.quarter)
