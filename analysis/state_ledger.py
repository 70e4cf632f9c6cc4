"""The ledger of states: one file, a line a change, each line bound to the one before it by hash. Append-only.

A line is ``{"serial", "previous_sha256", "change"}``; its own hash is that of its bytes. Whoever keeps the last hash (a page,
a notice, the public log) can prove that no line was changed, dropped or put in between. A torn last line, left by a
machine that stopped while writing, is an error that names it: nothing repairs the ledger by itself.
"""

import fcntl
import os
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from analysis.messages import Trouble
from analysis.states import Change, Refused, check

NO_LINE: Final = "0" * 64


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the ledger."""

    serial: int
    previous_sha256: str
    change: Change


def read(path: Path) -> tuple[tuple[Change, ...], str]:
    """The changes of a ledger in order and the hash of its last line; raises ``Trouble`` for one that was altered.

    A ledger that does not exist yet is empty. Every transition is checked again, publication's terms excepted, for these
    rest on the finding. Early lines name no record: they stand, and nothing is shown in public for them.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return (), NO_LINE
    except OSError as error:
        raise Trouble("ledger.unreadable", path=path, line=0, detail=error.strerror or error) from error
    if content and not content.endswith(b"\n"):
        raise Trouble("ledger.unreadable", path=path, line=content.count(b"\n") + 1, detail="torn")
    changes: list[Change] = []
    last = NO_LINE
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            entry = msgspec.json.decode(line, type=Entry)
            if (entry.serial, entry.previous_sha256) != (number, last):
                raise ValueError("serial or previous_sha256")
            check(changes, entry.change, nameable=True)
        except (msgspec.MsgspecError, ValueError) as error:
            detail = error.why if isinstance(error, Refused) else error
            raise Trouble("ledger.unreadable", path=path, line=number, detail=detail) from error
        changes.append(entry.change)
        last = sha256(line).hexdigest()
    return tuple(changes), last


def append(path: Path, change: Change, *, nameable: bool | None = None) -> str:
    """Add a change, on the disk before this returns; the hash of its line. Raises ``Trouble`` for one that may not be."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    except OSError as error:
        raise Trouble("out.cannot_write", path=path, detail=error.strerror or error) from error
    with os.fdopen(descriptor, "ab") as file:
        # Two writers would both build on the same line: the second waits, and reads what the first wrote.
        fcntl.flock(file, fcntl.LOCK_EX)
        history, last = read(path)
        try:
            if change.finding_sha256 is None:
                raise Refused("no_record")
            check(history, change, nameable=nameable)
        except Refused as refused:
            raise Trouble(f"ledger.{refused.why}", exit_code=2, **refused.values) from refused
        line = msgspec.json.encode(Entry(serial=len(history) + 1, previous_sha256=last, change=change))
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return sha256(line).hexdigest()
