"""Retention: documents past their time leave the archive, and who sent them the roster; root and salted hashes stay in the log.

First a new revision of the head, signed, says that the part is gone and why; then the part is deleted. A crash in
between leaves a part that no head names any more; the next run deletes it.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec

from collector.archive_place import Place
from collector.file_trouble import file_trouble
from collector.homes.purge import sweep
from collector.hot_files import hour_of
from collector.quarters import US_PER_DAY, window_us
from collector.seal import storage_refusals
from collector.seal_log import SealLog

HOURS_A_DAY: Final = 24


def delete_older(log: SealLog, place: Place, keep_days: int, now_us: int) -> int:
    """Delete every part whose hour is more than ``keep_days`` ago; how many. For whoever holds the sealer's lock.

    Raises ``Trouble`` where storage refuses.
    """
    before = hour_of(now_us) - keep_days * HOURS_A_DAY
    deleted = 0
    with storage_refusals(place.url):
        for head in [head for head in log.heads.values() if head.part is not None and head.hour < before]:
            gone = msgspec.structs.replace(
                head, part=None, reason="retention", revision=head.revision + 1, made_at_us=now_us
            )
            log.revise(gone)
            deleted += 1
        sweep(log, place)
    return deleted


def forget_quarters(roster: Path, keep_days: int, now_us: int) -> int:
    """Take enrolments off the roster whose key could not sign anything that is still kept; how many.

    A server that is at work knows them until it starts anew, and takes nothing from them: their quarter is over.
    Raises ``Trouble`` where the file cannot be written.
    """
    if not roster.exists():
        return 0
    before_us = now_us - keep_days * US_PER_DAY
    try:
        with closing(sqlite3.connect(f"file:{quote(str(roster))}?mode=rw", uri=True, timeout=20.0)) as db:
            db.execute("PRAGMA secure_delete = ON")
            with db:
                quarters = [row[0] for row in db.execute("SELECT DISTINCT quarter FROM enrolments")]
                over = [(quarter,) for quarter in quarters if window_us(quarter)[1] < before_us]
                gone = (
                    db.executemany("DELETE FROM enrolments WHERE quarter = ?", over).rowcount if over else 0
                )
            if gone:
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        raise file_trouble(roster, error) from error
    return gone
