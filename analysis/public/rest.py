"""The rest: what is withheld for its few lines must not be had by taking what is told from the whole.

Pairs add up over services, over days, and over the cells of a network or a service. So where the withheld ones of a sum
have together fewer lines than may be told of, the smallest of the others is withheld with them.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from analysis.observe.record import Observation
from analysis.public import form
from analysis.registration import CellKey

Name = TypeVar("Name", bound=Hashable)


def told_of(groups: Mapping[Name, Sequence[Observation]], line_of: Mapping[str, str]) -> set[Name]:
    """The groups that may be told of beside their sum; ``line_of`` is the access line of each probe key."""
    lines = _lines(groups, line_of)
    told = {name for name, own in lines.items() if len(own) >= form.FEWEST_LINES}
    more: set[Name] = _too_many(lines, told)
    return told - more


def told_cells(cells: Mapping[CellKey, Sequence[Observation]], line_of: Mapping[str, str]) -> set[CellKey]:
    """The cells that may be told of beside the sums of their network, their service, and all of them."""
    lines = _lines(cells, line_of)
    told = {key for key, own in lines.items() if len(own) >= form.FEWEST_LINES}
    sums = [{key for key in lines if key.brand == brand} for brand in sorted({key.brand for key in lines})]
    sums += [
        {key for key in lines if key.service == service} for service in sorted({key.service for key in lines})
    ]
    sums.append(set(lines))
    before = -1
    while before != len(told):  # ends: fewer each time
        before = len(told)
        for summed in sums:
            told -= _too_many({key: lines[key] for key in lines if key in summed}, told & summed)
    return told


def _lines(
    groups: Mapping[Name, Sequence[Observation]], line_of: Mapping[str, str]
) -> dict[Name, frozenset[str]]:
    return {name: frozenset(line_of[pair.home] for pair in own) for name, own in groups.items()}


def _too_many(lines: Mapping[Name, frozenset[str]], told: Collection[Name]) -> set[Name]:
    """Those of ``told`` that must be withheld too, the smallest first."""
    kept = sorted(told, key=lambda name: (-len(lines[name]), str(name)))
    while kept:  # ends: one less each time
        rest = frozenset[str]().union(*(own for name, own in lines.items() if name not in kept))
        if not 0 < len(rest) < form.FEWEST_LINES:
            break
        kept.pop()
    return set(told) - set(kept)
