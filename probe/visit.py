"""A visit: one heavy test at a time, within the volunteer's caps, in a thread of its own, with a way out."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from probe.measurement.failures import unknown
from probe.nettests.base import LONGEST_GAP_MS, CannotRun

T = TypeVar("T")

MARGIN_S: Final = 90.0
"""On top of the runs' own duration: every handshake, ticket and statement at its own time limit, once each."""


CLOSING_S: Final = 8.0
"""What a pair that is given up gets to end its run of 4 s and to close: an aborted pair beats a missing one."""


OVER_BUDGET: Final = "budget exceeded"
OVER_VISIT: Final = "visit cap exceeded"
LONGEST_S: Final = 60.0
PACED_BYTES: Final = 50_000_000
LONG_BYTES: Final = 120_000_000
LONGEST_BYTES: Final = 220_000_000
ORDINARY_LONG_MS: Final = 10_000
"""The caps of a visit (architecture.md, "The replay"); the last of bytes is that of a long pair of 20 s a run."""


def cap_bytes(variant: str, duration_ms: int) -> int:
    """The most that a visit with a pair of that kind may spend, in bytes on the line.

    An unpaced pair's is that of a long one.

    >>> (
    ...     cap_bytes("paced", 4000),
    ...     cap_bytes("long", 10_000),
    ...     cap_bytes("long", 20_000),
    ...     cap_bytes("saturate", 2000),
    ... )
    (50000000, 120000000, 220000000, 120000000)
    """
    if variant not in ("long", "saturate"):
        return PACED_BYTES
    return LONG_BYTES if duration_ms <= ORDINARY_LONG_MS else LONGEST_BYTES


def within_caps(variant: str, duration_ms: int, gap_ms: int, estimate_bytes: int) -> bool:
    """Whether a pair that spends ``estimate_bytes`` at most may be started at all. A washed one spans two visits."""
    within_ms = gap_ms if gap_ms <= LONGEST_GAP_MS else 0
    lasts_s = (2 * duration_ms + within_ms) / 1000
    return lasts_s <= LONGEST_S and estimate_bytes <= cap_bytes(variant, duration_ms)


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
