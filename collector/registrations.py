"""Registrations: what the analysis will judge by, left in the data folder so that the sealer names them in the public log.

registrations/<sha256>.json      the bytes of a registration, as ``isonomia-analysis register`` wrote them

A seal's head names, by hash and quarter, each one that no head before it named. The log is public and each of its heads names the one
before, so that nobody can afterwards have registered something else, or earlier, or only one of several families. A
registration is no secret: its hash needs no salt.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from collector.data_folder import DataFolder
from collector.sealed import Head, Named, first_revisions
from collector.whole_file import write_whole
from probe.measurement.signing import Signed

MOST_BYTES: Final = 64 * 2**20
MOST_IN_A_HEAD: Final = 64
"""Ever so many files cannot swell a head; the rest waits for the next."""


class _Quarter(msgspec.Struct, frozen=True):
    """What the sealer reads of a registration."""

    quarter: str


def leave(folder: DataFolder, content: bytes) -> Path:
    """Leave a registration for the sealer; where it is now. Raises ``OSError``."""
    folder.registrations.mkdir(exist_ok=True)
    path = folder.registrations / f"{sha256(content).hexdigest()}.json"
    write_whole(path, content)
    return path


def left(folder: DataFolder) -> Iterator[tuple[Named, bytes]]:
    """The registrations in the folder, by hash; a file that is none, or whose name is not its hash, is passed over."""
    paths = sorted(folder.registrations.glob("*.json")) if folder.registrations.is_dir() else ()
    for path in paths:
        if path.stat().st_size > MOST_BYTES:
            continue
        content = path.read_bytes()
        digest = sha256(content)
        try:
            quarter = msgspec.json.decode(content, type=_Quarter).quarter
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if digest.hexdigest() == path.stem:
            yield Named(digest.digest(), quarter[:16]), content


def pending(folder: DataFolder, heads: Iterable[Head]) -> tuple[Named, ...]:
    """What the next head is to name."""
    known = {one.sha256 for head in heads for one in head.registrations}
    return tuple(one for one, _ in left(folder) if one.sha256 not in known)[:MOST_IN_A_HEAD]


def naming_heads(data_dir: Path) -> tuple[tuple[int, bytes], ...]:
    """The heads that name registrations, as they were first signed, with their serials."""
    found = []
    for content in first_revisions(DataFolder(data_dir).sealed):
        body = msgspec.json.decode(content, type=Signed).body
        head = msgspec.json.decode(body, type=Head)
        if head.registrations:
            found.append((head.serial, content))
    return tuple(found)
