"""The reader: what the store holds, in batches, for the analysis. Read-only, also while a collector writes.

Rows come as they were signed; nothing is decoded here. A pair whose ticket was used for two different bodies
comes with the flag ``conflict`` on every one of its bodies: readable, and void (architecture.md,
"Measurement").
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from collector.data_folder import DataFolder
from collector.enrolment import Enrolled
from collector.hot_files import HourFile, hour_files, is_ready, open_for_reading
from collector.messages import Trouble
from collector.plan import read_plan_files
from collector.roster import read_roster
from probe.plan import Plan

BATCH_ROWS: Final = 200
CONFLICT: Final = "conflict"


@dataclass(frozen=True)
class StoredMeasurement:
    """A kept measurement. ``body`` holds the exact bytes that ``signature`` by ``key`` covers.

    ``measurement_id`` is their SHA-256, ``received_at_us`` the collector's clock, ``flags`` what the collector
    knows against the row (``conflict``).
    """

    measurement_id: bytes
    received_at_us: int
    body: bytes
    key: bytes
    signature: bytes
    flags: frozenset[str] = frozenset()

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


@dataclass(frozen=True)
class Counts:
    """How much a store holds."""

    measurements: int
    conflicts: int
    reports: int
    hours: int
    bytes: int


def read_measurements(data_dir: Path, batch_rows: int = BATCH_ROWS) -> Iterator[StoredMeasurement]:
    """Every measurement in the hot store, oldest hour first, those in conflict included and flagged.

    Rows that arrive while this reads may or may not be among them. Raises ``Trouble`` for a damaged file.
    """
    files = hour_files(DataFolder(data_dir).hot)
    void = _tickets_in_conflict(files)
    columns = "seq, measurement_id, received_at_us, body, key, signature, pair_id"
    for hour_file in files:
        for table in ("measurements", "conflicts"):
            for _, measurement_id, received_at_us, body, key, signature, pair_id in _rows(
                hour_file, table, columns, batch_rows
            ):
                in_conflict = table == "conflicts" or (pair_id is not None and key + pair_id in void)
                flags = frozenset({CONFLICT}) if in_conflict else frozenset[str]()
                yield StoredMeasurement(measurement_id, received_at_us, body, key, signature, flags)


def read_digests(data_dir: Path, batch_rows: int = BATCH_ROWS) -> Iterator[StoredReport]:
    """Every ticket report in the hot store, oldest hour first. Raises ``Trouble`` for a damaged file."""
    columns = "seq, report_id, received_at_us, body, key, signature"
    for hour_file in hour_files(DataFolder(data_dir).hot):
        for row in _rows(hour_file, "reports", columns, batch_rows):
            yield StoredReport(*row[1:])


def read_rosters(data_dir: Path) -> tuple[Enrolled, ...]:
    """Every enrolment, oldest first."""
    return read_roster(DataFolder(data_dir).roster)


def read_plans(data_dir: Path) -> tuple[Plan, ...]:
    """Every plan ever issued, by serial, without grants; each signed, and all by one key. Raises ``Trouble``."""
    return read_plan_files(DataFolder(data_dir).plans)


def count(data_dir: Path) -> Counts:
    """How much the hot store holds. Raises ``Trouble`` for a damaged file."""
    files = hour_files(DataFolder(data_dir).hot)
    sums = {"measurements": 0, "conflicts": 0, "reports": 0}
    for hour_file in files:
        with closing(open_for_reading(hour_file.path)) as db:
            for table in sums if is_ready(db) else ():
                sums[table] += db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - constants
    return Counts(**sums, hours=len(files), bytes=sum(f.path.stat().st_size for f in files))


def _tickets_in_conflict(files: list[HourFile]) -> set[bytes]:
    """Key and pair id of every void pair. First over all files: a conflict may come hours after its pair."""
    return {
        row[1] + row[2]
        for hour_file in files
        for row in _rows(hour_file, "conflicts", "seq, key, pair_id", BATCH_ROWS)
    }


def _rows(hour_file: HourFile, table: str, columns: str, batch_rows: int) -> Iterator[tuple[Any, ...]]:
    """Rows in order of arrival, each batch in a transaction of its own, so that no reader holds the WAL open.

    Ends at the first batch that is not full.
    """
    query = f"SELECT {columns} FROM {table} WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - constants
    try:
        with closing(open_for_reading(hour_file.path)) as db:
            batch = db.execute(query, (0, batch_rows)).fetchall() if is_ready(db) else []
            while batch:
                yield from batch
                batch = (
                    db.execute(query, (batch[-1][0], batch_rows)).fetchall()
                    if len(batch) == batch_rows
                    else []
                )
    except sqlite3.DatabaseError as error:
        raise Trouble("store.damaged", path=hour_file.path, detail=error) from error
