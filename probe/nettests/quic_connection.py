"""The probe's end of one QUIC connection: a connected UDP socket and a channel; every failure named by its layer.

``connect_us`` is the round trip of the Retry, in which nothing but the address is proved; ``tls_us`` the handshake after it.
"""

import errno
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from probe.gate import Gate
from probe.measurement.run import ClientHello
from probe.nettests.connection import RunFailed
from probe.wire.client_hello import NotAClientHello, parse
from probe.wire.conversation import Conversation, RemoteProtocolError
from probe.wire.messages import Refused, Start
from probe.wire.quic import QuicChannel, hello_record

HANDSHAKE_S: Final = 5.0
ANSWER_S: Final = 5.0
LARGEST_DATAGRAM: Final = 2048
AT_ONCE: Final = 32
"""So many datagrams are read before acknowledgements go out."""
BUFFER_BYTES: Final = 2 * 1024 * 1024
_UNREACHABLE: Final = (errno.ENETUNREACH, errno.EHOSTUNREACH)


@dataclass
class QuicConnection:
    """One connection under way; ``now_s`` is a clock that never steps."""

    sock: socket.socket
    channel: QuicChannel
    now_s: Callable[[], float]
    connect_us: int | None = None
    tls_us: int | None = None

    def handshake(self, pin: bytes) -> None:
        """Shake hands and check the pin; raises ``RunFailed``. Ends: established, a failure, or the deadline."""
        began_s = last_s = self.now_s()
        while not self.channel.established:
            self.turn(began_s + HANDSHAKE_S, "quic")
            if self.channel.retried and self.connect_us is None:
                last_s = self.now_s()
                self.connect_us = _us(last_s - began_s)
            if self.channel.closed:
                raise RunFailed(_ended_by(self.channel))
            if self.now_s() >= began_s + HANDSHAKE_S and not self.channel.established:
                raise RunFailed("quic_timeout" if self.channel.datagrams_in else "quic_silent")
        self.flush()
        self.tls_us = _us(self.now_s() - last_s)
        if self.channel.certificate_sha256() != pin:
            raise RunFailed("tls_intercepted")

    def ask(self, start: Start) -> bytes:
        """Ask for a run; the bytes of bulk that came with the answer. Raises ``RunFailed``."""
        conversation = Conversation("client")
        self.channel.write(conversation.send(start))
        deadline_s = self.now_s() + ANSWER_S
        while True:
            self.turn(deadline_s, "start")
            plain = self.channel.read()
            try:
                messages = conversation.receive(plain) if plain else []
            except RemoteProtocolError as error:
                raise RunFailed("protocol_error") from error
            if messages:
                if isinstance(messages[0], Refused):
                    raise RunFailed("responder_refused", messages[0].code)
                return conversation.trailing
            if self.channel.closed:
                raise RunFailed("start_eof")
            if self.now_s() >= deadline_s:
                raise RunFailed("start_timeout")

    def turn(self, until_s: float, layer: str) -> None:
        """Send what is ready, then wait for datagrams, the timer or ``until_s``, whichever is first. Raises ``RunFailed``."""
        self.flush()
        timer_s = self.channel.timer_s()
        wait_s = max(0.0, min(until_s, until_s if timer_s is None else timer_s) - self.now_s())
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        if poll.poll(wait_s * 1000):
            self._take_in(layer)
        now_s = self.now_s()
        timer_s = self.channel.timer_s()
        if timer_s is not None and timer_s <= now_s:
            self.channel.wake(now_s)

    def _take_in(self, layer: str) -> None:
        try:
            for _ in range(AT_ONCE):
                self.channel.feed(self.sock.recv(LARGEST_DATAGRAM), self.now_s())
        except (BlockingIOError, InterruptedError):
            return
        except ConnectionRefusedError as error:
            raise RunFailed("quic_refused" if layer == "quic" else f"{layer}_reset") from error
        except OSError as error:
            if is_unreachable(error):
                raise RunFailed("quic_unreachable" if layer == "quic" else f"{layer}_reset") from error
            raise

    def flush(self) -> None:
        """Send what is ready. Raises ``RunFailed``."""
        for datagram in self.channel.take(self.now_s()):
            try:
                self.sock.send(datagram)
            except (BlockingIOError, InterruptedError):
                return  # a full socket is a lost datagram: QUIC sends it again
            except ConnectionRefusedError:
                continue  # an ICMP message about an earlier datagram: reading tells it, with its layer
            except OSError as error:
                if not is_unreachable(error):
                    raise
                raise RunFailed("quic_unreachable") from error

    def hang_up(self) -> None:
        """Say that the connection is over, once, and leave: nothing may linger in the line's queues."""
        try:
            self.channel.end()
            self.flush()
        except (OSError, RunFailed):
            pass
        self.sock.close()

    def hello(self) -> ClientHello | None:
        """The ClientHello that the responder could see: that of the Initial after the Retry, else of the first."""
        try:
            hello = parse(hello_record(self.channel.first_flight))
        except NotAClientHello:
            return None
        return ClientHello(hello.sha256(), hello.without_keys(), hello.ja4())


def connected(gate: Gate, address: str, port: int) -> socket.socket:
    """A UDP socket that hears one far end alone, and its ICMP errors. Raises ``OSError``."""
    sock = gate.udp((address, port), HANDSHAKE_S)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def is_unreachable(error: OSError) -> bool:
    """Whether the network, or this machine, said that there is no way."""
    return error.errno in _UNREACHABLE


def _ended_by(channel: QuicChannel) -> str:
    """What a connection that closed inside its handshake met."""
    closed = channel.closed
    if closed is None or closed.idle:
        return "quic_timeout"
    if closed.version:
        return "quic_version"
    return "quic_closed" if closed.by_far else "quic_garbled"


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
