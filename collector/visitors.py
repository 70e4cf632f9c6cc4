"""Visitors: how an address is counted without being kept. In memory, under a key that nobody ever sees.

An address becomes its /24 or /48 at once, and that a keyed hash (integrity.md 5). The key is drawn anew each day,
so a day's counts cannot be tied to the next day's, and a restart forgets all.

Behind a reverse proxy every peer is the proxy. One that the operator trusts says in ``X-Forwarded-For`` who came to it, and that
address is counted in its place; nobody else is believed.
"""

import hmac
import ipaddress
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from collector.quarters import US_PER_DAY

IPV4_BITS: Final = 24
IPV6_BITS: Final = 48
_TAG_BYTES: Final = 8
UNREADABLE: Final = "::"
"""Stands for every address that a proxy passes on and that is none."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def prefix_of(address: str | None) -> bytes | None:
    r"""The /24 or /48 of ``address`` as bytes, ``None`` for what is not to be limited here.

    That is an address of this machine: its own commands, for a proxy on it tells who came (``Proxies``).

    >>> prefix_of("192.0.2.7"), prefix_of("127.0.0.1")
    (b'4\xc0\x00\x02', None)
    """
    if address is None:
        return None
    parsed = _parsed(address)
    if parsed is None or parsed.is_loopback:
        return None
    bits = IPV4_BITS if parsed.version == 4 else IPV6_BITS
    return b"%d%b" % (parsed.version, parsed.packed[: bits // 8])


def _parsed(address: str) -> _Address | None:
    """The address, IPv4 where it is IPv4 inside IPv6; ``None`` for what is none."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


class Proxies:
    """The reverse proxies in ``networks`` (as "192.0.2.0/24"): who stands behind a connection, by their word."""

    def __init__(self, networks: Sequence[str] = ()) -> None:
        self._networks = tuple(ipaddress.ip_network(network, strict=False) for network in networks)

    def trusts(self, address: str | None) -> bool:
        """Whether ``address`` is such a proxy's."""
        parsed = None if address is None else _parsed(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def visitor(self, peer: str | None, forwarded: Sequence[str]) -> str | None:
        """The address to be counted for a request by ``peer`` with these ``X-Forwarded-For``: the last that is no proxy's.

        A word that is no address counts with all such words: to be unreadable frees nobody. Where the proxy names none, its own.

        >>> Proxies(["127.0.0.0/8"]).visitor("127.0.0.1", ["203.0.113.9, 192.0.2.7"])
        '192.0.2.7'
        """
        if not forwarded or not self.trusts(peer):
            return peer
        for word in reversed(",".join(forwarded).split(",")):
            address = word.strip()
            if not self.trusts(address):
                return address if _parsed(address) else UNREADABLE
        return peer


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
