"""A box on the way for UDP: between a probe and a responder's two addresses, doing something to one QUIC name.

It reads the name as any box can: the keys of Initials are public (RFC 9001, 5.2).
"""

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from aioquic.quic.packet import encode_quic_version_negotiation

from probe.plan import Responder
from probe.wire.client_hello import NotAClientHello, parse
from probe.wire.quic import hello_record, is_retry


@dataclass(frozen=True)
class UdpRule:
    """What is done to clients that showed one of ``names`` (none: to all).

    drop        nothing of them passes, from the Initial on
    versions    their Initial is answered by a version negotiation for a version that nobody speaks
    no_answer   what they send arrives, what comes back is dropped, but for a Retry
    close       their connection is closed by a forged CONNECTION_CLOSE in an Initial (``forged``)
    after       after ``after_bytes`` down nothing passes that way any more
    throttle    ``rate_bit_s`` down, by a token bucket of 16 kB
    delay       each datagram up is held for ``delay_s``
    garble      each datagram down but a Retry has a byte turned

    ``after`` and ``throttle`` are up where ``upwards`` says so.
    """

    kind: str
    names: frozenset[str] = frozenset()
    after_bytes: int = 0
    rate_bit_s: int = 0
    delay_s: float = 0.0
    upwards: bool = False


@dataclass
class _Client:
    """One client behind the box."""

    address: tuple[str, int]
    out: socket.socket
    name: str | None = None
    passed_bytes: int = 0
    tokens: float = 16_000.0
    filled_s: float = field(default_factory=time.monotonic)


@dataclass
class UdpBox:
    """A running box; ``responder`` is what a probe must believe to go through it. ``seen`` are the names it read."""

    responder: Responder
    rule: UdpRule
    fronts: list[socket.socket]
    seen: list[str] = field(default_factory=list)
    up_datagrams: list[bytes] = field(default_factory=list)
    down_datagrams: list[bytes] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, far: Responder) -> None:
        """Until ``stopping``."""
        clients: dict[tuple[int, tuple[str, int]], _Client] = {}
        with selectors.DefaultSelector() as selector:
            for index, front in enumerate(self.fronts):
                selector.register(front, selectors.EVENT_READ, index)
            while not self.stopping.is_set():
                for key, _ in selector.select(0.05):
                    if isinstance(key.data, int):
                        self._from_client(key.data, far, clients, selector)
                    else:
                        self._from_far(*key.data)
        for client in clients.values():
            client.out.close()

    def _from_client(self, index, far, clients, selector) -> None:
        data, address = self.fronts[index].recvfrom(4096)
        client = clients.get((index, address))
        if client is None:
            out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            out.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            out.connect((far.addresses[index], far.quic_port))
            client = clients[index, address] = _Client(address, out)
            selector.register(out, selectors.EVENT_READ, (index, client))
        with contextlib.suppress(NotAClientHello):
            client.name = parse(hello_record([data])).server_name
            self.seen.append(client.name or "")
        self.up_datagrams.append(data)
        if self._up(index, client, data):
            with contextlib.suppress(OSError):
                client.out.send(data)

    def _hit(self, client: _Client) -> bool:
        return not self.rule.names or client.name in self.rule.names

    def _up(self, index: int, client: _Client, data: bytes) -> bool:
        if not self._hit(client):
            return True
        if self.rule.kind == "versions":
            answer = encode_quic_version_negotiation(
                source_cid=data[6 : 6 + data[5]],
                destination_cid=data[7 + data[5] : 7 + data[5] + data[6 + data[5]]],
                supported_versions=[0x5A5A5A5A],
            )
            self.fronts[index].sendto(answer, client.address)
        if self.rule.kind == "delay":
            time.sleep(self.rule.delay_s)
        if self.rule.kind in ("drop", "versions"):
            return False
        return not self.rule.upwards or self._passes(client, data)

    def _from_far(self, index: int, client: _Client) -> None:
        try:
            data = client.out.recv(4096)
        except OSError:  # the responder is gone: an ICMP message
            return
        self.down_datagrams.append(data)
        if self._hit(client) and not self._down(client, data):
            return
        if self.rule.kind == "garble" and self._hit(client) and not is_retry(data):
            turned = min(100, len(data) - 1)
            data = data[:turned] + bytes([data[turned] ^ 1]) + data[turned + 1 :]
        self.fronts[index].sendto(data, client.address)

    def _down(self, client: _Client, data: bytes) -> bool:
        if self.rule.kind == "no_answer":
            return is_retry(data)
        return self.rule.upwards or self._passes(client, data)

    def _passes(self, client: _Client, data: bytes) -> bool:
        """Whether a limit lets a datagram of its direction through."""
        if self.rule.kind == "after":
            passes = client.passed_bytes < self.rule.after_bytes
            client.passed_bytes += len(data) * passes
            return passes
        if self.rule.kind == "throttle":
            now_s = time.monotonic()
            gained = (now_s - client.filled_s) * self.rule.rate_bit_s / 8
            client.tokens, client.filled_s = min(16_000.0, client.tokens + gained), now_s
            if client.tokens < len(data):
                return False
            client.tokens -= len(data)
        return True


@contextlib.contextmanager
def udp_box(far: Responder, rule: UdpRule) -> Iterator[UdpBox]:
    """A box before the responder's QUIC; TCP goes past it. Ended on leaving."""
    fronts: list[socket.socket] = []
    port = 0
    for number in (5, 6):
        front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        front.bind((far.addresses[number - 5], port))
        port = front.getsockname()[1]
        fronts.append(front)
    box = UdpBox(msgspec.structs.replace(far, quic_port=port), rule, fronts)
    thread = threading.Thread(target=box.run, args=(far,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        box.stopping.set()
        thread.join(5)
        for front in fronts:
            front.close()
