"""The plan book: signs what probes are asked to do, under a serial that only grows and survives restarts.

A new serial is issued when the operator's file says something new, or when half the life of the last plan is
over. Every plan ever issued stays in ``plans/``: a measurement is judged by the plan it was made under.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.data_folder import make_private, sync_folder
from collector.messages import Trouble
from collector.quarters import US_PER_DAY
from collector.rejections import refuse
from collector.settings import Settings
from probe.catalogue.signed import Edition, publish
from probe.measurement.signing import GRANT, PLAN, BadSignature, Signed, open_signed, public_bytes, sign
from probe.measurement.ticket import Grant
from probe.plan import Plan

LOG: Final = logging.getLogger("isonomia.collector.plan")
FLOOR: Final = "plan.floor"
"""Beside ``plans/``: a serial below which none may be issued any more, left by a restore."""


class PlanBook:
    """All plans of one operator, and the current one.

    ``folder`` holds one signed file a serial; ``clock_us`` is the wall clock in µs.
    """

    def __init__(
        self,
        folder: Path,
        key: Ed25519PrivateKey,
        settings: Settings,
        clock_us: Callable[[], int],
        next_key: bytes | None = None,
    ) -> None:
        self._folder = folder
        self._key = key
        self._settings = settings
        self._next_key = next_key
        self._clock_us = clock_us
        self._plans: dict[int, Plan] = {p.serial: p for p in read_plan_files(folder, public_bytes(key))}
        self._failing = False
        try:
            self._current = self._issued_or_due()
        except OSError as error:
            self._current = self._kept(error)

    @property
    def latest(self) -> Plan:
        """The plan that was issued last. Asks for no new one."""
        return self._current

    @property
    def operator_key(self) -> bytes:
        """The public key that signs."""
        return public_bytes(self._key)

    def current(self) -> Plan:
        """The plan in force, issued anew when half its life is over, or once the disk takes it. Raises ``Refused`` where none is in force."""
        try:
            self._current = self._issued_or_due()
            self._failing = False
        except OSError as error:
            if self._current.expires_at_us <= self._clock_us():
                refuse("store_unavailable")
            if not self._failing:
                LOG.error(
                    "the next plan could not be written (%s); the last one stays in force", error.strerror
                )
            self._failing = True
        return self._current

    def plan(self, serial: int) -> Plan | None:
        """The plan of that serial, without grants."""
        return self._plans.get(serial)

    def is_lost(self, serial: int) -> bool:
        """Whether a plan of that serial may have been issued before a restore, and is not here: a word on it would be rash."""
        return 0 < serial < self._floor() and serial not in self._plans

    def after(self, serial: int) -> tuple[Plan, ...]:
        """The plans issued after that serial."""
        if serial >= self._current.serial:
            return ()
        return tuple(plan for number, plan in self._plans.items() if number > serial)

    def responder_of(self, key: bytes) -> str | None:
        """The id of the responder with that signing key, newest plan first."""
        for serial in sorted(self._plans, reverse=True):
            for responder in self._plans[serial].responders:
                if responder.key == key:
                    return responder.id
        return None

    def signed(self, quarter_key: bytes | None) -> Signed:
        """The current plan, with a grant for ``quarter_key`` unless it is ``None``."""
        plan = self.current()
        if quarter_key is None:
            return sign(self._key, PLAN, plan)
        grant = Grant(
            probe_key=quarter_key,
            responders=tuple(responder.id for responder in plan.responders),
            bytes_per_day=self._settings.bytes_per_day,
            expires_at_us=plan.expires_at_us,
        )
        return sign(self._key, PLAN, msgspec.structs.replace(plan, grants=(sign(self._key, GRANT, grant),)))

    def signed_catalogue(self) -> bytes | None:
        """The catalogue that the plan draws on, signed under the plan's serial; ``None`` where it draws on none."""
        catalogue = self._settings.catalogue
        if catalogue is None:
            return None
        return publish(self._key, Edition(serial=self.current().serial, catalogue=catalogue))

    def _issued_or_due(self) -> Plan:
        now_us = self._clock_us()
        last = self._plans[max(self._plans)] if self._plans else None
        floor = self._floor()
        fresh = self._draft(max(1 if last is None else last.serial + 1, floor), now_us)
        in_force = last is not None and last.serial >= floor and not _half_over(last, now_us)
        if last is not None and in_force and _orders(last) == _orders(fresh):
            return last
        self._write(fresh)
        self._plans[fresh.serial] = fresh
        return fresh

    def _kept(self, error: OSError) -> Plan:
        """At the start, without room for a new plan: the last, if it is in force and asks for what the operator's file asks for.

        Raises ``Trouble`` otherwise: what the operator has taken out of the file must not be asked of anybody.
        """
        now_us, last = self._clock_us(), self._plans[max(self._plans)] if self._plans else None
        wanted = _orders(self._draft(0, now_us))
        if (
            last is None
            or last.serial < self._floor()
            or last.expires_at_us <= now_us
            or _orders(last) != wanted
        ):
            raise Trouble("plan.not_written", path=self._folder, detail=error.strerror or error) from error
        return last

    def _floor(self) -> int:
        path = self._folder.with_name(FLOOR)
        return int(path.read_text("ascii")) if path.exists() else 0

    def _draft(self, serial: int, now_us: int) -> Plan:
        return Plan(
            operator=self._settings.operator,
            serial=serial,
            issued_at_us=now_us,
            expires_at_us=now_us + self._settings.plan_days * US_PER_DAY,
            services=self._settings.services,
            controls=self._settings.controls,
            responders=self._settings.responders,
            nettests=self._settings.nettests,
            budget_bytes_month=self._settings.budget_bytes_month,
            catalogue=self._settings.catalogue_version,
            risks=self._settings.risks,
            next_key=self._next_key,
        )

    def _write(self, plan: Plan) -> None:
        """Durable before it is shown to anybody: a serial seen by a probe is never used twice."""
        path = self._folder / f"{plan.serial:08d}.json"
        partial = path.with_suffix(".partial")
        make_private(partial)
        with partial.open("wb") as file:
            file.write(msgspec.json.encode(sign(self._key, PLAN, plan)))
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        sync_folder(self._folder)


def _half_over(plan: Plan, now_us: int) -> bool:
    return now_us - plan.issued_at_us >= (plan.expires_at_us - plan.issued_at_us) // 2


def _orders(plan: Plan) -> Plan:
    """A plan without its number and dates: what it asks for."""
    return msgspec.structs.replace(plan, serial=0, issued_at_us=0, expires_at_us=0)


def read_plan_files(folder: Path, operator_key: bytes | None = None) -> tuple[Plan, ...]:
    """Every plan in ``folder``, by serial; raises ``Trouble`` for one that its operator has not signed.

    All bear one key, but for a key that the plan before announced. The last must be ``operator_key``'s, or announce it;
    ``None``: whoever signed the first.
    """
    plans: list[Plan] = []
    signer: bytes | None = None
    path = folder
    for path in sorted(folder.glob("*.json")):
        signed, plan = _read(path)
        if plans and signed.key not in (signer, plans[-1].next_key):
            raise Trouble("plan.broken", path=path)
        signer = signed.key
        plans.append(plan)
    if plans and operator_key not in (None, signer, plans[-1].next_key):
        raise Trouble("plan.broken", path=path)
    return tuple(plans)


def signers(folder: Path) -> tuple[bytes, ...]:
    """The keys that signed the plans in ``folder``, oldest first, each once; raises ``Trouble`` as ``read_plan_files`` does."""
    read_plan_files(folder)
    return tuple(dict.fromkeys(_read(path)[0].key for path in sorted(folder.glob("*.json"))))


def _read(path: Path) -> tuple[Signed, Plan]:
    try:
        signed = msgspec.json.decode(path.read_bytes(), type=Signed)
        return signed, open_signed(signed, PLAN, Plan)
    except (BadSignature, msgspec.MsgspecError) as error:
        raise Trouble("plan.broken", path=path) from error
