"""Metered sockets: what really came on the wire is counted where it is read, and past its bound nothing more is read.

A body's length says little of what a server made the line carry: interim answers, chunk extensions and headers cost bytes and are no
body. So the bound stands below HTTP and TLS, at the socket: no server, and no box on the way, can raise it.
"""

import socket
from dataclasses import dataclass
from typing import Any, Final

from probe import tcpinfo

PIECE_BYTES: Final = 32 * 1024
"""Read at a time at most: so little is ahead of who reads the body."""


class TooMuch(OSError):
    """More came than the meter allows; the connection is given up."""


@dataclass(eq=False)
class Meter:
    """Bytes of TCP payload that came and went over the sockets under it. ``most_bytes``: so many may come, ``None``: any number."""

    received_bytes: int = 0
    sent_bytes: int = 0
    most_bytes: int | None = None

    @property
    def bytes(self) -> int:
        """Both ways."""
        return self.received_bytes + self.sent_bytes

    @property
    def is_full(self) -> bool:
        """Whether more came than may."""
        return self.most_bytes is not None and self.received_bytes > self.most_bytes

    def allow(self, more_bytes: int) -> None:
        """From here on ``more_bytes`` may come. What was allowed before and did not come is not added to it."""
        self.most_bytes = max(self.most_bytes or 0, self.received_bytes + more_bytes)

    def socket(self, family: int, kind: int, protocol: int) -> "MeteredSocket":
        """An unconnected socket under this meter that does not block, for asyncio."""
        sock = MeteredSocket(family, kind, protocol)
        sock.setblocking(False)
        sock.meter = self
        return sock


class MeteredSocket(socket.socket):
    """A TCP socket under a meter. asyncio reads by ``recv`` and ``recv_into`` alone, below TLS."""

    meter: Meter
    _counted: int = 0

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """See socket.socket; raises ``TooMuch``."""
        data = super().recv(min(bufsize, PIECE_BYTES), flags)
        self._came(len(data))
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """See socket.socket; raises ``TooMuch``."""
        count = super().recv_into(buffer, min(nbytes or memoryview(buffer).nbytes, PIECE_BYTES), flags)
        self._came(count)
        return count

    def close(self) -> None:
        """See socket.socket; what the kernel took and nobody read came on the wire as well."""
        told = tcpinfo.read(self)
        if told is not None:
            self.meter.received_bytes += max(0, told["bytes_received"] - self._counted)
            self.meter.sent_bytes += told["bytes_acked"]
        super().close()

    def _came(self, count: int) -> None:
        self._counted += count
        self.meter.received_bytes += count
        if self.meter.is_full:
            raise TooMuch("more bytes than may come")
