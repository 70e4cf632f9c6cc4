"""A visit: one heavy test at a time, in a thread of its own, with a deadline and a way out."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from probe.measurement.failures import unknown
from probe.nettests.base import CannotRun

T = TypeVar("T")

MARGIN_S: Final = 90.0
"""On top of the runs' own duration: every handshake, ticket and statement at its own time limit, once each."""


CLOSING_S: Final = 8.0
"""What a pair that is given up gets to end its run of 4 s and to close: an aborted pair beats a missing one."""


def deadline_s(duration_ms: int, gap_ms: int) -> float:
    """After this a pair is given up: it guards against a nettest that hangs, not against a slow network."""
    return (2 * duration_ms + gap_ms) / 1000 + MARGIN_S


async def apart(
    work: Callable[[], T], limit_s: float, abandon: asyncio.Event, closing_s: float = CLOSING_S
) -> T:
    """Run the blocking ``work`` in a thread; its result.

    Raises ``CannotRun``: as ``work`` did, ``deadline`` after ``limit_s``, ``stopped_by_volunteer`` when
    ``abandon`` is set and the work does not close of itself soon, ``crashed: …`` for any other exception. A thread
    that is given up is a daemon: it ends with its own time limits or with the process.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def deliver(result: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def main() -> None:
        result, error = None, None
        try:
            result = work()
        except CannotRun as cannot:
            error = cannot
        except Exception as crash:  # noqa: BLE001 - whatever a nettest does, the probe goes on and says so
            error = CannotRun(f"crashed: {unknown(crash)}"[:120])
        try:
            loop.call_soon_threadsafe(deliver, result, error)
        except RuntimeError:  # the loop has closed: nobody waits any more
            pass

    threading.Thread(target=main, name="nettest", daemon=True).start()
    asked_to_abandon = asyncio.ensure_future(abandon.wait())
    try:
        waited: set[asyncio.Future[Any]] = {done, asked_to_abandon}
        await asyncio.wait(waited, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if abandon.is_set() and not done.done():
            await asyncio.wait({done}, timeout=closing_s)
    finally:
        asked_to_abandon.cancel()
    if done.done():
        return done.result()
    done.cancel()
    raise CannotRun("stopped_by_volunteer" if abandon.is_set() else "deadline")
