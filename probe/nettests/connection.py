"""The probe's end of one TLS connection: blocking, with a deadline, every failure named by its layer."""

import errno
import select
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from probe.measurement.failures import unknown
from probe.measurement.run import ClientHello
from probe.nettests.base import Net
from probe.wire.client_hello import NotAClientHello, parse
from probe.wire.conversation import Conversation, RemoteProtocolError
from probe.wire.messages import Refused
from probe.wire.tls import ENDED, TlsChannel

CONNECT_S: Final = 5.0
HANDSHAKE_S: Final = 5.0
ANSWER_S: Final = 5.0
RECEIVED_ALERTS: Final = ("TLSV1_", "TLSV13_", "SSLV3_ALERT_")
"""How OpenSSL's reasons for an alert that came begin: TLSV1_UNRECOGNIZED_NAME is one, without the word."""
READ_BYTES: Final = 256 * 1024


class RunFailed(Exception):
    """A phase ended in ``failure``, one of the closed list; ``code`` is the responder's, if it refused."""

    def __init__(self, failure: str, code: str | None = None) -> None:
        super().__init__(failure if code is None else f"{failure}: {code}")
        self.failure = failure
        self.code = code


@dataclass
class Connection:
    """A pinned TLS connection to a responder under some name, and its conversation.

    Build it with ``dial``. ``connect_us`` and ``tls_us`` are the lengths of the two handshakes;
    ``wire_bytes`` counts every TCP payload byte read.
    """

    net: Net
    sock: socket.socket
    channel: TlsChannel
    conversation: Conversation = field(default_factory=lambda: Conversation("client"))
    connect_us: int = 0
    tls_us: int | None = None
    wire_bytes: int = 0
    _buffer: bytearray = field(default_factory=lambda: bytearray(READ_BYTES))

    def handshake(self, pin: bytes) -> None:
        """Do the TLS handshake and check the pin; raises ``RunFailed``."""
        began = self.net.monotonic_s()
        try:
            while not self._step():
                self.flush()
                self.fill(began + HANDSHAKE_S, "tls")
            self.flush()
        except OSError as error:
            raise RunFailed(layered("tls", error)) from error
        self.tls_us = _us(self.net.monotonic_s() - began)
        if self.channel.peer_certificate_sha256() != pin:
            raise RunFailed("tls_intercepted")

    def _step(self) -> bool:
        try:
            return self.channel.handshake()
        except ENDED as error:
            raise RunFailed("tls_eof") from error
        except ssl.SSLError as error:
            alert = (error.reason or "").startswith(RECEIVED_ALERTS)
            raise RunFailed("tls_alert" if alert else "tls_garbled") from error

    def say(self, message: Any) -> None:
        """Send one message; raises ``RunFailed`` for the layer ``start``."""
        self.channel.write(self.conversation.send(message))
        try:
            self.flush()
        except OSError as error:
            raise RunFailed(layered("start", error)) from error

    def hear(self) -> Any:
        """The responder's next message; raises ``RunFailed`` also when it is a refusal.

        Ends: with a message, a failure, or the answer's deadline.
        """
        deadline = self.net.monotonic_s() + ANSWER_S
        while True:
            plain = self.read_plain("start")
            try:
                messages = self.conversation.receive(plain) if plain else []
            except RemoteProtocolError as error:
                raise RunFailed("protocol_error") from error
            if messages:
                if isinstance(messages[0], Refused):
                    raise RunFailed("responder_refused", messages[0].code)
                return messages[0]
            try:
                self.fill(deadline, "start")
            except OSError as error:
                raise RunFailed(layered("start", error)) from error

    def read_plain(self, layer: str) -> bytes:
        """Decrypted bytes that are whole, perhaps none."""
        try:
            return self.channel.read()
        except EOFError as error:
            raise RunFailed(f"{layer}_eof") from error
        except ssl.SSLError as error:
            raise RunFailed("transfer_corrupt") from error

    def fill(self, deadline_s: float, layer: str) -> None:
        """Wait for bytes from the network and feed them; raises ``RunFailed`` at the deadline."""
        if not self.wait_readable(deadline_s):
            raise RunFailed(f"{layer}_timeout")
        count = self.sock.recv_into(self._buffer)
        self.wire_bytes += count
        self.channel.feed(memoryview(self._buffer)[:count])

    def wait_readable(self, deadline_s: float) -> bool:
        """Whether bytes (or the end) came before ``deadline_s`` of the net's monotonic clock."""
        left_s = max(0.0, deadline_s - self.net.monotonic_s())
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(left_s * 1000))

    def flush(self) -> None:
        """Send what TLS has ready."""
        data = self.channel.take()
        if data:
            self.sock.sendall(data)

    def client_hello(self) -> ClientHello | None:
        """The ClientHello as it was sent; ``None`` when it never left."""
        try:
            hello = parse(self.channel.first_flight)
        except NotAClientHello:
            return None
        return ClientHello(hello.sha256(), hello.without_keys(), hello.ja4())

    def reset(self) -> None:
        """End with a reset, so that nothing of this run lingers in the line's queues."""
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        finally:
            self.sock.close()

    def close(self) -> None:
        """End in good order."""
        self.sock.close()


def dial(
    net: Net, address: tuple[str, int], name: str, make_context: Callable[[], ssl.SSLContext]
) -> Connection:
    """Connect to ``address`` and prepare TLS under ``name``; raises ``RunFailed`` for the layer ``connect``."""
    began = net.monotonic_s()
    try:
        sock = net.connect(address, CONNECT_S)
    except OSError as error:
        raise RunFailed(layered("connect", error)) from error
    connect_us = _us(net.monotonic_s() - began)
    sock.settimeout(ANSWER_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        channel = TlsChannel(make_context(), name)
    except ValueError as error:  # a name that cannot stand in a ClientHello
        sock.close()
        raise RunFailed(unknown(error)) from error
    return Connection(net, sock, channel, connect_us=connect_us)


def layered(layer: str, error: OSError) -> str:
    """The failure of ``layer`` that an operating system's error means."""
    if isinstance(error, ConnectionRefusedError):
        return "connect_refused" if layer == "connect" else f"{layer}_reset"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "connect_refused" if layer == "connect" else f"{layer}_reset"
    if isinstance(error, TimeoutError):
        return f"{layer}_timeout"
    if layer == "connect" and error.errno in _UNREACHABLE:
        return "connect_unreachable"
    return unknown(error)


_UNREACHABLE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH})


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
