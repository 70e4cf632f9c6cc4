"""The line's own networks on Linux: those directly attached, the gateways, and the home's IPv6 prefix.

From /proc/thread-self/net, no privileges. What cannot be read is left out: that a list is empty means that
nothing is known.
"""

import socket
import struct
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Final

from probe.link_linux import PROC_NET
from probe.vetting import GLOBAL_UNICAST, Network

SMALLEST_PREFIX: Final = 8
"""A shorter one (0.0.0.0/0, or the halves that a VPN installs) is a way out, not an attached network."""
HOME_PREFIX: Final = 48
"""The largest prefix that a home is given (RFC 6177, RIPE-690): its other networks lie in the same."""


def own_networks(proc_net: Path = PROC_NET) -> tuple[Network, ...]:
    """See ``probe.link.own_networks``."""
    return (*_ipv4(_rows(proc_net / "route")[1:]), *_ipv6(_rows(proc_net / "if_inet6")))


def _ipv4(routes: list[list[str]]) -> Iterator[Network]:
    for _, destination, gateway, _, _, _, _, mask, *_ in routes:
        if gateway != "00000000":
            yield IPv4Network(_address(gateway))
        elif (
            network := IPv4Network((_address(destination), str(_address(mask))))
        ).prefixlen >= SMALLEST_PREFIX:
            yield network


def _ipv6(addresses: list[list[str]]) -> Iterator[Network]:
    for digits, *_ in addresses:
        address = IPv6Address(bytes.fromhex(digits))
        if address in GLOBAL_UNICAST:
            yield IPv6Network((address, HOME_PREFIX), strict=False)


def _address(digits: str) -> IPv4Address:
    """/proc/net/route shows addresses as the machine's own 32-bit integers."""
    return IPv4Address(socket.ntohl(struct.unpack(">I", bytes.fromhex(digits))[0]))


def _rows(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return []
