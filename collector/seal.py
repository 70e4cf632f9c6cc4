"""The sealer: closed hours of the hot store become Parquet in the archive, and only then their hour files go.

One hour file at a time, each step safe to repeat, so that a sealer which dies anywhere is followed by one that
goes on (the hour file's own seed gives the seal the same name and salts again):

1 close    nobody writes to the file again (``closing``); a file that is in use waits for a later run
2 write    a part of the archive: exact bytes, one row a document (``parquet``)
3 verify   read it back from the archive: every row equal to the hour file's, every id the hash of its bytes
4 publish  the list of salted hashes and the signed head into the log (``seal_log``); registrations that are new are named in it
5 note     index and head into the data folder: from here on the seal counts and the hour file does not
6 remove   the hour file

Documents that arrive late are in the file of the hour they arrive in, and so in a later seal. An hour that is
written to again, because a clock stepped back, has a second file and a second seal. An hour file that a backup brought
back is sealed without the documents that its hour's seals have: each is in the archive once.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector import parquet
from collector.archive_place import Place
from collector.closing import SEED_BYTES, Row, close_for_good, rows_of, seal_id_of
from collector.data_folder import DataFolder, sync_folder
from collector.file_trouble import file_trouble
from collector.hot_files import TABLES, HourFile, hide, hour_files, hour_of, open_for_reading
from collector.messages import Trouble
from collector.quarters import EPOCH
from collector.registrations import pending
from collector.salted import salted_leaf
from collector.seal_log import SealLog
from collector.sealed import Head, Note, Part, index_bytes
from probe.measurement.merkle import root
from probe.measurement.signing import document_id

PARTS: Final = "v1/"


@dataclass
class Summary:
    """What a run did. Files: ``sealed``, ``in_use`` (wait for the next run), ``damaged`` (stay as they are).

    ``documents``, ``hot_bytes`` and ``archive_bytes`` are of what was sealed in this run; ``fetched`` are heads that
    this folder lacked, ``plans`` likewise; ``deleted`` are parts past their time, ``rewritten`` parts from which a home has withdrawn.
    """

    sealed: int = 0
    in_use: int = 0
    damaged: int = 0
    documents: int = 0
    hot_bytes: int = 0
    archive_bytes: int = 0
    fetched: int = 0
    deleted: int = 0
    rewritten: int = 0
    seals: int = 0
    plans: int = 0


class Sealer:
    """Seals one data folder into one place. To be used by whoever holds ``DataFolder.sealing``.

    ``clock_us`` is the wall clock in µs, ``random_bytes`` gives that many bytes nobody can guess; ``report`` is told
    of each hour file that is damaged.
    """

    def __init__(
        self,
        folder: DataFolder,
        place: Place,
        key: Ed25519PrivateKey,
        clock_us: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        report: Callable[[Trouble], None],
    ) -> None:
        self._folder = folder
        self._place = place
        self._clock_us = clock_us
        self._random_bytes = random_bytes
        self._report = report
        self.log = SealLog(folder, place, key)

    def run(self, stop: Callable[[], bool] = lambda: False) -> Summary:
        """Seal every closed hour, oldest first; ends early, between two files, once ``stop()`` holds.

        Raises ``Trouble`` where storage refuses: what was not sealed stays, and the next run goes on.
        """
        summary = Summary()
        now_hour = hour_of(self._clock_us())
        with storage_refusals(self._place.url):
            self._place.sweep(PARTS)
            summary.fetched = self.log.sync(now_hour)
            for hour_file in hour_files(self._folder.hot):
                if hour_file.hour >= now_hour or stop():
                    break
                try:
                    self._seal(hour_file, summary)
                except Trouble as trouble:
                    summary.damaged += 1
                    self._report(trouble)
        summary.seals = len(self.log.heads)
        return summary

    def _seal(self, hour_file: HourFile, summary: Summary) -> None:
        path = hour_file.path
        try:
            seed = close_for_good(path, self._random_bytes(SEED_BYTES))
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            raise file_trouble(path, error) from error
        if seed is None:
            summary.in_use += 1
            return
        if not self.log.knows(seal_id_of(seed)):
            head = self._sealed(hour_file, seed)
            if head is not None and head.part is not None:
                summary.sealed += 1
                summary.documents += head.rows
                summary.hot_bytes += path.stat().st_size
                summary.archive_bytes += head.part.size_bytes
        path.unlink()
        sync_folder(path.parent)

    def _sealed(self, hour_file: HourFile, seed: bytes) -> Head | None:
        """The head of the new seal; ``None`` for a file without documents that are not sealed already: it leaves no seal."""
        seal_id = seal_id_of(seed)
        hour = EPOCH + timedelta(hours=hour_file.hour)
        name = part_stem(hour_file.hour, seal_id) + ".parquet"
        about = {"seal_id": seal_id, "hour": f"{hour:%Y-%m-%dT%H}Z", "schema_version": "1"}
        sealed = self.log.ids_of(hour_file.hour)
        part, counted = write_part(self._place, name, rows_in(hour_file.path, seed, sealed), about)
        if not any(counted.values()):
            self._place.remove(name)
            return None
        leaves: list[bytes] = []
        notes = verified(self._place, part, rows_in(hour_file.path, seed, sealed), leaves)
        index = index_bytes(hour_file.hour, notes)
        leaves.sort()
        serial, previous = self.log.next()
        head = Head(
            serial=serial,
            seal_id=seal_id,
            hour=hour_file.hour,
            measurements=counted["measurements"],
            conflicts=counted["conflicts"],
            reports=counted["reports"],
            leaves=len(leaves),
            root=root(leaves),
            part=part,
            previous=previous,
            made_at_us=self._clock_us(),
            registrations=pending(self._folder, self.log.heads.values()),
        )
        self.log.add(head, leaves, index)
        return head


def part_stem(hour: int, seal_id: str) -> str:
    """The name of a seal's part without its ending: date and hour are those of the hour file, UTC."""
    moment = EPOCH + timedelta(hours=hour)
    return f"{PARTS}date={moment:%Y-%m-%d}/{moment:%Y-%m-%dT%H}-{seal_id}"


@contextmanager
def storage_refusals(url: str) -> Iterator[None]:
    """A disk that is full, a store that does not answer: said in one sentence, and no reason to lose anything."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        raise Trouble("seal.storage", url=url, detail=error) from error


def rows_in(path: Path, seed: bytes, without: Collection[bytes] = ()) -> Iterator[Row]:
    """Every document of a closed hour file but those ``without``; raises ``Trouble`` for a damaged one."""
    try:
        with closing(open_for_reading(path)) as db:
            hide(db, without)
            yield from rows_of(db, seed, path)
    except sqlite3.DatabaseError as error:
        raise file_trouble(path, error) from error


class _Hashing:
    """A sink that counts and hashes what passes."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink
        self.hash = sha256()
        self.bytes = 0
        self.closed = False

    def write(self, data: bytes, /) -> int:
        """Pass ``data`` on."""
        self.hash.update(data)
        self.bytes += len(data)
        return self._sink.write(data)

    def flush(self) -> None:
        """Pass it on."""
        self._sink.flush()

    def tell(self) -> int:
        """How much has passed."""
        return self.bytes

    def close(self) -> None:
        """The sink is closed by who opened it."""


def write_part(
    place: Place, name: str, rows: Iterator[Row], about: dict[str, str]
) -> tuple[Part, dict[str, int]]:
    """Write ``rows`` as the part ``name``; the part, and its rows by kind."""
    with place.writing(name) as sink:
        hashing = _Hashing(sink)
        written = parquet.write(hashing, rows, about)
    return Part(name, hashing.bytes, hashing.hash.digest()), written.rows


def verified(place: Place, part: Part, rows: Iterator[Row], leaves: list[bytes]) -> Iterator[Note]:
    """Read a part back beside ``rows``, and yield what to note of each document; its leaf is added to ``leaves``.

    Raises ``Trouble`` unless the file has its hash, every row is equal, every id is the hash of the bytes beside it,
    and neither side has a row more.
    """
    where = place.show(part.name)
    with place.reading(part.name) as source:
        digest = sha256()
        while block := source.read(1024 * 1024):
            digest.update(block)
    if digest.digest() != part.sha256:
        raise Trouble("seal.differs", path=where, detail="SHA-256")
    try:
        with place.reading(part.name) as source:
            for kept, read in zip(rows, parquet.read(source, TABLES), strict=True):
                found = Row(*read)
                if kept != found or document_id(found.body) != found.document_id:
                    raise Trouble("seal.differs", path=where, detail=kept.document_id.hex())
                leaves.append(salted_leaf(found.salt, found.document_id))
                yield Note(found.kind, found.document_id, found.key, found.pair_id)
    except ValueError as error:
        raise Trouble("seal.differs", path=where, detail=error) from error
