"""Endpoints from a file, for whoever tries a nettest on what the catalogue does not have; and those of a plan's services.

[[endpoint]]
id = "musee"                       # a service of the plan
names = ["www.musee.example"]
verified = true                    # somebody checked names and objects on the live network
[[endpoint.objects]]
original = { url = "https://www.musee.example/clip.mp4", length_bytes = 300000 }
control = { url = "https://static.neutral.example/clip.mp4" }

[laboratory]                       # ignored outside one (join --lab)
resolver = ["127.0.0.1", 5353]
ca = "authority.pem"
https_port = 8443
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from probe.catalogue.risk import RiskBook
from probe.dns_client import Server
from probe.nettests.endpoint import Endpoint, Fetched
from probe.plan import Plan
from probe.trouble import UsageTrouble


class Laboratory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What replaces the real network's in a laboratory. ``trusted`` are its resolvers."""

    resolver: tuple[str, int] | None = None
    ca: str | None = None
    https_port: int = 443
    trusted: tuple[Server, ...] = ()


class EndpointFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    endpoint: tuple[Endpoint, ...] = ()
    laboratory: Laboratory = Laboratory()


def load(path: Path) -> EndpointFile:
    """The file; raises ``UsageTrouble("endpoints_unreadable")`` that says what and where."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return msgspec.convert(table, EndpointFile)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise UsageTrouble("endpoints_unreadable", path=path, reason=error) from error


def endpoints_of(
    plan: Plan, given: tuple[Endpoint, ...], book: RiskBook, countries: Iterable[str]
) -> tuple[Endpoint, ...]:
    """One endpoint for each service that may be measured: as given (the last counts), but only under names of the plan.

    A service of which nothing is given has its plan's names, and nobody verified them. An object goes where its host is
    none of those names or is off in one of ``countries`` by ``book``, or its control's is off: the pair goes whole.
    """
    places = tuple(countries)
    known = {endpoint.id: endpoint for endpoint in given}
    found = []
    for service in plan.services:
        endpoint = known.get(service.id, Endpoint(id=service.id, names=service.names))
        names = tuple(name for name in endpoint.names if name in service.names) or service.names
        objects = tuple(pair for pair in endpoint.objects if _may_fetch(pair, service.names, book, places))
        found.append(msgspec.structs.replace(endpoint, names=names, objects=objects))
    return tuple(found)


def _may_fetch(pair: Fetched, agreed: tuple[str, ...], book: RiskBook, countries: tuple[str, ...]) -> bool:
    """Whether the object's host is one that the volunteer agreed to, and neither its nor its control's is off."""
    hosts = tuple(_host(item.url) for item in (pair.original, pair.control))
    if None in hosts or hosts[0] not in {name.lower() for name in agreed}:
        return False
    return not any(book.off_name(host or "", countries) for host in hosts)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
