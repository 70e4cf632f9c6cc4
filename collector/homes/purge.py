"""The archive without those who have left: their parts are written anew, and their keys forgotten once none is left.

For whoever holds the sealer's lock. A part that has rows of a withdrawn key is read, written without them under the
name of its next revision, verified against what it was read from, and named by a new signed head; then the old part
goes, and with it the salts, so that the leaves in the public log name nothing any more. Killed anywhere, the next run
does it again; a part that no head names is swept away.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from collector import parquet
from collector.archive_place import Place
from collector.closing import Row
from collector.data_folder import DataFolder
from collector.homes.book import HomeBook
from collector.hot_files import TABLES, hour_files, is_ready, open_for_reading, seed_of
from collector.messages import Trouble
from collector.quarters import EPOCH
from collector.seal import PARTS, part_stem, storage_refusals, verified, write_part
from collector.seal_log import SealLog
from collector.sealed import Head, index_bytes, index_path, open_index
from collector.whole_file import write_whole

OF_A_HOME: Final = ("measurements", "conflicts")
_REVISED: Final = re.compile(r"(?:\.r\d+)?\.parquet$")


def erase_closed(hot: Path, leaving: frozenset[bytes]) -> int:
    """Take the rows of ``leaving`` out of hour files that are closed and not yet sealed; how many rows went.

    A file that cannot be read or written stays as it is and stops nothing: the sealer names it when it comes to it, and while it
    is there its home stays on the list (``purge``).
    """
    erased = 0
    for hour_file in hour_files(hot) if leaving else ():
        try:
            erased += _erase_in(hour_file.path, leaving)
        except sqlite3.Error:
            continue
    return erased


def _erase_in(path: Path, leaving: frozenset[bytes]) -> int:
    """Take the rows of ``leaving`` out of one hour file if it is closed; how many. Raises ``sqlite3.Error``, and then none went."""
    uri = f"file:{quote(str(path))}?mode=rw"
    erased = 0
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10.0)) as db:
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        if seed_of(db) is not None:
            for table in OF_A_HOME:
                for key in leaving:
                    erased += db.execute(f"DELETE FROM {table} WHERE key = ?", (key,)).rowcount  # noqa: S608 - constants
        db.execute("COMMIT")
    return erased


def purge(
    folder: DataFolder, place: Place, log: SealLog, book: HomeBook, leaving: frozenset[bytes], now_us: int
) -> int:
    """Write every part anew that has rows of ``leaving``; how many. Raises ``Trouble`` where storage refuses."""
    rewritten = 0
    with storage_refusals(place.url):
        for head in list(log.heads.values()) if leaving else ():
            if head.part is None:
                _rid_index(index_path(folder.sealed, head.serial), leaving)
            elif _has(log, head, leaving):
                _rewrite(folder, place, log, head, leaving, now_us)
                rewritten += 1
        sweep(log, place)
        if leaving and not _in_hot_store(folder.hot, leaving):
            book.gone(leaving)
    return rewritten


def sweep(log: SealLog, place: Place) -> None:
    """Delete parts of our seals that no head names (any more), and nothing else: an unknown file is not ours to delete."""
    revised = {part_stem(head.hour, head.seal_id): head for head in log.heads.values() if head.revision > 1}
    for name in place.names(PARTS) if revised else ():
        head = revised.get(_REVISED.sub("", name))
        if head is not None and (head.part is None or head.part.name != name):
            place.remove(name)


def _has(log: SealLog, head: Head, leaving: frozenset[bytes]) -> bool:
    """Whether a seal has rows of a home that leaves."""
    return any(note.key in leaving and note.kind in OF_A_HOME for note in log.noted(head))


def _rewrite(
    folder: DataFolder, place: Place, log: SealLog, head: Head, leaving: frozenset[bytes], now_us: int
) -> None:
    old = head.part
    if old is None:
        return
    revision = head.revision + 1
    name = f"{part_stem(head.hour, head.seal_id)}.r{revision}.parquet"
    hour = EPOCH + timedelta(hours=head.hour)
    about = {"seal_id": head.seal_id, "hour": f"{hour:%Y-%m-%dT%H}Z", "schema_version": "1"}
    part, counted = write_part(place, name, _kept(place, old.name, leaving), about)
    index = index_bytes(head.hour, verified(place, part, _kept(place, old.name, leaving), []))
    any_left = any(counted.values())
    log.revise(
        msgspec.structs.replace(
            head,
            measurements=counted["measurements"],
            conflicts=counted["conflicts"],
            reports=counted["reports"],
            part=part if any_left else None,
            reason="withdrawal",
            revision=revision,
            made_at_us=now_us,
        )
    )
    if index_path(folder.sealed, head.serial).exists():
        write_whole(index_path(folder.sealed, head.serial), index)
    place.remove(old.name)
    if not any_left:
        place.remove(name)


def _rid_index(path: Path, leaving: frozenset[bytes]) -> None:
    """Write the index of a seal anew whose documents are all gone: past their time, or by a run that was killed before it came to this."""
    if not path.exists():
        return
    hour, notes = open_index(path)
    found = list(notes)
    left = [note for note in found if note.key not in leaving or note.kind not in OF_A_HOME]
    if len(left) < len(found):
        write_whole(path, index_bytes(hour, left))


def _kept(place: Place, name: str, leaving: frozenset[bytes]) -> Iterator[Row]:
    """The rows of a part that stay. A responder's report stays whole: it is signed, and of many homes."""
    with place.reading(name) as source:
        try:
            for read in parquet.read(source, TABLES):
                row = Row(*read)
                if row.kind not in OF_A_HOME or row.key not in leaving:
                    yield row
        except ValueError as error:
            raise Trouble("archive.unreadable", path=place.show(name), detail=error) from error


def _in_hot_store(hot: Path, leaving: frozenset[bytes]) -> bool:
    """Whether an hour file has a row of ``leaving``, or cannot be read: then nobody can say that it has none."""
    try:
        return any(_has_rows(hour_file.path, leaving) for hour_file in hour_files(hot))
    except (sqlite3.Error, Trouble):
        return True


def _has_rows(path: Path, leaving: frozenset[bytes]) -> bool:
    with closing(open_for_reading(path)) as db:
        for table in OF_A_HOME if is_ready(db) else ():
            for key in leaving:
                if db.execute(f"SELECT 1 FROM {table} WHERE key = ? LIMIT 1", (key,)).fetchone():  # noqa: S608 - constants
                    return True
    return False
