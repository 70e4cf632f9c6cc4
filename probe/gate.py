"""The gate: the one vetted connector. Every socket that a nettest opens is made here (integrity.md 9).

An address is checked where it is used, in the call that connects to it: what a name meant a moment ago, or where a
redirect leads, is of no account. Outside a laboratory only public unicast addresses that are not the line's own pass,
at ports 80 and 443 (a resolver's at 53 and 853 too). ``probe.vetting`` holds the tables.

What does not pass here: the probe's own collector (``probe.door``), whose address the volunteer typed at ``join`` and
which follows no redirect.
"""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from probe import link
from probe.metered import Meter
from probe.vetting import PORTS, Network, address_fault

DNS_PORT: Final = 53
DOT_PORT: Final = 853
"""DNS over TLS (RFC 7858)."""


class Forbidden(OSError):
    """Nothing was sent: the address or the port is none to which a probe connects."""


@dataclass(frozen=True)
class Gate:
    """Who may be connected to. ``own`` reads the line's networks anew each time, for a line changes.

    ``resolvers`` are the addresses of the home's own resolvers, which are on the home network as a rule: they may be
    asked at port 53 and nowhere else. ``trusted`` are public addresses that may be asked for names, at 53 and 853: our own
    list's, and for a question that nobody should answer a responder's. ``lab`` allows any unicast address and any port. ``meter`` counts, and bounds, what comes over sockets of asyncio.
    """

    lab: bool = False
    resolvers: frozenset[str] = frozenset()
    trusted: frozenset[str] = frozenset()
    own: Callable[[], Sequence[Network]] = link.own_networks
    meter: Meter = field(default_factory=Meter)

    def check(self, address: str, port: int) -> None:
        """Raise ``Forbidden`` unless a probe may connect to ``address`` at ``port``."""
        if port == DNS_PORT and address in self.resolvers:
            return
        own = () if self.lab else self.own()
        fault = address_fault(address, self.lab, own)
        ports = PORTS | {DNS_PORT, DOT_PORT} if address in self.trusted else PORTS
        if fault is None and not self.lab and port not in ports:
            fault = f"port {port}"
        if fault is not None:
            raise Forbidden(fault)

    def tcp(self, address: tuple[str, int], timeout_s: float) -> socket.socket:
        """A connected TCP socket; raises ``Forbidden`` or another ``OSError``."""
        return self._connected(address, timeout_s, socket.SOCK_STREAM)

    def udp(self, address: tuple[str, int], timeout_s: float) -> socket.socket:
        """A datagram socket that sends to ``address`` and hears nobody else; raises as ``tcp``."""
        return self._connected(address, timeout_s, socket.SOCK_DGRAM)

    def socket_factory(self, info: tuple[Any, ...]) -> socket.socket:
        """An unconnected socket for one result of getaddrinfo(3), for aiohttp: the last place before it connects."""
        family, kind, protocol, _, address = info
        self.check(str(address[0]), int(address[1]))
        return self.meter.socket(family, kind, protocol)

    def _connected(self, address: tuple[str, int], timeout_s: float, kind: int) -> socket.socket:
        self.check(*address)
        sock = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, kind)
        try:
            sock.settimeout(timeout_s)
            sock.connect(address)
        except BaseException:
            sock.close()
            raise
        return sock
