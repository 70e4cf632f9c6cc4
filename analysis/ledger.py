"""The ledger: the responders' digests of the tickets they opened, read from a source and verified."""

from collections.abc import Iterator
from typing import Final

import msgspec

from analysis.messages import Trouble
from analysis.source import Source
from collector.stored import StoredReport
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, BadSignature, Signed, verify

_REPORT: Final = msgspec.json.Decoder(DigestReport)


def read_tickets(
    source: Source, *, keep_going: bool = False, until_us: int | None = None
) -> tuple[tuple[TicketDigest, ...], tuple[str, ...]]:
    """Every ticket of every report, the last word on each, and the damaged reports that were passed over."""
    tickets: dict[bytes, TicketDigest] = {}
    damaged: list[str] = []
    for report in each_report(source, damaged, keep_going=keep_going, until_us=until_us):
        tickets.update((ticket.pair_id, ticket) for ticket in report)
    return tuple(tickets.values()), tuple(damaged)


def each_report(
    source: Source, damaged: list[str], *, keep_going: bool = False, until_us: int | None = None
) -> Iterator[tuple[TicketDigest, ...]]:
    """The tickets of one report after the other; those that are passed over are added to ``damaged``.

    Raises ``Trouble`` for a damaged report unless ``keep_going``. That the key is the responder's, the collector checked. With ``until_us`` only
    reports received by then.
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
            damaged.append(f"{path.name} {row}: {error}")
            continue
        yield report.tickets


def _opened(stored: StoredReport) -> DigestReport:
    return _REPORT.decode(verify(Signed(stored.key, stored.signature, msgspec.Raw(stored.body)), DIGEST))
