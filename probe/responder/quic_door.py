"""The door for QUIC: one UDP socket an address, stateless until a client has shown its address, then a visit each.

Retry always (`quic.Doorkeeper`): nothing is sent to an address that has not shown it is there but an answer shorter than
what came. A visit holds one conversation, `start`; tickets are opened and closed over TLS. Echoes of the nettest latency
come to the same port and are told by their first byte (RFC 9443). Knows no server name.
"""

import asyncio
import logging
import socket
import ssl
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from probe.responder.book import Refusal
from probe.responder.door import places
from probe.responder.entry import RunSeen
from probe.responder.quic_receiver import receive_bulk
from probe.responder.quic_sender import send_bulk
from probe.responder.seats import Seat
from probe.responder.serve import Service
from probe.wire.conversation import Conversation, NotOurProtocol, RemoteProtocolError
from probe.wire.echo import token_in
from probe.wire.messages import Going, Refused, Start
from probe.wire.quic import (
    Doorkeeper,
    QuicChannel,
    Validated,
    destination_cid,
    hello_record,
    server_configuration,
)

BUFFER_BYTES: Final = 4 * 1024 * 1024
AT_ONCE: Final = 64
INBOX: Final = 256
"""Datagrams that may wait for a visit; more are lost, as in any queue."""
LARGEST_DATAGRAM: Final = 2048
PARTING_S: Final = 1.0

log = logging.getLogger("isonomia.responder")
Peer = tuple[str, int]


def open_doors(
    service: Service, addresses: tuple[str, ...], port: int, certificate_pem: str, key_pem: str
) -> tuple["QuicDoor", ...]:
    """A door on each address, open from here on. Raises ``OSError``."""
    configuration, keeper = server_configuration(certificate_pem, key_pem), Doorkeeper()
    doors: list[QuicDoor] = []
    try:
        for index, address in zip(places(addresses), addresses, strict=True):
            doors.append(QuicDoor(service, _bound(address, port), index, configuration, keeper))
    except OSError:
        for door in doors:
            door.close()
        raise
    return tuple(doors)


def _bound(address: str, port: int) -> socket.socket:
    """Bound to the very address: answers must leave by the one that was asked."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


class QuicDoor:
    """One UDP socket and its visits, by connection id."""

    def __init__(
        self,
        service: Service,
        sock: socket.socket,
        address_index: int,
        configuration: Any,
        keeper: Doorkeeper,
    ) -> None:
        self.service = service
        self.sock = sock
        self.address_index = address_index
        self._configuration = configuration
        self._keeper = keeper
        self._visits: dict[bytes, QuicVisit] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._readable)

    def close(self) -> None:
        """Stop listening; visits end with their tasks."""
        self._loop.remove_reader(self.sock)
        for visit in set(self._visits.values()):
            if visit.task is not None:
                visit.task.cancel()
        self.sock.close()

    def send(self, datagrams: list[bytes], peer: Peer) -> None:
        """Send; what the socket does not take is lost, as on any way."""
        for datagram in datagrams:
            try:
                self.sock.sendto(datagram, peer)
            except OSError:  # full, or an ICMP message about an earlier datagram
                return

    def _readable(self) -> None:
        """Ends: after ``AT_ONCE`` datagrams, so that others have their turn."""
        for _ in range(AT_ONCE):
            try:
                datagram, peer = self.sock.recvfrom(LARGEST_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue  # an ICMP message: whose visit it means shows in its silence
            self._received(datagram, peer[:2])

    def _received(self, datagram: bytes, peer: Peer) -> None:
        if token_in(datagram) is not None:
            echoed = self.service.echo.answer(datagram, time.monotonic())
            self.send([echoed] if echoed else [], peer)
            return
        cid = destination_cid(datagram)
        visit = None if cid is None else self._visits.get(cid)
        if visit is not None:
            if visit.peer == peer:  # a connection stays on the path that was validated
                visit.put(datagram)
            return
        answer = self._keeper.answer(datagram, peer, time.monotonic())
        if isinstance(answer, bytes):
            self.send([answer], peer)
        elif answer is not None:
            self._let_in(answer, datagram, peer)

    def _let_in(self, validated: Validated, first: bytes, peer: Peer) -> None:
        """A new visit, where a seat is free or a newcomer, over TCP or QUIC, can make way; else no answer: it tries again."""
        service, now_s = self.service, time.monotonic()
        if service.seats.full:
            return
        seat = service.seats.take(service.ledger.prefix(peer[0], now_s), now_s)
        visit = QuicVisit(self, QuicChannel.server(self._configuration, validated), peer, seat)
        cids = (validated.retry_cid, visit.channel.own_cid)
        self._visits |= dict.fromkeys(cids, visit)
        visit.put(first)
        visit.task = asyncio.create_task(self._guarded(visit))
        seat.put_out = visit.task.cancel

        def ended(_task: asyncio.Task[None]) -> None:
            service.seats.leave(seat)
            for known in cids:
                self._visits.pop(known, None)

        visit.task.add_done_callback(ended)

    async def _guarded(self, visit: "QuicVisit") -> None:
        """Nothing a peer does may escape."""
        try:
            await visit.run()
        except (OSError, ssl.SSLError, TimeoutError, RemoteProtocolError):
            pass  # the peer went away or spoke nonsense: nobody is owed an answer
        except Exception as error:  # noqa: BLE001 - a bug of ours: keep serving, say what, never whom
            frames = traceback.extract_tb(error.__traceback__)
            where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"
            log.error("a QUIC connection failed: %s in %s", type(error).__name__, where)


@dataclass(eq=False)
class QuicVisit:
    """One client's connection: handshake, `start`, bulk."""

    door: QuicDoor
    channel: QuicChannel
    peer: Peer
    seat: Seat
    task: asyncio.Task[None] | None = None
    _inbox: list[bytes] = field(default_factory=list)
    _rung: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, datagram: bytes) -> None:
        """A datagram came."""
        if len(self._inbox) < INBOX:
            self._inbox.append(datagram)
            self._rung.set()

    async def run(self) -> None:
        """Answer one message. Ends: with the run, or at the deadline of handshake or message."""
        bounds = self.door.service.config.bounds
        conversation = Conversation("server")
        try:
            async with asyncio.timeout(bounds.handshake_s):
                while not self.channel.established:
                    await self.turn()
                    if self.channel.closed:
                        return
            self.seat.greeted = True
            async with asyncio.timeout(bounds.patience_s):
                message = await self._hear(conversation)
            if isinstance(message, Start):
                await self._start(conversation, message)
            elif message is not None:
                await self._refuse(conversation, Refusal("bad_request", "over QUIC there are runs only"))
        finally:
            self.channel.end()
            self.door.send(self.channel.take(time.monotonic()), self.peer)

    async def turn(self, until_s: float | None = None) -> None:
        """Take in what came and send what is ready; wait for a datagram, the channel's timer or ``until_s``."""
        self._absorb()
        self.door.send(self.channel.take(time.monotonic()), self.peer)
        ends = [at_s for at_s in (until_s, self.channel.timer_s()) if at_s is not None]
        wait_s = min(ends) - time.monotonic() if ends else None
        if wait_s is not None and wait_s <= 0:
            await asyncio.sleep(0)
        elif not self._inbox:
            self._rung.clear()
            try:
                async with asyncio.timeout(wait_s):
                    await self._rung.wait()
            except TimeoutError:
                pass
            self._absorb()

    def _absorb(self) -> None:
        came, self._inbox = self._inbox, []
        now_s = time.monotonic()
        for datagram in came:
            self.channel.feed(datagram, now_s)
        timer_s = self.channel.timer_s()
        if timer_s is not None and timer_s <= now_s:
            self.channel.wake(now_s)

    async def _hear(self, conversation: Conversation) -> Any:
        while self.channel.closed is None:
            plain = self.channel.read()
            try:
                messages = conversation.receive(plain) if plain else []
            except NotOurProtocol:
                return None
            if messages:
                return messages[0]
            await self.turn()
        return None

    async def _start(self, conversation: Conversation, message: Start) -> None:
        service = self.door.service
        seen = RunSeen(self.peer[0], self.door.address_index, time.time_ns() // 1000, carrier="quic")
        try:
            entry = service.book.start(message.pair_id, message.order, seen, time.monotonic())
        except Refusal as refusal:
            await self._refuse(conversation, refusal)
            return
        service.seats.settle(self.seat)
        try:
            move = receive_bulk if entry.ticket.direction == "up" else send_bulk
            await move(self, conversation.send(Going()), entry.ticket, seen, service.rng)
        finally:
            seen.first_flight = hello_record(self.channel.first_flight)  # the name is looked at from here on
            service.book.finish(entry, message.order)

    async def _refuse(self, conversation: Conversation, refusal: Refusal) -> None:
        """Say no, and give the peer a moment to hear it."""
        self.channel.write(conversation.send(Refused(refusal.code, refusal.text)))
        end_s = time.monotonic() + PARTING_S
        while self.channel.closed is None and time.monotonic() < end_s:
            await self.turn(end_s)
