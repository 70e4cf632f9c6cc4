"""Agreed: the part of a plan to which the volunteer said yes at ``join``.

A later plan may name another service, or another name to speak under. It waits until ``join`` is repeated: the
connections bear these names on the volunteer's own line.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from probe.errands.facts import DIRECT
from probe.plan import Plan, Service
from probe.schedule.pace import SATURATE


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """What was on offer when the volunteer agreed: service ids with their names, and the control names.

    ``cautions``: service id to the countries (ISO 3166-1, ``ZZ`` for unknown) for which they said yes to the warning.
    ``direct``: that services and public resolvers are contacted as well, not the operator's responders alone.
    ``unpaced``: pairs that fill the line.
    """

    services: dict[str, tuple[str, ...]] = {}
    controls: tuple[str, ...] = ()
    cautions: dict[str, tuple[str, ...]] = {}
    direct: bool = False
    unpaced: bool = False


@dataclass(frozen=True)
class Waiting:
    """What a plan asks for that nobody agreed to: services by id, names of other services and of controls, nettests
    that contact others than responders, and variants.
    """

    services: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.services or self.names or self.variants)


def agreed_to(plan: Plan, cautions: Mapping[str, tuple[str, ...]] | None = None) -> Agreed:
    """All that ``plan`` names, and of the warnings those in ``cautions``."""
    return Agreed(
        cautions=dict(cautions or {}),
        services={service.id: service.names for service in plan.services},
        controls=tuple(control.name for control in plan.controls),
        direct=is_direct(plan),
        unpaced=_is_unpaced(plan),
    )


def is_direct(plan: Plan) -> bool:
    """Whether ``plan`` has nettests that contact others than responders."""
    return any(nettest.nettest in DIRECT for nettest in plan.nettests)


def narrowed(plan: Plan, agreed: Agreed) -> Plan:
    """``plan`` with nothing in it that was not agreed to.

    A stratum with a new name waits whole: the coin draws from the registered list or not at all.
    """
    services = tuple(filter(None, (_narrowed(service, agreed) for service in plan.services)))
    new = {control.stratum for control in plan.controls if control.name not in agreed.controls}
    controls = tuple(control for control in plan.controls if control.stratum not in new)
    nettests = tuple(n for n in plan.nettests if agreed.unpaced or n.variant != SATURATE)
    return msgspec.structs.replace(plan, services=services, controls=controls, nettests=nettests)


def waiting(plan: Plan, agreed: Agreed) -> Waiting:
    """What of ``plan`` waits for the volunteer's consent."""
    new = [service for service in plan.services if service.id not in agreed.services]
    names = [
        name
        for service in plan.services
        for name in service.names
        if service.id in agreed.services and name not in agreed.services[service.id]
    ]
    names += [control.name for control in plan.controls if control.name not in agreed.controls]
    if not agreed.direct:
        names += [nettest.nettest for nettest in plan.nettests if nettest.nettest in DIRECT]
    variants = (SATURATE,) if _is_unpaced(plan) and not agreed.unpaced else ()
    return Waiting(tuple(service.id for service in new), tuple(dict.fromkeys(names)), variants)


def _is_unpaced(plan: Plan) -> bool:
    """Whether the plan fills the line for a moment: that costs bytes, and is asked for by itself."""
    return any(nettest.variant == SATURATE and nettest.enabled for nettest in plan.nettests)


def _narrowed(service: Service, agreed: Agreed) -> Service | None:
    names = tuple(name for name in service.names if name in agreed.services.get(service.id, ()))
    return msgspec.structs.replace(service, names=names) if names else None
