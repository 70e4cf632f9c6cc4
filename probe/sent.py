"""What was sent: the last documents the collector took, for the volunteer to see. Ids, sizes and times; the documents are gone.

Kept in ``sent.json`` beside the spool. It is a convenience: a file that is lost or damaged begins anew, and no measurement waits for it.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

MOST: Final = 30
"""As many as a page shows."""


class SentDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A document that the collector holds: its id is the SHA-256 of what was signed, which the public log knows too."""

    id: str
    bytes: int
    at_us: int


def last(path: Path) -> tuple[SentDocument, ...]:
    """The documents noted in ``path``, oldest first; none where it is missing or damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=tuple[SentDocument, ...])
    except (OSError, msgspec.MsgspecError):
        return ()


def note(path: Path, document: SentDocument) -> None:
    """Add a document, the oldest beyond MOST given up. A disk that does not take it changes nothing else."""
    kept = (*last(path), document)[-MOST:]
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(msgspec.json.encode(kept))
        os.replace(partial, path)  # noqa: PTH105 - the new one in the old one's place
    except OSError:
        partial.unlink(missing_ok=True)
