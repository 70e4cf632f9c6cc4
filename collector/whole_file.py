"""Files that appear whole, on disk, or not at all: written beside their name, synced, renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from collector.data_folder import sync_folder
from probe.measurement.keys import PRIVATE_MODE

PARTIAL: Final = ".partial"


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Write the file at ``path``, for its owner alone; what stood there stays until the block has ended well."""
    partial = path.with_name(path.name + PARTIAL)
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE)
        with os.fdopen(descriptor, "wb") as sink:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
        partial.rename(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_whole(path: Path, content: bytes | bytearray) -> None:
    """Write a small file."""
    with whole_file(path) as sink:
        sink.write(content)
