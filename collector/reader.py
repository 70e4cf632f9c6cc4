"""The reader: what a data folder holds, for the analysis. Read-only, also while a collector or a sealer writes.

Documents come from ``archive``, hot and sealed alike; rosters and plans from their own files.
"""

from hashlib import sha256
from pathlib import Path

from collector.archive import count, read_digests, read_measurements
from collector.archive_place import place_of
from collector.data_folder import DataFolder
from collector.enrolment import Enrolled
from collector.homes import book
from collector.homes.book import Home
from collector.messages import Trouble
from collector.plan import read_plan_files, signers
from collector.roster import read_roster
from collector.sealed import open_head, read_heads
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
    "read_sealed",
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


def read_sealed(data_dir: Path) -> frozenset[str]:
    """The archive's parts that are byte for byte what heads signed by the operator say, as ``StoredMeasurement.file`` names them.

    The operator is who signed the folder's plans. Raises ``Trouble`` for a head of somebody else, or a part of other bytes.
    """
    folder = DataFolder(data_dir)
    heads = read_heads(folder.sealed)
    keys = signers(folder.plans)
    found = set[str]()
    for head in heads:
        path = folder.sealed / head.name
        signed, _ = open_head(path.read_bytes(), path, keys[-1] if keys else b"", frozenset(keys))
        if signed.part is None:
            continue
        place = place_of(folder)
        where = place.show(signed.part.name)
        with place.reading(signed.part.name) as source:
            digest = sha256()
            while block := source.read(1024 * 1024):  # ends with the part
                digest.update(block)
            if digest.digest() != signed.part.sha256:
                raise Trouble("seal.differs", path=where, detail="SHA-256")
        found.add(where)
    return frozenset(found)


def read_plans(data_dir: Path) -> tuple[Plan, ...]:
    """Every plan ever issued, by serial, without grants; each signed, and all by one key. Raises ``Trouble``."""
    return read_plan_files(DataFolder(data_dir).plans)
