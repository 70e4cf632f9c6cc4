"""fetch: the service's own bounded object and its matched control, in random order.

Records of each: the lengths of DNS, TCP and TLS handshakes and of the wait for the first byte, bytes over time (at most
2 MB), status, certificate, hash and length of the body, which hash of the catalogue's it was held against (that of the whole, of
the first 1,000,000 bytes of a longer object, or none), redirects, title, and signs of a page in the object's place.
A page that stands in for the object shows where something gives it away: a status 403 or 451, another site in a redirect, HTML where
the catalogue has another type, a title in words of refusal (in twenty languages), another length or hash than the catalogue's. That
holds for a page from the service's own delivery network, too, under its own address and certificate. What has none of these is not
told here: status 200, the type and length to be expected, a bare title, and no hash in the catalogue. Its hash is kept, so that homes
can be compared; but where the catalogue has none, the object changes by itself, and a difference between homes accuses nobody. Nor can a
fetch say on whose behalf a page is shown: under a valid certificate of the service's, whoever wrote it held its key, and
the network did not write it.

Only for endpoints that somebody verified. An observation: the two objects are on different servers, so that a
difference alone says nothing of the network (detection.md 7).
"""

import asyncio
from typing import Final

import msgspec

from probe.budget import on_the_line
from probe.doh import CLOSING_S
from probe.look.eyes import eyes_of
from probe.look.hop import Request, wire_bytes
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
"""DNS, handshakes, headers and five redirects of one look, rounded up: booked with its body where less was counted."""
SENT_BYTES: Final = 30_000
"""What a look sends, with its acknowledgements and its questions for names."""
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
    """At most: what may come in for both, whatever the servers send, and what is sent."""
    most = wire_bytes(min(params.most_bytes, MOST_BYTES) // 2)
    return Cost(bytes=2 * (on_the_line(most) + SENT_BYTES), seconds=2 * LOOK_S + params.gap_ms / 1000)


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
