"""One connection: handshake, one conversation, the end. Knows no server name."""

import asyncio
import logging
import random
import socket
import ssl
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.signing import Signed, decode_json
from probe.measurement.ticket import Direction, Opening
from probe.responder import openings, receipts, rolls
from probe.responder.book import Book, Refusal
from probe.responder.bounds import Ledger
from probe.responder.config import ResponderConfig
from probe.responder.echo import Echo, echo_records
from probe.responder.entry import RunSeen
from probe.responder.kept import Kept
from probe.responder.line import LineFinder
from probe.responder.page import page
from probe.responder.quic_room import granted_bit_s
from probe.responder.receiver import receive_bulk
from probe.responder.seats import Seat, Seats
from probe.responder.sender import send_bulk
from probe.responder.stream import PlainStream, TlsStream
from probe.wire import http
from probe.wire.conversation import Conversation, NotOurProtocol, RemoteProtocolError
from probe.wire.http_answer import answer
from probe.wire.http_heads import NotHttp, read_request
from probe.wire.messages import Close, Closed, Going, Open, Opened, Ready, Refused, Reveal, Start

CLOSE_WAIT_S: Final = 3.0

log = logging.getLogger("isonomia.responder")


@dataclass
class Service:
    """What every connection of a responder shares."""

    config: ResponderConfig
    context: ssl.SSLContext
    key: Ed25519PrivateKey
    operator_key: bytes
    book: Book
    ledger: Ledger
    seats: Seats
    kept: Kept
    lines: LineFinder
    rng: random.Random
    echo: Echo = field(default_factory=Echo)
    quic_bit_s: dict[Direction, int] = field(default_factory=dict)
    """What this CPU can carry of QUIC, bit/s; half of it is given away. Empty: not known, or QUIC is not served."""

    def admitted(self, opening: Opening) -> Opening:
        """The opening with the pace that this machine has room for; raises ``Refusal``."""
        if opening.nettest != "replay_quic":
            return opening
        open_bit_s = self.book.open_pace_bit_s(opening.nettest, time.monotonic())
        largest_bit_s = self.config.bounds.largest_pace_bit_s
        pace_bit_s = granted_bit_s(opening, self.quic_bit_s, open_bit_s, largest_bit_s)
        return msgspec.structs.replace(opening, pace_bit_s=pace_bit_s)

    async def accept(self, listener: socket.socket, address_index: int, *, plain: bool = False) -> None:
        """Accept for ever on one listener, while there is room; ``plain``: without TLS (``http_visit``). Ends: cancelled."""
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()
        while True:
            await self.seats.room()
            try:
                sock, peer = await loop.sock_accept(listener)
            except OSError as error:
                log.warning("accept failed: %s", error.strerror)
                await asyncio.sleep(0.1)
                continue
            task = self._receive(sock, peer[0], address_index, plain=plain)
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    def _receive(
        self, sock: socket.socket, peer: str, address_index: int, *, plain: bool
    ) -> asyncio.Task[None]:
        """Seat a connection and begin its visit. However that ends, socket and seat are given up."""
        sock.setblocking(False)
        now_s = time.monotonic()
        seat = self.seats.take(self.ledger.prefix(peer, now_s), now_s)
        task = asyncio.create_task(self._guarded(sock, peer, address_index, seat, plain=plain))
        seat.put_out = task.cancel

        def ended(
            _task: asyncio.Task[None],
        ) -> None:  # runs also for a task that was put out before its first step
            sock.close()
            self.seats.leave(seat)

        task.add_done_callback(ended)
        return task

    async def _guarded(
        self, sock: socket.socket, peer: str, address_index: int, seat: Seat, *, plain: bool
    ) -> None:
        """Nothing a peer does may escape."""
        try:
            if plain:
                await http_visit(self, PlainStream(sock), peer, address_index, seat)
                return
            await _Visit(self, TlsStream(sock, self.context), peer, address_index, seat).run()
        except (OSError, ssl.SSLError, EOFError, TimeoutError, RemoteProtocolError):
            pass  # the peer went away or spoke nonsense: nobody is owed an answer
        except Exception as error:  # noqa: BLE001 - a bug of ours: keep serving, say what, never whom
            log.error("a connection failed: %s in %s", type(error).__name__, _where(error))


async def http_visit(
    service: Service, stream: PlainStream, peer: str, address_index: int, seat: Seat
) -> None:
    """One plain connection: a request that names a run gets it, any other the page. Knows no name: the Host is kept unread."""
    head, data = None, b""
    async with asyncio.timeout(service.config.bounds.patience_s):
        while head is None:
            data += await stream.read()
            try:
                head = read_request(data)
            except NotHttp:
                return
    found = service.book.find_http_run(head.token) if head.token else None
    if found is None:
        await stream.write(page(service.config.contact))
        return
    pair_id, order = found
    seen = RunSeen(peer, address_index, _unix_us(), carrier="http", http=head)
    try:
        entry = service.book.start(pair_id, order, seen, time.monotonic())
    except Refusal:
        await stream.write(page(service.config.contact))
        return
    service.seats.settle(seat)
    ticket, marked = entry.ticket, http.mark(entry.nonce or b"", pair_id, order)
    try:
        length = http.body_bytes(marked, ticket.max_run_bytes)
        await stream.write(answer(http.answer_headers(length)) + http.page(marked))
        await send_bulk(stream, ticket, seen, service.rng, http.block(marked))
    finally:
        service.book.finish(entry, order)
        stream.reset()


class _Visit:
    """One peer's connection."""

    def __init__(
        self, service: Service, stream: TlsStream, peer: str, address_index: int, seat: Seat
    ) -> None:
        self.service = service
        self.stream = stream
        self.peer = peer
        self.address_index = address_index
        self.seat = seat
        self.conversation = Conversation("server")

    async def run(self) -> None:
        """Handshake, then answer messages. Ends: a conversation has at most two."""
        async with asyncio.timeout(self.service.config.bounds.handshake_s):
            await self.stream.handshake()
        self.seat.greeted = True
        try:
            while (message := await self._hear()) is not None and await self._answer(message):
                pass
        except NotOurProtocol:
            await self._write(page(self.service.config.contact))
            await self._linger()
        except Refusal as refusal:
            await self._say(Refused(refusal.code, refusal.text))
            await self._linger()

    async def _hear(self) -> Any:
        """The peer's next message, ``None`` at its orderly end. Ends: deadline for each message."""
        async with asyncio.timeout(self.service.config.bounds.patience_s):
            while True:
                try:
                    plain = await self.stream.read()
                except EOFError:
                    return None
                messages = self.conversation.receive(plain)
                if messages:
                    return messages[0]

    async def _say(self, message: Any) -> None:
        await self._write(self.conversation.send(message))

    async def _write(self, data: bytes) -> None:
        """Write an answer; a peer that does not read it in time loses its slot."""
        async with asyncio.timeout(self.service.config.bounds.patience_s):
            await self.stream.write(data)

    async def _answer(self, message: Any) -> bool:
        """Answer one message; whether another may follow."""
        match message:
            case Open(opening=raw):
                await self._open(bytes(raw))
                return True
            case Reveal(pair_id=pair_id, nonce=nonce):
                self.service.book.reveal(pair_id, nonce, time.monotonic())
                await self._say(Ready())
            case Start(pair_id=pair_id, order=order):
                await self._start(pair_id, order)
                return False
            case Close(pair_id=pair_id, roll=before):
                await self._close(pair_id, before)
        await self._linger()
        return False

    async def _open(self, raw: bytes) -> None:
        received_us = _unix_us()
        service = self.service
        opening, grant = openings.check(raw, service.config, service.operator_key, received_us)
        opening = service.admitted(opening)
        entry = service.book.open(opening, grant, self.seat.prefix, received_us, time.monotonic())
        service.seats.settle(self.seat)
        ticket = msgspec.Raw(msgspec.json.encode(entry.signed))
        await self._say(Opened(ticket, received_us, _unix_us(), peer=self.peer))

    async def _start(self, pair_id: bytes, order: int) -> None:
        book = self.service.book
        seen = RunSeen(
            self.peer, self.address_index, _unix_us(), first_flight=self.stream.channel.first_flight
        )
        entry = book.start(pair_id, order, seen, time.monotonic())
        self.service.seats.settle(self.seat)
        try:
            if entry.ticket.variant == "echo" and entry.nonce is not None:
                self.service.echo.admit(entry.ticket, entry.nonce, time.monotonic())
                await self._say(Going())
                await echo_records(self.stream, entry.ticket, seen)
                return
            await self._say(Going())
            move = receive_bulk if entry.ticket.direction == "up" else send_bulk
            await move(self.stream, entry.ticket, seen, self.service.rng)
        finally:
            book.finish(entry, order)
            self.stream.reset()

    async def _close(self, pair_id: bytes, before: msgspec.Raw) -> None:
        service, asked_s = self.service, time.monotonic()
        await service.book.quiet(pair_id, CLOSE_WAIT_S)
        answer = service.kept.find(pair_id, asked_s) or self._settle(pair_id, asked_s)
        roll = rolls.with_statement(before, decode_json(answer.statement, Signed), service.key)
        await self._say(msgspec.structs.replace(answer, roll=msgspec.Raw(msgspec.json.encode(roll))))

    def _settle(self, pair_id: bytes, asked_s: float) -> Closed:
        """Sign what was seen and keep it: from here on this pair has this one statement."""
        service = self.service
        entry = service.book.close(pair_id, asked_s)
        signed, ticks = receipts.statement(entry, self.peer, service.lines, service.key, _unix_us())
        answer = Closed(msgspec.Raw(msgspec.json.encode(signed)), msgspec.Raw(msgspec.json.encode(ticks)))
        service.kept.keep(pair_id, answer, time.monotonic())
        return answer

    async def _linger(self) -> None:
        """Give the peer a moment to read and close, so that no reset overtakes the answer."""
        try:
            async with asyncio.timeout(1.0):
                self.stream.sock.shutdown(socket.SHUT_WR)
                while True:
                    await self.stream.read()
        except (TimeoutError, EOFError, OSError, ssl.SSLError):
            return


def _where(error: BaseException) -> str:
    """File and line of an error: enough to find the bug, nothing of the peer."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"


def _unix_us() -> int:
    return time.time_ns() // 1000
