"""The ledger of bytes: what this probe spent of the volunteer's line, by month, and whether more is allowed.

Bytes are those on the line: TCP payload plus headers. Before a transfer its estimate is *reserved* on disk and
afterwards *settled*, so that a crash in between counts as spent: the volunteer's cap holds even then.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from probe import durable
from probe.identity import moment_of
from probe.measurement.ticket import GRACE_S, LARGEST_RUN_BYTES
from probe.state import read_state

HEADERS: Final = (1500, 1448)
"""On an ordinary line 1448 bytes of payload travel in a packet of 1500."""
HANDSHAKES_BYTES: Final = 250_000
"""What TLS handshakes, tickets, statements and the sentinel add to a pair, rounded up. Booked with each pair that ran."""
MONTHS_KEPT: Final = 13


class Book(msgspec.Struct, frozen=True):
    """The contents of ``ledger.json``: bytes by month ("2026-11", UTC), and the open reservation."""

    months: dict[str, int] = {}
    reserved_month: str | None = None
    reserved_bytes: int = 0


def on_the_line(payload_bytes: int) -> int:
    """Bytes on the line of ``payload_bytes`` of TCP payload.

    >>> on_the_line(1448)
    1500
    """
    packet, payload = HEADERS
    return -(-payload_bytes * packet // payload)


def pair_estimate_bytes(pace_bit_s: int, duration_ms: int) -> int:
    """What a pair will spend at most: two runs at the pace for their whole duration and the responder's grace.

    Unpaced (0): two runs of all the bytes that a ticket may allow. Paced: of what the pace carries, though a ticket may stop
    a run before that; a pair that would be cut short is better not started.

    >>> pair_estimate_bytes(20_000_000, 4000), pair_estimate_bytes(0, 2000)
    (23558012, 103841161)
    """
    carried = pace_bit_s * (duration_ms + round(1000 * GRACE_S)) // 8000
    return on_the_line(2 * (carried or LARGEST_RUN_BYTES)) + HANDSHAKES_BYTES


@dataclass
class Ledger:
    """``ledger.json`` under a cap: the smaller of the volunteer's and the plan's.

    No month before that of ``not_before_us`` (µs since 1970), when the plan was signed, is booked or asked about: a
    board that wakes in 1970 has no second budget there.
    """

    path: Path
    cap_bytes: int
    not_before_us: int = 0

    def spent_bytes(self, now_us: int) -> int:
        """Spent in the month of ``now_us``, an open reservation included."""
        return _spent(self._read(), self._month(now_us))

    def allows(self, estimate_bytes: int, now_us: int) -> bool:
        """Whether ``estimate_bytes`` more stay within the cap."""
        return self.spent_bytes(now_us) + estimate_bytes <= self.cap_bytes

    def reserve(self, estimate_bytes: int, now_us: int) -> None:
        """Before a transfer. A reservation that a crash left open is counted as spent first."""
        book = _closed(self._read(), None)
        self._write(
            msgspec.structs.replace(book, reserved_month=self._month(now_us), reserved_bytes=estimate_bytes)
        )

    def settle(self, actual_bytes: int) -> None:
        """After the transfer: the reservation gives way to what was spent."""
        self._write(_closed(self._read(), actual_bytes))

    def _month(self, now_us: int) -> str:
        return moment_of(max(now_us, self.not_before_us)).strftime("%Y-%m")

    def _read(self) -> Book:
        return read_state(self.path, Book) if self.path.exists() else Book()

    def _write(self, book: Book) -> None:
        durable.write(self.path, msgspec.json.encode(book))


def _closed(book: Book, actual_bytes: int | None) -> Book:
    """The book without its reservation, which is booked as ``actual_bytes`` (``None``: whole)."""
    if book.reserved_month is None:
        return book
    spent = book.reserved_bytes if actual_bytes is None else actual_bytes
    months = {**book.months, book.reserved_month: book.months.get(book.reserved_month, 0) + spent}
    return Book(dict(sorted(months.items())[-MONTHS_KEPT:]))


def _spent(book: Book, month: str) -> int:
    return book.months.get(month, 0) + (book.reserved_bytes if book.reserved_month == month else 0)
