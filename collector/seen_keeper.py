"""Keeps what the server has seen small in memory: every ten minutes, what the sealer has sealed meanwhile goes to disk.

Where the file of it cannot be read any more it is made anew from the indexes, and until then no document is taken: whether
one is new nobody could tell.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from collector.remembered import NAME, Remembered, discard, take_in
from collector.seen import Seen

EVERY_S: Final = 600.0
RETRY_S: Final = 10.0
LOG: Final = logging.getLogger("isonomia.collector.seen")


class SeenKeeper:
    """Of the store in ``folder``; ``oldest_hour`` says of which hour, since 1970 UTC, the first seals are still asked for.

    To be made on the event loop, from then on it works by itself until ``close``.
    """

    def __init__(self, folder: Path, seen: Seen, oldest_hour: Callable[[], int]) -> None:
        self._path = folder.parent / NAME
        self._sealed = folder.parent / "sealed"
        self._seen = seen
        self._oldest_hour = oldest_hour
        self._stopped, self._broken = asyncio.Event(), asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop, in the middle of the seals if need be."""
        self._stopped.set()
        await self._task

    def renew(self, error: sqlite3.Error) -> None:
        """Make the file anew, soon: it could not be read."""
        if not self._broken.is_set():
            LOG.error("%s cannot be read (%s); it is made anew", NAME, error)
            self._broken.set()

    async def remember(self) -> int:
        """Take in what was sealed since this was last done, and let it go from memory; how many seals.

        Raises ``Trouble`` for an index that is not whole, ``sqlite3.Error`` where the disk does not take the file.
        """
        seen, broken = self._seen, self._broken.is_set()
        if broken:
            seen.close()  # from here on it raises when it is asked, and so nothing is taken
            await asyncio.to_thread(discard, self._path)
        done = await asyncio.to_thread(
            take_in, self._path, self._sealed, self._oldest_hour(), self._stopped.is_set
        )
        if self._stopped.is_set():
            return len(done.indexes)
        if seen.sealed is None or seen.sealed.file_id != done.file_id:
            self._open(done.file_id)
        if broken:
            self._broken.clear()
        for _ in seen.let_go():
            await asyncio.sleep(0)
        if done.faults:
            raise done.faults[0]
        return len(done.indexes)

    def _open(self, file_id: int) -> None:
        """Ask the file that was written from now on: it is another than the one asked so far, which is damaged, or was removed."""
        opened = Remembered(self._path)
        if opened.file_id != file_id:
            opened.close()
            raise sqlite3.OperationalError(f"{NAME} is not the file that was written a moment ago")
        self._seen.close()
        self._seen.sealed = opened

    async def _run(self) -> None:
        while not self._stopped.is_set():
            events = [asyncio.ensure_future(event.wait()) for event in (self._stopped, self._broken)]
            await asyncio.wait(events, timeout=EVERY_S, return_when=asyncio.FIRST_COMPLETED)
            for event in events:
                event.cancel()
            if self._stopped.is_set():
                return
            try:
                await self.remember()
            except Exception as error:  # noqa: BLE001 - it must go on, or memory grows, and a broken file stays broken
                LOG.warning("what was sealed stays in memory for now: %s", error)
                if isinstance(error, sqlite3.DatabaseError) and not isinstance(
                    error, sqlite3.OperationalError
                ):
                    self.renew(error)  # somebody has put something else in its place
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stopped.wait(), RETRY_S)
