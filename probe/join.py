"""Joining an operator: see the plan, compare the key, ask, enrol, pin, store.

Nothing is made or sent before the volunteer agreed: the first look at the plan bears no key.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from probe import identity, link
from probe.agreed import agreed_to
from probe.catalogue.risk import countries_of
from probe.door import Door, DoorTrouble, NotBelieved, Rejected
from probe.identity import Identity, current_quarter, moment_of
from probe.measurement.envelope import Line
from probe.plan import Plan
from probe.plan_store import KEY_HASH_DIGITS, PlanRefused, PlanStore, key_hash, open_plan, signer_of
from probe.standing import Standing, enrol, stand
from probe.state import Consent, Home, Membership
from probe.trouble import SetUpTrouble, UsageTrouble
from probe.vetting import plan_fault

EXAMPLE: Final = "https://collector.example#0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Target:
    """The two halves of ``URL#KEYHASH``; ``url`` has no slash at its end."""

    url: str
    key_hash: str

    @property
    def encrypted(self) -> bool:
        """Whether uploads travel encrypted (they are signed in any case)."""
        return self.url.startswith("https://")


@dataclass(frozen=True)
class Preview:
    """What an operator offers, verified against the key hash, before anything was agreed."""

    operator_key: bytes
    plan: Plan


@dataclass(frozen=True)
class Place:
    """Where the line is, as declared and as a responder saw it before, and the warnings the volunteer said yes to."""

    declared: str | None = None
    seen: str | None = None
    cautions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def countries(self) -> tuple[str, ...]:
        """The countries to obey."""
        return countries_of(self.declared, self.seen)


def place_of(home: Home, declared: str | None) -> Place:
    """The place of a home that joins, again perhaps: what it declared and what was seen before still count."""
    if not home.joined:
        return Place(declared)
    held = home.membership()
    return Place(declared or held.country, held.country_seen)


def parse_target(typed: str) -> Target:
    """Raises ``UsageTrouble``: ``target_url``, ``target_hash``."""
    address, _, digits = typed.strip().partition("#")
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
        sound = sound and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound:
        raise UsageTrouble("target_url", typed=address, example=EXAMPLE)
    if not re.fullmatch(rf"[0-9a-fA-F]{{{KEY_HASH_DIGITS}}}", digits):
        raise UsageTrouble("target_hash", digits=KEY_HASH_DIGITS, typed=digits, example=EXAMPLE)
    return Target(address.rstrip("/"), digits.lower())


def check_folder(home: Home, target: Target) -> None:
    """Raises ``SetUpTrouble("joined_elsewhere")`` when the folder belongs to another operator."""
    if not home.joined:
        return
    held = home.membership()
    if key_hash(held.operator_key) != target.key_hash:
        raise SetUpTrouble(
            "joined_elsewhere", folder=home.folder, operator=held.operator, collector=held.collector
        )


async def preview(door: Door, target: Target, lab: bool) -> Preview:
    """The operator's plan and key, before anything was agreed; raises ``SetUpTrouble``.

    ``lab``: responders may be on private networks.
    """
    raw = await _ask_plan(door, None)
    try:
        signer = signer_of(raw)
        if key_hash(signer) != target.key_hash:
            raise SetUpTrouble(
                "key_mismatch", url=target.url, expected=target.key_hash, found=key_hash(signer)
            )
        plan = open_plan(raw, signer)
        if fault := plan_fault(plan, lab, link.own_networks()):
            raise PlanRefused("unsafe", fault)
        return Preview(signer, plan)
    except PlanRefused as refused:
        raise _refused(refused) from refused


async def join(
    home: Home,
    door: Door,
    target: Target,
    seen: Preview,
    consent: Consent,
    line: Line,
    invitation: str | None,
    lab: bool,
    now_us: int,
    place: Place,
) -> Standing:
    """Make the keys, enrol, store plan and pin; the standing that results. Raises ``SetUpTrouble``.

    The consent is to the plan that was shown, which need not be the one that is fetched now.
    ``home.json`` is written last: a folder that has it is complete.
    """
    who = identity.create(home, moment_of(now_us))
    await _enrol(door, who, now_us, invitation)
    raw = await _ask_plan(door, who.public)
    try:
        store = PlanStore(home.plan, seen.operator_key, lab, link.own_networks())
        plan = store.accept(raw, who.public, now_us)
    except PlanRefused as refused:
        raise _refused(refused) from refused
    membership = Membership(
        collector=target.url,
        operator=plan.operator,
        operator_key=seen.operator_key,
        joined_at_us=now_us,
        consent=consent,
        agreed=agreed_to(seen.plan, place.cautions),
        lab=lab,
        line=line,
        country=place.declared,
        country_seen=place.seen,
        invitation=invitation,
        second_key=plan.next_key,
        enrolled_quarter=current_quarter(now_us),
    )
    standing = stand(membership, who, plan, now_us)
    home.save_membership(membership)
    return standing


async def _ask_plan(door: Door, quarter_key: bytes | None) -> bytes:
    try:
        return await door.plan(quarter_key)
    except DoorTrouble as trouble:
        raise _door_trouble(door, trouble) from trouble
    except Rejected as rejected:
        raise _rejected(rejected) from rejected


async def _enrol(door: Door, who: Identity, now_us: int, invitation: str | None) -> None:
    try:
        await enrol(door, who, now_us, invitation)
    except DoorTrouble as trouble:
        raise _door_trouble(door, trouble) from trouble
    except Rejected as rejected:
        raise _rejected(rejected) from rejected


def _door_trouble(door: Door, trouble: DoorTrouble) -> SetUpTrouble:
    code = "not_a_collector" if isinstance(trouble, NotBelieved) else "collector_unreachable"
    return SetUpTrouble(code, url=door.collector, detail=trouble.detail)


def _rejected(rejected: Rejected) -> SetUpTrouble:
    answer = rejected.answer
    return SetUpTrouble(
        "enrolment_rejected",
        code=answer.code or "unknown",
        reason_fr=answer.message_fr or "",
        reason_en=answer.message_en or "",
    )


def _refused(refused: PlanRefused) -> SetUpTrouble:
    return SetUpTrouble(f"plan_{refused.code}_at_join", reason=refused.reason)
