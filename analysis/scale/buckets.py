"""Buckets: files of frames in a folder, appended to through one bounded buffer. A frame is a length (32 bits) and its bytes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar
from zlib import crc32

import msgspec

from analysis.messages import Trouble

BUFFER_BYTES: Final = 16 * 2**20
LENGTH_BYTES: Final = 4

T = TypeVar("T")


def bucket_of(key: bytes, buckets: int) -> int:
    """The bucket that belongs to a key, the same on every machine."""
    return crc32(key) % buckets


class Buckets:
    """Appends to the files of ``folder``, by name. To be closed, or what is in the buffer is lost."""

    def __init__(self, folder: Path, buffer_bytes: int = BUFFER_BYTES) -> None:
        self.folder = folder
        self._most = buffer_bytes
        self._held: dict[str, bytearray] = {}
        self._bytes = 0

    def add(self, name: str, frame: bytes) -> None:
        """Append a frame to the file ``name``; raises ``Trouble`` where the disk refuses."""
        held = self._held.setdefault(name, bytearray())
        held += len(frame).to_bytes(LENGTH_BYTES, "big")
        held += frame
        self._bytes += LENGTH_BYTES + len(frame)
        if self._bytes >= self._most:
            self.close()

    def close(self) -> None:
        """Write what is held; more may be added afterwards."""
        for name, held in self._held.items():
            path = self.folder / name
            try:
                with path.open("ab") as file:
                    file.write(held)
            except OSError as error:
                raise Trouble("out.cannot_write", path=path, detail=error.strerror or error) from error
        self._held.clear()
        self._bytes = 0


def frames(path: Path, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
    """The frames of a file, or of its bytes from ``begin`` to ``end``; none where there is no file.

    Ends at the end. Raises ``Trouble`` for a file that ends within a frame.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        at = file.seek(begin)
        while end is None or at < end:
            head = file.read(LENGTH_BYTES)
            if not head and end is None:
                return
            frame = file.read(int.from_bytes(head, "big"))
            at += LENGTH_BYTES + len(frame)
            if len(head) < LENGTH_BYTES or len(frame) < int.from_bytes(head, "big"):
                raise Trouble("spool.damaged", exit_code=3, path=path, at=at)
            yield frame


def records(path: Path, kind: type[T], begin: int = 0, end: int | None = None) -> Iterator[T]:
    """The frames of a file, each decoded from MessagePack; raises ``Trouble`` for one that is not of ``kind``."""
    decoder = msgspec.msgpack.Decoder(kind)
    for frame in frames(path, begin, end):
        try:
            yield decoder.decode(frame)
        except msgspec.MsgspecError as error:
            raise Trouble("spool.damaged", exit_code=3, path=path, at=error) from error
