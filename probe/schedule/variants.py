"""Which variant a pair is (detection.md 4): one long in four, one among the first three; one unpaced in eight, by consent."""

import random
from collections.abc import Collection
from typing import Final, NamedTuple

BLOCK: Final = 4
FIRST: Final = 3
SHORT_BLOCK: Final = 6
"""Of eight pairs six are short; one of these is unpaced, where a plan has such pairs."""


WASHED_BLOCK: Final = 8
"""One pair in eight is washed (integrity.md 4)."""


class Places(NamedTuple):
    """The places drawn for the blocks that go on, ``None`` where none was."""

    long_at: int | None = None
    saturate_at: int | None = None


def is_long(done: int, long_at: int | None, rng: random.Random) -> tuple[bool, int]:
    """Whether pair number ``done`` (from 0) of a home and service is a long one, and the place drawn for its block.

    ``long_at`` is the place that the block's earlier pairs were told, ``None`` if none was.
    """
    return one_in(BLOCK, done, long_at, rng, among=FIRST if done < BLOCK else BLOCK)


def one_in(
    block: int, done: int, at: int | None, rng: random.Random, among: int | None = None
) -> tuple[bool, int]:
    """Whether number ``done`` (from 0) is the one of its block, and the place drawn: among the first ``among``, or all."""
    place = done % block
    if place == 0 or at is None:
        at = rng.randrange(among or block)
    return place == at, at


def draw(
    available: Collection[str], pairs: int, short_pairs: int, places: Places, rng: random.Random
) -> tuple[str, Places]:
    """The variant of the next pair of ``available`` ones, and the places drawn; ``pairs`` and ``short_pairs`` are done.

    >>> draw(("paced",), 0, 0, Places(), random.Random(1))
    ('paced', Places(long_at=None, saturate_at=None))
    """
    long_at, saturate_at = places
    if "long" in available:
        if len(available) == 1:
            return "long", places
        long, long_at = is_long(pairs, long_at, rng)
        if long:
            return "long", Places(long_at, saturate_at)
    if {"paced", "saturate"} <= set(available):
        saturate, saturate_at = one_in(SHORT_BLOCK, short_pairs, saturate_at, rng)
    else:
        saturate = "saturate" in available
    return "saturate" if saturate else "paced", Places(long_at, saturate_at)
