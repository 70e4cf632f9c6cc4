"""Which connections a policy is about: those with a name, with any other name, to an address, or all of them.

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
class Everything:
    """All traffic of a home."""


Match = str | Names | AllBut | NameTowards | QuicName | Address | Everything
"""A bare string is one name."""


def names_of(match: Match) -> tuple[str, ...]:
    """Return the names a match looks for; none for an address or everything."""
    if isinstance(match, str):
        return (match,)
    if isinstance(match, QuicName | NameTowards):
        return (match.name,)
    return match.names if isinstance(match, Names | AllBut) else ()


def by_name(match: Match) -> bool:
    """Tell whether the connection's mark, put on by the name, is what decides."""
    return isinstance(match, str | Names | AllBut | NameTowards | QuicName)


def check_match(match: Match) -> None:
    """Raise ValueError for what could break out of a rule, or can never match."""
    if isinstance(match, Address):
        ipaddress.IPv4Network(match.address)
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
    if not by_name(match):
        raise ValueError(f"match: {match} names nothing, and this policy needs a name")
