"""The spool: signed measurements on disk, until the collector has them for good.

    spool/pending/<id>.json           the exact signed JSON that is uploaded; <id> is the hex SHA-256 of its body
    spool/rejected/<id>.json          what the collector refused, or what no longer parses
    spool/rejected/<id>.reason.json   why: code, messages, time
    spool/rolls/<key>-<key>.json      what responders vouch for together (``probe.rolls``)
    spool/sent.json                   ids, sizes and times of the last that were sent (``probe.sent``)

``put`` returns only when the document would survive a power cut. Nothing leaves ``pending`` but by ``settle``
(the collector holds it) or ``reject``. Rejected documents are kept for 30 days and within 50 MB.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from probe import durable, sent
from probe.measurement.signing import Signed, document_id
from probe.rolls import Rolls

KEPT_S: Final = 30 * 86400
KEPT_BYTES: Final = 50_000_000
CORRUPT: Final = "corrupt"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why a document was set aside. ``corrupt`` is the probe's own code, the others are the collector's."""

    id: str
    code: str
    message_fr: str | None = None
    message_en: str | None = None
    rejected_at_us: int


@dataclass(frozen=True)
class Waiting:
    """What waits to be uploaded."""

    documents: int
    bytes: int


class Spool:
    """The spool in ``folder``. ``unix_s`` is the wall clock in seconds."""

    def __init__(self, folder: Path, unix_s: Callable[[], float] = time.time) -> None:
        self.pending_folder = folder / "pending"
        self.rejected_folder = folder / "rejected"
        self._unix_s = unix_s
        self.sent_list = folder / "sent.json"
        self.rolls = Rolls(folder / "rolls")

    def open(self) -> int:
        """Make the folders, drop rejected documents that are too old, remove what a crash left half-written.

        Returns how many half-written files there were. Only the holder of the folder's lock may call it.
        """
        removed = 0
        durable.make_folder(self.pending_folder.parent)
        for folder in (self.pending_folder, self.rejected_folder):
            durable.make_folder(folder)
            removed += durable.remove_partials(folder)
        self._sweep()
        return removed + self.rolls.remove_partials()

    def put(self, signed: Signed) -> str:
        """Keep ``signed`` durably and return its id; raises ``OSError`` when the disk does not take it, even in the place of the rolls."""
        identifier, document = document_id(signed.body_bytes()).hex(), msgspec.json.encode(signed)
        try:
            durable.write(self._pending(identifier), document)
        except OSError:
            self.rolls.forget()
            durable.write(self._pending(identifier), document)
        return identifier

    def pending(self) -> list[str]:
        """Ids of what waits, oldest first."""
        return [path.stem for path in _oldest_first(self.pending_folder)]

    def waiting(self) -> Waiting:
        """How much waits."""
        sizes = [_stat(path)[1] for path in _oldest_first(self.pending_folder)]
        return Waiting(len(sizes), sum(sizes))

    def read(self, identifier: str) -> bytes | None:
        """The document's exact bytes; ``None`` if it is gone or was damaged, and then it was set aside."""
        try:
            data = self._pending(identifier).read_bytes()
        except FileNotFoundError:
            return None
        if _is_document(data, identifier):
            return data
        self.reject(identifier, CORRUPT)
        return None

    def settle(self, identifier: str) -> None:
        """The collector holds the document: delete our copy, and note for the volunteer that it went."""
        path = self._pending(identifier)
        size = _stat(path)[1]
        path.unlink(missing_ok=True)
        if size:
            at_us = int(self._unix_s() * 1_000_000)
            sent.note(self.sent_list, sent.SentDocument(id=identifier, bytes=size, at_us=at_us))

    def reject(
        self, identifier: str, code: str, message_fr: str | None = None, message_en: str | None = None
    ) -> Reason:
        """Set the document aside with the reason, and return the reason."""
        reason = Reason(
            id=identifier,
            code=code,
            message_fr=message_fr,
            message_en=message_en,
            rejected_at_us=int(self._unix_s() * 1_000_000),
        )
        # The reason first: a crash in between leaves the document pending, and it is tried once more.
        durable.write(self._reason(identifier), msgspec.json.encode(reason))
        durable.move(self._pending(identifier), self._rejected(identifier))
        self._sweep()
        return reason

    def rejected(self) -> list[Reason]:
        """The reasons of what was set aside, oldest first."""
        return [self._reason_of(path) for path in self._rejected_documents()]

    def _pending(self, identifier: str) -> Path:
        return self.pending_folder / f"{identifier}.json"

    def _rejected(self, identifier: str) -> Path:
        return self.rejected_folder / f"{identifier}.json"

    def _reason(self, identifier: str) -> Path:
        return self.rejected_folder / f"{identifier}.reason.json"

    def _rejected_documents(self) -> list[Path]:
        return [path for path in _oldest_first(self.rejected_folder) if not path.stem.endswith(".reason")]

    def _reason_of(self, document: Path) -> Reason:
        """The reason beside ``document``; one that is lost or damaged is said to be so, with the file's time."""
        try:
            return msgspec.json.decode(self._reason(document.stem).read_bytes(), type=Reason)
        except (FileNotFoundError, msgspec.MsgspecError):
            at_us = int(_stat(document)[0] * 1_000_000)
            return Reason(id=document.stem, code="unknown", rejected_at_us=at_us)

    def _sweep(self) -> None:
        """Drop rejected documents past their time, then the oldest until the rest fits."""
        kept = [
            (path, self._reason_of(path).rejected_at_us, _stat(path)[1])
            for path in self._rejected_documents()
        ]
        kept.sort(key=lambda entry: entry[1])
        total = sum(size for _, _, size in kept)
        limit_us = (self._unix_s() - KEPT_S) * 1_000_000
        for path, at_us, size in kept:
            if at_us >= limit_us and total <= KEPT_BYTES:
                break
            path.unlink(missing_ok=True)
            self._reason(path.stem).unlink(missing_ok=True)
            total -= size


def _oldest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("[!.]*.json"), key=lambda path: (_stat(path)[0], path.name))


def _stat(path: Path) -> tuple[float, int]:
    """Time and size; zeros for a file that has gone meanwhile."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        return 0.0, 0
    return facts.st_mtime, facts.st_size


def _is_document(data: bytes, identifier: str) -> bool:
    try:
        signed = msgspec.json.decode(data, type=Signed)
    except msgspec.MsgspecError:
        return False
    return document_id(signed.body_bytes()).hex() == identifier
