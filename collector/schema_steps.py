"""Migrations: bring a SQLite file of ours up to the version of this program, one step a version, each whole or not at all.

``PRAGMA user_version`` counts the steps a file has had. A file of a later program is refused, not guessed at.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from collector.messages import Trouble


def bring_up(db: sqlite3.Connection, steps: Sequence[str], path: Path) -> int:
    """Run the steps that the file lacks; how many. ``db`` must be in autocommit mode (``isolation_level`` None).

    Raises ``Trouble`` for a file that has had more steps than there are. Two processes may do this at once: the
    version is read again under the lock. Ends: one step fewer is lacking after each round.
    """
    ran = 0
    while (version := _version(db)) < len(steps):
        db.execute("BEGIN IMMEDIATE")
        try:
            if _version(db) == version:
                for statement in steps[version].split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {version + 1}")
                ran += 1
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
    if version > len(steps):
        raise Trouble("store.newer", path=path, version=version, known=len(steps))
    return ran


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])
