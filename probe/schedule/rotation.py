"""The rotation: services take turns, and a service rests between two of its pairs (integrity.md 4)."""

import random
from collections.abc import Sequence
from typing import Final, TypeVar

AFTER_FAILURE: Final = 2
"""A box that just reset or blocked a flow may hold a grudge: the rest is this many times longer."""

T = TypeVar("T")


def rounds(services: Sequence[T], pairs: int, rng: random.Random) -> list[tuple[int, T]]:
    """(round from 0, service): each service once a round, ``pairs`` rounds, one order drawn for all rounds.

    One order for all keeps a service's pairs a full round apart.
    """
    order = list(services)
    rng.shuffle(order)
    return [(number, service) for number in range(pairs) for service in order]


def rest_s(ended_at_us: int | None, last_ok: bool, between_pairs_s: float, now_us: int) -> float:
    """Seconds until a service's next pair may start; never more than the rest itself, should the clock have stepped.

    >>> rest_s(0, True, 600.0, 60_000_000)
    540.0
    """
    if ended_at_us is None:
        return 0.0
    whole_s = between_pairs_s * (1 if last_ok else AFTER_FAILURE)
    return min(whole_s, max(0.0, whole_s - (now_us - ended_at_us) / 1_000_000))
