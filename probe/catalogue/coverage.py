"""Coverage: how many services there are by country, language, sector, kind and origin."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from probe.catalogue.entries import Entry


@dataclass(frozen=True)
class Coverage:
    """Counts of services; a service in several languages counts once in each. ``languages`` are primary subtags."""

    services: int
    names: int
    verified: int
    countries: Mapping[str, int]
    languages: Mapping[str, int]
    sectors: Mapping[str, int]
    kinds: Mapping[str, int]
    origins: Mapping[str, int]


def coverage(entries: Iterable[Entry]) -> Coverage:
    """The coverage of ``entries``, most frequent first, then by code."""
    listed = tuple(entries)
    return Coverage(
        services=len(listed),
        names=sum(len(entry.names) for entry in listed),
        verified=sum(entry.verified for entry in listed),
        countries=_counted(entry.country for entry in listed),
        languages=_counted(
            language for entry in listed for language in {tag.partition("-")[0] for tag in entry.languages}
        ),
        sectors=_counted(entry.sector for entry in listed),
        kinds=_counted(entry.kind for entry in listed),
        origins=_counted(entry.origin for entry in listed),
    )


def _counted(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))
