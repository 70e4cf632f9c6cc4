"""The door: listening sockets whose settings are constants, set before anybody is accepted.

An accepted socket inherits them, so no name, address or key can earn other buffers or another congestion
control. Only the pace is set later, from the ticket.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from probe.pacing import (
    CONGESTION_CONTROL,
    NOTSENT_LOWAT_BYTES,
    SO_MAX_PACING_RATE,
    TCP_NOTSENT_LOWAT,
    lowat_bytes,
)

BACKLOG: Final = 256
METRICS_SWITCH: Final = Path("/proc/sys/net/ipv4/tcp_no_metrics_save")


@dataclass(frozen=True)
class Door:
    """Listening sockets in the order of the configured addresses, and the port they share."""

    sockets: tuple[socket.socket, ...]
    port: int

    def close(self) -> None:
        """Stop listening."""
        for sock in self.sockets:
            sock.close()


def open_door(addresses: tuple[str, ...], port: int) -> Door:
    """Listen on every address; port 0 takes a free one and uses it for all. Raises ``OSError``."""
    sockets: list[socket.socket] = []
    try:
        for address in addresses:
            sock = _listener(address, port)
            sockets.append(sock)
            port = sock.getsockname()[1]
    except OSError:
        for sock in sockets:
            sock.close()
        raise
    return Door(tuple(sockets), port)


def places(addresses: Sequence[str]) -> tuple[int, ...]:
    """Each address's place among those of its family: what the coin's 0 or 1 means.

    >>> places(("192.0.2.1", "2001:db8::1", "192.0.2.2", "2001:db8::2"))
    (0, 0, 1, 1)
    """
    six = [":" in address for address in addresses]
    return tuple(six[:number].count(own) for number, own in enumerate(six))


def _listener(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONGESTION_CONTROL)
        sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, NOTSENT_LOWAT_BYTES)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((address, port))
        sock.listen(BACKLOG)
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def set_pace(sock: socket.socket, pace_bit_s: int) -> None:
    """Pace ``sock`` (tcp(7), SO_MAX_PACING_RATE, bytes a second); 0 leaves it unpaced, with more to send at hand."""
    sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, lowat_bytes(pace_bit_s))
    if pace_bit_s:
        sock.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, pace_bit_s // 8)


def congestion_control(sock: socket.socket) -> str:
    """The congestion control in use on ``sock``."""
    raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16)
    return raw.rstrip(b"\0").decode()


def forgets_metrics() -> bool:
    """Whether the kernel keeps no TCP metrics per peer (else a first run could colour the second)."""
    try:
        return METRICS_SWITCH.read_text().strip() == "1"
    except OSError:
        return False
