"""Quiet: whether anybody else uses the line now, by the interface's own counters, and whether it is slow today."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from probe.errands.idle_rtt import IdleRtt, measure_us
from probe.link import Counters
from probe.nettests.base import CannotRun, Net
from probe.upload import Uploader

OTHERS_BYTES_S: Final = 25_000
"""More than this is somebody using the line: the threshold that SamKnows' and ThousandEyes' agents use."""
WATCH_S: Final = 1.0
TRIES: Final = 4
REST_S: Final = 15.0

POSTPONED: Final = "postponed:"
CROSS_TRAFFIC: Final = "postponed:cross_traffic"
SLOW_LINE: Final = "postponed:idle_rtt"


@dataclass
class Quiet:
    """Waits for a quiet line. ``ended`` asks whether to give up at once."""

    net: Net
    memory: IdleRtt
    watch_s: float = WATCH_S
    rest_s: float = REST_S
    tries: int = TRIES

    async def settle(
        self,
        uploader: Uploader,
        counters: Counters | None,
        address: tuple[str, int],
        ended: Callable[[], bool],
    ) -> None:
        """Wait in a thread; our own uploads pause meanwhile, as they are no cross traffic. Raises ``CannotRun``: why it was not quiet."""
        await uploader.hold()
        try:
            reason = await asyncio.to_thread(self.wait, counters, address, ended)
        finally:
            uploader.may_send.set()
        if reason is not None:
            raise CannotRun(reason)

    def wait(
        self, counters: Counters | None, address: tuple[str, int] | None, ended: Callable[[], bool]
    ) -> str | None:
        """``None`` once the line is quiet, else why it was not; ``address`` is a responder's. Ends: after ``tries``."""
        reason = None
        for attempt in range(self.tries):
            if attempt:
                self.net.sleep_s(self.rest_s)
            if ended():
                break
            reason = self.disturbed(counters) or self.slow(address)
            if reason is None:
                return None
        return reason

    def disturbed(self, counters: Counters | None) -> str | None:
        """Whether others' bytes pass. Where nothing can be read, nothing is known, and the envelope says so."""
        if counters is None:
            return None
        try:
            before = counters()
            self.net.sleep_s(self.watch_s)
            after = counters()
        except OSError:
            return None
        passed = sum(after) - sum(before)
        return CROSS_TRAFFIC if passed > OTHERS_BYTES_S * self.watch_s else None

    def slow(self, address: tuple[str, int] | None) -> str | None:
        """Whether the way to a responder's address takes over three times as long as at its best this week."""
        if address is None:
            return None
        rtt_us = measure_us(self.net, address)
        if rtt_us is None:  # whether anything is blocked is the nettests' question
            return None
        now_us = self.net.unix_us()
        busy = self.memory.busy(address[0], rtt_us, now_us)
        self.memory.add(address[0], rtt_us, now_us)
        return SLOW_LINE if busy else None
