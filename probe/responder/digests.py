"""Hourly ticket digests, signed, to the collector: a ticket without a measurement must be seen missing.

A digest that could not be delivered is kept, on disk too, and goes with the next; none is ever dropped.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.answers import Answer
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, Signed, decode_json, sign
from probe.responder.book import Book

POST_TIMEOUT_S = 30.0
MOST_TICKETS = 500

log = logging.getLogger("isonomia.responder")


@dataclass
class Reporter:
    """Writes reports to ``folder`` and posts them; ``collector`` empty only writes."""

    book: Book
    key: Ed25519PrivateKey
    folder: Path
    collector: str

    async def run(self, every_s: float) -> None:
        """Report every ``every_s`` seconds. Ends: cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.report()

    async def report(self) -> None:
        """Write what ended since the last report, then post all that waits, oldest first."""
        self.write()
        if not self.collector:
            return
        for path in sorted(self.folder.glob("*.json")):
            answer = await self._post(path.read_bytes())
            if answer is None:
                return
            if answer.settled():
                path.unlink()
            else:  # stays for the next time, and does not hold up the others
                log.warning("the collector refused ticket digests: %s", answer.code)

    def write(self) -> None:
        """Turn ended tickets into signed reports on disk. Ends: each turn takes at least one ticket out."""
        self.book.expire(time.monotonic())
        self.folder.mkdir(parents=True, exist_ok=True)
        while tickets := self.book.ended()[:MOST_TICKETS]:
            path = self.folder / f"{time.time_ns():020}.json"
            partial = path.with_suffix(".partial")
            partial.write_bytes(msgspec.json.encode(self._report(tickets)))
            partial.rename(path)
            self.book.reported(len(tickets))

    def _report(self, tickets: tuple[TicketDigest, ...]) -> Signed:
        now_us = time.time_ns() // 1000
        body = DigestReport(responder=self.book.responder, serial=now_us, made_at_us=now_us, tickets=tickets)
        return sign(self.key, DIGEST, body)

    async def _post(self, report: bytes) -> Answer | None:
        """The collector's answer to a report, ``None`` if there was none."""
        import aiohttp  # noqa: PLC0415 - heavy, and needed once an hour

        timeout = aiohttp.ClientTimeout(total=POST_TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(f"{self.collector.rstrip('/')}/v1/tickets", data=report) as response,
            ):
                return decode_json(await response.read(), Answer)
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError, OSError) as error:
            log.warning("ticket digests wait: %s", type(error).__name__)
            return None
