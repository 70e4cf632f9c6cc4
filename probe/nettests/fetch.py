"""fetch: the service's own bounded object and its matched control, in random order.

Records of each: the lengths of DNS, TCP and TLS handshakes and of the wait for the first byte, bytes over time (at most
2 MB), status, certificate, hash and length of the body, which hash of the catalogue's it was held against (that of the whole, of
the first 1,000,000 bytes of a longer object, or none), redirects, title, and signs of a page in the object's place.
Only for endpoints that somebody verified. An observation: the two objects are on different servers, so that a
difference alone says nothing of the network (detection.md 7).
"""

import asyncio
from typing import Final

import msgspec

from probe.doh import CLOSING_S
from probe.look.eyes import eyes_of
from probe.look.hop import Request
from probe.look.look import look
from probe.look.page import compared, signs_of
from probe.measurement.results import FetchResult, Look
from probe.measurement.run import Role
from probe.nettests.base import CannotRun, Cost, Net
from probe.nettests.endpoint import COMPARED_BYTES, Endpoint, FetchObject, Surroundings

NAME: Final = "fetch"
VERSION: Final = "1"
MOST_BYTES: Final = 2 * COMPARED_BYTES
HANDSHAKE_BYTES: Final = 30_000
"""DNS, handshakes, headers and five redirects of one look, rounded up."""
LOOK_S: Final = 25.0


class FetchParams(msgspec.Struct, frozen=True, kw_only=True):
    """What a fetch needs. ``most_bytes`` is the bound of each of the two bodies together with the other's."""

    endpoint: Endpoint
    surroundings: Surroundings = Surroundings()
    most_bytes: int = MOST_BYTES
    gap_ms: int = 1000


PARAMS: Final = FetchParams
"""What a child process decodes."""


def cost(params: FetchParams) -> Cost:
    """At most: both bodies and what surrounds them."""
    most = min(params.most_bytes, MOST_BYTES)
    return Cost(bytes=most + 2 * HANDSHAKE_BYTES, seconds=2 * LOOK_S + params.gap_ms / 1000)


def run(net: Net, params: FetchParams) -> FetchResult:
    """Look at both. Raises ``CannotRun`` for an endpoint that nobody verified or that has no object."""
    if not params.endpoint.verified:
        raise CannotRun("endpoint:not_verified")
    if not params.endpoint.objects:
        raise CannotRun("endpoint:no_object")
    chosen = net.rng.choice(params.endpoint.objects)
    both: list[tuple[Role, FetchObject]] = [("original", chosen.original), ("control", chosen.control)]
    net.rng.shuffle(both)
    return asyncio.run(_both(net, params, both))


async def _both(net: Net, params: FetchParams, both: list[tuple[Role, FetchObject]]) -> FetchResult:
    looks: list[Look] = []
    eyes = eyes_of(net, params.surroundings, LOOK_S)
    most_bytes = min(params.most_bytes, MOST_BYTES) // 2
    for order, (role, wanted) in enumerate(both):
        if order:
            await asyncio.sleep(params.gap_ms / 1000)
        known = frozenset(one for one in (wanted.sha256, wanted.head_sha256) if one is not None)
        request = Request(role, wanted.url, most_bytes, params.surroundings.address_family, known)
        seen = await look(eyes, request, order)
        told = {"signs": signs_of(seen, wanted), "compared": compared(seen, wanted)}
        looks.append(msgspec.structs.replace(seen, **told))
    await asyncio.sleep(CLOSING_S)
    return FetchResult(looks=tuple(looks), gap_ms=params.gap_ms)
