"""Which connections a policy is about: those with a name, with any other name, to an address or a port, of a kind of content, or all.

Name matching is that of per-packet inspection: the name appears, in one piece, in one of a TCP connection's first eight packets
(a TLS name or an HTTP Host alike). Names in QUIC are encrypted under public keys and take a program to read.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{1,126}[A-Za-z0-9]")


@dataclass(frozen=True)
class Names:
    """Any of these names."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class AllBut:
    """Every TLS connection that shows none of these names: what a whitelist, or a favour, is made of."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class QuicName:
    """QUIC connections whose ClientHello shows this name: read by a box that opens Initials (`quic_eye`). TCP is left alone."""

    name: str


@dataclass(frozen=True)
class NameTowards:
    """TCP connections with this name to one network of the internet (its prefix): what a box on the way to that network sees."""

    name: str
    network: str


@dataclass(frozen=True)
class Address:
    """All traffic with one address, or one prefix, of the internet, whatever the name."""

    address: str


@dataclass(frozen=True)
class Port:
    """All traffic with one port of the internet, over TCP and UDP."""

    port: int


@dataclass(frozen=True)
class Payload:
    """TCP connections that begin like a kind of content: these bytes, in one piece, in one of the first eight packets from the home."""

    begins: bytes


@dataclass(frozen=True)
class Everything:
    """All traffic of a home."""


Match = str | Names | AllBut | NameTowards | QuicName | Payload | Address | Port | Everything
"""A bare string is one name."""


def names_of(match: Match) -> tuple[str, ...]:
    """Return the names a match looks for; none for an address, a port, a kind of content or everything."""
    if isinstance(match, str):
        return (match,)
    if isinstance(match, QuicName | NameTowards):
        return (match.name,)
    return match.names if isinstance(match, Names | AllBut) else ()


def by_mark(match: Match) -> bool:
    """Tell whether the connection's mark, put on by what its first packets show, is what decides."""
    return isinstance(match, str | Names | AllBut | NameTowards | QuicName | Payload)


def check_match(match: Match) -> None:
    """Raise ValueError for what could break out of a rule, or can never match."""
    if isinstance(match, Address):
        ipaddress.IPv4Network(match.address)
    elif isinstance(match, Port):
        if not 0 < match.port < 65_536:
            raise ValueError(f"match: port {match.port} is not one of 1 to 65535")
    elif isinstance(match, Payload):
        if not 4 <= len(match.begins) <= 64:
            raise ValueError(f"match: {len(match.begins)} bytes of content; write 4 to 64")
    elif not isinstance(match, Everything):
        if isinstance(match, NameTowards):
            ipaddress.IPv4Network(match.network)
        names = names_of(match)
        if not names:
            raise ValueError("match: no name")
        for name in names:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"match: {name!r} is not a host name of 3 to 128 letters, digits, dots and hyphens"
                )


def check_named(match: Match) -> None:
    """Raise ValueError unless the match is a good one by name: what blocks or injects has to know the connection."""
    check_match(match)
    if not names_of(match):
        raise ValueError(f"match: {match} names nothing, and this policy needs a name")
