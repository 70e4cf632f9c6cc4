"""Source: where a judgement's documents come from. A collector's folder is one, an evidence bundle another.

Both give the same things: measurements as they were signed, responders' ticket reports, and enrolments.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from analysis.messages import Trouble
from collector.data_folder import DataFolder
from collector.enrolment import Enrolled
from collector.hot_files import hour_of, path_of
from collector.reader import (
    read_digests,
    read_measurements,
    read_rosters,
    read_sealed,
    read_separations,
)
from collector.registrations import left, naming_heads
from collector.sealed import first_revisions
from collector.stored import StoredMeasurement, StoredReport


@dataclass(frozen=True)
class Source:
    """Each is read anew at every call. ``where`` names the file a row was read from, for a person.

    ``separations``: the quarter keys of homes with a line of their own by the operator's word, and since when (µs, 1970 UTC).
    ``sealed`` names files of rows whose bytes are those that the operator's seal was set on; it has read them for it.
    ``naming_heads`` are the signed heads of the public log that name registrations, with their seals; ``has_log``: whether there is one.
    ``registrations`` are the bytes of those that were left with the store.
    """

    measurements: Callable[[], Iterator[StoredMeasurement]]
    reports: Callable[[], Iterator[StoredReport]]
    roster: Callable[[], tuple[Enrolled, ...]]
    where: Callable[[StoredMeasurement | StoredReport], Path]
    separations: Callable[[], Mapping[bytes, int]] = dict
    sealed: Callable[[], frozenset[str]] = frozenset
    naming_heads: Callable[[], tuple[tuple[int, bytes], ...]] = tuple
    has_log: Callable[[], bool] = bool
    registrations: Callable[[], Iterable[bytes]] = tuple


def store_source(store: Path) -> Source:
    """A collector's folder; raises ``Trouble`` for a folder that is none."""
    hot = DataFolder(store).hot
    if not hot.is_dir():
        raise Trouble("store.missing", path=store)

    def where(row: StoredMeasurement | StoredReport) -> Path:
        return Path(row.file) if row.file else path_of(hot, hour_of(row.received_at_us))

    return Source(
        measurements=lambda: read_measurements(store),
        reports=lambda: read_digests(store),
        roster=lambda: read_rosters(store),
        where=where,
        separations=lambda: read_separations(store),
        sealed=lambda: read_sealed(store),
        naming_heads=lambda: naming_heads(store),
        has_log=lambda: any(first_revisions(DataFolder(store).sealed)),
        registrations=lambda: (content for _, content in left(DataFolder(store))),
    )
