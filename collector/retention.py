"""Retention: documents past their time leave the archive; root and salted hashes stay in the log for ever.

First a new revision of the head, signed, says that the part is gone and why; then the part is deleted. A crash in
between leaves a part that no head names any more; the next run deletes it.
"""

from typing import Final

import msgspec

from collector.archive_place import Place
from collector.homes.purge import sweep
from collector.hot_files import hour_of
from collector.seal import storage_refusals
from collector.seal_log import SealLog

HOURS_A_DAY: Final = 24


def delete_older(log: SealLog, place: Place, keep_days: int, now_us: int) -> int:
    """Delete every part whose hour is more than ``keep_days`` ago; how many. For whoever holds the sealer's lock.

    Raises ``Trouble`` where storage refuses.
    """
    before = hour_of(now_us) - keep_days * HOURS_A_DAY
    deleted = 0
    with storage_refusals(place.url):
        for head in [head for head in log.heads.values() if head.part is not None and head.hour < before]:
            gone = msgspec.structs.replace(
                head, part=None, reason="retention", revision=head.revision + 1, made_at_us=now_us
            )
            log.revise(gone)
            deleted += 1
        sweep(log, place)
    return deleted
