"""Stored documents, as the reader gives them: the exact signed bytes, and what the collector knows beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

CONFLICT: Final = "conflict"


@dataclass(frozen=True)
class StoredMeasurement:
    """A kept measurement. ``body`` holds the exact bytes that ``signature`` by ``key`` covers.

    ``measurement_id`` is their SHA-256, ``received_at_us`` the collector's clock, ``flags`` what the collector
    knows against the row (``conflict``), ``in_conflict_us`` since when. ``file`` is where it was read, for a person.
    """

    measurement_id: bytes
    received_at_us: int
    body: bytes
    key: bytes
    signature: bytes
    flags: frozenset[str] = frozenset()
    file: str = field(default="", compare=False)
    in_conflict_us: int | None = field(default=None, compare=False)

    @property
    def conflict(self) -> bool:
        """Whether the ticket of this pair was used for another body too: the pair is void."""
        return CONFLICT in self.flags


def as_of(rows: Iterable[StoredMeasurement], until_us: int) -> Iterator[StoredMeasurement]:
    """The rows as they were at that moment (µs, 1970 UTC): those that had been received, in conflict only where they were by then.

    Else whoever sends another body for an old ticket of its own would change what was judged before.
    """
    for row in rows:
        if row.received_at_us > until_us:
            continue
        later = row.in_conflict_us is not None and row.in_conflict_us > until_us
        yield replace(row, flags=row.flags - {CONFLICT}) if later else row


@dataclass(frozen=True)
class StoredReport:
    """A kept ticket report of a responder (``probe.measurement.receipt.DigestReport``)."""

    report_id: bytes
    received_at_us: int
    body: bytes
    key: bytes
    signature: bytes
    file: str = field(default="", compare=False)


@dataclass(frozen=True)
class Counts:
    """How much a store holds, hot and sealed. ``hours`` and ``bytes`` are of hour files, the last two of the archive."""

    measurements: int
    conflicts: int
    reports: int
    hours: int
    bytes: int
    seals: int = 0
    archive_bytes: int = 0
