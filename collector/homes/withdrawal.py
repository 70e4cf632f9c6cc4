"""A home leaves: its signed word is checked, its rows go from the hot store at once, the archive's with the next seal.

The order makes it safe to stop anywhere. First the book says that the home has withdrawn: from here on nothing of it
is taken, read or enrolled. Then what was under way is let end, the hour files are rid of its rows, and the roster of
the home; only then is "accepted" answered. A withdrawal that broke off is taken up when the probe asks again, or when
the collector starts (``finish``). Hour files that the sealer has closed are the sealer's to clear (``purge``).
"""

import asyncio
import sqlite3
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from collector.documents import decoded, plain, signed, verified
from collector.homes.book import HomeBook
from collector.hot_files import hour_files, is_ready, seed_of
from collector.intake import OK, Intake, Reply, rejected
from collector.rejections import Refused, Rejection
from collector.roster import Roster
from probe.answers import Answer
from probe.measurement.signing import WITHDRAWAL, document_id
from probe.withdrawal import Withdrawal

LARGEST_BYTES: Final = 4 * 1024
TABLES: Final = ("measurements", "conflicts")
_WITHDRAWAL: Final = msgspec.json.Decoder(Withdrawal)


class Leaving(msgspec.Struct, frozen=True):
    """A home that asks to go. ``document_id`` is the hash of what it signed."""

    home: bytes
    document_id: bytes


def inspect_withdrawal(raw: bytes, encoding: str, own_keys: Collection[bytes]) -> Leaving | Rejection:
    """The home that asks in ``raw``, or why it is refused. No I/O.

    ``own_keys``: the operator's key and those that signed before, for a home may leave that never heard of a new one.
    """
    try:
        document = signed(plain(raw, encoding, LARGEST_BYTES))
        body = verified(document, WITHDRAWAL, "bad_signature")
        asked = decoded(_WITHDRAWAL, body, "body")
    except Refused as refused:
        return refused.rejection
    if asked.operator_key not in own_keys:
        detail = asked.operator_key.hex()[:16]
        return Rejection("foreign_withdrawal", detail, document_id(body), proved=True)
    return Leaving(document.key, document_id(body))


async def withdraw(intake: Intake, raw: bytes, encoding: str) -> Reply:
    """Take one withdrawal; "accepted" and "duplicate" mean: no file of the hot store has the home's rows."""
    found = inspect_withdrawal(raw, encoding, {intake.plans.operator_key, *intake.retired_keys})
    if isinstance(found, Rejection):
        return rejected(found)
    before = intake.homes.is_withdrawn(found.home)
    if not (before or intake.roster.knows(found.home)):
        return rejected(Rejection("unknown_home", document_id=found.document_id, proved=True))
    if not before or intake.roster.knows(found.home):  # else nothing is left to do, however often it is asked
        try:
            await _leave(intake, found.home)
        except sqlite3.Error:
            return rejected(Rejection("store_unavailable", document_id=found.document_id))
    return Reply(
        OK, Answer(status="duplicate" if before else "accepted", id=found.document_id.hex()), final=True
    )


async def _leave(intake: Intake, home: bytes) -> None:
    loop = asyncio.get_running_loop()
    run = loop.run_in_executor
    await run(intake.roster_thread, _note, intake, home)
    await intake.store.settled()
    await run(intake.roster_thread, erase, intake.store.folder, intake.homes.leaving())
    await run(intake.roster_thread, intake.roster.forget, home)
    if intake.fleet is not None:
        await run(intake.roster_thread, intake.fleet.forget, home)


def _note(intake: Intake, home: bytes) -> None:
    """Write down that the home has gone, with all its keys: in the roster's thread, so that none is enrolled meanwhile."""
    intake.homes.withdraw(home, intake.roster.keys_of(home), intake.clock_us())


def finish(hot: Path, book: HomeBook, roster: Roster) -> None:
    """At the start: clear hot store and roster of whoever was leaving when the collector stopped."""
    leaving = book.leaving()
    if leaving:
        erase(hot, leaving)
    for home in {entry.long_lived_key for entry in roster.entries_from(0)}:
        if book.is_withdrawn(home):
            roster.forget(home)


def erase(hot: Path, keys: Collection[bytes]) -> int:
    """Delete every row of ``keys`` from the hour files in ``hot`` that are not closed for good; how many rows went.

    Deleted bytes are overwritten, in the write-ahead log too. Blocks; raises ``sqlite3.Error`` and then has done a part.
    """
    return sum(_erase_in(hour_file.path, keys) for hour_file in hour_files(hot))


def _erase_in(path: Path, keys: Collection[bytes]) -> int:
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None, timeout=10.0
        )
    except sqlite3.OperationalError:
        if path.exists():
            raise
        return 0  # sealed a moment ago
    with closing(connection) as db:
        db.execute("PRAGMA secure_delete = ON")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        erased = 0
        if is_ready(db) and seed_of(db) is None:
            for table in TABLES:
                for key in keys:
                    erased += db.execute(f"DELETE FROM {table} WHERE key = ?", (key,)).rowcount  # noqa: S608 - constants
        db.execute("COMMIT")
        if erased:
            _truncate(db)
        return erased


def _truncate(db: sqlite3.Connection) -> None:
    """Fold the write-ahead log, which still has the rows as they were written, and cut it to nothing."""
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise sqlite3.OperationalError("somebody reads the write-ahead log")
