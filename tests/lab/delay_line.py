"""Delay lines in plain Python, for machines without a C compiler: the same bridges as delay_line.c, slot for slot.

    python delay_line.py ONE_WAY_DELAY_US SLOTS IFACE_A IFACE_B [IFACE_A IFACE_B …]

Each side is one AF_PACKET socket with a memory-mapped receive ring (TPACKET_V2). A frame stays in its slot until it is due and is
sent from there; see delay_line.c for why one sleep serves all lines. Prints "ready python" when all rings are open.
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
SLOT_BYTES, BLOCK_BYTES = 2048, 1 << 16
MIN_SLEEP_NS = 300_000
OLDEST_NS = 1_000_000_000
"""A frame older than this means that the wall clock jumped: it is sent at once."""

_HEADER = struct.Struct(
    "=IIIHHII"
)  # status, length, stored length, offset of the frame, of its payload, seconds, nanoseconds
_STATUS = struct.Struct("=I")


class Side:
    """One interface of a bridge: its socket, its ring of so many slots, and the oldest slot that is not sent yet."""

    def __init__(self, interface: str, slots: int) -> None:
        self.slots = slots
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        for optional in (PACKET_IGNORE_OUTGOING, PACKET_QDISC_BYPASS):
            self.socket.setsockopt(SOL_PACKET, optional, 1)
        blocks = slots // (BLOCK_BYTES // SLOT_BYTES)
        self.socket.setsockopt(
            SOL_PACKET, PACKET_RX_RING, struct.pack("=IIII", BLOCK_BYTES, blocks, SLOT_BYTES, slots)
        )
        self.ring = memoryview(mmap.mmap(self.socket.fileno(), SLOT_BYTES * slots))
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
        source.next = (source.next + 1) % source.slots


def bridge(lines: list[tuple[Side, Side]], delay_ns: int) -> None:
    """Carry frames both ways on each line; ends by a signal or by an OSError when an interface is gone."""
    ways = [way for a, b in lines for way in ((a, b), (b, a))]
    sockets = [source.socket for source, _ in ways]
    while True:
        waits = [wait for source, target in ways if (wait := forward(source, target, delay_ns)) is not None]
        if waits:
            time.sleep(max(min(waits), MIN_SLEEP_NS) / 1e9)
        else:
            select.select(sockets, [], [])


def main() -> int:
    """Read the command line and bridge until a signal comes."""
    if len(sys.argv) < 5 or len(sys.argv) % 2 == 0:
        print(
            "usage: delay_line.py ONE_WAY_DELAY_US SLOTS IFACE_A IFACE_B [IFACE_A IFACE_B ...]",
            file=sys.stderr,
        )
        return 2
    sides = [Side(name, int(sys.argv[2])) for name in sys.argv[3:]]
    print("ready python", flush=True)
    bridge(list(zip(sides[::2], sides[1::2], strict=True)), int(sys.argv[1]) * 1000)
    return 0


if __name__ == "__main__":
    sys.exit(main())
