"""What this machine's CPU can carry of QUIC: a short transfer from this process to itself, over a pair of datagram sockets.

Each end's CPU time is counted by itself, so that a busy machine does not look like a slow one: the ceiling is what
one core could do if it did nothing else. Measured before each pair by the probe, at start by the responder.
"""

import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from probe.responder.certificate import ensure
from probe.wire.quic import Doorkeeper, QuicChannel, Validated, server_configuration

LASTS_S: Final = 0.2
"""Of CPU time, both ends together."""
LONGEST_S: Final = 4.0
BLOCK: Final = bytes(16 * 1024)
NAME: Final = "ceiling.isonomia.example"


@dataclass(frozen=True)
class Ceiling:
    """Bits of payload a second that one core can send and receive."""

    send_bit_s: int
    receive_bit_s: int


class _End:
    """One end: its channel, its socket and the CPU time it has used."""

    def __init__(self, channel: QuicChannel, sock: socket.socket) -> None:
        self.channel, self.sock, self.cpu_s = channel, sock, 0.0

    def turn(self) -> None:
        began_s = time.process_time()
        try:
            for _ in range(64):
                self.channel.feed(self.sock.recv(2048), time.monotonic())
        except BlockingIOError:
            pass
        self.channel.read()
        now_s = time.monotonic()
        timer_s = self.channel.timer_s()
        if timer_s is not None and timer_s <= now_s:
            self.channel.wake(now_s)
        for datagram in self.channel.take(now_s):
            try:
                self.sock.send(datagram)
            except BlockingIOError:
                break
        self.cpu_s += time.process_time() - began_s


def measure() -> Ceiling:
    """Measure; raises ``OSError`` where loopback has no UDP, ``TimeoutError`` where nothing got through."""
    with tempfile.TemporaryDirectory() as folder:
        pem, key, _ = ensure(Path(folder), NAME)
        configuration = server_configuration(str(pem), str(key))
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with near, far:
        near.setblocking(False)
        far.setblocking(False)
        return _measure(configuration, near, far)


def _measure(configuration: Any, near: socket.socket, far: socket.socket) -> Ceiling:
    keeper, peer = Doorkeeper(), ("loopback", 0)
    client = _End(QuicChannel.client(NAME, time.monotonic()), near)
    deadline_s = time.monotonic() + LONGEST_S
    server: _End | None = None
    client.channel.write(b"\0")
    while server is None and time.monotonic() < deadline_s:  # ends: the Retry takes two turns
        client.turn()
        try:
            first = far.recv(2048)
        except BlockingIOError:
            continue
        answer = keeper.answer(first, peer, time.monotonic())
        if isinstance(answer, Validated):
            server = _End(QuicChannel.server(configuration, answer), far)
            server.channel.feed(first, time.monotonic())
        elif answer is not None:
            far.send(answer)
    if server is None:
        raise TimeoutError("no QUIC handshake with ourselves")
    while not server.channel.established and time.monotonic() < deadline_s:
        client.turn()
        server.turn()
    client.cpu_s = server.cpu_s = 0.0
    before = client.channel.received_bytes
    while client.cpu_s + server.cpu_s < LASTS_S and time.monotonic() < deadline_s:
        if server.channel.unsent_bytes < 4 * len(BLOCK):
            server.channel.write(BLOCK)
        server.turn()
        client.turn()
    moved_bit = (client.channel.received_bytes - before) * 8
    if not moved_bit:
        raise TimeoutError("no QUIC transfer with ourselves")
    return Ceiling(round(moved_bit / server.cpu_s), round(moved_bit / client.cpu_s))
