"""The folder of pages: files written whole, what is stale taken away, and nothing touched that is not ours.

``.isonomia-site`` lists what we wrote. A folder that is not empty and has no such list is not ours, and is refused.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

LIST: Final = ".isonomia-site"


class NotOurs(ValueError):
    """The folder holds something else."""


def write(folder: Path, files: Iterable[tuple[str, bytes]]) -> tuple[int, int]:
    """Write ``files``; how many there are, and their bytes. Raises ``NotOurs`` and ``OSError``.

    A reader meets the old or the new version of each file, never half of one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    listed = folder / LIST
    if not listed.exists() and any(folder.iterdir()):
        raise NotOurs(str(folder))
    before = set(listed.read_text(encoding="utf-8").splitlines()) if listed.exists() else set()
    listed.touch()
    written: set[str] = set()
    total = 0
    for name, content in files:
        _replace(folder / name, content)
        written.add(name)
        total += len(content)
    _replace(listed, "".join(f"{name}\n" for name in sorted(written)).encode())
    for name in before - written:
        path = folder / name
        if ".." not in Path(name).parts and not Path(name).is_absolute():
            path.unlink(missing_ok=True)
    return len(written), total


def _replace(path: Path, content: bytes) -> None:
    try:
        if path.read_bytes() == content:
            return
    except OSError:
        path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    os.replace(partial, path)  # noqa: PTH105 - says what is meant: the new one in the old one's place
