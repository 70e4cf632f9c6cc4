"""TCP_INFO: the kernel's own account of a connection, on Linux; ``None`` elsewhere ("not supported").

The layout is ``struct tcp_info`` of linux/tcp.h (6.x; older kernels return a prefix, the rest reads as 0).
"""

import socket
import struct
import sys
from dataclasses import dataclass, field
from typing import Final

from probe.measurement.ticks import Ticks

_LAYOUT: Final = struct.Struct("=8B24I4Q6I4Q2I2Q5I")
_INDEX: Final[dict[str, int]] = {
    "rtt_us": 23,
    "rttvar_us": 24,
    "snd_cwnd": 26,
    "rcv_rtt_us": 29,
    "total_retrans": 31,
    "bytes_acked": 34,
    "bytes_received": 35,
    "segs_out": 36,
    "segs_in": 37,
    "notsent_bytes": 38,
    "min_rtt_us": 39,
    "busy_time_us": 43,
    "rwnd_limited_us": 44,
    "sndbuf_limited_us": 45,
    "bytes_retrans": 49,
    "rcv_ooopack": 52,
}

SENDER: Final[tuple[str, ...]] = (
    "rtt_us",
    "rttvar_us",
    "min_rtt_us",
    "snd_cwnd",
    "segs_out",
    "total_retrans",
    "bytes_acked",
    "bytes_retrans",
    "notsent_bytes",
    "busy_time_us",
    "rwnd_limited_us",
    "sndbuf_limited_us",
)
"""What says something at the end that sends the bulk."""

RECEIVER: Final[tuple[str, ...]] = (
    "rtt_us",
    "min_rtt_us",
    "rcv_rtt_us",
    "segs_in",
    "bytes_received",
    "rcv_ooopack",
)
"""What says something at the end that receives it."""

SUPPORTED: Final = sys.platform == "linux" and hasattr(socket, "TCP_INFO")


def read(sock: socket.socket) -> dict[str, int] | None:
    """The named fields of ``sock`` now; ``None`` where the platform or the socket has none."""
    if not SUPPORTED:
        return None
    try:
        raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAYOUT.size)
    except OSError:
        return None
    values = _LAYOUT.unpack(raw.ljust(_LAYOUT.size, b"\0"))
    return {name: values[index] for name, index in _INDEX.items()}


@dataclass
class TickRecorder:
    """Collects ticks of one end of a run, the TCP_INFO fields in ``names`` among them; ``ticks()`` freezes them."""

    sock: socket.socket
    names: tuple[str, ...]
    columns: dict[str, list[int]] = field(default_factory=dict)

    def note(self, t_us: int, wire_bytes: int) -> dict[str, int] | None:
        """Add a tick at ``t_us`` with the bytes so far; returns the TCP_INFO fields it noted."""
        fields = read(self.sock)
        noted = {"t_us": t_us, "wire_bytes": wire_bytes}
        if fields is not None:
            noted |= {name: fields[name] for name in self.names}
        for name, value in noted.items():
            self.columns.setdefault(name, []).append(value)
        return fields

    def ticks(self) -> Ticks:
        """All ticks so far. A column that ended early (the socket was gone) is left out as a whole."""
        count = len(self.columns.get("t_us", ()))
        whole = {name: tuple(values) for name, values in self.columns.items() if len(values) == count}
        return Ticks(**whole)
