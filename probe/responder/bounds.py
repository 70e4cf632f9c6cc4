"""Bounds: bytes and openings, per key, per prefix and in all. In memory, under a day key.

A prefix is remembered as an HMAC under a key that is made anew each day, so the tables hold no address. What a
ticket may cost is set aside when it is opened; what it did not cost is given back when it ends.
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


@dataclass(frozen=True)
class Charge:
    """What was set aside for a ticket, and in whose name: the quarter key and the day's name of the prefix."""

    key: bytes
    prefix: bytes
    bytes_: int
    day: int


@dataclass
class Ledger:
    """Who used how much today. ``now_s`` arguments are seconds of a clock that never steps."""

    bounds: Bounds
    bytes_today: int = 0
    _day: int = -1
    _hour: int = -1
    _key: bytes = b""
    _bytes: Counter[bytes] = field(default_factory=Counter)
    _granted: Counter[bytes] = field(default_factory=Counter)
    _openings: Counter[bytes] = field(default_factory=Counter)
    _prefix_openings: Counter[bytes] = field(default_factory=Counter)

    def prefix(self, address: str, now_s: float) -> bytes:
        """The day's name of the prefix of ``address``."""
        self._turn(now_s)
        return hmac.new(self._key, prefix_of(address), sha256).digest()

    def _turn(self, now_s: float) -> None:
        if int(now_s // DAY_S) != self._day:
            self._day, self._key, self.bytes_today = int(now_s // DAY_S), os.urandom(32), 0
            self._bytes.clear()
            self._granted.clear()
        if int(now_s // HOUR_S) != self._hour:
            self._hour = int(now_s // HOUR_S)
            self._openings.clear()
            self._prefix_openings.clear()

    def reserve(self, key: bytes, prefix: bytes, bytes_: int, granted_per_day: int, now_s: float) -> Charge:
        """Set aside the most a ticket can cost; raises ``OverLimit``, reserving nothing."""
        self._turn(now_s)
        if self._openings[key] >= self.bounds.openings_per_key_hour:
            raise OverLimit("openings of this key in this hour")
        if self._prefix_openings[prefix] >= self.bounds.openings_per_prefix_hour:
            raise OverLimit("openings of this prefix in this hour")
        if self._granted[key] + bytes_ > granted_per_day:
            raise OverLimit("bytes granted to this key today")
        if self._bytes[prefix] + bytes_ > self.bounds.bytes_per_prefix_day:
            raise OverLimit("bytes of this prefix today")
        if self.bytes_today + bytes_ > self.bounds.bytes_per_day:
            raise OverLimit("bytes of this responder today")
        self._openings[key] += 1
        self._prefix_openings[prefix] += 1
        self._granted[key] += bytes_
        self._bytes[prefix] += bytes_
        self.bytes_today += bytes_
        return Charge(key, prefix, bytes_, self._day)

    def give_back(self, charge: Charge, sent_bytes: int) -> None:
        """The ticket of ``charge`` ended after ``sent_bytes``: the rest may be used again. The opening stays counted.

        A charge of another day is void: that day's tables are gone.
        """
        unused = max(0, charge.bytes_ - sent_bytes)
        if charge.day != self._day:
            return
        self._granted[charge.key] -= unused
        self._bytes[charge.prefix] -= unused
        self.bytes_today -= unused
