"""What SQLite says of one of our files, as a person is told it: damaged, no room, or a disk that does not let it be used just now."""

import sqlite3
from pathlib import Path
from typing import Final

from collector.messages import Trouble

_OF_THE_DISK: Final = frozenset(
    {
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
    }
)


def file_trouble(path: Path, error: sqlite3.Error) -> Trouble:
    """The trouble that ``error`` is. Only a file that is damaged asks for a backup: whoever takes a sound one out loses what is in it."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return Trouble("store.full", path=path, detail=error)
    return Trouble("store.not_now" if code in _OF_THE_DISK else "store.damaged", path=path, detail=error)
