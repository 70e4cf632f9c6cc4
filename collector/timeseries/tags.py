"""Tags: what the raw facts may be grouped by, and how many values each can take at most.

A database keeps an index entry for each combination that was ever written, so no tag may hold what a volunteer types or
what grows with the number of homes: brand, region, key and reason are fields. What is outside a tag's list is ``other``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args, get_type_hints

from collector.plan import read_plan_files
from probe.catalogue.codes import COUNTRIES
from probe.errands.facts import NETTESTS
from probe.measurement.envelope import Line
from probe.measurement.ticket import AddressFamily, Direction, Stratum, Variant

OTHER: Final = "other"
UNKNOWN: Final = "unknown"
_LINE: Final = get_type_hints(Line)


@dataclass(frozen=True)
class Tag:
    """``values``: the closed list, ``None`` where it is the operator's (``bound`` then says what bounds it)."""

    name: str
    values: frozenset[str] | None
    bound: str
    says: str


def _closed(name: str, values: Iterable[str], says: str) -> Tag:
    known = frozenset(values)
    return Tag(name, known, f"{len(known)} + `{OTHER}`", says)


TAGS: Final[tuple[Tag, ...]] = (
    _closed("nettest", NETTESTS, "the nettest"),
    _closed("variant", get_args(Variant), "how it was run"),
    _closed("direction", get_args(Direction), "to the home or from it"),
    _closed("family", get_args(AddressFamily), "IPv4 or IPv6"),
    _closed("stratum", get_args(Stratum), "whose name the control bore"),
    _closed("technology", get_args(_LINE["technology"]), "declared at `join`"),
    _closed("plan_class", get_args(_LINE["plan_class"]), "declared at `join`"),
    _closed("country", (*COUNTRIES, "ZZ"), "by the responder's table"),
    Tag(
        "service", None, "services of all plans ever issued + `other`", "the service whose name was measured"
    ),
    Tag("responder", None, "responders of all plans ever issued + `other`", "the far end"),
    Tag(
        "network",
        None,
        "networks the enrolled lines are on + `unknown`",
        "`AS` and number, by the responder's table",
    ),
    Tag("feed", None, "feeds into this database", "which feed's mark it is"),
)
"""Every tag of the private bucket."""

CLOSED: Final[dict[str, frozenset[str]]] = {tag.name: tag.values for tag in TAGS if tag.values is not None}


class Vocabulary:
    """What tags may say: the closed lists, and services and responders of the plans issued so far."""

    def __init__(self, services: Iterable[str], responders: Iterable[str]) -> None:
        self._known: dict[str, frozenset[str]] = {
            **CLOSED,
            "service": frozenset(services),
            "responder": frozenset(responders),
        }

    def __call__(self, tag: str, value: str | None) -> str:
        """``value``, or what stands for it."""
        if not value:
            return UNKNOWN
        return value if value in self._known[tag] else OTHER

    @property
    def services(self) -> frozenset[str]:
        """Every service that was ever planned."""
        return self._known["service"]


def vocabulary_of(plans_folder: Path) -> Vocabulary:
    """The vocabulary of a data folder's plans; raises ``Trouble`` for a plan that cannot be read."""
    plans = read_plan_files(plans_folder)
    return Vocabulary(
        (service.id for plan in plans for service in plan.services),
        (responder.id for plan in plans for responder in plan.responders),
    )
