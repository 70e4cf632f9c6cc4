"""``isonomia-collector seal``: one run of the sealer, or one every so often until SIGTERM."""

import re
import secrets
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from collector import parquet, reserve
from collector.archive_place import place_of, use_url
from collector.data_folder import DataFolder
from collector.homes.book import HomeBook
from collector.homes.purge import erase_closed, purge
from collector.homes.remembered import remember
from collector.messages import Trouble
from collector.plans_kept import keep_plans
from collector.process import STOP_SIGNALS, Say, unix_us
from collector.retention import delete_older, forget_quarters
from collector.seal import Sealer, Summary, storage_refusals
from collector.seal_verify import verify


@dataclass(frozen=True)
class Orders:
    """What the operator asked for. ``every_s``: pause between runs, ``None`` for one. ``keep_days``: ``None`` keeps all. ``verify``: all of it."""

    archive: str | None
    every_s: int | None
    keep_days: int | None
    verify: bool = False


def run(folder: DataFolder, orders: Orders, say: Say, report: Callable[[Trouble], None]) -> bool:
    """Seal; whether all went well. ``report`` is told of what went wrong; with ``every_s`` the next run tries again.

    Ends after one run, or, with ``every_s``, at SIGTERM or SIGINT: between two hour files.
    """
    folder.open()
    parquet.spare_memory()
    stop = threading.Event()
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())
    while True:
        good = _once(folder, orders, say, report, stop)
        if orders.every_s is None:
            return good
        if stop.wait(orders.every_s):
            say("cli.seal_stopped")
            return True


def _once(
    folder: DataFolder, orders: Orders, say: Say, report: Callable[[Trouble], None], stop: threading.Event
) -> bool:
    try:
        with folder.sealing():
            if orders.archive is not None:
                use_url(folder, orders.archive)
            place = place_of(folder)
            returned = keep_plans(folder, place)
            sealer = Sealer(folder, place, folder.open(), unix_us, secrets.token_bytes, report)
            with closing(HomeBook(folder.homes)) as book:
                remember(folder, place, book, unix_us())
                leaving = book.leaving()
                erase_closed(folder.hot, leaving)
                summary = _sealed(folder, sealer, stop)
                summary.plans = returned
                summary.rewritten = purge(folder, place, sealer.log, book, leaving, unix_us())
            if orders.keep_days is not None:
                summary.deleted = delete_older(sealer.log, place, orders.keep_days, unix_us())
                forget_quarters(folder.roster, orders.keep_days, unix_us())
            reserve.lay(folder)
            faults = None
            if orders.verify:
                with storage_refusals(place.url):
                    faults = verify(folder.sealed, place, report)
    except Trouble as trouble:
        report(trouble)
        return False
    say("cli.sealed", **_facts(summary), archive=place.url)
    if faults is not None:
        say("cli.verified", seals=summary.seals, faults=faults)
    return summary.damaged == 0 and not faults


def _sealed(folder: DataFolder, sealer: Sealer, stop: threading.Event) -> Summary:
    """One run, and another with the reserve's room where the first was refused for want of it."""
    try:
        return sealer.run(stop.is_set)
    except Trouble as trouble:
        if not (reserve.is_full(trouble.__cause__) and reserve.use(folder)):
            raise
        return sealer.run(stop.is_set)


def _facts(summary: Summary) -> dict[str, object]:
    return {**vars(summary), "peak_rss_mb": _peak_rss_mb()}


def _peak_rss_mb() -> int | None:
    """The most memory this process has had; ``None`` where the kernel does not say. getrusage counts the parent's too."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return None
    peak = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return None if peak is None else int(peak[1]) // 1024
