"""We are guests: how long a server of others rests from one home, whichever services lead to it and whatever the clock does."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import msgspec

from probe.clock import BEHIND_US
from probe.nettests.endpoint import Endpoint, Fetched
from probe.schedule.memory import HOST, Memory

FETCH: Final = "fetch"
LEAST_REST_S: Final = {"dns": 3600.0, "reachability": 3600.0, FETCH: 6 * 3600.0}
"""Whatever a plan says: we are guests. A laboratory's servers are its own."""


def is_over(begun_us: int | None, now_us: int, rest_s: float) -> bool:
    """Whether the rest since ``begun_us`` is over; never by a clock that stands before it."""
    return begun_us is None or now_us - begun_us >= rest_s * 1_000_000


def straightened(begun_us: int, now_us: int, rest_s: float, issued_at_us: int) -> int:
    """From when the rest counts. A beginning further ahead than a rest was noted by a clock that ran ahead: it counts from now.

    Unless it is now that is wrong: a board without a battery wakes before its own plan was issued, and what it noted stays.

    >>> hour = 3_600_000_000
    >>> [straightened(begun * hour, 50 * hour, 3600.0, 49 * hour) // hour for begun in (49, 51, 90)]
    [49, 51, 50]
    >>> straightened(90 * hour, 0, 3600.0, 49 * hour) // hour
    90
    """
    ahead = begun_us - now_us > rest_s * 1_000_000
    wrong_now = now_us < issued_at_us - BEHIND_US <= begun_us
    return now_us if ahead and not wrong_now else begun_us


def straighten(
    memory: Memory, key: str, rests_s: dict[str, float], now_us: int, issued_at_us: int
) -> dict[str, int]:
    """When each light nettest was last begun for ``key``, straightened, in the memory as well."""
    held = memory.of(key)
    begun = {
        name: straightened(at_us, now_us, rests_s[name], issued_at_us) if name in rests_s else at_us
        for name, at_us in held.light_at_us.items()
    }
    if begun != held.light_at_us:
        memory.save(key, msgspec.structs.replace(held, light_at_us=begun))
    return begun


def note(memory: Memory, key: str, nettests: Iterable[str], now_us: int) -> None:
    """The nettests are begun for ``key`` now."""
    held = memory.of(key)
    memory.save(
        key,
        msgspec.structs.replace(held, light_at_us={**held.light_at_us, **dict.fromkeys(nettests, now_us)}),
    )


def keys(pair: Fetched) -> tuple[str, ...]:
    """Under which the hosts of an object and its control are remembered."""
    hosts = (urlsplit(item.url).hostname or "" for item in (pair.original, pair.control))
    return tuple(dict.fromkeys(HOST + host.rstrip(".") for host in hosts))


def rested(endpoint: Endpoint, memory: Memory, now_us: int, issued_at_us: int) -> Endpoint:
    """The endpoint with those objects whose hosts, theirs and their controls', nobody from this home has fetched from of late."""
    rests_s = {FETCH: LEAST_REST_S[FETCH]}

    def is_rested(key: str) -> bool:
        begun_us = straighten(memory, key, rests_s, now_us, issued_at_us).get(FETCH)
        return is_over(begun_us, now_us, rests_s[FETCH])

    objects = tuple(pair for pair in endpoint.objects if all(map(is_rested, keys(pair))))
    return msgspec.structs.replace(endpoint, objects=objects)
