"""Connections: how many may be open, in all and from one prefix, and how long one may stay silent. No HTTP here.

A guard stands between the listening socket and the HTTP server's protocol and hands everything through. It turns
away what is too much, and closes what asks for nothing within ten seconds of coming. When there is no room, the
oldest of those that have asked for nothing yet makes it: silence keeps nobody out. A reverse proxy that the operator trusts may
have as many as it likes: it is one peer, and all homes.
"""

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from typing import Final, cast

from collector.metrics import Metrics
from collector.visitors import DayKey, Proxies, prefix_of

FIRST_REQUEST_S: Final = 10.0
FILES_FOR_OURSELVES: Final = 64
"""Of the files this process may open, so many are for the store, the roster and the log."""


def connections_allowed(largest: int) -> int:
    """``largest``, or fewer where the process may not open as many files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return largest if files == resource.RLIM_INFINITY else max(1, min(largest, files - FILES_FOR_OURSELVES))


class Connections:
    """The open connections. ``clock_us`` is the wall clock in µs; touched on the event loop alone."""

    def __init__(
        self,
        metrics: Metrics,
        clock_us: Callable[[], int],
        largest: int,
        largest_per_prefix: int,
        first_request_s: float = FIRST_REQUEST_S,
        proxies: Proxies | None = None,
    ) -> None:
        self._metrics = metrics
        self._largest = connections_allowed(largest)
        self._largest_per_prefix = largest_per_prefix
        self._first_request_s = first_request_s
        self._proxies = proxies or Proxies()
        self._open: dict[asyncio.Transport, bytes | None] = {}
        self._silent: dict[asyncio.Transport, asyncio.TimerHandle] = {}  # oldest first
        self._by_prefix: Counter[bytes] = Counter()
        self._day_key = DayKey(clock_us, lambda: None)

    def __len__(self) -> int:
        return len(self._open)

    def guarded(self, factory: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """``factory`` for a listening socket, each protocol it makes behind a guard."""
        return lambda: _Guard(self, factory())

    def enter(self, transport: asyncio.Transport) -> bool:
        """Note a new connection; false if there is no room for it."""
        peer = (transport.get_extra_info("peername") or (None,))[0]
        prefix = None if self._proxies.trusts(peer) else prefix_of(peer)
        tag = None if prefix is None else self._day_key.tag(prefix)
        full = tag is not None and self._by_prefix[tag] >= self._largest_per_prefix
        if full or not self._has_room():
            self._metrics.connections_refused += 1
            return False
        self._open[transport] = tag
        if tag is not None:
            self._by_prefix[tag] += 1
        loop = asyncio.get_running_loop()
        self._silent[transport] = loop.call_later(self._first_request_s, self._close_silent, transport)
        return True

    def asked(self, transport: asyncio.Transport | None) -> None:
        """The connection has made a whole request: it is not silent."""
        timer = self._silent.pop(transport, None) if transport is not None else None
        if timer is not None:
            timer.cancel()

    def leave(self, transport: asyncio.Transport) -> None:
        """The connection is over."""
        self.asked(transport)
        tag = self._open.pop(transport, None)
        if tag is not None:
            self._by_prefix[tag] -= 1
            if not self._by_prefix[tag]:
                del self._by_prefix[tag]

    def _has_room(self) -> bool:
        if len(self._open) < self._largest:
            return True
        oldest = next(iter(self._silent), None)
        if oldest is not None:
            self._close_silent(oldest)
        return oldest is not None

    def _close_silent(self, transport: asyncio.Transport) -> None:
        self._metrics.connections_silent += 1
        self.leave(transport)
        transport.abort()


class _Guard(asyncio.Protocol):
    """Hands everything to the protocol behind it, unless the connection is turned away at once."""

    def __init__(self, connections: Connections, behind: asyncio.Protocol) -> None:
        self._connections = connections
        self._behind = behind
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        duplex = cast(asyncio.Transport, transport)  # what a listening TCP socket makes
        if not self._connections.enter(duplex):
            duplex.abort()
            return
        self._transport = duplex
        self._behind.connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport is not None:
            self._connections.leave(self._transport)
            self._behind.connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._behind.data_received(data)

    def eof_received(self) -> bool | None:
        return self._behind.eof_received() if self._transport is not None else None

    def pause_writing(self) -> None:
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        self._behind.resume_writing()
