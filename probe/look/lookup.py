"""Lookups: names to addresses as this machine would, or by a resolver that is named; every failure has its word."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import Final

from probe.dns_client import Asker, Server
from probe.gate import Gate
from probe.measurement.ticket import AddressFamily

LOOKUP_S: Final = 6.0
FAMILIES: Final = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
_FAILURES: Final = {
    socket.EAI_NONAME: "dns_nxdomain",
    socket.EAI_NODATA: "dns_no_address",
    socket.EAI_AGAIN: "dns_timeout",
    socket.EAI_FAIL: "dns_failed",
}


class LookupFailed(Exception):
    """There is no address; ``failure`` is one of ``ENDPOINT_FAILURES``."""

    def __init__(self, failure: str) -> None:
        super().__init__(failure)
        self.failure = failure


Lookup = Callable[[str, AddressFamily], Awaitable[tuple[str, ...]]]
"""Name and family to literal addresses, at least one; raises ``LookupFailed``."""


def whole(name: str) -> str:
    """``name`` with the final stop that says that nothing is to be put behind it; an address as it is."""
    try:
        return str(ip_address(name))
    except ValueError:
        return name.removesuffix(".") + "."


async def by_system(name: str, family: AddressFamily) -> tuple[str, ...]:
    """Ask as every program of this machine does: getaddrinfo(3), with its caches; but never under the home's own domain (search list)."""
    loop = asyncio.get_running_loop()
    asking = loop.getaddrinfo(whole(name), None, family=FAMILIES[family], type=socket.SOCK_STREAM)
    try:
        found = await asyncio.wait_for(asking, LOOKUP_S)
    except TimeoutError as error:
        raise LookupFailed("dns_timeout") from error
    except socket.gaierror as error:
        raise LookupFailed(_FAILURES.get(error.errno or 0, "dns_failed")) from error
    except UnicodeError as error:  # a name that cannot be one
        raise LookupFailed("dns_nxdomain") from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def by_resolver(gate: Gate, resolver: tuple[str, int]) -> Lookup:
    """Ask one resolver alone, over UDP: a laboratory's stand-in for this machine's own."""
    server = Server(id="home", address=resolver[0], port=resolver[1])
    asker = Asker(gate, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), listen_s=0.0)

    async def ask(name: str, family: AddressFamily) -> tuple[str, ...]:
        try:
            return (str(ip_address(name)),)
        except ValueError:
            pass
        asked = await asyncio.to_thread(asker.ask, server, "udp", name, family)
        if not asked.addresses:
            raise LookupFailed(asked.failure)
        return asked.addresses

    return ask
