"""The ledger: the responders' digests of the tickets they opened, read from a store and verified."""

from pathlib import Path
from typing import Final

import msgspec

from analysis.messages import Trouble
from collector.data_folder import DataFolder
from collector.hot_files import hour_of, path_of
from collector.reader import StoredReport, read_digests
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, BadSignature, Signed, verify

_REPORT: Final = msgspec.json.Decoder(DigestReport)


def read_tickets(
    store: Path, *, keep_going: bool = False, until_us: int | None = None
) -> tuple[tuple[TicketDigest, ...], tuple[str, ...]]:
    """Every ticket of every report, the last word on each, and the damaged reports that were passed over.

    Raises ``Trouble`` for a damaged report unless ``keep_going``. That the key is the responder's, the collector checked. With ``until_us`` only
    reports received by then.
    """
    tickets: dict[bytes, TicketDigest] = {}
    damaged = []
    for stored in read_digests(store):
        if until_us is not None and stored.received_at_us > until_us:
            continue
        try:
            report = _opened(stored)
        except (BadSignature, msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
            path = path_of(DataFolder(store).hot, hour_of(stored.received_at_us))
            row = stored.report_id.hex()
            if not keep_going:
                where = stored.file or path
                raise Trouble("store.corrupt_row", exit_code=3, path=where, row=row, detail=error) from error
            damaged.append(f"{path.name} {row}: {error}")
            continue
        tickets.update((ticket.pair_id, ticket) for ticket in report.tickets)
    return tuple(tickets.values()), tuple(damaged)


def _opened(stored: StoredReport) -> DigestReport:
    return _REPORT.decode(verify(Signed(stored.key, stored.signature, msgspec.Raw(stored.body)), DIGEST))
