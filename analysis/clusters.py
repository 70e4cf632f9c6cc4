"""Clusters: which probes are one access line (integrity.md 5). Pure.

The same key is one line always, the same line tag within one UTC day: addresses change hands, and over weeks chains of
shared tags would join all homes of a network. What touches is joined (union-find). All pairs of a store take part,
whatever their service and whether or not they count: a line is a line. Joining too much only weakens an accusation, so
only an operator's dated word sets homes apart that share a tag, given before the registration (``read_apart``).

Tags of different secrets cannot be compared (``line_domain``), so one line would be two clusters: within a cell only
the pairs of one domain count, those of the domain that has most of them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from analysis.observe.record import Observation
from analysis.registration import Registration
from analysis.source import Source
from collector.quarters import unix_us

US_PER_DAY: Final = 86_400_000_000
NOBODY: Final[Mapping[str, str]] = {}
NONE: Final[frozenset[str]] = frozenset()


def read_apart(source: Source, registration: Registration) -> frozenset[str]:
    """The keys (hex) of vetted homes that the operator declared, before the registration, to have lines of their own."""
    made_at_us = unix_us(datetime.fromisoformat(registration.made_at))
    return frozenset(key.hex() for key, since_us in source.separations().items() if since_us < made_at_us)


def main_domain(observations: Iterable[Observation]) -> str | None:
    """The domain of line tags with most pairs, the first by name of equals; ``None`` of no pairs."""
    counted = Counter(one.line_domain for one in observations)
    return min(counted, key=lambda domain: (-counted[domain], domain), default=None)


class Lines:
    """Homes (probe keys, hex) and what joins them; a line is named by the smallest key of its homes."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def add(self, home: str) -> str:
        """The smallest key that the home is known to be joined with. Ends: a parent is always smaller than its child."""
        parent, node = self._parent, home
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def join(self, one: str, other: str) -> None:
        """Both are on one line."""
        first, second = sorted((self.add(one), self.add(other)))
        self._parent[second] = first

    @contextmanager
    def day(self) -> Iterator[Callable[[str, Iterable[str]], None]]:
        """Told the homes of one UTC day with their tags, joins those that share one; the tags are forgotten at its end."""
        first: dict[str, str] = {}

        def touched(home: str, tags: Iterable[str]) -> None:
            self.add(home)
            for tag in tags:
                self.join(home, first.setdefault(tag, home))

        yield touched

    def names(self) -> dict[str, str]:
        """The line of every home, by home."""
        return {home: self.add(home) for home in sorted(self._parent)}


def clusters(
    observations: Iterable[Observation],
    joined: Mapping[str, str] = NOBODY,
    apart: frozenset[str] = NONE,
) -> dict[str, str]:
    """The cluster of each home (probe key, hex): the smallest key among those it is joined with.

    ``joined`` are clusters that are known beforehand, of a home each: what touched in pairs that are not at hand.
    ``apart`` are homes whose tags join them with nobody.
    """
    lines = Lines()
    days: dict[int, list[Observation]] = {}
    for observation in observations:
        days.setdefault(observation.opened_at_us // US_PER_DAY, []).append(observation)
    for pairs in days.values():
        with lines.day() as touched:
            for pair in pairs:
                touched(pair.home, () if pair.home in apart else pair.line_tags)
    homes = lines.names().keys()
    for home in homes & joined.keys():
        lines.join(home, joined[home])
    named = lines.names()
    return {home: named[home] for home in sorted(homes)}
