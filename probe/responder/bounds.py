"""Bounds: connections and bytes per prefix and in all, openings per key. In memory, under a day key.

A prefix is remembered as an HMAC under a key that is made anew each day, so the tables hold no address.
"""

import hmac
import os
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256

from probe.responder.config import Bounds
from probe.responder.line import prefix_of

DAY_S = 86_400
HOUR_S = 3_600


class OverLimit(Exception):
    """A bound is reached; the text says which."""


@dataclass
class Ledger:
    """Who uses how much now and today. ``now_s`` arguments are seconds of a clock that never steps."""

    bounds: Bounds
    connections: int = 0
    bytes_today: int = 0
    _day: int = -1
    _hour: int = -1
    _key: bytes = b""
    _connections: Counter[bytes] = field(default_factory=Counter)
    _bytes: Counter[bytes] = field(default_factory=Counter)
    _granted: Counter[bytes] = field(default_factory=Counter)
    _openings: Counter[bytes] = field(default_factory=Counter)

    def prefix(self, address: str, now_s: float) -> bytes:
        """The day's name of the prefix of ``address``."""
        self._turn(now_s)
        return hmac.new(self._key, prefix_of(address), sha256).digest()

    def _turn(self, now_s: float) -> None:
        if int(now_s // DAY_S) != self._day:
            self._day, self._key, self.bytes_today = int(now_s // DAY_S), os.urandom(32), 0
            self._bytes.clear()
            self._granted.clear()
            self._connections.clear()
        if int(now_s // HOUR_S) != self._hour:
            self._hour = int(now_s // HOUR_S)
            self._openings.clear()

    def enter(self, prefix: bytes) -> None:
        """Count a connection; raises ``OverLimit`` and counts nothing when there are too many."""
        if self.connections >= self.bounds.connections:
            raise OverLimit("connections")
        if self._connections[prefix] >= self.bounds.connections_per_prefix:
            raise OverLimit("connections of this prefix")
        self.connections += 1
        self._connections[prefix] += 1

    def leave(self, prefix: bytes) -> None:
        """A counted connection ended. The day may have turned since; no count falls below zero."""
        self.connections -= 1
        if self._connections[prefix] > 1:
            self._connections[prefix] -= 1
        else:
            del self._connections[prefix]

    def reserve(self, key: bytes, prefix: bytes, bytes_: int, granted_per_day: int, now_s: float) -> None:
        """Set aside the most a ticket can cost; raises ``OverLimit``, reserving nothing."""
        self._turn(now_s)
        if self._openings[key] >= self.bounds.openings_per_key_hour:
            raise OverLimit("openings of this key in this hour")
        if self._granted[key] + bytes_ > granted_per_day:
            raise OverLimit("bytes granted to this key today")
        if self._bytes[prefix] + bytes_ > self.bounds.bytes_per_prefix_day:
            raise OverLimit("bytes of this prefix today")
        if self.bytes_today + bytes_ > self.bounds.bytes_per_day:
            raise OverLimit("bytes of this responder today")
        self._openings[key] += 1
        self._granted[key] += bytes_
        self._bytes[prefix] += bytes_
        self.bytes_today += bytes_
