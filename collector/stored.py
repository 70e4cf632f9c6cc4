"""Stored documents, as the reader gives them: the exact signed bytes, and what the collector knows beside them."""

from dataclasses import dataclass, field
from typing import Final

CONFLICT: Final = "conflict"


@dataclass(frozen=True)
class StoredMeasurement:
    """A kept measurement. ``body`` holds the exact bytes that ``signature`` by ``key`` covers.

    ``measurement_id`` is their SHA-256, ``received_at_us`` the collector's clock, ``flags`` what the collector
    knows against the row (``conflict``). ``file`` is where it was read, for a person.
    """

    measurement_id: bytes
    received_at_us: int
    body: bytes
    key: bytes
    signature: bytes
    flags: frozenset[str] = frozenset()
    file: str = field(default="", compare=False)

    @property
    def conflict(self) -> bool:
        """Whether the ticket of this pair was used for another body too: the pair is void."""
        return CONFLICT in self.flags


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
