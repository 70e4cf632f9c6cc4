"""The composition root: puts the parts of a collector together, serves, and takes them apart in order."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from collector.app import BACKLOG, make_app, make_runner
from collector.data_folder import DataFolder
from collector.hot_store import HotStore
from collector.intake import Intake
from collector.metrics import Metrics
from collector.plan import PlanBook
from collector.roster import Roster
from collector.settings import Settings

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def unix_us() -> int:
    """The wall clock, µs since 1970 UTC."""
    return time.time_ns() // 1000


@asynccontextmanager
async def open_intake(
    folder: DataFolder, settings: Settings, clock_us: Callable[[], int] = unix_us
) -> AsyncIterator[Intake]:
    """A working intake on ``folder``; on the way out everything accepted is committed and closed."""
    with folder.served():
        metrics = Metrics()
        plans = PlanBook(folder.plans, folder.open(), settings, clock_us)
        store = HotStore(folder.hot, clock_us, metrics, settings.waiting_rows)
        roster = Roster(folder.roster, settings.largest_roster)
        intake = Intake(store, roster, plans, metrics, clock_us)
        try:
            store.start()
            try:
                yield intake
            finally:
                await store.close()
        finally:
            intake.close()


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """Serve ``app``; yields the URL it can be reached at (port 0: a free one). Raises ``OSError``.

    On the way out the port closes first, then requests under way get their answers.
    """
    runner = make_runner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=BACKLOG).start()
        bound = runner.addresses[0]
        shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
        yield f"http://{shown}:{bound[1]}"
    finally:
        await runner.cleanup()


async def serve(
    folder: DataFolder, settings: Settings, host: str, port: int, announce: Callable[[str], None]
) -> None:
    """Collect until SIGTERM or SIGINT. ``announce`` is called with the URL once the port is open."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    async with (
        open_intake(folder, settings) as intake,
        listening(make_app(intake), host, port) as url,
    ):
        announce(url)
        await stop.wait()
