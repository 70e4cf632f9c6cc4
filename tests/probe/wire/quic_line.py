"""A line between two QUIC channels in virtual time: a delay each way, a token bucket, a share of losses. No socket, no clock."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from probe.responder import certificate
from probe.wire.quic import Doorkeeper, QuicChannel, Validated, server_configuration

PEER = ("192.0.2.1", 4433)
BLOCK = bytes(16 * 1024)
AHEAD_BYTES = 64 * 1024


@dataclass
class Line:
    """Client and server, and what lies between. ``lets_pass(datagram, now_s)`` decides downstream; ``late_s`` of the server's CPU."""

    folder: Path
    name: str = "video.service.example"
    one_way_s: float = 0.01
    lets_pass: Callable[[bytes, float], bool] = lambda _datagram, _now_s: True
    late_s: float = 0.0
    now_s: float = 100.0
    sent_up: list[bytes] = field(default_factory=list)
    sent_down: list[tuple[float, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        pem, key, self.pin = certificate.ensure(self.folder, "r1.measure.example")
        self.configuration = server_configuration(str(pem), str(key))
        self.keeper = Doorkeeper()
        self.client = QuicChannel.client(self.name, self.now_s)
        self.server: QuicChannel | None = None
        self._queue: list[tuple[float, int, str, bytes]] = []
        self._number = count()
        self._rng = random.Random(1)

    def run(self, seconds: float, write: Callable[[QuicChannel], None] = lambda _: None) -> None:
        """Let ``seconds`` of virtual time pass; ``write`` is called before the server sends."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self._send_up()
            if self.server is not None:
                write(self.server)
                for datagram in self.server.take(self.now_s):
                    self._send_down(datagram)
            self._advance(end_s)

    def _send_up(self) -> None:
        for datagram in self.client.take(self.now_s):
            self.sent_up.append(datagram)
            self._put("up", datagram)

    def _send_down(self, datagram: bytes) -> None:
        self.sent_down.append((self.now_s, datagram))
        if self.lets_pass(datagram, self.now_s):
            self._put("down", datagram)

    def _put(self, way: str, datagram: bytes) -> None:
        heapq.heappush(self._queue, (self.now_s + self.one_way_s, next(self._number), way, datagram))

    def _advance(self, end_s: float) -> None:
        """To the next arrival or timer; then deliver what is due."""
        timers = [c.timer_s() for c in (self.client, self.server) if c is not None]
        times = [t for t in timers if t is not None] + [due_s for due_s, *_ in self._queue[:1]]
        self.now_s = min(
            end_s, max(self.now_s + 1e-6, min(times, default=end_s)) + self._rng.random() * self.late_s
        )
        while self._queue and self._queue[0][0] <= self.now_s:
            _, _, way, datagram = heapq.heappop(self._queue)
            self._deliver(way, datagram)
        for channel in (self.client, self.server):
            timer_s = None if channel is None else channel.timer_s()
            if channel is not None and timer_s is not None and timer_s <= self.now_s:
                channel.wake(self.now_s)

    def _deliver(self, way: str, datagram: bytes) -> None:
        if way == "down":
            self.client.feed(datagram, self.now_s)
        elif self.server is not None:
            self.server.feed(datagram, self.now_s)
        else:
            answer = self.keeper.answer(datagram, PEER, self.now_s)
            if isinstance(answer, Validated):
                self.server = QuicChannel.server(self.configuration, answer)
                self.server.feed(datagram, self.now_s)
            elif answer is not None:
                self._send_down(answer)


def bulk(channel: QuicChannel) -> None:
    """Keep something to send."""
    while channel.unsent_bytes < AHEAD_BYTES:
        channel.write(BLOCK)
