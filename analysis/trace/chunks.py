"""Chunks, the units of judgement, and what else went to the same address at the same time.

A chunk is what one request brought: it begins with data that answers data of the other side, or that follows a second
of silence, while nothing was under way. Longer ones are cut into pieces. A limiter seldom serves one connection only, so
each chunk comes with two traces of its limiter's load: its own direction alone, and all directions of the capture with
the same destination address (its home). Both reach back before the chunk, for a bucket remembers.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.stats.deficit import Trace
from analysis.trace.connections import Direction

PIECE: Final = 20_000
"""Packets. A bulk transfer is judged in pieces of some 29 MB."""
HISTORY: Final = 40_000
"""Packets before a chunk that its bucket may remember."""
FEWEST_PACKETS: Final = 30
"""Fifteen losses and fifteen passes are the least that is judged (Flach et al.): smaller chunks are only counted."""


@dataclass(frozen=True)
class Chunk:
    """Packets [first, last) of a direction."""

    direction: Direction
    first: int
    last: int

    @property
    def span(self) -> slice:
        """Its positions in the direction's arrays."""
        return slice(self.first, self.last)


@dataclass(frozen=True)
class Home:
    """All that went to one address, merged in order of time; owner: which direction; place: position in it."""

    t_s: NDArray[np.float64]
    bytes: NDArray[np.float64]
    lost: NDArray[np.bool_]
    owner: NDArray[np.int32]
    place: NDArray[np.int64]
    directions: list[Direction]


def chunks_of(direction: Direction) -> Iterator[Chunk]:
    """The chunks of a direction, in order, pieces of the long ones included."""
    edges = np.flatnonzero(np.diff(direction.sent.chunk)) + 1
    bounds = [0, *edges.tolist(), direction.sent.t_s.size]
    for first, last in itertools.pairwise(bounds):
        pieces = max(1, round((last - first) / PIECE))
        cuts = np.linspace(first, last, pieces + 1).astype(int).tolist()
        for begin, end in itertools.pairwise(cuts):
            yield Chunk(direction, begin, end)


def homes_of(directions: list[Direction]) -> dict[bytes, Home]:
    """Directions by destination address, merged."""
    together: dict[bytes, list[Direction]] = defaultdict(list)
    for direction in directions:
        together[direction.destination[0]].append(direction)
    return {address: _merged(of) for address, of in together.items()}


def _merged(directions: list[Direction]) -> Home:
    sent = [direction.sent for direction in directions]
    t_s = np.concatenate([one.t_s for one in sent])
    order = np.argsort(t_s, kind="stable")
    sizes = [one.t_s.size for one in sent]
    return Home(
        t_s=t_s[order],
        bytes=np.concatenate([one.bytes for one in sent])[order].astype(np.float64),
        lost=np.concatenate([one.lost for one in sent])[order],
        owner=np.repeat(np.arange(len(sent), dtype=np.int32), sizes)[order],
        place=np.concatenate([np.arange(size) for size in sizes])[order],
        directions=directions,
    )


def alone(chunk: Chunk) -> Trace:
    """The load of a limiter that serves this direction only."""
    sent = chunk.direction.sent
    begin = max(0, chunk.first - HISTORY)
    upto = slice(begin, chunk.last)
    known = np.flatnonzero(sent.known[chunk.span])
    judged = known + chunk.first - begin
    return Trace(sent.t_s[upto], sent.bytes[upto].astype(np.float64), sent.lost[upto], judged)


def together(chunk: Chunk, home: Home) -> Trace | None:
    """The load of a limiter that serves the whole home; None where the chunk was alone all along."""
    sent = chunk.direction.sent
    first = int(np.searchsorted(home.t_s, sent.t_s[chunk.first], side="left"))
    last = int(np.searchsorted(home.t_s, sent.t_s[chunk.last - 1], side="right"))
    begin = max(0, first - HISTORY)
    upto = slice(begin, last)
    owner = next(i for i, one in enumerate(home.directions) if one is chunk.direction)
    mine = (home.owner[upto] == owner) & (home.place[upto] >= chunk.first) & (home.place[upto] < chunk.last)
    if bool((home.owner[upto] == owner).all()):
        return None
    positions = np.flatnonzero(mine)
    judged = positions[sent.known[home.place[upto][positions]]]
    return Trace(home.t_s[upto], home.bytes[upto], home.lost[upto], judged)
