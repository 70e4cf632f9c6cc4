"""Places: which cell each ticket that a responder reported belongs to, one bucket of tickets after the other.

What ``missing.tickets_by_cell`` says of a store in memory. The pairs of a bucket of cells tell where theirs are; a ticket without
a pair is in the cell of its service on the line that its key declared in others, the last one in the order of cells.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from analysis.ledger import PassedOver, each_report
from analysis.missing import like
from analysis.observe.record import Observation
from analysis.registration import CellKey
from analysis.responders import ResponderKeys
from analysis.scale.buckets import Buckets, bucket_of, records
from analysis.scale.spool import TICKET_BUCKETS
from analysis.source import Source
from probe.measurement.receipt import TicketDigest


class Placed(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A pair's ticket and the number of its cell; ``None``: it was measured outside the registration."""

    ticket: bytes
    cell: int | None


class Places:
    """Takes in the pairs of all cells, then the reports; ``order`` is that of the registered cells, gates' behind."""

    def __init__(self, folder: Path, order: Sequence[CellKey]) -> None:
        self.folder = folder
        self.order = order
        self._number = {key: number for number, key in enumerate(order)}
        self._buckets = Buckets(folder)
        self._line_of: dict[str, int] = {}
        self.reported = 0

    def put(self, pair: Observation, key: CellKey | None) -> None:
        """The cell of a pair, ``None`` where it is outside."""
        number = None if key is None else self._number[key]
        if number is not None:
            self._line_of[pair.home] = max(number, self._line_of.get(pair.home, 0))
        self._add("placed", bytes.fromhex(pair.pair_id), Placed(bytes.fromhex(pair.pair_id), number))

    def report(
        self,
        source: Source,
        in_scope: Callable[[TicketDigest], bool],
        *,
        keep_going: bool,
        until_us: int | None,
        keys: ResponderKeys,
    ) -> PassedOver:
        """Put every ticket of every report beside its cell (``of_cell``); the reports that were passed over."""
        passed = PassedOver()
        for tickets in each_report(source, passed, keep_going=keep_going, until_us=until_us, keys=keys):
            for ticket in tickets:
                self._add("ticket", ticket.pair_id, ticket)
        self._buckets.close()
        for bucket in range(TICKET_BUCKETS):
            cell_of: dict[bytes, int | None] = {}
            for one in records(self._file("placed", bucket), Placed):
                # Of a ticket with two bodies: the last in the order of cells, and outside only where both are.
                numbers = [number for number in (one.cell, cell_of.get(one.ticket)) if number is not None]
                cell_of[one.ticket] = max(numbers, default=None)
            # The last word on each.
            last = {one.pair_id: one for one in records(self._file("ticket", bucket), TicketDigest)}
            self.reported += len(last)
            for ticket in last.values():
                number = self._cell(ticket, cell_of) if in_scope(ticket) else None
                if number is not None:
                    self._buckets.add(f"cell-{number:05}", msgspec.msgpack.encode(ticket))
        self._buckets.close()
        return passed

    def of_cell(self, key: CellKey) -> list[TicketDigest]:
        """The tickets of a cell."""
        return list(records(self.folder / f"cell-{self._number[key]:05}", TicketDigest))

    def _cell(self, ticket: TicketDigest, cell_of: Mapping[bytes, int | None]) -> int | None:
        if ticket.pair_id in cell_of:
            return cell_of[ticket.pair_id]
        line = self._line_of.get(ticket.probe_key.hex())
        return None if line is None else self._number.get(like(self.order[line], ticket))

    def _add(self, name: str, ticket: bytes, record: msgspec.Struct) -> None:
        path = self._file(name, bucket_of(ticket, TICKET_BUCKETS))
        self._buckets.add(path.name, msgspec.msgpack.encode(record))

    def _file(self, name: str, bucket: int) -> Path:
        return self.folder / f"{name}-{bucket:03}"
