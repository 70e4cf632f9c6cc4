"""Sending bulk: an upload at the ticket's pace, until the far end has had enough. What arrived, the far end tells.

The mirror of ``transfer``: the receiver ends the run when its time is over, with an orderly end, and this end then
resets the connection. Should that end not arrive, this end stops by itself half a second later. What is counted here
is what was acknowledged; the rate of an upload is judged by the responder's ticks alone.
"""

import os
import select
import socket
import ssl
from contextlib import suppress
from typing import Final

from probe.measurement.failures import unknown
from probe.measurement.ticket import GRACE_S
from probe.measurement.ticks import next_tick_s
from probe.nettests.base import Net
from probe.nettests.connection import READ_BYTES, Connection
from probe.nettests.run_end import ended_by_peer, has_all, run_ends
from probe.nettests.transfer import Transferred
from probe.pacing import (
    BURST_BYTES,
    CONGESTION_CONTROL,
    TCP_NOTSENT_LOWAT,
    Bucket,
    lowat_bytes,
    paced_by_kernel,
)
from probe.tcpinfo import SENDER, TickRecorder, read

BLOCK: Final = os.urandom(16 * 1024 - 256)
IMPATIENT_S: Final = 0.02
"""Until the first byte is acknowledged the kernel is asked this often."""


def send(
    net: Net,
    connection: Connection,
    duration_s: float,
    most_bytes: int,
    pace_bit_s: int,
    *,
    by_kernel: bool = True,
) -> Transferred:
    """Send bulk for ``duration_s``, ``most_bytes`` at most, at ``pace_bit_s`` (0: unpaced). Never raises for the network.

    Ends: when the far end ends it, half a second after the duration, or when nothing was acknowledged in time.
    """
    return _Sender(net, connection, duration_s, most_bytes, pace_bit_s, by_kernel).run()


class _Sender:
    def __init__(
        self,
        net: Net,
        connection: Connection,
        duration_s: float,
        most_bytes: int,
        pace_bit_s: int,
        by_kernel: bool,
    ) -> None:
        self.net, self.connection, self.sock = net, connection, connection.sock
        self.duration_s, self.most_bytes = duration_s, most_bytes
        self.sock.setblocking(False)
        _settle(self.sock, pace_bit_s)
        self.began_s = net.monotonic_s()
        by_itself = pace_bit_s and not (by_kernel and paced_by_kernel(self.sock, pace_bit_s))
        self.bucket = Bucket(pace_bit_s, self.began_s) if by_itself else None
        self.recorder = TickRecorder(self.sock, SENDER)
        self.acked_before = self._acked()
        self.first_s: float | None = None if self.acked_before is not None else self.began_s
        self.handed_bytes = 0
        self.pending = memoryview(b"")
        self.blocked = False
        self.late_ticks = 0
        self.buffer = bytearray(READ_BYTES)

    def run(self) -> Transferred:
        self._note(counts=False)
        failure = self._loop()
        now_s = self.net.monotonic_s()
        self._note(counts=False)
        first_s = self.first_s
        return Transferred(
            failure=failure,
            first_byte_us=None if first_s is None else _us(first_s - self.began_s),
            duration_us=0 if first_s is None else _us(now_s - first_s),
            wire_bytes=self._arrived_bytes(),
            ticks=self.recorder.ticks(),
            sender_late_ticks=self.late_ticks,
            congestion_control=_congestion_control(self.sock),
        )

    def _loop(self) -> str:
        """Ends: each turn sends, reads, passes a tick, or waits no longer than to the next of tick and end."""
        tick_s = self.began_s + next_tick_s(self.net.rng)
        while True:
            now_s = self.net.monotonic_s()
            self._look_for_first(now_s)
            end_s, at_end = run_ends(self.began_s, self.first_s, self.duration_s + GRACE_S)
            if now_s >= end_s:
                return at_end
            if now_s >= tick_s:
                self._note()
                tick_s = now_s + next_tick_s(self.net.rng)
            ended = self._turn(now_s, min(tick_s, end_s))
            if ended is not None:
                return ended

    def _turn(self, now_s: float, until_s: float) -> str | None:
        """Wait for the socket and serve it; the failure (or ok) if that ended the run."""
        wanted = select.POLLIN
        if self._refill():
            allowance = len(self.pending) if self.bucket is None else self.bucket.allowance(now_s)
            if allowance >= min(1448, len(self.pending)):
                wanted |= select.POLLOUT
            elif self.bucket is not None:
                until_s = min(until_s, now_s + self.bucket.wait_s(now_s))
        if self.first_s is None:
            until_s = min(until_s, now_s + IMPATIENT_S)
        poll = select.poll()
        poll.register(self.sock, wanted)
        ready = poll.poll(max(0.0, until_s - now_s) * 1000)
        if not ready:
            self.blocked = bool(wanted & select.POLLOUT)
            return None
        if ready[0][1] & (select.POLLIN | select.POLLHUP | select.POLLERR):
            return self._take()
        return self._give()

    def _refill(self) -> bool:
        """Whether anything is left to be sent: the rest of a block, or a new one while bytes are."""
        if not self.pending and self.handed_bytes < self.most_bytes:
            self.connection.channel.write(BLOCK)
            self.pending = memoryview(self.connection.channel.take())
        return bool(self.pending)

    def _give(self) -> str | None:
        now_s = self.net.monotonic_s()
        count = len(self.pending) if self.bucket is None else self.bucket.allowance(now_s)
        try:
            sent = self.sock.send(self.pending[:count])
        except (BlockingIOError, InterruptedError):
            self.blocked = True
            return None
        except OSError as error:
            return self._broken(error)
        self.blocked = False
        self.handed_bytes += sent
        self.pending = self.pending[sent:]
        if self.bucket is not None:
            self.bucket.take(sent, now_s)
        return None

    def _take(self) -> str | None:
        """Read what the far end says during an upload: its end, or an alert."""
        try:
            count = self.sock.recv_into(self.buffer)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError as error:
            return self._broken(error)
        self._look_for_first(self.net.monotonic_s())
        if count == 0:
            return self._orderly_end()
        channel = self.connection.channel
        channel.feed(memoryview(self.buffer)[:count])
        try:
            return "protocol_error" if channel.read() else None
        except EOFError:
            return self._orderly_end()
        except ssl.SSLError:
            return "transfer_corrupt"

    def _broken(self, error: OSError) -> str:
        self._look_for_first(self.net.monotonic_s())
        if isinstance(error, ConnectionResetError | BrokenPipeError):
            return "start_reset" if self.first_s is None else "transfer_reset"
        return unknown(error)

    def _orderly_end(self) -> str:
        lasted_s = None if self.first_s is None else self.net.monotonic_s() - self.first_s
        return ended_by_peer(lasted_s, self.duration_s, whole=has_all(self._arrived_bytes(), self.most_bytes))

    def _acked(self) -> int | None:
        """Bytes of this connection that were acknowledged; ``None`` where the kernel does not tell."""
        fields = read(self.sock)
        return None if fields is None else fields["bytes_acked"]

    def _look_for_first(self, now_s: float) -> None:
        if self.first_s is None and self._arrived_bytes() > 0:
            self.first_s = now_s

    def _arrived_bytes(self) -> int:
        """Bytes of bulk that were acknowledged; those handed over where the kernel does not tell."""
        acked = self._acked()
        if acked is None or self.acked_before is None:
            return self.handed_bytes
        return max(0, acked - self.acked_before)

    def _note(self, *, counts: bool = True) -> None:
        """A tick now. It is late if there was more to send, and the socket would have taken it, and had none."""
        fields = self.recorder.note(_us(self.net.monotonic_s() - self.began_s), self.handed_bytes)
        if not counts or self.handed_bytes >= self.most_bytes:
            return
        if self.bucket is not None:
            full = self.bucket.allowance(self.net.monotonic_s()) >= BURST_BYTES
            self.late_ticks += full and not self.blocked
        elif fields and fields["notsent_bytes"] == 0:
            self.late_ticks += 1


def _settle(sock: socket.socket, pace_bit_s: int) -> None:
    """The responder's constants (``door``), where this machine allows them; the same for both runs in any case."""
    with suppress(OSError):  # wakes us more seldom
        sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, lowat_bytes(pace_bit_s))
    with suppress(OSError, AttributeError):  # another congestion control, which the run records
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION_CONTROL)


def _congestion_control(sock: socket.socket) -> str | None:
    """The name of the congestion control in use; ``None`` where it cannot be told."""
    try:
        raw: bytes = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
    except (AttributeError, OSError):
        return None
    return raw.rstrip(b"\0").decode("ascii", "replace")


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
