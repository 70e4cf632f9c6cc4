"""The parity index: is what comes from here treated as well, on the same lines, as what comes from a global platform?

For every line on which services of a group and services of global platforms were both measured: the median effect on rate
over the group's services, less that over the platforms'. Each effect is already that of a name against its control on that
line, so the line's speed, its hours and its Wi-Fi drop out twice. The index is the median over lines of that difference, as a
ratio of rates (1: parity, 0.8: a fifth slower), with an interval over lines. Failures are told beside it, in points.

It describes and decides nothing: no e-value, no bar. It compares, so it stays inside until it is published as a finding
(evidence.md), and a group seen on fewer than five lines shows its counts alone.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec
import numpy as np

from analysis.observe.record import Observation
from analysis.stats.effect import Effect, effect
from analysis.stats.order_interval import middle
from probe.catalogue.entries import Entry

Dimension = Literal["origin", "sector", "language"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("origin", "sector", "language")
GLOBAL: Final = "global"
FEWEST_LINES: Final = 5
EVERYWHERE: Final = ""
"""As a brand: all lines."""


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """One group against global platforms on the same lines. ``brand`` "" is all of them.

    ``ratio`` of rates with ``low`` and ``high`` (``coverage``, over lines or, below six, over these lines alone); ``failures``
    is how much more often the group failed, in points; both ``None`` on fewer than five lines. ``pairs`` are the group's.
    """

    dimension: Dimension
    group: str
    brand: str
    lines: int
    services: int
    platforms: int
    pairs: int
    ratio: float | None
    low: float | None
    high: float | None
    coverage: float | None
    failures: float | None
    surface: Literal["inside"] = "inside"


def groups_of(entry: Entry, dimension: Dimension) -> tuple[str, ...]:
    """The groups of a service in a dimension: it has one origin and one sector, and may speak several languages."""
    if dimension == "language":
        return tuple(sorted(set(entry.languages)))
    return (entry.origin,) if dimension == "origin" else (entry.sector,)


def parities(
    observations: Iterable[Observation], entries: Sequence[Entry], line_of: Mapping[str, str]
) -> list[Parity]:
    """Every group of every dimension, over all lines and by brand, in that order.

    Pairs that were discarded, and services that the catalogue does not know, take no part. Global platforms are the measure: of
    the other dimensions they are left out, so that they are not compared with themselves.
    """
    known = {entry.id: entry for entry in entries}
    counting = [one for one in observations if one.features is not None and one.service in known]
    found = []
    for brand in (EVERYWHERE, *sorted({one.brand for one in counting})):
        some = [one for one in counting if brand in (EVERYWHERE, one.brand)]
        measured = _by_service(some, line_of)
        for dimension in DIMENSIONS:
            groups: dict[str, set[str]] = {}
            for service in sorted({service for service, _ in measured}):
                if known[service].origin != GLOBAL:
                    for group in groups_of(known[service], dimension):
                        groups.setdefault(group, set()).add(service)
            platforms = {service for service, _ in measured if known[service].origin == GLOBAL}
            found += [
                _parity(measured, dimension, group, brand, services, platforms)
                for group, services in sorted(groups.items())
            ]
    return found


def _by_service(
    pairs: Iterable[Observation], line_of: Mapping[str, str]
) -> dict[tuple[str, str], list[Observation]]:
    """The pairs of each service on each line."""
    found: dict[tuple[str, str], list[Observation]] = {}
    for pair in pairs:
        found.setdefault((pair.service, line_of[pair.home]), []).append(pair)
    return found


def _parity(
    measured: Mapping[tuple[str, str], Sequence[Observation]],
    dimension: Dimension,
    group: str,
    brand: str,
    services: set[str],
    platforms: set[str],
) -> Parity:
    own, others = _by_line(measured, services), _by_line(measured, platforms)
    lines = sorted(own.keys() & others.keys())
    seen = {service for service, line in measured if line in lines}
    rate = _between(own, others, lines, "d_thr") if len(lines) >= FEWEST_LINES else None
    fail = _between(own, others, lines, "d_fail") if len(lines) >= FEWEST_LINES else None
    return Parity(
        dimension=dimension,
        group=group,
        brand=brand,
        lines=len(lines),
        services=len(services & seen),
        platforms=len(platforms & seen),
        pairs=sum(len(pairs) for line in lines for pairs in own[line]),
        ratio=None if rate is None else _ratio(rate.value),
        low=None if rate is None or rate.low is None else _ratio(rate.low),
        high=None if rate is None or rate.high is None else _ratio(rate.high),
        coverage=None if rate is None else rate.coverage,
        failures=None if fail is None else -fail.value + 0.0,
    )


def _ratio(log_ratio: float) -> float:
    return round(math.exp(log_ratio), 6)


def _by_line(
    measured: Mapping[tuple[str, str], Sequence[Observation]], services: set[str]
) -> dict[str, list[Sequence[Observation]]]:
    """Of each line the pairs of each of these services."""
    found: dict[str, list[Sequence[Observation]]] = {}
    for (service, line), pairs in measured.items():
        if service in services:
            found.setdefault(line, []).append(pairs)
    return found


def _between(
    own: Mapping[str, Sequence[Sequence[Observation]]],
    others: Mapping[str, Sequence[Sequence[Observation]]],
    lines: Sequence[str],
    metric: Literal["d_thr", "d_fail"],
) -> Effect | None:
    """The effect over lines of the group's median service less the platforms'."""
    differences, numbers = [], []
    for number, line in enumerate(lines):
        both = [_of_services(side[line], metric) for side in (own, others)]
        if both[0] is not None and both[1] is not None:
            differences.append(both[0] - both[1])
            numbers.append(number)
    return effect(np.array(differences), np.array(numbers))


def _of_services(services: Iterable[Sequence[Observation]], metric: str) -> float | None:
    """Of several services the median of each one's: median difference of rate, mean difference of failures."""
    values = []
    for pairs in services:
        known = [
            value for pair in pairs if pair.features and (value := getattr(pair.features, metric)) is not None
        ]
        if known:
            values.append(middle(known) if metric == "d_thr" else sum(known) / len(known))
    return middle(values) if values else None
