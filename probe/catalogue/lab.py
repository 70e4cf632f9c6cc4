"""``catalogue verify`` in a laboratory: its own resolver and authorities instead of the Internet's, and private addresses."""

import ssl
from typing import NamedTuple

from probe.catalogue.way_out import Check, Resolve
from probe.errands.endpoints import Laboratory, load
from probe.gate import Gate
from probe.look.lookup import LookupFailed, by_resolver, by_system
from probe.trouble import UsageTrouble

__all__ = ["Terms", "load", "terms_of"]


class Terms(NamedTuple):
    """What ``open_way_out`` takes."""

    check: Check
    resolve: Resolve
    trust: ssl.SSLContext | None


def terms_of(lab: Laboratory) -> Terms:
    """By the ``[laboratory]`` of a file of endpoints; over IPv4. Raises ``UsageTrouble`` for authorities that cannot be read."""
    gate = Gate(lab=True)
    look_up = by_system if lab.resolver is None else by_resolver(gate, lab.resolver)

    async def resolve(host: str, _port: int) -> list[str]:
        try:
            return list(await look_up(host, "ipv4"))
        except LookupFailed as failed:
            raise OSError(failed.failure) from failed

    return Terms(gate.check, resolve, _trust(lab.ca))


def _trust(ca: str | None) -> ssl.SSLContext | None:
    if ca is None:
        return None
    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError is one
        raise UsageTrouble("endpoints_unreadable", path=ca, reason=error) from error
