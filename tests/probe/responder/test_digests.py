"""Ticket digests: every ticket reaches the collector, also after it was down and after a restart."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from probe.answers import Answer
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, Signed, open_signed
from tests.support.knock import close_pair, open_pair, start_run
from tests.support.responder import running_responder


@dataclass
class Desk:
    """A collector's /v1/tickets: keeps what it accepted, answers what it is told to."""

    answer: Answer = field(default_factory=lambda: Answer(status="accepted"))
    accepted: list[Signed] = field(default_factory=list)
    asked: int = 0
    url: str = ""

    async def post(self, request: web.Request) -> web.Response:
        self.asked += 1
        signed = msgspec.json.decode(await request.read(), type=Signed)
        if self.answer.settled():
            self.accepted.append(signed)
        return web.Response(body=msgspec.json.encode(self.answer), content_type="application/json")

    def reports(self) -> list[DigestReport]:
        """The accepted reports, verified."""
        return [open_signed(signed, DIGEST, DigestReport) for signed in self.accepted]

    def tickets(self) -> list[TicketDigest]:
        """All digests of all accepted reports."""
        return [ticket for report in self.reports() for ticket in report.tickets]


@contextlib.asynccontextmanager
async def serving(desk: Desk, port: int = 0) -> AsyncIterator[Desk]:
    """``desk`` behind a real HTTP server."""
    app = web.Application()
    app.router.add_post("/v1/tickets", desk.post)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    desk.url = site.name
    try:
        yield desk
    finally:
        await runner.cleanup()


async def until(holds, within_s: float = 8.0) -> None:
    """Wait until ``holds()``; fail if it never does."""
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110 - files and another process raise no event
            await asyncio.sleep(0.05)


def waiting(folder: Path) -> list[Path]:
    """Reports on disk."""
    return sorted((folder / "state" / "digests").glob("*.json"))


async def test_closed_tickets_are_reported_by_the_responders_key(tmp_path):
    """A closed pair with one run is reported once: signed, by the responder, with what it saw, and leaves no file."""
    async with serving(Desk()) as desk:
        with running_responder(tmp_path, collector=desk.url, digest_every_s=0.1) as far:
            ticket = await asyncio.to_thread(open_pair, far)
            (await asyncio.to_thread(start_run, far, ticket, 1)).reset()
            await asyncio.to_thread(close_pair, far, ticket)
            await until(lambda: desk.accepted and not waiting(tmp_path))
            assert far.responder.key == desk.accepted[0].key
        (digest,) = desk.tickets()
        assert (ticket.pair_id, ticket.counter, 1, 1, True) == (
            digest.pair_id,
            digest.counter,
            digest.runs_seen,
            digest.last_order,
            digest.closed,
        )
        assert "r1" == desk.reports()[0].responder


async def test_reports_wait_on_disk_while_the_collector_is_down(tmp_path):
    """Two reports made while nobody listens are delivered, oldest first, once somebody does."""
    async with serving(Desk()) as desk:
        port = int(desk.url.rsplit(":", 1)[1])
    with running_responder(tmp_path, collector=desk.url, digest_every_s=0.1) as far:
        pairs = []
        for n in range(2):
            ticket = await asyncio.to_thread(open_pair, far)
            await asyncio.to_thread(close_pair, far, ticket)
            pairs.append(ticket.pair_id)
            await until(lambda n=n: len(waiting(tmp_path)) == n + 1)
        async with serving(desk, port):
            await until(lambda: not waiting(tmp_path))
        assert pairs == [digest.pair_id for digest in desk.tickets()]
        serials = [report.serial for report in desk.reports()]
        assert sorted(serials) == serials
        assert far.alive()


async def test_what_a_restart_forgets_is_reported_first(tmp_path):
    """A ticket that is open when the responder is told to stop is reported as never closed."""
    async with serving(Desk()) as desk:
        with running_responder(tmp_path, collector=desk.url) as far:
            ticket = await asyncio.to_thread(open_pair, far)
            assert 0 == await asyncio.to_thread(far.stop)
        (digest,) = desk.tickets()
        assert (ticket.pair_id, 0, None, False) == (
            digest.pair_id,
            digest.runs_seen,
            digest.last_order,
            digest.closed,
        )


async def test_reports_of_an_earlier_life_are_delivered(tmp_path):
    """What was on disk when the responder was killed is posted by the next one."""
    with running_responder(tmp_path, digest_every_s=0.1) as far:
        ticket = await asyncio.to_thread(open_pair, far)
        await asyncio.to_thread(close_pair, far, ticket)
        await until(lambda: waiting(tmp_path))
        far.process.kill()
        far.process.wait()
    async with serving(Desk()) as desk:
        with running_responder(tmp_path, collector=desk.url, digest_every_s=0.1):
            await until(lambda: desk.accepted)
        assert [ticket.pair_id] == [digest.pair_id for digest in desk.tickets()]


async def test_a_refused_report_is_kept_and_holds_up_no_other(tmp_path):
    """A report that the collector rejects stays on disk, every report is offered, and none is lost."""
    async with serving(Desk(Answer(status="rejected", code="unknown_key"))) as desk:
        with running_responder(tmp_path, collector=desk.url, digest_every_s=0.1) as far:
            for n in range(2):
                ticket = await asyncio.to_thread(open_pair, far)
                await asyncio.to_thread(close_pair, far, ticket)
                await until(lambda n=n: len(waiting(tmp_path)) == n + 1)
            seen = desk.asked
            await until(lambda: desk.asked >= seen + 4)
            assert 2 == len(waiting(tmp_path))
            desk.answer = Answer(status="accepted")
            await until(lambda: not waiting(tmp_path))
        assert 2 == len(desk.tickets())


async def test_nonsense_from_the_collector_is_no_delivery(tmp_path):
    """An answer that is no Answer (a captive portal's page) leaves the report where it is."""

    async def portal(_request: web.Request) -> web.Response:
        return web.Response(body=b"<html>\xff", content_type="text/html")

    app = web.Application()
    app.router.add_post("/v1/tickets", portal)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        with running_responder(tmp_path, collector=site.name, digest_every_s=0.1) as far:
            ticket = await asyncio.to_thread(open_pair, far)
            await asyncio.to_thread(close_pair, far, ticket)
            await until(lambda: b"digests wait" in (tmp_path / "stderr.txt").read_bytes())
            assert 1 == len(waiting(tmp_path))
            assert far.alive()
            assert 0 == await asyncio.to_thread(
                far.stop
            )  # its last report needs the portal, which is on this loop
    finally:
        await runner.cleanup()
