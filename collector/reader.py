"""The reader: what a data folder holds, for the analysis. Read-only, also while a collector or a sealer writes.

Documents come from ``archive``, hot and sealed alike; rosters and plans from their own files.
"""

from pathlib import Path

from collector.archive import count, read_digests, read_measurements
from collector.data_folder import DataFolder
from collector.enrolment import Enrolled
from collector.homes import book
from collector.homes.book import Home
from collector.plan import read_plan_files
from collector.roster import read_roster
from collector.stored import Counts, StoredMeasurement, StoredReport
from probe.plan import Plan

__all__ = [
    "Counts",
    "StoredMeasurement",
    "StoredReport",
    "count",
    "read_digests",
    "read_homes",
    "read_measurements",
    "read_plans",
    "read_rosters",
    "read_separations",
    "read_withdrawn",
]


def read_rosters(data_dir: Path) -> tuple[Enrolled, ...]:
    """Every enrolment, oldest first."""
    return read_roster(DataFolder(data_dir).roster)


def read_homes(data_dir: Path) -> tuple[Home, ...]:
    """What the operator decided of homes: vetted and by which channel, revoked, separated from others of its line."""
    return book.read_homes(DataFolder(data_dir).homes)


def read_separations(data_dir: Path) -> dict[bytes, int]:
    """Quarter keys of vetted homes that the operator declared to have a line of their own, and since when (µs, 1970 UTC).

    Their line tags join them with nobody (integrity.md 5); a judgement heeds what was declared before its registration.
    """
    declared = {
        home.home: home.separated_at_us
        for home in read_homes(data_dir)
        if home.vetted and home.separated_at_us is not None
    }
    return {
        entry.quarter_key: declared[entry.long_lived_key]
        for entry in read_rosters(data_dir)
        if entry.long_lived_key in declared
    }


def read_withdrawn(data_dir: Path) -> frozenset[bytes]:
    """SHA-256 of each key that has withdrawn: tickets of these are not missing, and findings count them."""
    return book.read_withdrawn(DataFolder(data_dir).homes)


def read_plans(data_dir: Path) -> tuple[Plan, ...]:
    """Every plan ever issued, by serial, without grants; each signed, and all by one key. Raises ``Trouble``."""
    return read_plan_files(DataFolder(data_dir).plans)
