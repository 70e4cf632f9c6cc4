"""Orders: everything that governs one pair, drawn before the coin and before any byte."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import msgspec

from probe import families
from probe.capacity import CapacityStore
from probe.catalogue.codes import UNKNOWN_COUNTRY
from probe.measurement.ticket import AddressFamily, Direction, Stratum
from probe.plan import NettestPlan, Plan, Responder, Service
from probe.schedule import pace, strata, variants
from probe.schedule.memory import Memory
from probe.standing import Standing
from probe.trouble import NothingMeasured, UsageTrouble

VARIANTS: Final = ("paced", "long", "saturate")
Enabled = dict[Direction, dict[str, tuple[NettestPlan, ...]]]
"""Direction to variant to nettests, which differ in what carries the name: TLS, QUIC, plain HTTP."""


@dataclass(frozen=True)
class Wishes:
    """What the command line asks of a run. ``None``: as the plan says; no services: all of the plan.

    ``address_family`` ``None``: drawn among those that line and responder have.
    """

    services: tuple[str, ...] = ()
    pairs: int = 1
    variant: str | None = None
    direction: Direction | None = None
    nettest: str | None = None
    address_family: AddressFamily | None = None
    between_pairs_s: float | None = None
    gap_ms: int | None = None

    def overrides(self) -> dict[str, float | int]:
        """The timings that are not the plan's."""
        timings = {"between_pairs_s": self.between_pairs_s, "gap_ms": self.gap_ms}
        return {name: value for name, value in timings.items() if value is not None}


@dataclass(frozen=True)
class Order:
    """One pair to run."""

    service: Service
    nettest: NettestPlan
    stratum: Stratum
    original_name: str
    control_candidates: tuple[str, ...]
    responder: Responder
    address_family: AddressFamily
    pace_bit_s: int
    capacity_bit_s: int | None
    gap_ms: int
    number: int
    of: int

    def facts(self) -> dict[str, Any]:
        """What every event about this pair says."""
        return {
            "service": self.service.id,
            "variant": self.nettest.variant,
            "direction": self.nettest.direction,
            "number": self.number,
            "of": self.of,
        }


def chosen_services(standing: Standing, wishes: Wishes) -> tuple[Service, ...]:
    """The services to measure, each once, of those that the volunteer agreed to.

    Raises ``UsageTrouble`` (``service_unknown``, ``service_not_agreed``, ``service_off``, ``service_off_unknown``, ``service_caution``) and
    ``NothingMeasured`` (``nothing_agreed``, ``nothing_permitted``).
    """
    known = {service.id: service for service in standing.agreed.services}
    if standing.waiting and not standing.withheld and not (known and standing.agreed.controls):
        raise NothingMeasured("nothing_agreed", operator=standing.plan.operator)
    barred = {item.service: item for item in standing.withheld}
    planned = [service.id for service in standing.plan.services]
    for wished in wishes.services:
        if wished not in planned:
            raise UsageTrouble("service_unknown", service=wished, known=", ".join(planned))
        if wished in barred:
            item = barred[wished]
            unknown = item.risk == "off" and item.country == UNKNOWN_COUNTRY
            code = "service_off_unknown" if unknown else f"service_{item.risk}"
            raise UsageTrouble(code, service=wished, country=item.country, source=item.source)
        if wished not in known:
            raise UsageTrouble("service_not_agreed", service=wished)
    if barred and not known:
        raise NothingMeasured("nothing_permitted", country=", ".join(standing.countries))
    return tuple(known[wished] for wished in dict.fromkeys(wishes.services)) or standing.agreed.services


def enabled_nettests(plan: Plan, wishes: Wishes) -> Enabled:
    """Nettests by direction and variant, of those that the plan has enabled and the command line asks for.

    Raises ``NothingMeasured`` (``variant_not_planned``, ``nettest_not_planned``, ``nothing_enabled``): the operator's kill switch holds.
    """
    enabled: Enabled = {}
    for nettest in plan.nettests:
        if nettest.enabled and nettest.variant in VARIANTS and wishes.nettest in (None, nettest.nettest):
            held = enabled.setdefault(nettest.direction, {})
            held[nettest.variant] = (*held.get(nettest.variant, ()), nettest)
    if not enabled and wishes.nettest is not None:
        raise NothingMeasured("nettest_not_planned", nettest=wishes.nettest, operator=plan.operator)
    if not enabled:
        raise NothingMeasured("nothing_enabled", operator=plan.operator)
    if wishes.direction is not None:
        enabled = {d: variants for d, variants in enabled.items() if d == wishes.direction}
    if wishes.variant is not None:
        wished = wishes.variant
        enabled = {d: {wished: planned[wished]} for d, planned in enabled.items() if wished in planned}
    if not enabled:
        variant = " ".join(filter(None, (wishes.variant, wishes.direction)))
        raise NothingMeasured("variant_not_planned", variant=variant, operator=plan.operator)
    return enabled


PORTS: Final = {"replay_quic": "quic_port", "replay_http": "http_port"}
"""Nettest to the responder's port that it travels to, where that is not the one of every responder."""


def serving(
    responders: Sequence[Responder], nettest: str, family: AddressFamily | None = None
) -> list[Responder]:
    """The responders that serve what a nettest travels in, in ``family`` where one is wanted."""
    able = [r for r in responders if nettest not in PORTS or getattr(r, PORTS[nettest]) is not None]
    return [r for r in able if family is None or family in families.served(r)]


def served(enabled: Enabled, responders: Sequence[Responder]) -> Enabled:
    """Those of the enabled nettests that a responder serves; all of them where none is, so that the skipped pair says so."""
    found: Enabled = {}
    for direction, planned in enabled.items():
        for variant, nettests in planned.items():
            if kept := tuple(n for n in nettests if serving(responders, n.nettest)):
                found.setdefault(direction, {})[variant] = kept
    return found or enabled


def planned_rests(enabled: Enabled) -> tuple[float, int]:
    """The longest rest between two pairs of a service, s, and the longest gap within one, ms, of enabled nettests."""
    nettests = [one for planned in enabled.values() for several in planned.values() for one in several]
    return max(n.between_pairs_s for n in nettests), max(n.gap_ms for n in nettests)


def draw(
    standing: Standing,
    service: Service,
    wishes: Wishes,
    number: int,
    memory: Memory,
    capacity: CapacityStore,
    rng: random.Random,
) -> Order:
    """The next pair of ``service``, by what the volunteer agreed to of the plan.

    What was drawn is remembered, durably, before anything is sent.
    """
    plan = standing.agreed
    if not plan.controls and standing.waiting:
        raise NothingMeasured("nothing_agreed", operator=plan.operator)
    if not plan.controls:
        raise NothingMeasured("nothing_permitted", country=", ".join(standing.countries))
    held = memory.of(service.id)
    enabled = served(enabled_nettests(plan, wishes), standing.responders())
    drawn, directions_left = strata.draw(held.directions_left, tuple(enabled), rng)
    direction = cast(Direction, drawn)  # a key of ``enabled``
    lane = held.lane(direction)
    variant, places = variants.draw(tuple(enabled[direction]), lane.pairs, lane.short_pairs, lane.places, rng)
    nettest = rng.choice(enabled[direction][variant])  # before the coin, so it knows no label
    stratum, left = strata.draw(lane.strata_left, plan.strata(service), rng)
    washed, washed_at = variants.one_in(variants.WASHED_BLOCK, lane.pairs, lane.washed_at, rng)
    held = held.with_lane(direction, strata_left=left, washed_at=washed_at, **places._asdict())
    memory.save(service.id, msgspec.structs.replace(held, directions_left=directions_left))
    original_name = rng.choice(service.names)
    able = serving(standing.responders(), nettest.nettest, wishes.address_family)
    responder = rng.choice(able or standing.responders())
    capacity_bit_s = capacity.bit_s(direction)
    return Order(
        service=service,
        nettest=nettest,
        stratum=cast(Stratum, stratum),  # the plan's own type allows no other
        original_name=original_name,
        control_candidates=plan.candidates(stratum, original_name),
        responder=responder,
        address_family=families.drawn(responder, rng, wishes.address_family),
        pace_bit_s=pace.pace_of(service.pace(direction), variant, capacity_bit_s),
        capacity_bit_s=capacity_bit_s,
        gap_ms=_gap_ms(nettest, wishes, washed=washed),
        number=number,
        of=wishes.pairs,
    )


def _gap_ms(nettest: NettestPlan, wishes: Wishes, *, washed: bool) -> int:
    """The silence between the runs of a pair; ten minutes in a washed one, unless the laboratory overrides timings."""
    if wishes.gap_ms is not None:
        return wishes.gap_ms
    return nettest.wash_ms if washed and nettest.wash_ms and not wishes.overrides() else nettest.gap_ms
