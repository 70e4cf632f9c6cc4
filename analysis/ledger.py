"""The ledger: the responders' digests of the tickets they opened, read from a source and verified."""

from collections.abc import Iterator
from typing import Final

import msgspec

from analysis.messages import Trouble
from analysis.responders import ANY_KEY, ResponderKeys, key_sha256
from analysis.source import Source
from collector.stored import StoredReport
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, BadSignature, Signed, verify

_REPORT: Final = msgspec.json.Decoder(DigestReport)


class PassedOver:
    """Reports of which nothing was taken: ``damaged`` ones by name, and how many ``foreign`` ones, by no key that is registered."""

    def __init__(self) -> None:
        self.damaged: list[str] = []
        self.foreign = 0


def read_tickets(
    source: Source,
    *,
    keep_going: bool = False,
    until_us: int | None = None,
    keys: ResponderKeys = ANY_KEY,
) -> tuple[tuple[TicketDigest, ...], PassedOver]:
    """Every ticket of every report, the last word on each, and the reports that were passed over."""
    tickets: dict[bytes, TicketDigest] = {}
    passed = PassedOver()
    for report in each_report(source, passed, keep_going=keep_going, until_us=until_us, keys=keys):
        tickets.update((ticket.pair_id, ticket) for ticket in report)
    return tuple(tickets.values()), passed


def each_report(
    source: Source,
    passed: PassedOver,
    *,
    keep_going: bool = False,
    until_us: int | None = None,
    keys: ResponderKeys = ANY_KEY,
) -> Iterator[tuple[TicketDigest, ...]]:
    """The tickets of one report after the other; those that are passed over are added to ``passed``.

    Raises ``Trouble`` for a damaged report unless ``keep_going``. One by a key that is not registered for the responder it names
    says nothing. With ``until_us`` only reports received by then.
    """
    for stored in source.reports():
        if until_us is not None and stored.received_at_us > until_us:
            continue
        try:
            report = _opened(stored)
        except (BadSignature, msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
            path, row = source.where(stored), stored.report_id.hex()
            if not keep_going:
                raise Trouble("store.corrupt_row", exit_code=3, path=path, row=row, detail=error) from error
            passed.damaged.append(f"{path.name} {row}: {error}")
            continue
        if not keys.knows(report.responder, key_sha256(stored.key)):
            passed.foreign += 1
            continue
        yield report.tickets


def _opened(stored: StoredReport) -> DigestReport:
    return _REPORT.decode(verify(Signed(stored.key, stored.signature, msgspec.Raw(stored.body)), DIGEST))
