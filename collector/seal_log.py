"""The seal log: the archive's signed heads and lists of salted hashes, and this data folder's copy of the heads.

In the archive, under ``v1/log/``:

00000007.json      the head of seal 7, signed (``sealed.Head``)
00000007.leaves    its salted hashes, 32 bytes each, sorted; their root is in the head

Together they are the signed list that each seal publishes: nothing in it names a document, a key or a home.
Heads are written here first, then into the data folder: the archive is the truth.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector import parquet
from collector.archive_place import Place
from collector.data_folder import DataFolder
from collector.hot_files import TABLES
from collector.messages import Trouble
from collector.operator_keys import retired
from collector.sealed import (
    LOG,
    NO_HEAD,
    SEAL,
    Head,
    Note,
    index_bytes,
    index_path,
    numbered,
    open_head,
    open_index,
    read_heads,
)
from collector.seen import KEPT_HOURS
from collector.whole_file import write_whole
from probe.measurement.signing import public_bytes, sign

_NOTED: Final = ("kind", "document_id", "key", "pair_id")


class SealLog:
    """The log of one data folder. To be used by whoever holds ``DataFolder.sealing``."""

    def __init__(self, folder: DataFolder, place: Place, key: Ed25519PrivateKey) -> None:
        self._folder = folder.sealed
        self._place = place
        self._key = key
        self._retired = retired(folder)
        self._folder.mkdir(exist_ok=True)
        self.heads: dict[int, Head] = {}

    def sync(self, now_hour: int) -> int:
        """Bring the folder's copy up to the archive; how many heads were fetched. Raises ``Trouble`` or ``OSError``.

        A head that is here and not there means another archive: nothing is sealed into it. Indexes that are missing
        or damaged are made anew from the sealed documents.
        """
        there = {name.removeprefix(LOG) for name in self._place.names(LOG)}
        there = {name for name in there if numbered(name) is not None}
        here = {path.name for path in self._folder.glob("*.json") if numbered(path.name) is not None}
        if here - there:
            lost = self._place.show(LOG + min(here - there))
            raise Trouble("seal.foreign_archive", path=lost, data=self._folder)
        fetched = {name: self._place.read(LOG + name) for name in sorted(there - here)}
        opened = [self._opened(content, self._place.show(LOG + name))[0] for name, content in fetched.items()]
        for head, (name, content) in zip(opened, fetched.items(), strict=True):
            self._index(head, _sure_hour(opened, now_hour))
            write_whole(self._folder / name, content)
        self.heads = {head.serial: head for head in read_heads(self._folder)}
        if sorted(self.heads) != list(range(1, len(self.heads) + 1)):
            raise Trouble("seal.gap", path=self._place.show(LOG))
        self._check_chain()
        for head in self.heads.values():
            self._index(head, _sure_hour(self.heads.values(), now_hour))
        return len(there - here)

    def _opened(self, content: bytes, where: Path | str) -> tuple[Head, bytes]:
        return open_head(content, where, public_bytes(self._key), self._retired)

    def _check_chain(self) -> None:
        """Every head here is signed and of the seal that its name says, names the one before, and keeps its root when revised.

        Raises ``Trouble``: where the log is not what was published, nothing is added to it.
        """
        digests, firsts = {0: NO_HEAD}, dict[int, Head]()
        for path in sorted(path for path in self._folder.glob("*.json") if numbered(path.name)):
            head, digest = self._opened(path.read_bytes(), path)
            if head.revision == 1:
                digests[head.serial], firsts[head.serial] = digest, head
            first = firsts.get(head.serial)
            same = first is not None and _lasting(first) == _lasting(head)
            if not same or path.name != head.name or head.previous != digests.get(head.serial - 1):
                raise Trouble("seal.broken_chain", path=path)

    def knows(self, seal_id: str) -> bool:
        """Whether that seal is in the log."""
        return any(head.seal_id == seal_id for head in self.heads.values())

    def next(self) -> tuple[int, bytes]:
        """The serial of the next seal, and what its head names as the one before."""
        last = len(self.heads)
        if last == 0:
            return 1, NO_HEAD
        path = self._folder / f"{last:08}.json"
        return last + 1, self._opened(path.read_bytes(), path)[1]

    def add(self, head: Head, leaves: Sequence[bytes], index: bytearray) -> None:
        """Publish a seal: list, then head; then this folder's index, and last its head, from which on the seal counts."""
        self._place.write(f"{LOG}{head.serial:08}.leaves", b"".join(leaves))
        content = self._published(head)
        write_whole(index_path(self._folder, head.serial), index)
        write_whole(self._folder / head.name, content)
        self.heads[head.serial] = head

    def revise(self, head: Head) -> None:
        """Publish a new revision of a seal whose documents were deleted or rewritten."""
        write_whole(self._folder / head.name, self._published(head))
        self.heads[head.serial] = head

    def _published(self, head: Head) -> bytes:
        content = msgspec.json.encode(sign(self._key, SEAL, head))
        self._place.write(LOG + head.name, content)
        return content

    def ids_of(self, hour: int) -> set[bytes]:
        """The ids of all documents of that hour that the archive holds."""
        heads = [head for head in self.heads.values() if head.hour == hour and head.part is not None]
        return {note.document_id for head in heads for note in self.noted(head)}

    def noted(self, head: Head) -> Iterable[Note]:
        """What must be remembered of a seal's documents: by its index, or from the archive where it is too old for one."""
        path = index_path(self._folder, head.serial)
        return open_index(path)[1] if path.exists() else self.notes(head)

    def notes(self, head: Head) -> Iterable[Note]:
        """What must be remembered of a seal's documents, read from the archive; nothing where they were deleted."""
        if head.part is None:
            return
        with self._place.reading(head.part.name) as source:
            for row in parquet.read(source, TABLES, _NOTED):
                yield Note(*row)

    def _index(self, head: Head, now_hour: int) -> None:
        """See to it that the seal has its index for as long as the server asks for it."""
        path = index_path(self._folder, head.serial)
        if head.hour < now_hour - KEPT_HOURS:
            path.unlink(missing_ok=True)
            return
        try:
            open_index(path)
        except Trouble:
            if head.part is not None:
                write_whole(path, index_bytes(head.hour, self.notes(head)))
            else:  # a document that is gone may come again: it is nowhere twice
                path.unlink(missing_ok=True)


def _sure_hour(heads: Collection[Head], now_hour: int) -> int:
    """``now_hour``, or the last before it with measurements: a clock that is far ahead makes no index old (``seen.sure_hour``)."""
    hours = [head.hour for head in heads if head.measurements and head.hour <= now_hour]
    return max(hours, default=now_hour)


def _lasting(head: Head) -> tuple[object, ...]:
    """What no revision of a head changes."""
    return head.serial, head.seal_id, head.hour, head.leaves, head.root, head.previous
