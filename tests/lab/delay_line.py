"""A delay line in plain Python, for machines without a C compiler: the same bridge as delay_line.c, slot for slot.

    python delay_line.py IFACE_A IFACE_B ONE_WAY_DELAY_US

Each side is one AF_PACKET socket with a memory-mapped receive ring (TPACKET_V2). A frame stays in its slot until it is due and is
sent from there; see delay_line.c for why one sleep serves both directions. Prints "ready python" when both rings are open.
"""

from __future__ import annotations

import mmap
import select
import socket
import struct
import sys
import time

SOL_PACKET = 263
PACKET_RX_RING, PACKET_VERSION, PACKET_QDISC_BYPASS, PACKET_IGNORE_OUTGOING = 5, 10, 20, 23
TPACKET_V2 = 1
ETH_P_ALL = 3
TP_STATUS_KERNEL, TP_STATUS_USER = 0, 1
SLOT_BYTES, SLOTS, BLOCK_BYTES = 2048, 8192, 1 << 16
MIN_SLEEP_NS = 300_000
OLDEST_NS = 1_000_000_000
"""A frame older than this means that the wall clock jumped: it is sent at once."""

_HEADER = struct.Struct(
    "=IIIHHII"
)  # status, length, stored length, offset of the frame, of its payload, seconds, nanoseconds
_STATUS = struct.Struct("=I")


class Side:
    """One interface of the bridge: its socket, its ring and the oldest slot that is not sent yet."""

    def __init__(self, interface: str) -> None:
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        for optional in (PACKET_IGNORE_OUTGOING, PACKET_QDISC_BYPASS):
            self.socket.setsockopt(SOL_PACKET, optional, 1)
        blocks = SLOTS // (BLOCK_BYTES // SLOT_BYTES)
        self.socket.setsockopt(
            SOL_PACKET, PACKET_RX_RING, struct.pack("=IIII", BLOCK_BYTES, blocks, SLOT_BYTES, SLOTS)
        )
        self.ring = memoryview(mmap.mmap(self.socket.fileno(), SLOT_BYTES * SLOTS))
        self.next = 0
        self.socket.bind((interface, ETH_P_ALL))
        self.socket.setblocking(False)


def forward(source: Side, target: Side, delay_ns: int) -> int | None:
    """Send what is due and return the nanoseconds until the next frame is, or None when no frame is held.

    Ends when the oldest frame is not due. Raises OSError when an interface is gone; a frame that cannot be sent now is lost.
    """
    ring, send, unpack = source.ring, target.socket.send, _HEADER.unpack_from
    now_ns = time.time_ns()
    status: int
    stored: int
    offset: int
    seconds: int
    nanoseconds: int
    while True:
        base = source.next * SLOT_BYTES
        status, _, stored, offset, _, seconds, nanoseconds = unpack(ring, base)
        if not status & TP_STATUS_USER:
            return None
        age_ns = now_ns - (seconds * 1_000_000_000 + nanoseconds)
        if -OLDEST_NS < age_ns < delay_ns:
            now_ns = time.time_ns()  # the batch itself took time: look again before going to sleep
            age_ns = now_ns - (seconds * 1_000_000_000 + nanoseconds)
            if -OLDEST_NS < age_ns < delay_ns:
                return delay_ns - age_ns
        try:
            send(ring[base + offset : base + offset + stored])
        except BlockingIOError:
            pass
        _STATUS.pack_into(ring, base, TP_STATUS_KERNEL)
        source.next = (source.next + 1) % SLOTS


def bridge(a: Side, b: Side, delay_ns: int) -> None:
    """Carry frames both ways; ends by a signal or by an OSError when an interface is gone."""
    while True:
        waits = [wait for wait in (forward(a, b, delay_ns), forward(b, a, delay_ns)) if wait is not None]
        if waits:
            time.sleep(max(min(waits), MIN_SLEEP_NS) / 1e9)
        else:
            select.select([a.socket, b.socket], [], [])


def main() -> int:
    """Read the command line and bridge until a signal comes."""
    if len(sys.argv) != 4:
        print("usage: delay_line.py IFACE_A IFACE_B ONE_WAY_DELAY_US", file=sys.stderr)
        return 2
    a, b = Side(sys.argv[1]), Side(sys.argv[2])
    print("ready python", flush=True)
    bridge(a, b, int(sys.argv[3]) * 1000)
    return 0


if __name__ == "__main__":
    sys.exit(main())
