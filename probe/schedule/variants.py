"""Long pairs among the paced ones (detection.md 4): one in four, and one among a service's first three."""

import random
from typing import Final

BLOCK: Final = 4
FIRST: Final = 3


def is_long(done: int, long_at: int | None, rng: random.Random) -> tuple[bool, int]:
    """Whether pair number ``done`` (from 0) of a home and service is a long one, and the place drawn for its block.

    ``long_at`` is the place that the block's earlier pairs were told, ``None`` if none was.
    """
    place = done % BLOCK
    if place == 0 or long_at is None:
        long_at = rng.randrange(FIRST if done < BLOCK else BLOCK)
    return place == long_at, long_at
