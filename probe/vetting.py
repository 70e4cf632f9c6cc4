"""Vetting: whether a responder that a plan names is one that a probe may connect to.

A plan decides where a volunteer's machine connects, and what happened there is uploaded: without a check, whoever
holds the operator's key could map the volunteer's home network. So a responder's addresses are literal and
public, not of the line itself, and its ports (TLS, QUIC, HTTP) are the web's. The laboratory alone (``join --lab``) may do
otherwise.

``ipaddress.is_global`` changed its mind between patch releases of Python; the tables below are IANA's own
(iana-ipv4-special-registry, iana-ipv6-special-registry, read 2026-11). An address in them has a purpose, and that
is not to be a server of ours, so that it does not matter which of them are reachable.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from probe.plan import Plan, Responder

Network = IPv4Network | IPv6Network

PORTS: Final = frozenset({80, 443})
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""The only part of IPv6 that IANA has given out as global unicast (RFC 4291, section 2.4)."""
SPECIAL_IPV4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by CGNAT
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # IETF protocols
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays, deprecated
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)
SPECIAL_IPV6: Final = tuple(
    map(
        IPv6Network,
        (  # those within 2000::/3; ::1, ::ffff:0:0/96, 64:ff9b::/96, fc00::/7, fe80::/10 and so on lie outside
            "2001::/23",  # IETF protocols, Teredo and ORCHID among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address of any kind in disguise
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)


def plan_fault(plan: Plan, lab: bool, own: Sequence[Network]) -> str | None:
    """What is wrong with the first responder of ``plan`` that is not to be used, if any is."""
    return next(filter(None, (responder_fault(r, lab, own) for r in plan.responders)), None)


def responder_fault(responder: Responder, lab: bool, own: Sequence[Network]) -> str | None:
    """What is wrong with ``responder``; ``None`` for one to which a probe may connect.

    ``lab`` allows any unicast address and any port; ``own`` are the networks of this very line.
    """
    faults = [address_fault(address, lab, own) for address in responder.addresses]
    ports = (responder.port, responder.quic_port, responder.http_port)
    faults += [f"port {port}" for port in ports if not lab and port is not None and port not in PORTS]
    found = next(filter(None, faults), None)
    return None if found is None else f"{responder.id}: {found}"


def address_fault(text: str, lab: bool, own: Sequence[Network]) -> str | None:
    """What is wrong with the address ``text``; see ``responder_fault``."""
    try:
        address = ip_address(text)
    except ValueError:
        return f"{text} is not an address"
    if "%" in text or address.is_multicast or address.is_unspecified:
        return f"{text} is not a host's address"
    if lab:
        return None
    if special_range(address):
        return f"{text} is not a public address"
    if any(address in network for network in own):
        return f"{text} is in this line's own network"
    return None


def special_range(address: IPv4Address | IPv6Address) -> str | None:
    """The special range that ``address`` lies in, ``None`` for one of a public host.

    >>> special_range(IPv4Address("10.1.2.3")), special_range(IPv6Address("fe80::1"))
    ('10.0.0.0/8', 'outside 2000::/3')
    """
    special: tuple[Network, ...] = SPECIAL_IPV4 if isinstance(address, IPv4Address) else SPECIAL_IPV6
    found = next((network for network in special if address in network), None)
    if found is not None:
        return str(found)
    outside = isinstance(address, IPv6Address) and address not in GLOBAL_UNICAST
    return f"outside {GLOBAL_UNICAST}" if outside else None
