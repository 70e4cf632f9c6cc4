"""Visitors: how an address is counted without being kept. In memory, under a key that nobody ever sees.

An address becomes its /24 or /48 at once, and that a keyed hash (integrity.md 5). The key is drawn anew each day,
so a day's counts cannot be tied to the next day's, and a restart forgets all.
"""

import hmac
import ipaddress
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Final

from collector.quarters import US_PER_DAY

IPV4_BITS: Final = 24
IPV6_BITS: Final = 48
_TAG_BYTES: Final = 8


def prefix_of(address: str | None) -> bytes | None:
    r"""The /24 or /48 of ``address`` as bytes, ``None`` for what is not to be limited here.

    That is an address of this machine: behind a reverse proxy every peer is one, and the proxy does the limiting.

    >>> prefix_of("192.0.2.7"), prefix_of("127.0.0.1")
    (b'4\xc0\x00\x02', None)
    """
    if address is None:
        return None
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    if parsed.is_loopback:
        return None
    bits = IPV4_BITS if parsed.version == 4 else IPV6_BITS
    return b"%d%b" % (parsed.version, parsed.packed[: bits // 8])


class DayKey:
    """The key of the day. ``on_change`` is called when a day begins; ``clock_us`` is the wall clock in µs."""

    def __init__(self, clock_us: Callable[[], int], on_change: Callable[[], None]) -> None:
        self._clock_us = clock_us
        self._on_change = on_change
        self._day = -1
        self._key = b""

    def tag(self, prefix: bytes) -> bytes:
        """What stands for ``prefix`` until the day is over."""
        day = self._clock_us() // US_PER_DAY
        if day != self._day:
            self._day, self._key = day, secrets.token_bytes(32)
            self._on_change()
        return hmac.digest(self._key, prefix, "sha256")[:_TAG_BYTES]


class Enrolments:
    """How many keys were enrolled from a prefix today: at most ``largest``."""

    def __init__(self, clock_us: Callable[[], int], largest: int) -> None:
        self._largest = largest
        self._counts: Counter[bytes] = Counter()
        self._day_key = DayKey(clock_us, self._counts.clear)

    def take(self, address: str | None) -> bool:
        """Count one more from ``address``; false, and nothing counted, when its day is used up."""
        prefix = prefix_of(address)
        if prefix is None:
            return True
        tag = self._day_key.tag(prefix)
        if self._counts[tag] >= self._largest:
            return False
        self._counts[tag] += 1
        return True
