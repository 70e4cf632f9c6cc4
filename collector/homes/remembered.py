"""Withdrawals remembered beside the archive: a folder that is restored from an old backup learns who has left since.

``v1/withdrawn`` holds SHA-256 of each key that has withdrawn, 32 bytes each, sorted; a hash of a random key names
nobody. Every run of the sealer brings archive and book of homes together. For whoever holds the sealer's lock.
"""

from typing import Final

from collector.archive_place import Place
from collector.data_folder import DataFolder
from collector.homes.book import HomeBook
from collector.messages import Trouble
from collector.roster import read_roster
from collector.seal import storage_refusals

NAME: Final = "v1/withdrawn"
HASH_BYTES: Final = 32


def remember(folder: DataFolder, place: Place, book: HomeBook, now_us: int) -> int:
    """Bring both lists together; how many keys this folder learnt of. Raises ``Trouble``.

    A home whose withdrawal was unknown here withdraws now, with all the keys that the roster knows of it.
    """
    with storage_refusals(place.url):
        there = _read(place)
        here = book.withdrawn()
        if there - here:
            quarter_keys = {entry.quarter_key: entry.long_lived_key for entry in read_roster(folder.roster)}
            book.learn(there - here, quarter_keys, now_us)
        union = there | book.withdrawn()
        if union - there:
            place.write(NAME, b"".join(sorted(union)))
    return len(there - here)


def _read(place: Place) -> frozenset[bytes]:
    try:
        content = place.read(NAME)
    except FileNotFoundError:
        return frozenset()
    if len(content) % HASH_BYTES:
        raise Trouble("archive.unreadable", path=place.show(NAME), detail=f"{len(content)} bytes")
    return frozenset(content[at : at + HASH_BYTES] for at in range(0, len(content), HASH_BYTES))
