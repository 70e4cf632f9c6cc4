"""Closing an hour for good: after it, nobody writes to that file again, whatever the clocks do.

One transaction under SQLite's exclusive lock puts the table ``seal`` into the file. The lock is not given while
any connection has the file open in WAL mode, and the writer, once it has it open so, looks for that table before
it writes (``hot_files.open_for_writing``). So either the writer holds the file and the sealer comes back later, or
the sealer has closed it and the writer takes another. No margin of time is needed: a collector that is stopped
(SIGSTOP) between reading the clock and committing still holds its file.

``seed`` is 32 random bytes, drawn once: the seal's name and the salts of its leaves come from it, so a sealer
that starts again writes the same seal. It ends with the hour file; afterwards a salt stands beside its document
and nowhere else, and a withdrawal destroys both.
"""

import hmac
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from collector.hot_files import TABLES, make_tables, seed_of
from collector.messages import Trouble
from collector.salted import SALT_BYTES
from probe.measurement.signing import document_id as id_of

SEED_BYTES: Final = 32
BATCH_ROWS: Final = 200


class Row(NamedTuple):
    """A document as it is sealed. ``kind`` is the table it comes from; ``salt`` is what its leaf is made with."""

    kind: str
    document_id: bytes
    received_at_us: int
    key: bytes
    signature: bytes
    pair_id: bytes | None
    salt: bytes
    body: bytes


def seal_id_of(seed: bytes) -> str:
    """The name of the seal with that seed: 16 hex digits that say nothing of the seed."""
    return sha256(b"isonomia/seal\n" + seed).hexdigest()[:16]


def close_for_good(path: Path, seed: bytes) -> bytes | None:
    """Close the file at ``path`` and return its seed: ``seed``, or the one it was closed with before.

    ``None`` while somebody has it open. Raises ``sqlite3.Error`` for a file that is damaged or a disk that is full.
    """
    uri = f"file:{quote(str(path))}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=0.0)) as db:
        try:
            # Folds what a crash left in the WAL; a WAL that others hold open stays as it is.
            if db.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
                return None
            db.execute("PRAGMA synchronous = FULL")
            db.execute("BEGIN EXCLUSIVE")
            if db.execute("PRAGMA journal_mode").fetchone()[0] != "delete":
                return None  # the writer came in between and brought the WAL back
            return _marked(db, seed)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return None
            raise


def _marked(db: sqlite3.Connection, seed: bytes) -> bytes:
    known = seed_of(db)
    if known is None:
        if db.execute("PRAGMA user_version").fetchone()[0] == 0:  # it was made this instant, and never filled
            make_tables(db)
        db.execute("CREATE TABLE seal (seed BLOB NOT NULL) STRICT")
        db.execute("INSERT INTO seal VALUES (?)", (seed,))
    db.execute("COMMIT")
    return seed if known is None else known


def rows_of(db: sqlite3.Connection, seed: bytes, path: Path) -> Iterator[Row]:
    """Every document of a closed file, measurements first, each table in order of arrival; a batch in memory.

    Raises ``Trouble`` for a row whose bytes do not have the hash it is named after: such a file is not sealed.
    """
    for kind, columns in TABLES.items():
        pair_id = "pair_id" if "pair_id" in columns else "NULL"
        names = f"{columns[0]}, received_at_us, key, signature, {pair_id}, body"
        cursor = db.execute(f"SELECT {names} FROM {kind} ORDER BY seq")  # noqa: S608 - constants
        while batch := cursor.fetchmany(BATCH_ROWS):
            for document_id, received_at_us, key, signature, pair, body in batch:
                if id_of(body) != document_id:
                    raise Trouble("seal.wrong_hash", path=path, detail=document_id.hex())
                salt = hmac.digest(seed, document_id, "sha256")[:SALT_BYTES]
                yield Row(kind, document_id, received_at_us, key, signature, pair, salt, body)
