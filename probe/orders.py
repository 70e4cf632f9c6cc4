"""Orders: everything that governs one pair, drawn before the coin and before any byte."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from probe.capacity import CapacityStore
from probe.measurement.ticket import AddressFamily, Stratum
from probe.plan import NettestPlan, Plan, Responder, Service
from probe.schedule import pace, strata, variants
from probe.schedule.memory import Memory
from probe.standing import Standing, address_family
from probe.trouble import NothingMeasured, UsageTrouble


@dataclass(frozen=True)
class Wishes:
    """What the command line asks of a run. ``None``: as the plan says; no services: all of the plan."""

    services: tuple[str, ...] = ()
    pairs: int = 1
    variant: str | None = None
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
            "number": self.number,
            "of": self.of,
        }


def chosen_services(standing: Standing, wishes: Wishes) -> tuple[Service, ...]:
    """The services to measure, each once, of those that the volunteer agreed to.

    Raises ``UsageTrouble`` (``service_unknown``, ``service_not_agreed``) and ``NothingMeasured("nothing_agreed")``.
    """
    known = {service.id: service for service in standing.agreed.services}
    if standing.waiting and not (known and standing.agreed.controls):
        raise NothingMeasured("nothing_agreed", operator=standing.plan.operator)
    planned = [service.id for service in standing.plan.services]
    for wished in wishes.services:
        if wished not in planned:
            raise UsageTrouble("service_unknown", service=wished, known=", ".join(planned))
        if wished not in known:
            raise UsageTrouble("service_not_agreed", service=wished)
    return tuple(known[wished] for wished in dict.fromkeys(wishes.services)) or standing.agreed.services


def enabled_nettests(plan: Plan, wishes: Wishes) -> dict[str, NettestPlan]:
    """Variant to nettest, of those that the plan has enabled and the command line asks for.

    Raises ``NothingMeasured`` (``variant_not_planned``, ``nothing_enabled``): the operator's kill switch holds.
    """
    enabled: dict[str, NettestPlan] = {
        n.variant: n for n in plan.nettests if n.enabled and n.variant in ("paced", "long")
    }
    if wishes.variant is not None:
        if wishes.variant not in enabled:
            raise NothingMeasured("variant_not_planned", variant=wishes.variant, operator=plan.operator)
        return {wishes.variant: enabled[wishes.variant]}
    if not enabled:
        raise NothingMeasured("nothing_enabled", operator=plan.operator)
    return enabled


def serving(responders: Sequence[Responder], nettest: str) -> list[Responder]:
    """The responders that serve what a nettest travels in."""
    ports = {"replay_quic": "quic_port", "replay_http": "http_port"}
    return [r for r in responders if nettest not in ports or getattr(r, ports[nettest]) is not None]


def of_one_nettest(plan: Plan, responders: Sequence[Responder], rng: random.Random) -> Plan:
    """The plan with the pairs of one nettest alone, drawn among those that are enabled and that a responder serves.

    Drawn before the coin, so it knows no label. A plan in which none is served stays as it is.
    """
    names = dict.fromkeys(n.nettest for n in plan.nettests if n.enabled and n.variant in ("paced", "long"))
    served = [name for name in names if serving(responders, name)]
    if not served:
        return plan
    drawn = rng.choice(served)
    return msgspec.structs.replace(plan, nettests=tuple(n for n in plan.nettests if n.nettest == drawn))


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
    if not plan.controls:
        raise NothingMeasured("nothing_agreed", operator=plan.operator)
    held = memory.of(service.id)
    nettest, long_at = _variant(
        enabled_nettests(of_one_nettest(plan, standing.responders(), rng), wishes),
        held.pairs,
        held.long_at,
        rng,
    )
    stratum, left = strata.draw(held.strata_left, plan.strata(), rng)
    memory.save(service.id, msgspec.structs.replace(held, strata_left=left, long_at=long_at))
    original_name = rng.choice(service.names)
    responder = rng.choice(serving(standing.responders(), nettest.nettest))
    capacity_bit_s = capacity.bit_s()
    return Order(
        service=service,
        nettest=nettest,
        stratum=cast(Stratum, stratum),  # the plan's own type allows no other
        original_name=original_name,
        control_candidates=plan.candidates(stratum, original_name),
        responder=responder,
        address_family=address_family(responder),
        pace_bit_s=pace.pace_bit_s(service.pace_bit_s, capacity_bit_s),
        capacity_bit_s=capacity_bit_s,
        gap_ms=nettest.gap_ms if wishes.gap_ms is None else wishes.gap_ms,
        number=number,
        of=wishes.pairs,
    )


def _variant(
    enabled: dict[str, NettestPlan], done: int, long_at: int | None, rng: random.Random
) -> tuple[NettestPlan, int | None]:
    if len(enabled) == 1:
        return next(iter(enabled.values())), long_at
    is_long, place = variants.is_long(done, long_at, rng)
    return enabled["long" if is_long else "paced"], place
