"""Ticket digests: every ticket reaches the collector, also after it was down and after a restart."""

import asyncio
import contextlib
import gzip
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.answers import SIGNATURE_HEADER, Answer, signature_of
from probe.door import LARGEST_ANSWER_BYTES
from probe.measurement.receipt import DigestReport, TicketDigest
from probe.measurement.signing import DIGEST, Signed, document_id, open_signed, sign
from tests.support.knock import close_pair, open_pair, start_run
from tests.support.responder import running_responder


@dataclass
class Desk:
    """A collector's /v1/tickets: keeps what it accepted, answers what it is told to."""

    answer: Answer = field(default_factory=lambda: Answer(status="accepted"))
    operator: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    signs: bool = True
    stuffing: bytes = b""
    gzips: bool = False
    accepted: list[Signed] = field(default_factory=list)
    asked: int = 0
    url: str = ""

    async def post(self, request: web.Request) -> web.Response:
        self.asked += 1
        signed = msgspec.json.decode(await request.read(), type=Signed)
        answer = msgspec.structs.replace(self.answer, id=document_id(signed.body_bytes()).hex())
        if answer.settled():
            self.accepted.append(signed)
        body = msgspec.json.encode(answer) + self.stuffing
        headers = {SIGNATURE_HEADER: signature_of(body, self.operator)} if self.signs else {}
        status = 200 if answer.settled() else 422
        if self.gzips:
            body, headers = gzip.compress(body), headers | {"Content-Encoding": "gzip"}
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")

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
        with running_responder(
            tmp_path, operator=desk.operator, collector=desk.url, digest_every_s=0.1
        ) as far:
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
    with running_responder(tmp_path, operator=desk.operator, collector=desk.url, digest_every_s=0.1) as far:
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
        with running_responder(tmp_path, operator=desk.operator, collector=desk.url) as far:
            ticket = await asyncio.to_thread(open_pair, far)
            assert 0 == await asyncio.to_thread(far.stop)
        (digest,) = desk.tickets()
        assert (ticket.pair_id, 0, None, False) == (
            digest.pair_id,
            digest.runs_seen,
            digest.last_order,
            digest.closed,
        )


@pytest.mark.parametrize("gzips", [False, True])
async def test_an_answer_is_read_to_a_limit_and_never_decompressed(tmp_path, gzips):
    """Even a signed answer settles nothing past the limit, packed or not: the report waits, and the responder lives."""
    desk = Desk(stuffing=b" " * (LARGEST_ANSWER_BYTES + 1), gzips=gzips)
    async with serving(desk):
        with running_responder(
            tmp_path, operator=desk.operator, collector=desk.url, digest_every_s=0.1
        ) as far:
            ticket = await asyncio.to_thread(open_pair, far)
            await asyncio.to_thread(close_pair, far, ticket)
            await until(lambda: desk.asked >= 2)
            assert 1 == len(waiting(tmp_path))
            assert far.alive()


async def test_reports_of_an_earlier_life_are_delivered(tmp_path):
    """What was on disk when the responder was killed is posted by the next one."""
    with running_responder(tmp_path, digest_every_s=0.1) as far:
        ticket = await asyncio.to_thread(open_pair, far)
        await asyncio.to_thread(close_pair, far, ticket)
        await until(lambda: waiting(tmp_path))
        far.process.kill()
        far.process.wait()
    async with serving(Desk()) as desk:
        with running_responder(tmp_path, operator=desk.operator, collector=desk.url, digest_every_s=0.1):
            await until(lambda: desk.accepted)
        assert [ticket.pair_id] == [digest.pair_id for digest in desk.tickets()]


async def leave_a_report(tmp_path, far, count: int = 1) -> None:
    """Open and close a pair, and wait until ``count`` reports are on disk."""
    ticket = await asyncio.to_thread(open_pair, far)
    await asyncio.to_thread(close_pair, far, ticket)
    await until(lambda: len(waiting(tmp_path)) == count)


async def test_a_report_of_a_responder_not_yet_in_the_plan_waits(tmp_path):
    """While the plan does not name this responder every report is offered again and none lost."""
    async with serving(Desk(Answer(status="rejected", code="unknown_responder"))) as desk:
        with running_responder(
            tmp_path, operator=desk.operator, collector=desk.url, digest_every_s=0.1
        ) as far:
            await leave_a_report(tmp_path, far)
            await leave_a_report(tmp_path, far, 2)
            seen = desk.asked
            await until(lambda: desk.asked >= seen + 4)
            assert 2 == len(waiting(tmp_path))
            desk.answer = Answer(status="accepted")
            await until(lambda: not waiting(tmp_path))
        assert 2 == len(desk.tickets())


async def test_a_report_rejected_for_good_is_set_aside(tmp_path):
    """What the collector will never take is kept under rejected/, byte for byte, and posted no more."""
    rejected = tmp_path / "state" / "digests" / "rejected"
    async with serving(Desk(Answer(status="rejected", code="bad_schema"))) as desk:
        with running_responder(
            tmp_path, operator=desk.operator, collector=desk.url, digest_every_s=0.1
        ) as far:
            ticket = await asyncio.to_thread(open_pair, far)
            await asyncio.to_thread(close_pair, far, ticket)
            await until(lambda: list(rejected.glob("*.json")))
            assert [] == waiting(tmp_path)
            await asyncio.sleep(0.4)
            assert 1 == desk.asked
        (path,) = rejected.iterdir()
        signed = msgspec.json.decode(path.read_bytes(), type=Signed)
        assert [ticket.pair_id] == [t.pair_id for t in open_signed(signed, DIGEST, DigestReport).tickets]
        assert b"set aside in rejected: bad_schema" in (tmp_path / "stderr.txt").read_bytes()


async def test_an_old_report_that_is_never_accepted_is_set_aside(tmp_path):
    """After a month of answers that settle nothing a report is posted no more."""
    digests = tmp_path / "state" / "digests"
    digests.mkdir(parents=True)
    body = msgspec.json.encode(sign(Ed25519PrivateKey.generate(), DIGEST, b"{}"))
    (digests / f"{10**18:020}.json").write_bytes(body)  # of the year 2001
    async with serving(Desk(Answer(status="rejected", code="unknown_responder"))) as desk:
        with running_responder(tmp_path, operator=desk.operator, collector=desk.url, digest_every_s=0.1):
            await until(lambda: list((digests / "rejected").glob("*.json")))
    assert [] == waiting(tmp_path)


@pytest.mark.parametrize("status", ["accepted", "rejected"])
async def test_an_answer_that_the_operator_did_not_sign_settles_nothing(tmp_path, status):
    """Who stands on the way can neither have a report deleted nor set aside."""
    async with serving(Desk(Answer(status=status, code="bad_schema"), signs=False)) as desk:
        with running_responder(
            tmp_path, operator=desk.operator, collector=desk.url, digest_every_s=0.1
        ) as far:
            await leave_a_report(tmp_path, far)
            await until(lambda: desk.asked >= 3)
            assert 1 == len(waiting(tmp_path))
            # It offers the report once more as it ends, to the desk on this loop: waited for here, the loop would stand still.
            assert 0 == await asyncio.to_thread(far.stop)
            assert 1 == len(waiting(tmp_path))


async def test_reports_are_private_files(tmp_path):
    """Reports on disk are for the responder's user alone, and so is their folder; no partial file is left."""
    with running_responder(tmp_path, digest_every_s=0.1) as far:
        await leave_a_report(tmp_path, far)
        (path,) = waiting(tmp_path)
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)
        assert 0o700 == stat.S_IMODE(path.parent.stat().st_mode)
        assert [path] == list(path.parent.iterdir())


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
