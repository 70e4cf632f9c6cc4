"""Standing: where this probe stands with its operator, renewed before it measures.

An unreachable collector is no reason not to measure: the stored plan holds until it expires. A refused plan
(another key, a smaller serial, a responder on a home network) is said aloud, and the stored one holds as well.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import msgspec

from probe import identity, link
from probe.agreed import Waiting, narrowed, waiting
from probe.catalogue.entries import Catalogue
from probe.catalogue.read import shipped
from probe.catalogue.risk import RiskBook, Withheld, countries_of, permitted, shipped_book, withheld
from probe.catalogue.signed import CatalogueRefused, accept, held_edition
from probe.clock import judged_us
from probe.door import Door, DoorTrouble, Rejected
from probe.emitter import Emitter
from probe.families import served
from probe.identity import Identity, current_quarter, moment_of
from probe.measurement.signing import Signed
from probe.measurement.ticket import Grant
from probe.plan import Plan, Responder
from probe.plan_store import PlanRefused, PlanStore, find_grant, key_hash
from probe.state import Home, Membership
from probe.trouble import SetUpTrouble

ENROLLED_BEFORE = frozenset({"accepted", "duplicate"})


@dataclass(frozen=True)
class Standing:
    """Who we are, whom we obey, what they ask, and their leave to measure.

    ``catalogue`` is one that the operator signed, beside our own: its risk lines count as the operator's.
    """

    membership: Membership
    identity: Identity
    plan: Plan
    grant: Signed
    granted: Grant
    catalogue: Catalogue | None = None

    @property
    def endpoints_catalogue(self) -> Catalogue:
        """The catalogue that says what the endpoints of services are: the operator's, else our own."""
        return self.catalogue or shipped()

    @cached_property
    def endpoints_version(self) -> str:
        """What a measurement of endpoints carries: ``Plan.catalogue_version`` with the catalogue that was used."""
        used = self.endpoints_catalogue.version()
        return msgspec.structs.replace(self.plan, catalogue=used).catalogue_version()

    @cached_property
    def agreed(self) -> Plan:
        """The plan without what the volunteer has not agreed to, or what is too risky here: what may be measured."""
        return permitted(self._offered, self.risks, self.countries, self.withheld)

    @cached_property
    def withheld(self) -> tuple[Withheld, ...]:
        """What the volunteer agreed to and the risk classes forbid here, or allow only after their yes to a warning."""
        return withheld(self._offered, self.risks, self.countries, self.membership.agreed.cautions)

    @property
    def countries(self) -> tuple[str, ...]:
        """Where this line is: as declared and as a responder saw it; the stricter one counts."""
        return countries_of(self.membership.country, self.membership.country_seen)

    @cached_property
    def _offered(self) -> Plan:
        return narrowed(self.plan, self.membership.agreed)

    @cached_property
    def risks(self) -> RiskBook:
        """The shipped lines and the operator's."""
        return shipped_book().with_operator(self.plan.risks, self.catalogue)

    @cached_property
    def waiting(self) -> Waiting:
        """What the plan asks for beyond that."""
        return waiting(self.plan, self.membership.agreed)

    def responders(self) -> tuple[Responder, ...]:
        """The plan's responders that the grant names, and that have the two addresses which a coin needs."""
        return tuple(r for r in self.plan.responders if r.id in self.granted.responders and served(r))


async def enrol(door: Door, who: Identity, now_us: int, invitation: str | None) -> None:
    """Enrol ``who``; raises ``Rejected`` or ``DoorTrouble``."""
    answer = await door.enrol(who.enrolment(moment_of(now_us), invitation), who.public)
    if answer.status not in ENROLLED_BEFORE:
        raise Rejected(answer)


async def renew(home: Home, door: Door, emitter: Emitter, now_us: int) -> Standing:
    """The newest standing that can be had. Raises ``SetUpTrouble`` when that is not enough to measure:
    ``plan_missing``, ``plan_expired``, ``no_grant``, ``no_responder`` and those of the folder.
    """
    membership = home.membership()
    store = PlanStore(
        home.plan, membership.operator_key, membership.lab, link.own_networks(), membership.second_key
    )
    quarter = membership.enrolled_quarter or current_quarter(now_us)
    who = identity.load(home, quarter)
    try:
        who, plan = await _fetch(home, membership, store, door, now_us)
        membership = _save_pins(home, _save_quarter(home, membership, who.quarter), store, plan, emitter)
        door.trust(membership.operator_key)
        emitter.emit("plan", serial=plan.serial, expires_at=moment_of(plan.expires_at_us))
    except PlanRefused as refused:
        plan = store.load()
        emitter.emit("plan_refused", code=refused.code, reason=refused.reason, serial=plan.serial)
    except Rejected as rejected:
        plan = store.load()
        emitter.emit("plan_kept", kind="rejected", detail=rejected.answer.code, serial=plan.serial)
    except DoorTrouble as trouble:
        plan = store.load()
        emitter.emit("plan_kept", kind=trouble.kind, detail=trouble.detail, serial=plan.serial)
    standing = stand(membership, who, plan, now_us)
    standing = replace(standing, catalogue=await _catalogue(home, membership, plan, door, emitter, now_us))
    if asked := standing.waiting:
        emitter.emit("not_agreed", services=asked.services, names=(*asked.names, *asked.variants))
    say_withheld(standing, emitter)
    return standing


def say_withheld(standing: Standing, emitter: Emitter) -> None:
    """Say which services are not measured here, and why."""
    for item in standing.withheld:
        emitter.emit(f"risk_{item.risk}", service=item.service, country=item.country, source=item.source)


def stand(membership: Membership, who: Identity, plan: Plan, now_us: int) -> Standing:
    """The standing that these four add up to, checked."""
    at_us = judged_us(now_us, plan.issued_at_us)
    if plan.expires_at_us <= at_us:
        raise SetUpTrouble("plan_expired", serial=plan.serial, at=moment_of(plan.expires_at_us))
    found = find_grant(plan, membership.operator_key, who.public, at_us)
    if found is None:
        raise SetUpTrouble("no_grant", operator=membership.operator, probe=who.short)
    standing = Standing(membership, who, plan, *found)
    if not standing.responders():
        raise SetUpTrouble("no_responder", operator=membership.operator)
    return standing


async def _fetch(
    home: Home, membership: Membership, store: PlanStore, door: Door, now_us: int
) -> tuple[Identity, Plan]:
    """Enrol this quarter's key if it is not, and fetch its plan; an operator that forgot us is asked once more."""
    quarter = current_quarter(now_us)
    who = identity.load(home, quarter)
    if membership.enrolled_quarter != quarter:
        await enrol(door, who, now_us, membership.invitation)
    try:
        raw = await door.plan(who.public)
    except Rejected:
        await enrol(door, who, now_us, membership.invitation)
        raw = await door.plan(who.public)
    return who, store.accept(raw, who.public, now_us)


async def _catalogue(
    home: Home, membership: Membership, plan: Plan, door: Door, emitter: Emitter, now_us: int
) -> Catalogue | None:
    """The operator's catalogue, where its plan draws on another than ours; fetched once a version.

    One that cannot be had, or is not the operator's, changes nothing: what we hold stays in force.
    """
    held = held_catalogue(home, membership, plan, now_us)
    if plan.catalogue in (None, shipped().version()) or (held and held.version() == plan.catalogue):
        return held
    today = moment_of(now_us).date()
    try:
        return accept(home.catalogue, await door.catalogue(), membership.operator_key, today).catalogue
    except (CatalogueRefused, DoorTrouble) as trouble:
        emitter.emit("catalogue_kept", detail=str(trouble))
    except Rejected as rejected:
        emitter.emit("catalogue_kept", detail=rejected.answer.code)
    return held


def held_catalogue(home: Home, membership: Membership, plan: Plan, now_us: int) -> Catalogue | None:
    """The operator's catalogue that is kept here; ``None`` where there is none, or the plan draws on our own."""
    if plan.catalogue in (None, shipped().version()):
        return None
    held = held_edition(home.catalogue, membership.operator_key, moment_of(now_us).date())
    return None if held is None else held.catalogue


def _save_pins(
    home: Home, membership: Membership, store: PlanStore, plan: Plan, emitter: Emitter
) -> Membership:
    """Pin the key that signed the plan, and the one it announces; say so where the first is another than before."""
    if (store.operator_key, plan.next_key) == (membership.operator_key, membership.second_key):
        return membership
    if store.operator_key != membership.operator_key:
        emitter.emit("operator_key", key_hash=key_hash(store.operator_key))
    renewed = msgspec.structs.replace(membership, operator_key=store.operator_key, second_key=plan.next_key)
    home.save_membership(renewed)
    return renewed


def _save_quarter(home: Home, membership: Membership, quarter: str) -> Membership:
    if membership.enrolled_quarter == quarter:
        return membership
    renewed = msgspec.structs.replace(membership, enrolled_quarter=quarter)
    home.save_membership(renewed)
    return renewed
