"""The one reader of documents: hour files and sealed parts alike, in batches, nothing lost and nothing doubled.

It may run while a collector writes and a sealer seals. What is hot and what is sealed is decided by the heads in
``sealed/``, listed before the hour files, and again until none is new: a seal in that list is read from the archive, and an hour file that
became one of them is passed over, as is every row of an hour file that such a seal has already: a restored backup may
hold an hour that was sealed since. An hour file that is gone when its turn comes was sealed meanwhile, and is found
among the heads that are new since.

Documents come as they were signed; nothing is decoded here. A pair whose ticket was used for two different bodies
comes with the flag ``conflict`` on every one of its bodies: readable, and void (architecture.md, "Measurement").
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from collector.archive_place import Place, place_of
from collector.closing import seal_id_of
from collector.data_folder import DataFolder
from collector.file_trouble import file_trouble
from collector.homes.book import read_leaving
from collector.hot_files import TABLES, HourFile, hide, hour_files, is_ready, open_for_reading, seed_of
from collector.messages import Trouble
from collector.sealed import Head, index_path, open_index, read_heads
from collector.stored import CONFLICT, Counts, StoredMeasurement, StoredReport

BATCH_ROWS: Final = 200
LAST: Final = 1 << 62
"""Where an hour file stands among the seals of its hour: behind them."""

T = TypeVar("T")
Columns = tuple[str, ...]
_VOID: Final = frozenset({CONFLICT})
_SOUND: Final = frozenset[str]()
_DOCUMENT: Final = ("document_id", "received_at_us", "body", "key", "signature")


class Store:
    """One data folder, read. ``columns`` are named as the archive names them (``parquet.NAMES``).

    For whoever must know where a document stands (``timeseries.sources``); the functions below are for everybody else.
    """

    def __init__(self, data_dir: Path, batch_rows: int = BATCH_ROWS) -> None:
        self.folder = DataFolder(data_dir)
        self.batch_rows = batch_rows
        self.place: Callable[[], Place] = cache(lambda: place_of(self.folder))

    def rows(self, kinds: Columns, columns: Columns) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """``columns`` of every document of ``kinds``, oldest hour first, each with the file it was read from."""

        def hot(db: sqlite3.Connection, path: Path) -> Iterator[tuple[str, tuple[Any, ...]]]:
            where = str(path)
            for kind in kinds:
                for row in _hot_rows(db, kind, columns, self.batch_rows):
                    yield where, row

        def sealed(head: Head) -> Iterator[tuple[str, tuple[Any, ...]]]:
            if head.part is not None and any(getattr(head, kind) for kind in kinds):
                where = self.place().show(head.part.name)
                for row in self.sealed_rows(head, kinds, columns):
                    yield where, row

        return self.each(hot, sealed)

    def each(
        self,
        hot: Callable[[sqlite3.Connection, Path], Iterator[T]],
        sealed: Callable[[Head], Iterator[T]],
    ) -> Iterator[T]:
        """Every source once, oldest hour first."""
        heads, files = self._listed()
        known = {head.seal_id for head in heads}
        sources: list[tuple[int, int, Head | HourFile]] = [(head.hour, head.serial, head) for head in heads]
        sources += [(file.hour, LAST, file) for file in files]
        for hour, _, source in sorted(sources, key=lambda one: one[:2]):
            if isinstance(source, Head):
                yield from sealed(source)
                continue
            db = _open(source.path)
            if db is not None:
                with closing(db):
                    others = [head for head in heads if head.hour == hour and head.part is not None]
                    yield from self._hot(db, source.path, known, others, hot)
                continue
            for head in read_heads(self.folder.sealed):
                if head.hour == hour and head.seal_id not in known:
                    yield from sealed(head)

    def _listed(self) -> tuple[tuple[Head, ...], list[HourFile]]:
        """Heads and hour files of one moment: no seal came between the two lists, whose hour file would be in neither.

        Ends: it asks again only where a seal was made since, and an archive has as many as there were hours.
        """
        heads = read_heads(self.folder.sealed)
        while True:
            files = hour_files(self.folder.hot)
            since = read_heads(self.folder.sealed)
            if {head.seal_id for head in since} == {head.seal_id for head in heads}:
                return heads, files
            heads = since

    def _hot(
        self,
        db: sqlite3.Connection,
        path: Path,
        known: set[str],
        others: Sequence[Head],
        read: Callable[[sqlite3.Connection, Path], Iterator[T]],
    ) -> Iterator[T]:
        """What ``read`` finds in an hour file, less what ``others`` have, unless it is one of the ``known`` seals."""
        try:
            seed = seed_of(db)
            if seed is None or seal_id_of(seed) not in known:
                hide(db, {document_id for head in others for document_id in self._ids(head)})
                yield from read(db, path)
        except sqlite3.DatabaseError as error:
            raise file_trouble(path, error) from error

    def _ids(self, head: Head) -> Iterator[bytes]:
        """The ids of a seal's documents: by its index, or from the archive where it is too old for one."""
        path = index_path(self.folder.sealed, head.serial)
        if path.exists():
            yield from (note.document_id for note in open_index(path)[1])
        else:
            yield from (row[0] for row in self.sealed_rows(head, tuple(TABLES), ("document_id",)))

    def sealed_rows(self, head: Head, kinds: Columns, columns: Columns) -> Iterator[tuple[Any, ...]]:
        """Rows of a part. Follows a part that was rewritten or deleted since; ends as revisions only grow."""
        from collector import parquet  # noqa: PLC0415 - an extra, and half of a server's memory

        if head.part is None:
            return
        place = self.place()
        try:
            with place.reading(head.part.name) as source:
                yield from parquet.read(source, kinds, columns)
        except FileNotFoundError as error:
            newer = next(one for one in read_heads(self.folder.sealed) if one.serial == head.serial)
            if newer.revision == head.revision:
                raise Trouble("archive.missing", path=place.show(head.part.name)) from error
            yield from self.sealed_rows(newer, kinds, columns)
        except (OSError, ValueError) as error:
            raise Trouble("archive.unreadable", path=place.show(head.part.name), detail=error) from error


def read_measurements(data_dir: Path, batch_rows: int = BATCH_ROWS) -> Iterator[StoredMeasurement]:
    """Every measurement, oldest hour first, those in conflict included and flagged.

    Rows that arrive while this reads may or may not be among them. Raises ``Trouble`` for a damaged file.
    """
    store = Store(data_dir, batch_rows)
    leaving = read_leaving(store.folder.homes)
    # First over everything: a conflict may come hours after its pair.
    void = dict[bytes, int]()
    for _, (key, pair_id, received_at_us) in store.rows(("conflicts",), ("key", "pair_id", "received_at_us")):
        ticket = key + pair_id
        void[ticket] = min(received_at_us, void.get(ticket, received_at_us))
    for file, row in store.rows(("measurements", "conflicts"), (*_DOCUMENT, "pair_id", "kind")):
        document_id, received_at_us, body, key, signature, pair_id, kind = row
        if key in leaving:
            continue  # withdrawn, and the archive still to be rewritten
        since_us = None if pair_id is None else void.get(key + pair_id)
        flags = _VOID if kind == "conflicts" or since_us is not None else _SOUND
        yield StoredMeasurement(document_id, received_at_us, body, key, signature, flags, file, since_us)


def read_digests(data_dir: Path, batch_rows: int = BATCH_ROWS) -> Iterator[StoredReport]:
    """Every ticket report, oldest hour first. Raises ``Trouble`` for a damaged file."""
    for file, row in Store(data_dir, batch_rows).rows(("reports",), _DOCUMENT):
        report_id, received_at_us, body, key, signature = row
        yield StoredReport(report_id, received_at_us, body, key, signature, file)


def count(data_dir: Path) -> Counts:
    """How much the folder holds, without opening the archive. Raises ``Trouble`` for a damaged file."""
    store = Store(data_dir)
    sums = dict.fromkeys(TABLES, 0)

    def hot(db: sqlite3.Connection, _path: Path) -> Iterator[dict[str, int]]:
        for kind in TABLES if is_ready(db) else ():
            yield {kind: db.execute(f"SELECT count(*) FROM {kind}").fetchone()[0]}  # noqa: S608 - constants

    def sealed(head: Head) -> Iterator[dict[str, int]]:
        if head.part is not None:
            yield {kind: getattr(head, kind) for kind in TABLES}

    for found in store.each(hot, sealed):
        for kind, rows in found.items():
            sums[kind] += rows
    files = hour_files(store.folder.hot)
    heads = read_heads(store.folder.sealed)
    return Counts(
        **sums,
        hours=len(files),
        bytes=sum(file.path.stat().st_size for file in files),
        seals=len(heads),
        archive_bytes=sum(head.part.size_bytes for head in heads if head.part is not None),
    )


def _open(path: Path) -> sqlite3.Connection | None:
    """The hour file at ``path``; ``None`` if it is gone."""
    try:
        return open_for_reading(path)
    except Trouble:
        if path.exists():
            raise
        return None


def _hot_rows(
    db: sqlite3.Connection, kind: str, columns: Columns, batch_rows: int
) -> Iterator[tuple[Any, ...]]:
    """Rows in order of arrival, each batch in a transaction of its own, so that no reader holds the WAL open.

    Ends at the first batch that is not full.
    """
    instead = {"document_id": TABLES[kind][0], "kind": f"'{kind}'"}
    names = ", ".join(instead.get(name, name) for name in columns)
    query = f"SELECT seq, {names} FROM {kind} WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608 - constants
    batch = db.execute(query, (0, batch_rows)).fetchall() if is_ready(db) else []
    while batch:
        for row in batch:
            yield row[1:]
        last = batch[-1][0]
        batch = db.execute(query, (last, batch_rows)).fetchall() if len(batch) == batch_rows else []
