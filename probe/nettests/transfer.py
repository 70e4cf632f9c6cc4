"""Receiving bulk: count bytes on memoryless ticks until the duration has passed or the far end ends it."""

import socket
import ssl
from dataclasses import dataclass
from typing import Final

from probe.measurement.failures import OK, unknown
from probe.measurement.ticks import Ticks, next_tick_s
from probe.nettests.base import Net
from probe.nettests.connection import READ_BYTES, Connection
from probe.nettests.run_end import ended_by_peer, has_all, run_ends
from probe.tcpinfo import RECEIVER, TickRecorder

LOW_WATER_BYTES: Final = 32 * 1024


@dataclass(frozen=True)
class Transferred:
    """What was moved. ``wire_bytes`` is TCP payload from the first bulk byte on; ``duration_us`` its span.

    Of an upload (``sending``): what was acknowledged, from the first acknowledgement on; ``sender_late_ticks`` are those
    at which there was nothing left to send, ``congestion_control`` is that of this end.
    """

    failure: str
    first_byte_us: int | None
    duration_us: int
    wire_bytes: int
    ticks: Ticks
    sender_late_ticks: int | None = None
    congestion_control: str | None = None


def receive(net: Net, connection: Connection, duration_s: float, expected_bytes: int) -> Transferred:
    """Read bulk for ``duration_s`` after its first byte. Never raises for what the network does.

    Ends: at the duration, when all expected bytes are there, at the far end's close or reset, or when no first byte came in time.
    """
    return _Receiver(net, connection, duration_s, expected_bytes).run()


class _Receiver:
    def __init__(self, net: Net, connection: Connection, duration_s: float, expected_bytes: int) -> None:
        self.net = net
        self.connection = connection
        self.duration_s = duration_s
        self.expected_bytes = expected_bytes
        self.recorder = TickRecorder(connection.sock, RECEIVER)
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.plain = memoryview(bytearray(READ_BYTES))
        # What came in one gulp with the first frame: still encrypted for the most part.
        self.wire_bytes = len(connection.conversation.trailing) + connection.channel.undecrypted_bytes
        self.waited_from_s = net.monotonic_s()
        self.first_s: float | None = self.waited_from_s if self.wire_bytes else None

    def run(self) -> Transferred:
        sock = self.connection.sock
        sock.setblocking(False)
        if self.first_s is not None:
            self._begin()
        failure = self._loop()
        now_s = self.net.monotonic_s()
        start_s = self.first_s
        if start_s is not None:
            self.recorder.note(_us(now_s - start_s), self.wire_bytes)
        return Transferred(
            failure=failure,
            first_byte_us=None if start_s is None else _us(start_s - self.waited_from_s),
            duration_us=0 if start_s is None else _us(now_s - start_s),
            wire_bytes=self.wire_bytes,
            ticks=self.recorder.ticks(),
        )

    def _loop(self) -> str:
        """Ends: each turn takes bytes, passes a tick, or waits no longer than to the next of tick and end."""
        tick_s = self.net.monotonic_s() + next_tick_s(self.net.rng)
        while True:
            now_s = self.net.monotonic_s()
            end_s, at_end = run_ends(self.waited_from_s, self.first_s, self.duration_s)
            due = now_s >= end_s or now_s >= tick_s
            if due or self.connection.wait_readable(min(tick_s, end_s)):
                ended = self._take()
                if ended is not None:
                    return ended
                if self._has_all():
                    return OK
            if now_s >= end_s:
                return at_end
            if now_s >= tick_s:
                if self.first_s is not None:
                    self.recorder.note(_us(now_s - self.first_s), self.wire_bytes)
                tick_s = now_s + next_tick_s(self.net.rng)

    def _begin(self) -> None:
        """The first bytes are here: the first tick, at 0 and with them, and fewer wake-ups from now on."""
        self.recorder.note(0, self.wire_bytes)
        _set_low_water(self.connection.sock)

    def _take(self) -> str | None:
        """Read once from the socket; the failure (or ok) if that ended the run."""
        try:
            count = self.connection.sock.recv_into(self.buffer)
        except (BlockingIOError, InterruptedError):
            return None
        except ConnectionResetError:
            return "start_reset" if self.first_s is None else "transfer_reset"
        except OSError as error:
            return unknown(error)
        if count == 0:
            return self._orderly_end()
        self.wire_bytes += count
        if self.first_s is None:
            self.first_s = self.net.monotonic_s()
            self._begin()
        return self._decrypt(count)

    def _decrypt(self, count: int) -> str | None:
        """Check the records' integrity and throw their content away."""
        channel = self.connection.channel
        channel.feed(self.buffer[:count])
        try:
            while channel.read_into(self.plain):
                pass
        except EOFError:
            return self._orderly_end()
        except ssl.SSLError:
            return "transfer_corrupt"
        return None

    def _has_all(self) -> bool:
        return has_all(self.wire_bytes, self.expected_bytes)

    def _orderly_end(self) -> str:
        lasted_s = None if self.first_s is None else self.net.monotonic_s() - self.first_s
        return ended_by_peer(lasted_s, self.duration_s, whole=self._has_all())


def _set_low_water(sock: socket.socket) -> None:
    """Wake up less often (socket(7), SO_RCVLOWAT). Each tick reads what is there all the same, so counts are exact."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, LOW_WATER_BYTES)


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
