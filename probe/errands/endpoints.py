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
from pathlib import Path

import msgspec

from probe.dns_client import Server
from probe.nettests.endpoint import Endpoint
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


def endpoints_of(plan: Plan, given: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """One endpoint for each service that may be measured: as given (the last counts), but only under names of the plan.

    A service of which nothing is given has its plan's names, and nobody verified them.
    """
    known = {endpoint.id: endpoint for endpoint in given}
    found = []
    for service in plan.services:
        endpoint = known.get(service.id, Endpoint(id=service.id, names=service.names))
        names = tuple(name for name in endpoint.names if name in service.names) or service.names
        found.append(msgspec.structs.replace(endpoint, names=names))
    return tuple(found)
