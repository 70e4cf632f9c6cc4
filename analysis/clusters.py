"""Clusters: which probes are one access line (integrity.md 5). Pure.

The same key is one line always, and so are all quarter keys of one long-lived key (``people``), the same line tag within one UTC
day, and over the quarter whoever lives at the same tag: the one that most of a key's pairs have, of each network and address
family (``Stays``). So a line that makes itself a new key every day is one line still. Not every tag that two keys ever shared: addresses change hands, and over weeks chains of shared
tags would join all homes of a network; a key lives at one tag, so living joins it once and chains nobody. What touches is
joined (union-find). All pairs of a store take part, whatever their service and whether or not they count: a line is a line.
A key that showed a path without a tag might be on any line: all such keys are one. Joining too much only weakens an
accusation, so only an operator's dated word sets homes apart that share a tag, given before the registration (``read_apart``).

Tags of different secrets cannot be compared (``line_domain``), so one line would be two clusters: within a cell only
the pairs of one domain count, those of the domain in which most lines measured, vetted ones first.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
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
UNTAGGED: Final = "untagged"
"""What keys that showed a path without a line tag share."""


def read_apart(source: Source, registration: Registration) -> frozenset[str]:
    """The keys (hex) of vetted homes that the operator declared, before the registration, to have lines of their own."""
    made_at_us = unix_us(datetime.fromisoformat(registration.made_at))
    return frozenset(key.hex() for key, since_us in source.separations().items() if since_us < made_at_us)


def main_domain(
    observations: Iterable[Observation],
    line_of: Mapping[str, str] = NOBODY,
    vetted: Container[str] = NONE,
) -> str | None:
    """The domain of line tags in which most vetted lines measured, of equals most lines, most pairs, the first by name; ``None`` of no pairs.

    By lines, so that one home's many pairs cannot choose whose count. ``line_of``: the line of each home, itself by default.
    """
    pairs: Counter[str | None] = Counter()
    lines: dict[str | None, set[str]] = {}
    known: dict[str | None, set[str]] = {}
    for one in observations:
        line = line_of.get(one.home, one.home)
        pairs[one.line_domain] += 1
        lines.setdefault(one.line_domain, set()).add(line)
        known.setdefault(one.line_domain, set()).update((line,) if one.home in vetted else ())
    ranked = {of: (-len(known[of]), -len(lines[of]), -count) for of, count in pairs.items()}
    return min(ranked, key=lambda domain: (ranked[domain], domain), default=None)


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

    def settle(self, living: Iterable[tuple[str, tuple[str, ...]]]) -> None:
        """Homes that live at one tag (``Stays.at``) are on one line, whenever they were there."""
        first: dict[str, str] = {}
        for home, tags in living:
            for tag in tags:
                self.join(home, first.setdefault(tag, home))

    def joined_as(self, known: Mapping[str, str]) -> dict[str, str]:
        """The line of every home that was seen, by home, when those that are known to be one line are joined too."""
        homes = sorted(self._parent)
        for home in known.keys() & self._parent.keys():
            self.join(home, known[home])
        return {home: self.add(home) for home in homes}

    def names(self) -> dict[str, str]:
        """The line of every home, by home."""
        return {home: self.add(home) for home in sorted(self._parent)}


class Stays:
    """How many pairs homes have on each line tag, by network and address family: at which tags each of them lives.

    By network, so that a few pairs over somebody else's line do not hide at whose line the rest were measured.
    """

    def __init__(self) -> None:
        self._pairs: dict[str, dict[tuple[int | None, str, str], int]] = {}
        self._untagged: set[str] = set()

    def seen(self, home: str, network: int | None, family: str, tags: Iterable[str]) -> None:
        """A pair of ``home``: its network (ASN, ``None`` where no path was seen), address family and line tags."""
        counted = self._pairs.setdefault(home, {})
        tag = None
        for tag in tags:
            place = (network, family, tag)
            counted[place] = counted.get(place, 0) + 1
        if tag is None and network is not None:
            self._untagged.add(home)

    def at(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each home with the tags it lives at, one of each network and family: its commonest, the first by name of equals."""
        for home, counted in sorted(self._pairs.items()):
            best: dict[tuple[int | None, str], tuple[int, str]] = {}
            for (network, family, tag), pairs in counted.items():
                place = (network, family)
                best[place] = min(best.get(place, (0, "")), (-pairs, tag))
            lives = {tag for _, tag in best.values()}
            yield home, tuple(sorted(lives | ({UNTAGGED} if home in self._untagged else set())))


def clusters(
    observations: Iterable[Observation],
    joined: Mapping[str, str] = NOBODY,
    apart: frozenset[str] = NONE,
) -> dict[str, str]:
    """The cluster of each home (probe key, hex): the smallest key among those it is joined with.

    ``joined`` are clusters that are known beforehand, of a home each: what touched in pairs that are not at hand, and whose
    keys are one home's.
    ``apart`` are homes whose tags join them with nobody.
    """
    lines, stays = Lines(), Stays()
    days: dict[int, list[Observation]] = {}
    for observation in observations:
        days.setdefault(observation.opened_at_us // US_PER_DAY, []).append(observation)
        if observation.home not in apart:
            stays.seen(observation.home, observation.asn, observation.address_family, observation.line_tags)
    for pairs in days.values():
        with lines.day() as touched:
            for pair in pairs:
                touched(pair.home, () if pair.home in apart else pair.line_tags)
    lines.settle(stays.at())
    return lines.joined_as(joined)
