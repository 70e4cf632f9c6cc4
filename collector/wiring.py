"""The composition root: puts the parts of a collector together, serves, and takes them apart in order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import web

from collector.answer_signature import AnswerSigner
from collector.app import BACKLOG, Site, make_runner, make_site
from collector.data_folder import DataFolder
from collector.fleet.watch import FleetWatch
from collector.homes.admission import Admission
from collector.homes.book import HomeBook
from collector.homes.withdrawal import finish
from collector.hot_store import HotStore
from collector.intake import Intake
from collector.metrics import Metrics
from collector.mqtt.access import AccessBook
from collector.mqtt.door import Broker, MqttDoor
from collector.operator_keys import announced, retired
from collector.pages import NO_PAGES, Pages
from collector.plan import PlanBook
from collector.process import STOP_SIGNALS, unix_us
from collector.roster import Roster
from collector.settings import Settings


@asynccontextmanager
async def open_intake(
    folder: DataFolder, settings: Settings, clock_us: Callable[[], int] = unix_us
) -> AsyncIterator[Intake]:
    """A working intake on ``folder``; on the way out everything accepted is committed and closed."""
    with folder.served():
        metrics = Metrics()
        plans = PlanBook(folder.plans, folder.open(), settings, clock_us, announced(folder))
        bounds = settings.bounds
        store = HotStore(folder.hot, clock_us, metrics, bounds.waiting_rows)
        roster = Roster(folder.roster, bounds.largest_roster)
        homes = HomeBook(folder.homes)
        admission = Admission(roster, homes, settings.homes, clock_us)
        signer = AnswerSigner(folder.open())
        access = None if settings.mqtt is None else AccessBook(folder, settings.mqtt, clock_us)
        before = retired(folder)
        intake = Intake(store, roster, plans, metrics, clock_us, signer, bounds, admission, access, before)
        intake.fleet = FleetWatch(folder, roster, clock_us)
        try:
            finish(folder.hot, homes, roster)
            store.start()
            intake.quota.restore(folder.hot)
            try:
                await intake.checkers.start()
                intake.fleet.start()
                yield intake
            finally:
                await intake.checkers.close()
                await store.close()
                await intake.fleet.close()
        finally:
            intake.close()


@asynccontextmanager
async def listening(site: Site, host: str, port: int) -> AsyncIterator[str]:
    """Serve ``site``; yields the URL it can be reached at (port 0: a free one). Raises ``OSError``.

    On the way out the port closes first, then requests under way get their answers.
    """
    runner = make_runner(site.app, site.log)
    await runner.setup()
    try:
        factory = site.connections.guarded(cast(web.Server, runner.server))
        server = await asyncio.get_running_loop().create_server(factory, host, port, backlog=BACKLOG)
        try:
            bound = server.sockets[0].getsockname()
            shown = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
            yield f"http://{shown}:{bound[1]}"
        finally:
            server.close()
    finally:
        await runner.cleanup()


@asynccontextmanager
async def mqtt_door(intake: Intake, settings: Settings) -> AsyncIterator[None]:
    """Serve at the broker, too, where the operator's file names one. Raises ``Trouble``.

    On the way out the door closes first: what is under way is kept, and told by a receipt next time it is sent.
    """
    if settings.mqtt is None or intake.access is None:
        yield
        return
    block = settings.mqtt
    host = block.collector_host or block.host
    door = MqttDoor(intake, Broker(host, block.port, intake.access.folder, named=host == block.host))
    intake.mqtt = door
    serving = asyncio.create_task(door.run())
    try:
        yield
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def serve(
    folder: DataFolder,
    settings: Settings,
    host: str,
    port: int,
    announce: Callable[[str], None],
    pages: Pages = NO_PAGES,
) -> None:
    """Collect until SIGTERM or SIGINT. ``announce`` is called with the URL once the port is open; ``pages`` are served beside."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, stop.set)
    async with (
        open_intake(folder, settings) as intake,
        listening(make_site(intake, pages), host, port) as url,
        mqtt_door(intake, settings),
    ):
        announce(url)
        await stop.wait()
