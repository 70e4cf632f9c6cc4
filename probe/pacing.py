"""Pacing: how a sender keeps to a pace, by the kernel where it can, by itself where it cannot.

Linux spreads a socket's segments over time (tcp(7), SO_MAX_PACING_RATE); elsewhere, or where the kernel refuses, a
token bucket as deep as ten segments does: that is what a connection may send at once anyway (RFC 6928), so neither
way has bursts that the other has not.
"""

import socket
import sys
from dataclasses import dataclass
from typing import Final

SO_MAX_PACING_RATE: Final = 47
TCP_NOTSENT_LOWAT: Final = 25
NOTSENT_LOWAT_BYTES: Final = 256 * 1024
"""A sender is woken when so little is left unsent: enough never to run dry, little enough to count by."""
UNPACED_LOWAT_BYTES: Final = 1024 * 1024
"""The same for an unpaced sender: a quarter of a megabyte lasts a line of 50 Mbit/s for 20 ms, and a busy machine sleeps longer."""
BURST_BYTES: Final = 10 * 1448
CONGESTION_CONTROL: Final = b"cubic"
"""Of whoever sends the bulk, so that both directions react to a box in one way."""


def lowat_bytes(pace_bit_s: int) -> int:
    """What a sender at that pace (0: unpaced) lets the kernel hold unsent before it is woken."""
    return NOTSENT_LOWAT_BYTES if pace_bit_s else UNPACED_LOWAT_BYTES


def paced_by_kernel(sock: socket.socket, pace_bit_s: int) -> bool:
    """Ask the kernel to pace ``sock``; whether it does."""
    if sys.platform != "linux":
        return False
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, pace_bit_s // 8)
    except OSError:
        return False
    return True


@dataclass
class Bucket:
    """A token bucket of ``BURST_BYTES`` that fills at ``pace_bit_s``. Times are seconds of a clock that never steps.

    >>> bucket = Bucket(8_000_000, filled_s=0.0)
    >>> bucket.take(BURST_BYTES, 0.0)
    ... bucket.allowance(0.0), bucket.allowance(0.005), bucket.wait_s(0.0)
    (0, 5000, 0.001448)
    """

    pace_bit_s: int
    filled_s: float
    held_bytes: float = float(BURST_BYTES)

    def allowance(self, now_s: float) -> int:
        """Bytes that may be sent now."""
        self.held_bytes = min(BURST_BYTES, self.held_bytes + (now_s - self.filled_s) * self.pace_bit_s / 8)
        self.filled_s = now_s
        return int(self.held_bytes + 1e-6)

    def take(self, count: int, now_s: float) -> None:
        """``count`` bytes were sent."""
        self.allowance(now_s)
        self.held_bytes -= count

    def wait_s(self, now_s: float) -> float:
        """Seconds until a whole segment may be sent."""
        lacking = 1448 - self.allowance(now_s)
        return max(0.0, lacking * 8 / self.pace_bit_s)
