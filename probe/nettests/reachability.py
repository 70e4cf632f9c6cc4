"""reachability: whether a service is there, in few bytes, and which layer fails if it is not.

Records for each of the service's names: the lengths of DNS, TCP and TLS handshakes and of the wait for the answer's
head (HEAD, redirects not followed), status, certificate, and the failure that ended the look. A look that fails is
tried once more after a moment, so that one lost packet is no outage. Only for endpoints that somebody verified. An
observation: a service can be down by itself; what counts is how many lines of which networks cannot see it.
"""

import asyncio
from typing import Final

import msgspec

from probe.budget import on_the_line
from probe.doh import CLOSING_S
from probe.look.eyes import eyes_of
from probe.look.hop import Eyes, Request, wire_bytes
from probe.look.look import look
from probe.measurement.results import Look, ReachabilityResult
from probe.nettests.base import CannotRun, Cost, Net
from probe.nettests.endpoint import Endpoint, Surroundings

NAME: Final = "reachability"
VERSION: Final = "1"
MOST_NAMES: Final = 3
LOOK_BYTES: Final = 12_000
"""DNS, both handshakes with a certificate chain, and a head: booked where less was counted."""
MOST_LOOK_BYTES: Final = on_the_line(wire_bytes(0)) + LOOK_BYTES
"""What may come in for a look, whatever the server sends, and what is sent."""
LOOK_S: Final = 12.0


class ReachabilityParams(msgspec.Struct, frozen=True, kw_only=True):
    """What it needs. ``https_port`` is another in a laboratory alone."""

    endpoint: Endpoint
    surroundings: Surroundings = Surroundings()
    https_port: int = 443
    again_after_ms: int = 3000


PARAMS: Final = ReachabilityParams
"""What a child process decodes."""


def cost(params: ReachabilityParams) -> Cost:
    """At most: every name twice."""
    names = min(len(params.endpoint.names), MOST_NAMES)
    return Cost(
        bytes=2 * names * MOST_LOOK_BYTES, seconds=names * (2 * LOOK_S + params.again_after_ms / 1000)
    )


def run(net: Net, params: ReachabilityParams) -> ReachabilityResult:
    """Look at some of the endpoint's names, at random. Raises ``CannotRun`` for one that nobody verified."""
    if not params.endpoint.verified:
        raise CannotRun("endpoint:not_verified")
    names = list(params.endpoint.names)
    net.rng.shuffle(names)
    return asyncio.run(_all(net, params, names[:MOST_NAMES]))


async def _all(net: Net, params: ReachabilityParams, names: list[str]) -> ReachabilityResult:
    eyes = eyes_of(net, params.surroundings, LOOK_S)
    looks: list[Look] = []
    for name in names:
        looks.append(await _one(eyes, params, name, 0))
        if looks[-1].failure != "ok":
            await asyncio.sleep(params.again_after_ms / 1000)
            looks.append(await _one(eyes, params, name, 1))
    await asyncio.sleep(CLOSING_S)
    return ReachabilityResult(looks=tuple(looks))


async def _one(eyes: Eyes, params: ReachabilityParams, name: str, order: int) -> Look:
    port = "" if params.https_port == 443 else f":{params.https_port}"
    url = f"https://{name}{port}/"
    return await look(eyes, Request("original", url, 0, params.surroundings.address_family), order)
