"""The fleet view of a serving collector: a thread that follows the hot store every minute, and the newest report."""

import asyncio
import hmac
import logging
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from collector.data_folder import DataFolder
from collector.fleet.grid import Grid
from collector.fleet.report import STATES, Fleet, report
from collector.messages import Trouble
from collector.roster import Roster
from collector.whole_file import write_whole

LOG: Final = logging.getLogger("isonomia.collector.fleet")
EVERY_S: Final = 60.0
TOKEN_BYTES: Final = 32


def token_path(folder: DataFolder) -> Path:
    """Where the token stands that ``GET /v1/fleet`` asks for: a network named there is a candidate, and no finding."""
    return folder.operator_key.with_name("inside.token")


def inside_token(folder: DataFolder) -> str:
    """The token, made if need be: 64 hex digits, mode 0600."""
    path = token_path(folder)
    if not path.exists():
        write_whole(path, secrets.token_hex(TOKEN_BYTES).encode())
    return path.read_text("ascii").strip()


class FleetWatch:
    """Follows one data folder. ``clock_us`` is the wall clock in µs. Start and close on the event loop."""

    def __init__(
        self, folder: DataFolder, roster: Roster, clock_us: Callable[[], int], every_s: float = EVERY_S
    ) -> None:
        self._grid = Grid(folder)
        self._roster = roster
        self._clock_us = clock_us
        self._every_s = every_s
        self._token = inside_token(folder)
        self._task: asyncio.Task[None] | None = None
        # A look that was given up goes on in its thread, and a connection has one transaction at a time.
        self._one_at_a_time = threading.Lock()
        self.latest: Fleet | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Take in the last documents, for the sealer may take their file away, and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self.look()
        self._grid.close()

    async def look(self) -> Fleet | None:
        """Follow once, and report; a store that cannot be read is said in the log and stops nothing."""
        try:
            self.latest = await asyncio.to_thread(self._look)
        except Trouble as trouble:
            LOG.error("the fleet view could not follow: %s", trouble)
        return self.latest

    def forget(self, home: bytes) -> None:
        """Drop a home that withdraws. Blocks."""
        with self._one_at_a_time:
            self._grid.forget(home)

    def admits(self, authorization: str | None) -> bool:
        """Whether the header ``Authorization`` bears the token."""
        return hmac.compare_digest((authorization or "").encode(), f"Bearer {self._token}".encode())

    def gauges(self) -> dict[str, float]:
        """Counts for ``/metrics``, which names no network."""
        fleet = self.latest
        if fleet is None:
            return {}
        counts = {f"fleet_{state}": float(fleet.homes[state]) for state in STATES}
        return counts | {"fleet_disruptions": float(fleet.disruptions)}

    def _look(self) -> Fleet:
        with self._one_at_a_time:
            self._grid.withdrawn()
            self._grid.follow()
            return report(self._grid, self._roster.homes(), self._clock_us())

    async def _run(self) -> None:
        """Ends when ``close`` cancels it."""
        while True:
            await self.look()
            await asyncio.sleep(self._every_s)
