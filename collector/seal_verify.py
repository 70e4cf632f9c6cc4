"""The archive looked at again, all of it: is what stands there what was signed? ``isonomia-collector seal --verify``.

The sealer follows the chain of this folder's heads at every run (``seal_log``). This goes further, and reads as much as there is: the
archive's heads are those of this folder, each list of salted hashes gives the root that its head signs, each part has its hash.
"""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from collector.archive_place import Place
from collector.messages import Trouble
from collector.sealed import LOG, Head, Part, read_heads
from probe.measurement.merkle import HASH_BYTES, root

BLOCK_BYTES: Final = 1024 * 1024


def verify(sealed: Path, place: Place, report: Callable[[Trouble], None]) -> int:
    """Look at every seal whose head is in ``sealed``; ``report`` is told of each fault. How many there were. Raises ``OSError``."""
    faults = 0
    for head in read_heads(sealed):
        for trouble in _faults(head, sealed, place):
            report(trouble)
            faults += 1
    return faults


def _faults(head: Head, sealed: Path, place: Place) -> Iterator[Trouble]:
    name = LOG + head.name
    if _content(place, name) != (sealed / head.name).read_bytes():
        yield Trouble("seal.broken_chain", path=place.show(name))
    name = f"{LOG}{head.serial:08}.leaves"
    if wrong := _wrong_leaves(head, _content(place, name)):
        yield Trouble("seal.bad_leaves", path=place.show(name), detail=wrong)
    if head.part is not None and (wrong := _wrong_part(head.part, place)):
        yield Trouble("seal.bad_part", path=place.show(head.part.name), detail=wrong)


def _content(place: Place, name: str) -> bytes | None:
    try:
        return place.read(name)
    except FileNotFoundError:
        return None


def _wrong_leaves(head: Head, content: bytes | None) -> str:
    if content is None or len(content) != head.leaves * HASH_BYTES:
        return f"{len(content or b'') // HASH_BYTES} / {head.leaves}"
    leaves = [content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES)]
    return "" if sorted(leaves) == leaves and root(leaves) == head.root else root(leaves).hex()


def _wrong_part(part: Part, place: Place) -> str:
    digest = sha256()
    try:
        with place.reading(part.name) as source:
            while block := source.read(BLOCK_BYTES):
                digest.update(block)
    except FileNotFoundError:
        return "–"
    return "" if digest.digest() == part.sha256 else f"SHA-256 {digest.hexdigest()[:16]}"
