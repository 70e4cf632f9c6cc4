"""A middlebox in user space: it stands before a responder on loopback and does to some names what boxes do.

    probe ──TCP──▶ Middlebox(port 0 on the responder's own addresses) ──TCP──▶ responder

It reads the ClientHello, and where the rule's names match, it acts; everything else passes untouched. A probe
is sent here by ``Middlebox.responder``: the same keys and pin, another port.
"""

import contextlib
import ctypes
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import msgspec

from probe.plan import Responder
from probe.wire.client_hello import NotAClientHello, parse
from tests.support.responder import ethernet_net

Mode = Literal[
    "pass",
    "silent",
    "delay",
    "reset",
    "close",
    "alert",
    "plain",
    "throttle",
    "reset_after",
    "reset_probe",
    "close_after",
    "stall_after",
    "corrupt",
    "terminate",
]
HANDSHAKE_FAILURE = bytes.fromhex("15030300020228")
CUTS = frozenset({"reset_after", "reset_probe", "close_after", "stall_after"})
PATIENCE_S = 10.0
_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Rule:
    """What the box does, to which names (empty: all).

    ``after_bytes`` count what the responder sent, or the probe if ``upwards`` (``*_after``, ``corrupt``, ``throttle``);
    ``reset_probe`` leaves the responder's end of the connection standing; ``rate_bit_s`` is ``throttle``'s;
    ``delay_s`` stands before the ClientHello is passed on; ``certificate`` (PEM, key) and ``speech`` are
    ``terminate``'s: it ends TLS itself, hears one message and says ``speech``.
    """

    mode: Mode
    names: frozenset[str] = frozenset()
    after_bytes: int = 0
    rate_bit_s: int = 0
    delay_s: float = 0.0
    certificate: tuple[Path, Path] | None = None
    speech: bytes = b""
    upwards: bool = False


@dataclass
class Middlebox:
    """The box: one listener for each address, one thread for each connection."""

    upstream: Responder
    rule: Rule
    responder: Responder
    hellos: list[str] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self, listeners: list[socket.socket]) -> None:
        """Begin to accept on ``listeners``."""
        for listener, address in zip(listeners, self.upstream.addresses, strict=True):
            self._spawn(self._accept, listener, address)

    def stop(self) -> None:
        """Close everything and wait for the threads."""
        self._stop.set()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(PATIENCE_S)
        for sock in self._open:
            sock.close()

    def _spawn(self, body: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=self._quiet, args=(body, *args), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _quiet(self, body: Callable[..., None], *args: object) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            body(*args)

    def _accept(self, listener: socket.socket, address: str) -> None:
        """Ends: when the listener is shut down."""
        self._open.append(listener)
        while not self._stop.is_set():
            sock, _ = listener.accept()
            sock.settimeout(PATIENCE_S)
            self._open.append(sock)
            self._spawn(self._visit, sock, address)

    def _visit(self, near: socket.socket, address: str) -> None:
        hello = _read_hello(near)
        name = parse(hello).server_name or ""
        self.hellos.append(name)
        rule = self.rule if not self.rule.names or name in self.rule.names else Rule("pass")
        if self._answer_alone(near, hello, rule):
            return
        self._stop.wait(rule.delay_s)
        far = ethernet_net().connect((address, self.upstream.port), PATIENCE_S)
        self._open.append(far)
        far.sendall(hello)
        if rule.upwards:
            self._spawn(_pipe, far, near, True)
            self._carry(near, far, near, rule)
        else:
            self._spawn(_pipe, near, far, rule.mode != "reset_probe")
            self._carry(far, near, near, rule)

    def _answer_alone(self, near: socket.socket, hello: bytes, rule: Rule) -> bool:
        """Act without the responder; whether that was the rule."""
        match rule.mode:
            case "silent":
                self._stop.wait(PATIENCE_S)
            case "reset":
                _reset(near)
            case "close":
                near.close()
            case "alert":
                near.sendall(HANDSHAKE_FAILURE)
                near.close()
            case "plain":
                near.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n<html>This site is blocked.</html>")
                near.close()
            case "terminate":
                self._terminate(near, hello, rule)
            case _:
                return False
        return True

    def _terminate(self, near: socket.socket, hello: bytes, rule: Rule) -> None:
        assert rule.certificate
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.num_tickets = 0
        context.load_cert_chain(*rule.certificate)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(hello)
        heard = b""
        while not heard and not self._stop.is_set():
            try:
                tls.do_handshake()  # does nothing once it is done
                heard = tls.read(65536)
            except ssl.SSLWantReadError:
                near.sendall(outgoing.read())
                incoming.write(near.recv(65536) or _gone())
        tls.write(rule.speech)
        near.sendall(outgoing.read())
        self._stop.wait(0.2)
        near.shutdown(socket.SHUT_WR)

    def _carry(self, source: socket.socket, sink: socket.socket, probe: socket.socket, rule: Rule) -> None:
        """What the rule is about, one way; ``probe`` is the probe's side. Ends: with either end, or as the rule says."""
        carried, began_s = 0, time.monotonic()
        while data := source.recv(4096):
            if rule.mode == "throttle":
                ahead_s = carried * 8 / rule.rate_bit_s - (time.monotonic() - began_s)
                self._stop.wait(max(0.0, ahead_s))
            if rule.mode in CUTS and carried + len(data) > rule.after_bytes:
                sink.sendall(data[: rule.after_bytes - carried])
                if rule.mode in ("reset_after", "reset_probe"):
                    self._stop.wait(0.02)  # what was passed on is read first
                    _reset(probe)
                elif rule.mode == "close_after":
                    probe.shutdown(socket.SHUT_WR)
                self._stop.wait(0.5 if rule.mode == "close_after" else PATIENCE_S)
                return
            if rule.mode == "corrupt" and carried <= rule.after_bytes < carried + len(data):
                at = rule.after_bytes - carried
                data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            sink.sendall(data)
            carried += len(data)
        sink.shutdown(socket.SHUT_WR)


def _pipe(source: socket.socket, sink: socket.socket, pass_reset_on: bool) -> None:
    """One way, untouched. Ends: with either end; a reset is passed on as one, if that is wanted."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except ConnectionResetError:
        if pass_reset_on:
            _reset(sink)


def _read_hello(sock: socket.socket) -> bytes:
    """The first flight up to a whole ClientHello. Ends: with it, at the peer's end, or at 4 kB."""
    data = b""
    while len(data) < 4096:
        data += sock.recv(4096) or _gone()
        try:
            parse(data)
        except NotAClientHello:
            continue
        return data
    raise OSError("no ClientHello")


def _gone() -> bytes:
    raise OSError("the peer is gone")


def _reset(sock: socket.socket) -> None:
    """Send a reset now: connect(2) to AF_UNSPEC. A close would wait for the thread that reads the socket."""
    _libc.connect(sock.fileno(), bytes(16), 16)


@contextlib.contextmanager
def middlebox(upstream: Responder, rule: Rule) -> Iterator[Middlebox]:
    """A running box before ``upstream``; closed on leaving."""
    listeners: list[socket.socket] = []
    port = 0
    for address in upstream.addresses:
        listener = socket.create_server((address, port))
        port = listener.getsockname()[1]
        listeners.append(listener)
    box = Middlebox(upstream, rule, msgspec.structs.replace(upstream, port=port))
    box.start(listeners)
    try:
        yield box
    finally:
        box.stop()
