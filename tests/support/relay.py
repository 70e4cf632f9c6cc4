"""A relay before a responder on loopback, for TCP and UDP: delays what bears some names, and treats datagrams as told."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from probe.plan import Responder
from probe.wire.client_hello import NotAClientHello, parse


@dataclass
class Relay:
    """``delay_s`` holds back every piece of connections under ``names``; ``datagram`` says what becomes of each answer
    by its count: how many copies are passed on, and how late in seconds.
    """

    upstream: Responder
    names: frozenset[str] = frozenset()
    delay_s: float = 0.0
    datagram: Callable[[int], tuple[int, float]] = lambda _: (1, 0.0)
    count: int = 0
    _open: list[socket.socket] = field(default_factory=list)

    def accept(self, listener: socket.socket, address: str) -> None:
        """Ends: when the listener is closed."""
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection((address, self.upstream.port))
            for sock in (near, far):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open += [near, far]
            self.spawn(self._visit, near, far)

    def _visit(self, near: socket.socket, far: socket.socket) -> None:
        hello = b""
        while True:  # ends: with a whole ClientHello, or with the connection
            hello += near.recv(4096)
            with contextlib.suppress(NotAClientHello):
                slow = parse(hello).server_name in self.names
                break
        far.sendall(hello)
        self.spawn(self._pipe, far, near, self.delay_s if slow else 0.0)
        self._pipe(near, far, 0.0)

    def _pipe(self, source: socket.socket, sink: socket.socket, delay_s: float) -> None:
        """Ends: with the source, also by a reset, which the sink is told as an end."""
        try:
            while data := source.recv(65536):
                time.sleep(delay_s)
                sink.sendall(data)
        finally:
            sink.shutdown(socket.SHUT_WR)

    def datagrams(self, near: socket.socket, address: str) -> None:
        """Ends: when the socket is closed. One probe at a time."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
            far.settimeout(1.0)
            far.connect((address, self.upstream.port))
            while True:
                data, peer = near.recvfrom(2048)
                if not data:
                    return
                far.send(data)
                with contextlib.suppress(TimeoutError):
                    self._back(near, far.recv(2048), peer)

    def _back(self, near: socket.socket, answer: bytes, peer: tuple[str, int]) -> None:
        copies, late_s = self.datagram(self.count)
        self.count += 1
        for _ in range(copies):
            if late_s:
                threading.Timer(late_s, _send, (near, answer, peer)).start()
            else:
                near.sendto(answer, peer)

    def spawn(self, work: Callable[..., None], *args: object) -> None:
        """A thread whose sockets may be closed under it."""

        def quiet() -> None:
            with contextlib.suppress(OSError):
                work(*args)

        threading.Thread(target=quiet, daemon=True).start()

    def close(self) -> None:
        """Everything."""
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def keep(self, sock: socket.socket) -> None:
        """Close ``sock`` with the rest."""
        self._open.append(sock)


def _send(near: socket.socket, answer: bytes, peer: tuple[str, int]) -> None:
    with contextlib.suppress(OSError):
        near.sendto(answer, peer)


@contextlib.contextmanager
def relaying(relay: Relay) -> Iterator[Responder]:
    """The responder as seen through ``relay``: the same keys, another port."""
    port = 0
    for address in relay.upstream.addresses:
        listener = socket.create_server((address, port))
        port = listener.getsockname()[1]
        near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        near.bind((address, port))
        relay.keep(listener)
        relay.keep(near)
        relay.spawn(relay.accept, listener, address)
        relay.spawn(relay.datagrams, near, address)
    try:
        yield msgspec.structs.replace(relay.upstream, port=port)
    finally:
        relay.close()
