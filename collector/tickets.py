"""Ticket reports: what a responder says of the tickets it opened (integrity.md 2), checked. No I/O.

Checks, in order: body (``documents``), the signing key is that of a responder in a plan, its signature, its
schema, the responder it names is the one whose key signed.
"""

from dataclasses import dataclass
from typing import Final, Protocol

import msgspec

from collector.documents import decoded, plain, signed, verified, without_nul
from collector.rejections import Refused, Rejection, refuse
from probe.measurement.receipt import DigestReport
from probe.measurement.signing import DIGEST, document_id

LARGEST_BYTES: Final = 4 * 1024 * 1024
"""An hour of a busy responder: some 12,000 tickets."""

_REPORT: Final = msgspec.json.Decoder(DigestReport)


class KnowsResponders(Protocol):
    """Who is a responder."""

    def responder_of(self, key: bytes) -> str | None:
        """The id of the responder that signs with ``key``, in the current plan or one still honoured."""


@dataclass(frozen=True)
class Report:
    """A ticket report fit to be kept: its id and exact signed bytes."""

    report_id: bytes
    key: bytes
    signature: bytes
    body: bytes


def inspect_report(raw: bytes, encoding: str, known: KnowsResponders) -> Report | Rejection:
    """The report in ``raw``, or why it is refused."""
    try:
        return _inspect(raw, encoding, known)
    except Refused as refused:
        return refused.rejection


def _inspect(raw: bytes, encoding: str, known: KnowsResponders) -> Report:
    document = signed(plain(raw, encoding, LARGEST_BYTES))
    responder = known.responder_of(document.key)
    if responder is None:
        refuse("unknown_responder", document.key.hex()[:16])
    body = verified(document, DIGEST, "bad_signature")
    if decoded(_REPORT, body, "body").responder != responder:
        refuse("unknown_responder", document.key.hex()[:16])
    without_nul(body, "body")
    return Report(document_id(body), document.key, document.signature, body)
