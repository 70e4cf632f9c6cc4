"""Hourly ticket digests, signed, to the collector: a ticket without a measurement must be seen missing.

A digest that could not be delivered is kept, on disk too, and goes with the next. Only an answer that the operator
signed counts as one. What the collector has rejected for good is set aside in ``rejected/`` and posted no more; none
is ever deleted before the collector has it.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe import durable
from probe.answers import SIGNATURE_HEADER, Answer
from probe.door import (
    LARGEST_ANSWER_BYTES,
    Busy,
    NotBelieved,
    Reply,
    Unreachable,
    answer_about,
    answer_in,
    read_whole,
)
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, Signed, decode_json, document_id, sign
from probe.responder.book import Book
from probe.responder.line import TagSecret

POST_TIMEOUT_S = 30.0
MOST_TICKETS = 500
MAY_CHANGE = frozenset({"unknown_responder"})
"""Codes that end when the operator names this responder in the plan: the report waits for that."""
LONGEST_WAIT_S = 30 * 86_400.0
"""A report that got answers for so long, and was never accepted, is set aside too."""

log = logging.getLogger("isonomia.responder")


@dataclass
class Reporter:
    """Writes reports to ``folder`` and posts them; ``collector`` empty only writes."""

    book: Book
    key: Ed25519PrivateKey
    folder: Path
    collector: str
    operator_key: bytes
    tags: TagSecret

    async def run(self, every_s: float) -> None:
        """Report every ``every_s`` seconds, and let go of a past quarter's secret. Ends: cancelled."""
        while True:
            try:
                self.tags.secret(datetime.now(UTC))
                await asyncio.sleep(every_s)
                await self.report()
            except OSError as error:  # a full disk may have room again
                log.error("ticket digests wait: %s", error.strerror)
                await asyncio.sleep(min(every_s, 60.0))

    async def report(self) -> None:
        """Write what ended since the last report, then post all that waits, oldest first. Raises ``OSError``."""
        self.write()
        if not self.collector:
            return
        for path in sorted(self.folder.glob("*.json")):
            try:
                answer = await self._post(path.read_bytes())
            except (Unreachable, Busy) as trouble:
                log.warning("ticket digests wait: %s", trouble.kind)
                return
            except NotBelieved as trouble:  # this one stays, and does not hold up the others
                log.warning("ticket digests wait: %s", trouble.kind)
                self._give_up_if_old(path)
                continue
            if answer.settled():
                path.unlink()
            elif answer.code in MAY_CHANGE:
                log.warning("the collector refused ticket digests: %s", answer.code)
                self._give_up_if_old(path)
            else:
                self._set_aside(path, answer.code or "rejected")

    def write(self) -> None:
        """Turn ended tickets into signed reports on disk. Ends: each turn takes at least one ticket out."""
        self.book.expire(time.monotonic())
        durable.make_folder(self.folder)
        while tickets := self.book.ended()[:MOST_TICKETS]:
            path = self.folder / f"{time.time_ns():020}.json"
            durable.write(path, msgspec.json.encode(self._report(tickets)))
            self.book.reported(len(tickets))

    def _report(self, tickets: tuple[TicketDigest, ...]) -> Signed:
        now_us = time.time_ns() // 1000
        body = DigestReport(responder=self.book.responder, serial=now_us, made_at_us=now_us, tickets=tickets)
        return sign(self.key, DIGEST, body)

    def _give_up_if_old(self, path: Path) -> None:
        if time.time() - int(path.stem) / 1e9 > LONGEST_WAIT_S:
            self._set_aside(path, "never accepted")

    def _set_aside(self, path: Path, reason: str) -> None:
        rejected = self.folder / "rejected"
        durable.make_folder(rejected)
        durable.move(path, rejected / path.name)
        log.error("ticket digests set aside in %s: %s", rejected.name, reason)

    async def _post(self, report: bytes) -> Answer:
        """The collector's signed answer about this very report; raises ``DoorTrouble``.

        Whoever answers has no more of our memory than an answer takes: it is read to a limit, and never decompressed.
        """
        import aiohttp  # noqa: PLC0415 - heavy, and needed once an hour

        identifier = document_id(decode_json(report, Signed).body_bytes()).hex()
        timeout = aiohttp.ClientTimeout(total=POST_TIMEOUT_S)
        plain = {"Accept-Encoding": "identity"}
        url = f"{self.collector.rstrip('/')}/v1/tickets"
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=plain, auto_decompress=False) as session,
                session.post(url, data=report, allow_redirects=False) as response,
            ):
                signature = response.headers.get(SIGNATURE_HEADER)
                body = await read_whole(response.content, LARGEST_ANSWER_BYTES)
                reply = Reply(response.status, body, signature)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(type(error).__name__) from error
        return answer_about(identifier, answer_in(reply, self.operator_key))
