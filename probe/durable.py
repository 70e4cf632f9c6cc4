"""Files that survive a crash: whole or absent, never half.

The usual four steps: write beside, fsync the file, rename over, fsync the folder. After ``write`` returns,
neither ``kill -9`` nor a power cut takes the file away (as far as the disk keeps its word).
"""

import os
from pathlib import Path
from typing import Final

PARTIAL_SUFFIX: Final = ".partial"
PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700


def write(path: Path, data: bytes) -> None:
    """Put ``data`` in ``path`` (mode 0600), durably; raises ``OSError`` and then leaves the old file as it was."""
    partial = path.with_name(f".{path.name}{PARTIAL_SUFFIX}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    sync_folder(path.parent)


def move(source: Path, target: Path) -> None:
    """Rename ``source`` to ``target``, durably."""
    source.rename(target)
    sync_folder(target.parent)
    sync_folder(source.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable: a rename is not, until its folder is synced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make ``folder`` and its parents; the folder itself is for its owner alone (0700)."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)


def remove_partials(folder: Path) -> int:
    """Remove what a crash left half-written in ``folder``; returns how many files that were."""
    partials = list(folder.glob(f".*{PARTIAL_SUFFIX}"))
    for partial in partials:
        partial.unlink(missing_ok=True)
    return len(partials)
