"""Backup while the collector serves, and restore: one folder that stands alone, with the hash of every file in it.

SQLite files are copied by SQLite itself, in one read of one snapshot, so a writer is neither stopped nor seen half-way.
Order makes the copy whole: hour files first, then the heads of what was sealed meanwhile, then the archive they name;
whatever was answered "accepted" before the backup began is in it. ``backup.json`` is written last: without it a folder
is no backup. What was accepted after the backup is not in it, and probes have deleted their copies by then. A
withdrawal that came after it is learnt from the archive, where that is elsewhere (``homes.remembered``).

A restored collector issues plans behind a leap of serials: one that was issued after the backup must not be issued
anew with other content (integrity.md 9).
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from collector.data_folder import DataFolder, make_private, sync_folder
from collector.messages import Trouble
from collector.plan import FLOOR
from collector.remembered import NAME as SEEN
from collector.whole_file import PARTIAL, write_whole
from probe.measurement.keys import PRIVATE_MODE

MANIFEST: Final = "backup.json"
VERSION: Final = 1
LEAP: Final = 10_000
"""Serials left out after a restore: more plans than any operator issues between two backups; probes allow a million."""
_BLOCK_BYTES: Final = 1024 * 1024
_LEFT_OUT: Final = ("lock", "seal.lock", "reserve", FLOOR, SEEN)


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: the SHA-256 of each file, by its name below the folder."""

    version: int
    made_at_us: int
    files: dict[str, bytes]


@dataclass(frozen=True)
class Done:
    """What a backup or a restore did."""

    files: int
    bytes: int
    archive: bool


def back_up(folder: DataFolder, to: Path, now_us: int) -> Done:
    """Copy the data folder to ``to``, which must not be there or be empty; a collector and a sealer may be at work.

    An archive outside the data folder is not copied: it has a place, and a backup, of its own. Raises ``Trouble`` or ``OSError``.
    """
    folder.open()
    _empty(to)
    copied: dict[str, bytes] = {}
    size = 0
    for name in _names(folder):
        target = to / name
        _make_folders(target.parent, to)
        if not _copied(folder.root / name, target):
            continue
        copied[name] = _hash(target)
        size += target.stat().st_size
    manifest = Manifest(version=VERSION, made_at_us=now_us, files=copied)
    write_whole(to / MANIFEST, msgspec.json.encode(manifest))
    return Done(len(copied), size, any(name.startswith("archive/") for name in copied))


def restore(source: Path, folder: DataFolder) -> Done:
    """Make a data folder of the backup in ``source``; raises ``Trouble`` where a file of it is not as it was."""
    manifest = _manifest(source)
    _empty(folder.root)
    size = 0
    for name, expected in manifest.files.items():
        path = source / name
        if (
            not path.resolve().is_relative_to(source.resolve())
            or not path.is_file()
            or _hash(path) != expected
        ):
            raise Trouble("backup.damaged", path=path)
    for name in manifest.files:
        target = folder.root / name
        _make_folders(target.parent, folder.root)
        _plain_copy(source / name, target)
        if target.suffix == ".sqlite":
            _check(target)
        size += target.stat().st_size
    for needed in (folder.plans, folder.hot):
        needed.mkdir(exist_ok=True)
    last = max((int(path.stem) for path in folder.plans.glob("*.json")), default=0)
    write_whole(folder.root / FLOOR, str(last + LEAP).encode())
    return Done(len(manifest.files), size, any(name.startswith("archive/") for name in manifest.files))


def floor_of(folder: DataFolder) -> int:
    """The serial that the next plan of a restored folder bears."""
    return int((folder.root / FLOOR).read_text("ascii"))


def _names(folder: DataFolder) -> Iterator[str]:
    """Every file to copy, in the order that makes the copy whole; listed anew at each step."""
    root = folder.root
    yield from _below(root, "keys", "plans", "hot")
    # The book of homes after the hour files: who withdraws meanwhile is noted in the copy, and cleared at its start.
    yield from (path.name for path in sorted(root.glob("*.sqlite")) if path.name not in _LEFT_OUT)
    yield from _below(root, "sealed")
    others = sorted(
        path.name for path in root.iterdir() if path.name not in ("keys", "plans", "hot", "sealed", "archive")
    )
    for name in others:
        if (root / name).is_dir():
            yield from _below(root, name)
        elif name not in _LEFT_OUT and not name.endswith(("-wal", "-shm", "-journal", ".sqlite", PARTIAL)):
            yield name
    yield from _below(root, "archive")


def _below(root: Path, *folders: str) -> Iterator[str]:
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and not path.name.endswith(("-wal", "-shm", "-journal", PARTIAL)):
                yield str(path.relative_to(root))


def _copied(source: Path, target: Path) -> bool:
    """Copy one file; false if it is gone: sealed, or rewritten, since it was listed."""
    try:
        if source.suffix == ".sqlite":
            _copy_database(source, target)
        else:
            _plain_copy(source, target)
    except (FileNotFoundError, sqlite3.OperationalError):
        if source.exists():
            raise
        target.unlink(missing_ok=True)
        return False
    return True


def _copy_database(source: Path, target: Path) -> None:
    make_private(target)
    with (
        closing(sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, timeout=30.0)) as original,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        original.backup(copy, pages=-1)  # all in one step: of one snapshot
        copy.execute("PRAGMA journal_mode = DELETE")
    _sync(target)


def _plain_copy(source: Path, target: Path) -> None:
    with source.open("rb") as reading, open(target, "wb", opener=_private) as writing:
        shutil.copyfileobj(reading, writing, _BLOCK_BYTES)
        writing.flush()
        os.fsync(writing.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE_MODE)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _check(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as db:
            sound = db.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    except sqlite3.DatabaseError as error:
        raise Trouble("backup.damaged", path=path) from error
    if not sound:
        raise Trouble("backup.damaged", path=path)


def _hash(path: Path) -> bytes:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.digest()


def _empty(folder: Path) -> None:
    """See to it that the folder is there and empty; raises ``Trouble``."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise Trouble("backup.not_empty", path=folder)


def _make_folders(folder: Path, root: Path) -> None:
    """Make ``folder`` and what is missing down from ``root``, durably."""
    if folder != root and not folder.is_dir():
        _make_folders(folder.parent, root)
        folder.mkdir(mode=0o700)
        sync_folder(folder.parent)


def _manifest(source: Path) -> Manifest:
    path = source / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as error:
        raise Trouble("backup.none", path=source) from error
    if manifest.version > VERSION:
        raise Trouble("store.newer", path=path, version=manifest.version, known=VERSION)
    return manifest
