"""The reserve: room on the data folder's disk that is kept for the sealer, for closing a file takes room too.

A disk that the hot store has filled to the last block would leave the sealer no room for SQLite's journal, for a
WAL to fold or for a part of the archive on the same disk: it could never be emptied. So a run that ends well lays a
file aside, and one that is refused for want of room deletes it and tries once more.
"""

import errno
import os
import sqlite3
from typing import Final

from collector.data_folder import DataFolder, make_private

LARGEST_BYTES: Final = 32 * 1024 * 1024
"""Twice the largest WAL (2000 pages of 8 KiB, ``hot_files``)."""

_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def lay(folder: DataFolder) -> None:
    """Lay the reserve aside where a third more than it is free; at most a quarter of a small disk."""
    path = folder.root / "reserve"
    disk = os.statvfs(folder.root)
    size = min(LARGEST_BYTES, disk.f_blocks * disk.f_frsize // 4)
    if path.exists() or disk.f_bavail * disk.f_frsize < 4 * size // 3:
        return
    make_private(path)
    with path.open("r+b") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def use(folder: DataFolder) -> bool:
    """Give the reserve's room to the sealer; whether there was one."""
    try:
        (folder.root / "reserve").unlink()
    except FileNotFoundError:
        return False
    return True


def is_full(error: BaseException | None) -> bool:
    """Whether that refusal was for want of room."""
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return isinstance(error, OSError) and error.errno in _FULL
