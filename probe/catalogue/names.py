"""Control names for a plan: owned ones under the operator's zone, and those of a service of the same sector elsewhere."""

from collections.abc import Iterable
from typing import Final

from probe.catalogue.entries import Catalogue, Controls
from probe.measurement.coin import matched_names

LONGEST_NAME: Final = 253


def owned_names(controls: Controls, zone: str, originals: Iterable[str]) -> tuple[str, ...]:
    """Names under ``zone`` that match one of ``originals`` in length, sorted: what must resolve to the responders."""
    offered = tuple(f"{label}.{zone}" for label in controls.owned_labels)
    offered = tuple(name for name in offered if len(name) <= LONGEST_NAME)
    return _matched(offered, originals)


def popular_names(controls: Controls, originals: Iterable[str]) -> tuple[str, ...]:
    """The registered popular names that match one of ``originals`` in length, sorted."""
    listed = set(originals)
    return _matched(tuple(name for name in controls.spoofed_popular if name not in listed), listed)


def same_sector_names(catalogue: Catalogue, service_id: str, original: str) -> tuple[str, ...]:
    """The third stratum (integrity.md 3): names of services of that sector elsewhere, matched in length, sorted.

    Elsewhere is another country; platforms of the whole world are nowhere else, and a service that is off somewhere
    is nobody's neutral name. Raises ``KeyError`` for a service that the catalogue does not have.
    """
    entry = catalogue.entry(service_id)
    if entry is None:
        raise KeyError(service_id)
    risky = {service for line in catalogue.risks if line.risk == "off" for service in line.services}
    offered = tuple(
        name
        for other in catalogue.services
        if (other.sector, other.kind) == (entry.sector, entry.kind)
        and other.country != entry.country
        and other.origin in ("local", "national")
        and other.id not in risky
        for name in other.names
    )
    return matched_names(offered, original)


def _matched(offered: tuple[str, ...], originals: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for original in originals for name in matched_names(offered, original)}))
