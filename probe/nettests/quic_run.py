"""One QUIC run at the probe: a connected UDP socket, a channel, ticks; every failure named by its layer.

Runs in the child process of ``replay_quic`` (``quic_child``). Bytes are those of the stream, delivered in order, from
the first byte of bulk on: what an application gets, as with TCP. ``connect_us`` is the round trip of the Retry, in which
nothing but the address is proved; ``tls_us`` the handshake after it.
"""

import errno
import random
import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from probe.gate import Gate
from probe.measurement.failures import OK, unknown
from probe.measurement.run import ClientHello, Run
from probe.measurement.ticks import Ticks, next_tick_s
from probe.nettests.connection import RunFailed
from probe.nettests.quic_wanted import Wanted
from probe.wire.client_hello import NotAClientHello, parse
from probe.wire.conversation import Conversation, RemoteProtocolError
from probe.wire.messages import Refused, Start
from probe.wire.quic import QuicChannel, hello_record

HANDSHAKE_S: Final = 5.0
ANSWER_S: Final = 5.0
FIRST_BYTE_S: Final = 5.0
LARGEST_DATAGRAM: Final = 2048
AT_ONCE: Final = 32
"""So many datagrams are read before acknowledgements go out."""
BUFFER_BYTES: Final = 2 * 1024 * 1024
ALL_BYTES_SHARE: Final = 0.999
COMPLETE_SHARE: Final = 0.9
"""As in ``transfer``: an end by the far side counts as the run's own if it came after this share of the time."""


@dataclass
class QuicRun:
    """One run under way. Build with ``carry``."""

    sock: socket.socket
    channel: QuicChannel
    wanted: Wanted
    now_s: Callable[[], float]
    rng: random.Random
    connect_us: int | None = None
    tls_us: int | None = None
    first_byte_us: int | None = None
    duration_us: int | None = None
    wire_bytes: int = 0
    cpu_share: float | None = None
    columns: dict[str, list[int]] = field(default_factory=dict)
    _before: int = 0

    def outcome(self) -> str:
        """Run to the end; the failure, or ``ok``."""
        try:
            self._handshake()
            return self._bulk(self._start())
        except RunFailed as failed:
            return failed.failure
        except OSError as error:
            return unknown(error)

    def _handshake(self) -> None:
        """Ends: established, a failure, or the deadline."""
        began_s = last_s = self.now_s()
        while not self.channel.established:
            self._turn(began_s + HANDSHAKE_S, "quic")
            if self.channel.retried and self.connect_us is None:
                last_s = self.now_s()
                self.connect_us = _us(last_s - began_s)
            if self.channel.closed:
                raise RunFailed(_ended_by(self.channel))
            if self.now_s() >= began_s + HANDSHAKE_S and not self.channel.established:
                raise RunFailed("quic_timeout" if self.channel.datagrams_in else "quic_silent")
        self._flush()
        self.tls_us = _us(self.now_s() - last_s)
        if self.channel.certificate_sha256() != self.wanted.pin:
            raise RunFailed("tls_intercepted")

    def _start(self) -> bytes:
        """Ask for the bulk; the bytes of it that came with the answer."""
        conversation = Conversation("client")
        start = Start(self.wanted.pair_id, 1 if self.wanted.facts["order"] else 0)
        self.channel.write(conversation.send(start))
        deadline_s = self.now_s() + ANSWER_S
        while True:
            self._turn(deadline_s, "start")
            plain = self.channel.read()
            try:
                messages = conversation.receive(plain) if plain else []
            except RemoteProtocolError as error:
                raise RunFailed("protocol_error") from error
            if messages:
                if isinstance(messages[0], Refused):
                    raise RunFailed("responder_refused", messages[0].code)
                self._before = self.channel.received_bytes - len(conversation.trailing)
                return conversation.trailing
            if self.channel.closed:
                raise RunFailed("start_eof")
            if self.now_s() >= deadline_s:
                raise RunFailed("start_timeout")

    def _bulk(self, trailing: bytes) -> str:
        """Ends: at the duration, with all bytes, with the connection, or when no first byte came in time."""
        cpu_began_s, waited_s = time.process_time(), self.now_s()
        first_s = waited_s if trailing else None
        while first_s is None:
            self._turn(waited_s + FIRST_BYTE_S, "start")
            if self.channel.read():
                first_s = self.now_s()
            elif self.channel.closed:
                return "start_eof"
            elif self.now_s() >= waited_s + FIRST_BYTE_S:
                return "start_timeout"
        self.first_byte_us = _us(first_s - waited_s)
        failure = self._receive(first_s)
        lasted_s = self.now_s() - first_s
        self.duration_us = _us(lasted_s)
        self._note(self.duration_us)
        self.cpu_share = round((time.process_time() - cpu_began_s) / max(lasted_s, 1e-3), 4)
        return failure

    def _receive(self, first_s: float) -> str:
        wanted = self.wanted
        end_s = first_s + wanted.duration_ms / 1000
        self._note(0)
        tick_s = first_s + next_tick_s(self.rng)
        while True:
            try:
                self._turn(min(tick_s, end_s), "transfer")
            except RunFailed as failed:
                return failed.failure
            self.channel.read()  # the content is thrown away; QUIC has checked its integrity
            now_s = self.now_s()
            if self._bytes() >= ALL_BYTES_SHARE * wanted.max_run_bytes or now_s >= end_s:
                return OK
            if self.channel.closed:
                return OK if now_s - first_s >= COMPLETE_SHARE * wanted.duration_ms / 1000 else "transfer_eof"
            if now_s >= tick_s:
                self._note(_us(now_s - first_s))
                tick_s = now_s + next_tick_s(self.rng)

    def _bytes(self) -> int:
        return self.channel.received_bytes - self._before

    def _note(self, t_us: int) -> None:
        self.wire_bytes = self._bytes()
        noted = {"t_us": t_us, "wire_bytes": self.wire_bytes, **self.channel.receiver_fields()}
        for name, value in noted.items():
            self.columns.setdefault(name, []).append(value)

    def _turn(self, until_s: float, layer: str) -> None:
        """Send what is ready, then wait for datagrams, the timer or ``until_s``, whichever is first."""
        self._flush()
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
            if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
                raise RunFailed("quic_unreachable" if layer == "quic" else f"{layer}_reset") from error
            raise

    def _flush(self) -> None:
        for datagram in self.channel.take(self.now_s()):
            try:
                self.sock.send(datagram)
            except (BlockingIOError, InterruptedError):
                return  # a full socket is a lost datagram: QUIC sends it again
            except ConnectionRefusedError:
                continue  # an ICMP message about an earlier datagram: reading tells it, with its layer
            except OSError as error:
                if error.errno not in (errno.ENETUNREACH, errno.EHOSTUNREACH):
                    raise
                raise RunFailed("quic_unreachable") from error

    def hang_up(self) -> None:
        """Say that the connection is over, once, and leave: nothing may linger in the line's queues."""
        try:
            self.channel.end()
            self._flush()
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


def carry(wanted: Wanted, rng: random.Random, now_s: Callable[[], float] = time.monotonic) -> Run:
    """Do one run; whatever the network does is in the result."""
    facts = wanted.facts
    try:
        channel = QuicChannel.client(facts["name"], now_s())
        sock = _connected(Gate(lab=wanted.lab), facts["address"], wanted.port)
    except ValueError as error:  # a name that cannot stand in a ClientHello
        return Run(failure=unknown(error), **facts)
    except OSError as error:
        gone = error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH)
        return Run(failure="quic_unreachable" if gone else unknown(error), **facts)
    run = QuicRun(sock, channel, wanted, now_s, rng)
    try:
        failure = run.outcome()
    finally:
        run.hang_up()
    columns = {name: tuple(values) for name, values in run.columns.items()}
    return Run(
        failure=failure,
        connect_us=run.connect_us,
        tls_us=run.tls_us,
        first_byte_us=run.first_byte_us,
        duration_us=run.duration_us,
        wire_bytes=run.wire_bytes,
        cpu_share=run.cpu_share,
        client_hello=run.hello(),
        ticks=Ticks(**columns) if columns else None,
        **facts,
    )


def _connected(gate: Gate, address: str, port: int) -> socket.socket:
    """A UDP socket that hears one far end alone, and its ICMP errors. Raises ``OSError``."""
    sock = gate.udp((address, port), HANDSHAKE_S)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


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
