"""Risk: whether a service may be measured from a country, and what the probe withholds of a plan (integrity.md 9).

For one service in one country the class is

1. ``off`` if any shipped line says so, of the country or of the service there: nobody lifts that;
2. else what the lines of the service there say, else those of the country, else ``caution``;
3. then raised by the operator's lines (the plan's, a signed catalogue's), or lowered by them from caution to open: such
   a line has a source like any other.

A service is known by its id and by its names: whoever plans ``www.rfi.fr`` under another id plans RFI. Where nobody
knows the country, the class is ``caution``, and ``off`` for a service that is off anywhere.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import msgspec

from probe.catalogue.codes import UNKNOWN_COUNTRY
from probe.catalogue.entries import Catalogue, RiskClass, RiskLine
from probe.catalogue.read import shipped
from probe.plan import Plan

RANK: Final[dict[RiskClass, int]] = {"open": 0, "caution": 1, "off": 2}


@dataclass(frozen=True)
class Verdict:
    """A class and where it comes from; ``source`` is "" where no line speaks."""

    risk: RiskClass
    source: str = ""


@dataclass(frozen=True)
class Withheld:
    """A service that is not measured for now: ``off``, or ``caution`` without the volunteer's yes for ``country``."""

    service: str
    risk: RiskClass
    country: str
    source: str


class RiskBook:
    """The shipped lines, and the operator's on top of them."""

    def __init__(self, catalogue: Catalogue, operator: Iterable[RiskLine] = ()) -> None:
        self._catalogue = catalogue
        self._shipped = catalogue.risks
        self._operator = tuple(operator)
        self._by_domain = {domain(name): entry.id for entry in catalogue.services for name in entry.names}

    def with_operator(self, lines: Iterable[RiskLine], catalogue: Catalogue | None = None) -> "RiskBook":
        """The same book with an operator's lines as well: those of its plan, and those of a catalogue it signed.

        That catalogue's services are known by their names from here on, beside the shipped ones.
        """
        book = RiskBook(self._catalogue, (*self._operator, *lines))
        if catalogue is not None:
            theirs = RiskBook(catalogue)
            book._operator += theirs._shipped
            book._by_domain = {**theirs._by_domain, **book._by_domain}
        return book

    def verdict(self, service: str, names: Iterable[str], country: str) -> Verdict:
        """The class of a service, known by id and host names, in ``country`` (ISO 3166-1, ``ZZ`` for unknown)."""
        known = {service, *filter(None, map(self.service_of, names))}
        if country == UNKNOWN_COUNTRY:
            lines = (*self._shipped, *self._operator)
            off = next((x for x in lines if x.risk == "off" and known.intersection(x.services)), None)
            return Verdict("caution") if off is None else Verdict("off", off.source)
        first = _read(self._shipped, known, country) or Verdict("caution")
        theirs = _read(self._operator, known, country)
        if theirs is None or first.risk == "off":
            return first
        return theirs

    def service_of(self, name: str) -> str | None:
        """The catalogue's service whose domain ``name`` is, or lies under."""
        labels = name.lower().rstrip(".").split(".")
        tails = (".".join(labels[start:]) for start in range(len(labels) - 1))
        return next((self._by_domain[tail] for tail in tails if tail in self._by_domain), None)

    def off_name(self, name: str, countries: Iterable[str]) -> bool:
        """Whether ``name``, a control's for instance, is that of a service that is off in any of ``countries``."""
        service = self.service_of(name)
        return service is not None and any(self.verdict(service, (), c).risk == "off" for c in countries)

    def off_domains(self, countries: Iterable[str]) -> tuple[str, ...]:
        """The domains of all services that are off in any of ``countries``: for whoever learns a host on the way."""
        places = tuple(countries)
        return tuple(sorted(known for known in self._by_domain if self.off_name(known, places)))


def domain(name: str) -> str:
    """What the names of a service share: ``name`` without its ``www``.

    >>> domain("www.rfi.fr")
    'rfi.fr'
    """
    return name.removeprefix("www.")


@cache
def shipped_book() -> RiskBook:
    """The book of the shipped catalogue, without an operator's lines."""
    return RiskBook(shipped())


def countries_of(*known: str | None) -> tuple[str, ...]:
    """The countries to obey: those that are known, each once, or the unknown one."""
    return tuple(dict.fromkeys(country for country in known if country)) or (UNKNOWN_COUNTRY,)


def withheld(
    plan: Plan, book: RiskBook, countries: Iterable[str], agreed: Mapping[str, tuple[str, ...]]
) -> tuple[Withheld, ...]:
    """The services of ``plan`` that may not be measured, each with the worst reason.

    ``agreed``: service id to the countries for which the volunteer said yes to caution.
    """
    found = []
    for service in plan.services:
        reasons = []
        for country in countries:
            verdict = book.verdict(service.id, service.names, country)
            if verdict.risk == "off" or (
                verdict.risk == "caution" and country not in agreed.get(service.id, ())
            ):
                reasons.append(Withheld(service.id, verdict.risk, country, verdict.source))
        if reasons:
            found.append(max(reasons, key=lambda reason: RANK[reason.risk]))
    return tuple(found)


def permitted(plan: Plan, book: RiskBook, countries: Iterable[str], barred: Iterable[Withheld]) -> Plan:
    """``plan`` without the services in ``barred``, and without each stratum that holds a name that is off here.

    The coin draws from the registered list or not at all, so a stratum goes whole.
    """
    ids = {item.service for item in barred}
    places = tuple(countries)
    strata = {control.stratum for control in plan.controls if book.off_name(control.name, places)}
    return msgspec.structs.replace(
        plan,
        services=tuple(service for service in plan.services if service.id not in ids),
        controls=tuple(control for control in plan.controls if control.stratum not in strata),
    )


def _read(lines: Iterable[RiskLine], known: set[str], country: str) -> Verdict | None:
    """What ``lines`` say: ``off`` before all, then those of the service, then those of the country; of equals the worst."""
    here = [line for line in lines if country in line.countries]
    own = [line for line in here if known.intersection(line.services)]
    general = [line for line in here if not line.services]
    off = [line for line in own + general if line.risk == "off"]
    chosen = off or own or general
    if not chosen:
        return None
    worst = max(chosen, key=lambda line: RANK[line.risk])
    return Verdict(worst.risk, worst.source)
