"""``isonomia-collector timeseries``: feed, rebuild, status, check. A process of its own, beside the server."""

import argparse
import asyncio
import fcntl
import os
import random
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from collector.data_folder import DataFolder
from collector.messages import Trouble
from collector.process import STOP_SIGNALS, Say, unix_us
from collector.timeseries import cursor as cursors
from collector.timeseries.check import compare
from collector.timeseries.cursor import Cursor
from collector.timeseries.feed import Feed, Pass
from collector.timeseries.opening import Address, open_server
from collector.timeseries.parts import Part, parts
from collector.timeseries.policy import PRIVATE
from collector.timeseries.servers import Busy, Missing, Refused, Server
from collector.timeseries.sources import Source
from collector.timeseries.tags import vocabulary_of
from collector.timeseries.writer import Backoff, Writer, pause

FOLDER: Final = "timeseries"
STOP_S: Final = 3.0
"""A pass under way gets so long to end once the feed is told to: else a database that is silent would hold it for half a minute."""
MOST_BEGINNINGS: Final = 3
"""A single run begins again so often at most: a database that loses everything at once will lose it again."""


@dataclass(frozen=True)
class Orders:
    """What the operator asked for. ``every_s``: pause between passes, ``None`` for a single one."""

    verb: str
    address: Address
    name: str
    every_s: int | None

    def cursor_path(self, folder: DataFolder) -> Path:
        """Where the cursor of this feed is."""
        return folder.root / FOLDER / f"{self.name}.json"


def orders_of(options: argparse.Namespace) -> Orders:
    """The orders in a command line."""
    return Orders(
        options.verb, Address(options.server, options.kind), options.name, getattr(options, "every", None)
    )


def run(folder: DataFolder, orders: Orders, tell: Say, report: Callable[[Trouble], None]) -> bool:
    """Do it; whether all went well. Raises ``Trouble``."""
    folder.open()
    orders.address.checked()
    return asyncio.run(_run(folder, orders, tell, report))


async def _run(folder: DataFolder, orders: Orders, tell: Say, report: Callable[[Trouble], None]) -> bool:
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if orders.verb == "status":
        return await _status(folder, orders, tell)
    if orders.verb == "check":
        async with _opened(orders) as server:
            return await _check(folder, server, tell)
    with _alone(folder, orders.name):
        if orders.verb == "rebuild":
            return await _rebuild(folder, orders, tell, stop)
        return await _feed(folder, orders, tell, report, stop)


async def _feed(
    folder: DataFolder, orders: Orders, tell: Say, report: Callable[[Trouble], None], stop: asyncio.Event
) -> bool:
    """Pass after pass; ends after one that came to its end, or, with ``every_s``, at SIGTERM or SIGINT.

    A database that is away is waited for, by a single pass too: the next could do no better.
    """
    backoff, beginnings = Backoff(random.Random()), 0
    while not stop.is_set():
        wait_s = float(orders.every_s or 0)
        try:
            done = await _unless_stopped(_pass(folder, orders, tell, stop), stop)
            if done is None:
                break
            backoff.failures = 0
            if orders.every_s is None and done.finished:
                return True
        except Busy as busy:
            wait_s = backoff.next_s(busy.wait_s)
            tell("cli.ts_waiting", detail=str(busy), seconds=round(wait_s, 1))
        except Missing as missing:
            beginnings += 1
            if orders.every_s is None and beginnings == MOST_BEGINNINGS:
                raise Trouble("timeseries.refused", detail=missing) from missing
        except Trouble as trouble:
            if orders.every_s is None:
                raise
            report(trouble)
        if not await pause(stop, wait_s):
            break
    tell("cli.ts_stopped")
    return True


async def _unless_stopped(work: Coroutine[Any, Any, Pass], stop: asyncio.Event) -> Pass | None:
    """What comes of ``work``; ``None`` where it is broken off, ``STOP_S`` after ``stop``: the next feed goes on as after a crash."""
    under_way, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((under_way, stopped), return_when=asyncio.FIRST_COMPLETED)
        done, _ = await asyncio.wait((under_way,), timeout=STOP_S)
        return under_way.result() if done else None
    finally:
        for task in (under_way, stopped):
            task.cancel()
        await asyncio.gather(under_way, stopped, return_exceptions=True)


async def _pass(folder: DataFolder, orders: Orders, tell: Say, stop: asyncio.Event) -> Pass:
    async with _opened(orders) as server:
        feed = _made(folder, orders, server, tell, stop)
        try:
            done = await feed.run()
        except Refused as error:
            raise Trouble("timeseries.refused", detail=error) from error
        finally:
            feed.close()
    if done.began_again:
        tell("cli.ts_began_again")
    if done.rows or orders.every_s is None:
        tell("cli.ts_fed", rows=done.rows, **_losses(folder, orders))
    _say_unkept(done, tell)
    return done


async def _rebuild(folder: DataFolder, orders: Orders, tell: Say, stop: asyncio.Event) -> bool:
    async with _opened(orders) as server:
        feed = _made(folder, orders, server, tell, stop)
        try:
            done = await feed.rebuild()
            tell("cli.ts_fed", rows=done.rows, **_losses(folder, orders))
            _say_unkept(done, tell)
            return done.finished and (server.lossy or await _check(folder, server, tell))
        except (Busy, Missing, Refused) as error:
            raise Trouble("timeseries.refused", detail=error) from error
        finally:
            feed.close()


async def _check(folder: DataFolder, server: Server, tell: Say) -> bool:
    if server.lossy:
        raise Trouble("timeseries.no_check")
    try:
        found = await compare(folder.root, server, vocabulary_of(folder.plans), unix_us() * 1000)
    except (Busy, Missing, Refused) as error:
        raise Trouble("timeseries.refused", detail=error) from error
    if not found.differ:
        tell("cli.ts_equal", points=found.points, groups=found.groups)
        return True
    first = min(found.differ)
    tell(
        "cli.ts_differ", differ=len(found.differ), groups=found.groups, first=f"{first} {found.differ[first]}"
    )
    return False


async def _status(folder: DataFolder, orders: Orders, tell: Say) -> bool:
    """What the cursor says, what waits, and whether the database and each part of it have what they took."""
    known = cursors.read(orders.cursor_path(folder))
    cursor = known or Cursor(feed="")
    held: list[Part] = []
    try:
        async with _opened(orders) as server:
            marked = await server.mark(PRIVATE, cursor.feed)
            held = await parts(server, cursor, unix_us() * 1000)
        behind = marked is None or (marked < cursor.fed and not server.lossy)
        state = _named(marked, held) if known is not None and behind else server.kind
    except Missing:
        state = "empty"
    except (Busy, Refused, Trouble) as error:
        state = f"down: {error}"
    bad = [part for part in held if part.state != "whole"]
    told = datetime.fromtimestamp(cursor.fed_at_us / 1e6, UTC).isoformat(timespec="seconds")
    tell(
        "cli.ts_status_shown",
        fed=cursor.fed,
        lag_rows=Source(folder, cursor).left(),
        fed_at=told if cursor.fed_at_us else "–",
        restarts=cursor.restarts,
        server=state,
        parts=len(held),
        parts_bad=len(bad),
        **_losses(folder, orders),
    )
    for part in bad:
        tell(f"cli.ts_part_{part.state}", **asdict(part))
    return not bad and not state.startswith(("down", "empty", "behind"))


def _named(marked: int | None, held: Sequence[Part]) -> str:
    """A database without the feed's last mark: nothing of the feed is there at all, or it is behind."""
    return "empty" if marked is None and all(part.state == "lost" for part in held) else "behind"


def _say_unkept(done: Pass, tell: Say) -> None:
    if not done.retained:
        tell("cli.ts_not_retained", bucket=PRIVATE.name, days=PRIVATE.keep_days)


def _losses(folder: DataFolder, orders: Orders) -> dict[str, int]:
    cursor = cursors.read(orders.cursor_path(folder)) or Cursor(feed="")
    return {"rejected": cursor.rejected, "unreadable": cursor.unreadable, "too_old": cursor.too_old}


def _opened(orders: Orders) -> AbstractAsyncContextManager[Server]:
    return open_server(orders.address, os.environ)


def _made(folder: DataFolder, orders: Orders, server: Server, tell: Say, stop: asyncio.Event) -> Feed:
    path = orders.cursor_path(folder)

    def waiting(detail: str, seconds: float) -> None:
        tell("cli.ts_waiting", detail=detail, seconds=round(seconds, 1))

    async def sleep(seconds: float) -> bool:
        return await pause(stop, seconds)

    writer = Writer(server, random.Random(), sleep, waiting, path.with_suffix(".rejected.lines"))
    return Feed(folder, path, server, writer, unix_us)


@contextmanager
def _alone(folder: DataFolder, name: str) -> Iterator[None]:
    """Hold this feed's lock; raises ``Trouble`` if another process has it. A crash releases it."""
    place = folder.root / FOLDER
    place.mkdir(mode=0o700, exist_ok=True)
    with (place / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Trouble("timeseries.in_use", data=folder.root) from error
        yield
