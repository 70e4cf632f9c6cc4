"""Where a URL leads, in one spelling: what is checked, what is looked up and what is connected to are the same host.

Resolvers and HTTP libraries fold what looks alike (Unicode's full-width letters, its other full stops) after a check has seen it, and
read what stands around a host each in their own way. So a URL is taken apart once, and put together anew from what was checked.
"""

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)*{_LABEL}")
_NUMBER: Final = re.compile(r"\d+|0x[0-9a-f]*")

HOMES: Final = frozenset(
    (
        "local",
        "localhost",
        "localdomain",
        "lan",
        "home",
        "internal",
        "intranet",
        "private",
        "corp",
        "box",
        "home.arpa",
    )
)
"""Domains whose names a home, an office or a router gives (RFC 6761, 6762, 8375; ICANN keeps most of them out of the public tree).

``box`` is in the public tree as well, and in every FRITZ!Box.
"""


class NoHost(ValueError):
    """The URL has no host that is a name or an address as TLS and DNS write them."""


def plain(url: str) -> SplitResult:
    """``url`` less user and fragment, its host in small ASCII letters without a final stop; raises ``NoHost``.

    >>> plain("HTTP://me@\uff37ww.Example\u3002org.:8080/x?y#z").geturl()
    'http://www.example.org:8080/x?y'
    """
    try:
        parts = urlsplit(url)
        host, port = _plain_host(parts.hostname or ""), parts.port
    except ValueError as error:  # UnicodeError is one
        raise NoHost("no host") from error
    inside = f"[{host}]" if ":" in host else host
    netloc = inside if port is None else f"{inside}:{port}"
    return SplitResult(parts.scheme, netloc, parts.path, parts.query, "")


def is_literal(host: str) -> bool:
    """Whether ``host`` is an address."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_homes(host: str) -> bool:
    """Whether ``host``, plain, is a name that the home itself gives: nobody else may have it asked.

    >>> is_homes("nas"), is_homes("tv.fritz.box"), is_homes("192.0.2.1"), is_homes("local.example")
    (True, True, False, False)
    """
    if is_literal(host):
        return False
    labels = host.split(".")
    return len(labels) == 1 or any(".".join(labels[-count:]) in HOMES for count in (1, 2))


def _plain_host(host: str) -> str:
    if is_literal(host):
        if "%" in host:
            raise NoHost("an address with a zone")
        return host
    folded = (host if host.isascii() else host.encode("idna").decode()).lower().removesuffix(".")
    if _HOST.fullmatch(folded) is None or _NUMBER.fullmatch(folded.rpartition(".")[2]):
        raise NoHost("no name")  # the second: 127.1 and 0x7f.1, which inet_aton(3) would read
    return folded
