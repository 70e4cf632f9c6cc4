"""The stored plan: whose word it is, that its serial only grows (integrity.md 9), and that it stays within bounds.

PlanRefused
  foreign    signed by another key than the pinned one, or by none
  older      its serial is smaller than that of the plan we hold
  malformed  not a plan
  expired    its time is over
  unbounded  it would hold longer than any plan may, or its serial leaps so far that no later one could follow
  ungranted  the plan we hold has its serial and our grant, this one has not: the public one anybody can fetch
  unsafe     it names a responder to which a probe does not connect (``vetting``)
"""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal

import msgspec

from probe import durable
from probe.clock import judged_us
from probe.measurement.signing import GRANT, PLAN, BadSignature, Signed, decode_json, open_signed
from probe.measurement.ticket import Grant
from probe.plan import Plan
from probe.trouble import SetUpTrouble
from probe.vetting import Network, plan_fault

KEY_HASH_DIGITS: Final = 32
LONGEST_US: Final = 100 * 86400 * 1_000_000
LARGEST_LEAP: Final = 1_000_000

Code = Literal["foreign", "older", "malformed", "expired", "unbounded", "ungranted", "unsafe"]


class PlanRefused(Exception):
    """A plan that is not to be obeyed. ``reason`` is a sentence's worth of facts for a person."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


def key_hash(operator_key: bytes) -> str:
    """The first 32 hex digits of SHA-256 of the operator's key: what stands behind the # at ``join``."""
    return sha256(operator_key).hexdigest()[:KEY_HASH_DIGITS]


def signer_of(raw: bytes) -> bytes:
    """The key that signed the plan in ``raw``, its signature verified; raises ``PlanRefused``."""
    return _open(raw)[0].key


def open_plan(raw: bytes, *pinned: bytes) -> Plan:
    """The plan in ``raw`` if one of the ``pinned`` keys signed it; raises ``PlanRefused``."""
    signed, plan = _open(raw)
    if signed.key not in pinned:
        raise PlanRefused("foreign", f"key {key_hash(signed.key)} instead of {key_hash(pinned[0])}")
    return plan


def _open(raw: bytes) -> tuple[Signed, Plan]:
    try:
        signed = decode_json(raw, Signed)
        return signed, open_signed(signed, PLAN, Plan)
    except BadSignature as error:
        raise PlanRefused("foreign", str(error)) from error
    except msgspec.MsgspecError as error:
        raise PlanRefused("malformed", str(error)) from error


class PlanStore:
    """``plan.json``: the newest plan of the pinned operator, kept as the bytes that were signed.

    ``lab`` relaxes what responders may be; ``own`` are the networks of this line. ``second`` is the key that an earlier plan
    announced: a plan signed by it is obeyed, and from then on ``operator_key`` is that one alone.
    """

    def __init__(
        self,
        path: Path,
        operator_key: bytes,
        lab: bool = False,
        own: Sequence[Network] = (),
        second: bytes | None = None,
    ) -> None:
        self.path = path
        self.operator_key = operator_key
        self._lab = lab
        self._own = own
        self._pinned = (operator_key,) if second is None else (operator_key, second)

    def load(self) -> Plan:
        """The stored plan, expired or not; raises ``SetUpTrouble`` when there is none or it was tampered with."""
        try:
            return open_plan(self.path.read_bytes(), *self._pinned)
        except FileNotFoundError as error:
            raise SetUpTrouble("plan_missing", path=self.path) from error
        except PlanRefused as error:
            raise SetUpTrouble("state_damaged", path=self.path, reason=error) from error

    def accept(self, raw: bytes, quarter_key: bytes, now_us: int) -> Plan:
        """Store the plan in ``raw``, meant for ``quarter_key``, and return it.

        Raises ``PlanRefused`` and then keeps what it has.
        """
        plan = open_plan(raw, *self._pinned)
        at_us = judged_us(now_us, plan.issued_at_us)
        if plan.expires_at_us <= at_us:
            raise PlanRefused("expired", f"serial {plan.serial}")
        if plan.expires_at_us > at_us + LONGEST_US:
            raise PlanRefused("unbounded", f"serial {plan.serial} holds for more than 100 days")
        if fault := plan_fault(plan, self._lab, self._own):
            raise PlanRefused("unsafe", fault)
        if self.path.exists():
            self._check_follows(plan, self.load(), quarter_key, at_us)
        durable.write(self.path, raw)
        self.operator_key = signer_of(raw)
        return plan

    def _check_follows(self, plan: Plan, held: Plan, quarter_key: bytes, now_us: int) -> None:
        """Whether ``plan`` may take the place of ``held``."""
        if plan.serial < held.serial:
            raise PlanRefused("older", f"serial {plan.serial}, but {held.serial} is held")
        if plan.serial > held.serial + LARGEST_LEAP:
            raise PlanRefused("unbounded", f"serial {plan.serial}, and {held.serial} is held")
        had, has = (
            any(find_grant(p, key, quarter_key, now_us) for key in self._pinned) for p in (held, plan)
        )
        if plan.serial == held.serial and had and not has:
            raise PlanRefused("ungranted", f"serial {plan.serial}")


def find_grant(
    plan: Plan, operator_key: bytes, quarter_key: bytes, now_us: int
) -> tuple[Signed, Grant] | None:
    """The operator's grant for ``quarter_key`` that lasts longest; ``None`` if the plan holds none that is valid."""
    valid = [
        (signed, grant)
        for signed, grant in map(_open_grant, plan.grants)
        if grant is not None
        and signed.key == operator_key
        and grant.probe_key == quarter_key
        and grant.expires_at_us > now_us
    ]
    return max(valid, key=lambda pair: pair[1].expires_at_us, default=None)


def _open_grant(signed: Signed) -> tuple[Signed, Grant | None]:
    try:
        return signed, open_signed(signed, GRANT, Grant)
    except (BadSignature, msgspec.MsgspecError):
        return signed, None
