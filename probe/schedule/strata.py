"""Control strata in blocks (integrity.md 3): per home and service, each once before any twice."""

import random
from collections.abc import Sequence


def draw(left: Sequence[str], available: Sequence[str], rng: random.Random) -> tuple[str, tuple[str, ...]]:
    """The next stratum and what is left of its block, which is shuffled when it begins.

    ``left`` is what the last draw returned. A stratum that the plan dropped leaves the block; a new one waits
    for the next. Raises ``ValueError`` when no stratum is available.

    >>> draw(("owned", "spoofed_popular"), ("owned", "spoofed_popular"), random.Random(1))
    ('owned', ('spoofed_popular',))
    """
    if not available:
        raise ValueError("the plan has no control name")
    block = [stratum for stratum in left if stratum in available]
    if not block:
        block = list(dict.fromkeys(available))
        rng.shuffle(block)
    return block[0], tuple(block[1:])
