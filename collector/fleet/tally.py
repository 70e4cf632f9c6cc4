"""How many homes of a place were regular, and how many of these gone, window by window; counted once, then added and taken away."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from collector.fleet.disruption import HISTORY, WEEK, Share
from collector.fleet.grid import WELL, Grid

REGULAR: Final = WEEK // 2
SPAN: Final = HISTORY + 1
"""A group's history and the window that is judged."""

Place = tuple[str | None, str | None]
"""ISP and region; ``None`` where unknown."""


def _none() -> list[int]:
    return [0] * SPAN


@dataclass(frozen=True)
class Tally:
    """Counts of ``SPAN`` windows, the oldest first: homes that were regular, and of these the silent or failing ones."""

    regular: list[int] = field(default_factory=_none)
    gone: list[int] = field(default_factory=_none)

    def count(self, states: Mapping[int, int], first: int) -> None:
        """Add a home that was heard in the windows of ``states``; ``first`` is the number of the oldest window.

        Only a home that was heard in half of the week before a window can be missed in it.
        """
        heard = sum(at < first for at in states)
        for place, at in enumerate(range(first, first + SPAN)):
            if heard >= REGULAR:
                self.regular[place] += 1
                self.gone[place] += states.get(at, 0) < WELL
            heard += (at in states) - (at - WEEK in states)

    def __add__(self, other: "Tally") -> "Tally":
        """The homes of both."""
        return Tally(
            [a + b for a, b in zip(self.regular, other.regular, strict=True)],
            [a + b for a, b in zip(self.gone, other.gone, strict=True)],
        )

    def __sub__(self, part: "Tally") -> "Tally":
        """The homes that are not in ``part``."""
        return Tally(
            [a - b for a, b in zip(self.regular, part.regular, strict=True)],
            [a - b for a, b in zip(self.gone, part.gone, strict=True)],
        )

    def shares(self) -> list[Share]:
        """The windows up to the newest on a dense grid, from the first in which anybody was regular."""
        begin = next((place for place, homes in enumerate(self.regular) if homes), SPAN - 1)
        return [Share(self.regular[place], self.gone[place]) for place in range(begin, SPAN)]


def tallies(grid: Grid, places: Mapping[bytes, Place], last: int) -> dict[Place, Tally]:
    """The counts of each place up to window ``last``, in one pass over the grid; homes without a place are left out."""
    found: defaultdict[Place, Tally] = defaultdict(Tally)
    first = last - HISTORY
    for home, states in grid.states(first - WEEK, last):
        if home in places:
            found[places[home]].count(states, first)
    for place in set(places.values()):
        found[place]  # a place whose homes were silent all the time is a group of none
    return dict(found)
