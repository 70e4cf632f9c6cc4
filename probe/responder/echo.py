"""Echoing: inside a run's TLS connection, and over UDP for tickets whose run has begun. Knows no name.

Nothing is answered without a ticket, nothing longer than its question, and no more than a ticket allows
(``probe/wire/echo.py``): a forged source address gets the responder to send what the forger could send itself.
"""

import asyncio
import socket
import time
from dataclasses import dataclass, field
from typing import Any, Final

from probe.measurement.receipt import Ended
from probe.measurement.ticket import GRACE_S, Ticket
from probe.responder.door import congestion_control
from probe.responder.entry import RunSeen
from probe.responder.stream import TlsStream
from probe.wire.echo import answer_to, token_in, token_of

MOST_DATAGRAMS: Final = 600
"""A ticket has so many answers over UDP: 38 kB."""
MOST_TOKENS: Final = 4096


@dataclass
class _Allowance:
    left: int
    until_s: float


@dataclass
class Echo:
    """The tokens that may ask over UDP now: one for all addresses of a responder."""

    _allowed: dict[bytes, _Allowance] = field(default_factory=dict)

    def admit(self, ticket: Ticket, nonce: bytes, now_s: float) -> None:
        """From now to its end the ticket's token is answered. Admitting again is no second allowance."""
        for token in [token for token, held in self._allowed.items() if held.until_s < now_s]:
            del self._allowed[token]
        if len(self._allowed) < MOST_TOKENS:
            until_s = now_s + ticket.duration_ms / 1000 + GRACE_S
            self._allowed.setdefault(token_of(ticket.pair_id, nonce), _Allowance(MOST_DATAGRAMS, until_s))

    def answer(self, datagram: bytes, now_s: float) -> bytes | None:
        """What is sent back, ``None`` for nothing."""
        token = token_in(datagram)
        held = None if token is None else self._allowed.get(token)
        if held is None or held.until_s < now_s or not held.left:
            return None
        held.left -= 1
        return answer_to(datagram)


class Listener(asyncio.DatagramProtocol):
    """One UDP socket of the responder."""

    def __init__(self, echo: Echo) -> None:
        self._echo = echo
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """See asyncio."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Answer a question that a ticket allows, to where it came from."""
        answer = self._echo.answer(data, time.monotonic())
        if answer is not None:
            self._transport.sendto(answer, addr)


async def listen(echo: Echo, addresses: tuple[str, ...], port: int) -> list[asyncio.DatagramTransport]:
    """A UDP socket on each address at ``port``. One that is taken by another program is left out."""
    loop = asyncio.get_running_loop()
    opened: list[asyncio.DatagramTransport] = []
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: Listener(echo), local_addr=(address, port), family=family
            )
        except OSError:
            continue
        opened.append(transport)
    return opened


async def echo_records(stream: TlsStream, ticket: Ticket, seen: RunSeen) -> None:
    """Say back what is said until the time or the bytes are used up or the peer ends it; fills ``seen``."""
    seen.congestion_control = congestion_control(stream.sock)
    before = stream.handed_bytes
    try:
        seen.ended = await _echo(stream, ticket, before)
    finally:
        seen.wire_bytes = stream.handed_bytes - before
        seen.ended_at_us = time.time_ns() // 1000


async def _echo(stream: TlsStream, ticket: Ticket, before: int) -> Ended:
    try:
        async with asyncio.timeout(ticket.duration_ms / 1000 + GRACE_S):
            while stream.handed_bytes - before < ticket.max_run_bytes:
                await stream.write(await stream.read())
        return "bytes"
    except TimeoutError:
        return "duration"
    except EOFError:
        return "peer_closed"
    except OSError:
        return "peer_reset"
