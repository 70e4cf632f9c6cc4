"""Address families: in which of the two this line has a way out, and which one a pair takes, drawn before its coin."""

import random
import socket
from typing import Final

from probe.measurement.ticket import AddressFamily
from probe.plan import Responder

SOMEWHERE: Final[dict[AddressFamily, str]] = {"ipv4": "1.1.1.1", "ipv6": "2606:4700:4700::1111"}
"""Where a route is asked for; nothing is sent there."""
_SOCKETS: Final = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


def has_route(family: AddressFamily, address: str | None = None) -> bool:
    """Whether the kernel knows a way to ``address``, or out at all. Connecting a datagram socket sends nothing."""
    try:
        with socket.socket(_SOCKETS[family], socket.SOCK_DGRAM) as sock:
            sock.connect((address or SOMEWHERE[family], 443))
    except OSError:
        return False
    return True


def routed() -> tuple[AddressFamily, ...]:
    """The families in which there is a way out of this line."""
    return tuple(family for family in SOMEWHERE if has_route(family))


def served(responder: Responder) -> tuple[AddressFamily, ...]:
    """The families in which the responder has the two addresses that the coin needs; IPv4 first."""
    return tuple(family for family in SOMEWHERE if len(responder.in_family(family)) >= 2)


def way_in(responder: Responder, family: AddressFamily) -> str:
    """The responder's first address in ``family``, or where it or this line has none there, in the other."""
    wanted = sorted(SOMEWHERE, key=lambda one: one != family)
    firsts = {one: responder.in_family(one)[0] for one in wanted if responder.in_family(one)}
    routed_to = (address for one, address in firsts.items() if has_route(one, address))
    return next(routed_to, next(iter(firsts.values())))


def drawn(responder: Responder, rng: random.Random, wanted: AddressFamily | None = None) -> AddressFamily:
    """The family of a pair, among those that the responder serves (one at least) and this line has a way in.

    ``wanted`` is taken where it is served. Where there is no way at all, the first that is served: the pair fails, and says so.
    """
    families = served(responder)
    if wanted is not None and wanted in families:
        return wanted
    ways = [family for family in families if has_route(family, responder.in_family(family)[0])]
    return rng.choice(ways) if len(ways) > 1 else (ways or families)[0]
