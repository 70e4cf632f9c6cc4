"""The intake: from a body at any door to the answer. The pure pipeline decides, the store keeps, this joins them."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import msgspec

from collector.answer_signature import AnswerSigner
from collector.body import InFlight
from collector.checkers import Checkers
from collector.enrolment import Enrolled, inspect_enrolment
from collector.homes.admission import Admission
from collector.hot_store import NOT_TAKEN, HotStore, Kept
from collector.ingest import Candidate
from collector.limits import Limits
from collector.metrics import Metrics
from collector.operator_file import CollectorBlock
from collector.plan import PlanBook
from collector.quota import Quota
from collector.rejections import Rejection
from collector.rolls import BatchRolls
from collector.roster import Roster
from collector.tickets import inspect_report
from collector.visitors import Enrolments, Proxies
from probe.answers import Answer
from probe.plan import Plan

if TYPE_CHECKING:
    from collector.fleet.watch import FleetWatch
    from collector.mqtt.access import AccessBook
    from collector.mqtt.door import MqttDoor

OK: Final = 200


class Reply(msgspec.Struct, frozen=True):
    """An answer and the HTTP status it goes with."""

    status: int
    answer: Answer
    final: bool = False
    """Whether this settles the document it names, for good; only then it is signed."""

    @property
    def outcome(self) -> str:
        """What ``metrics`` counts it under: the rejection's code, or the status of the document."""
        return self.answer.code or self.answer.status

    def body(self) -> bytes:
        """The answer in JSON."""
        return msgspec.json.encode(self.answer)


def rejected(rejection: Rejection) -> Reply:
    """The reply to a document that is not kept."""
    return Reply(rejection.status, rejection.answer(), rejection.final)


class Intake:
    """The collector's work, without any door. ``clock_us`` is the wall clock in µs."""

    def __init__(
        self,
        store: HotStore,
        roster: Roster,
        plans: PlanBook,
        metrics: Metrics,
        clock_us: Callable[[], int],
        signer: AnswerSigner,
        bounds: CollectorBlock,
        admission: Admission,
        access: "AccessBook | None" = None,
        retired_keys: frozenset[bytes] = frozenset(),
    ) -> None:
        self.store = store
        self.roster = roster
        self.plans = plans
        self.metrics = metrics
        self.clock_us = clock_us
        self.signer = signer
        self.bounds = bounds
        self.admission = admission
        self.homes = admission.book
        self.retired_keys = retired_keys
        self.access = access
        self.mqtt: MqttDoor | None = None
        self.fleet: FleetWatch | None = None
        self.in_flight = InFlight()
        self.rolls = BatchRolls(plans, believed=bounds.believe_rolls)
        self._one_report = asyncio.Lock()
        self.checkers = Checkers(roster, plans, self, bounds.checkers)
        self.quota = Quota(clock_us, bounds.documents_per_key_day, bounds.bytes_per_key_day)
        self.proxies = Proxies(bounds.trusted_proxies)
        self.limits = Limits(clock_us, bounds.documents_per_prefix_minute)
        self._enrolments = Enrolments(clock_us, bounds.enrolments_per_prefix_day)
        # One thread: the roster's connection is used by one at a time, and its fsync never stops the loop.
        self.roster_thread = ThreadPoolExecutor(1, thread_name_prefix="roster")

    def enrolled(self, key: bytes) -> Enrolled | None:
        """The roster's entry of a quarter key (``ingest.Known``)."""
        return self.roster.get(key)

    def plan(self, serial: int) -> Plan | None:
        """The plan of that serial (``ingest.Known``)."""
        return self.plans.plan(serial)

    def barred(self, key: bytes) -> str | None:
        """Why nothing is taken from a quarter key that was enrolled, as a rejection's code; ``None`` where it is."""
        entry = self.roster.get(key)
        if self.homes.is_withdrawn(key) or (entry and self.homes.is_withdrawn(entry.long_lived_key)):
            return "home_withdrawn"
        return "home_revoked" if entry and self.homes.state(entry.long_lived_key) == "revoked" else None

    async def measurement(self, raw: bytes, encoding: str) -> Reply:
        """Take one measurement."""
        return await self.kept(await self.checkers.check(raw, encoding, self.clock_us()))

    async def kept(self, found: Candidate | Rejection) -> Reply:
        """Keep what the pipeline let through; the answer, once the store has one."""
        (reply,) = await self.kept_all((found,))
        return reply

    async def kept_all(self, found: Sequence[Candidate | Rejection]) -> list[Reply]:
        """Keep what the pipeline let through, in one commit; the answers, in their order, once the store has them."""
        # Before anything is decided: from the look at who has left to the store nothing else may happen.
        await self.store.read_ahead([one for one in found if isinstance(one, Candidate)])
        admitted = [self._admitted(one) for one in found]
        candidates = [one for one in admitted if isinstance(one, Candidate)]
        counted: list[Candidate] = []

        def has_room(candidate: Candidate) -> bool:
            taken = self.quota.take(candidate.key, len(candidate.body))
            if taken:
                counted.append(candidate)
            return taken

        outcomes = await self.store.keep_measurements(candidates, has_room)
        replies = {
            id(one): _reply(one.measurement_id, kept) for one, kept in zip(candidates, outcomes, strict=True)
        }
        for one in counted:
            if not replies[id(one)].final:
                self.quota.give_back(one.key, len(one.body))
        return [one if isinstance(one, Reply) else replies[id(one)] for one in admitted]

    def _admitted(self, found: Candidate | Rejection) -> Candidate | Reply:
        """A document for the store; the reply to any other."""
        if isinstance(found, Rejection):
            return rejected(self._without_its_plan(found))
        if barred := self.barred(found.key):
            return rejected(Rejection(barred, document_id=found.measurement_id, proved=True))
        return found

    def _without_its_plan(self, rejection: Rejection) -> Rejection:
        """``rejection``, or where its plan was lost in a restore one that settles nothing: the plan may come back."""
        serial = rejection.detail if rejection.code == "unknown_plan" else ""
        if serial.isdecimal() and self.plans.is_lost(int(serial)):
            return Rejection("plan_not_here", serial, rejection.document_id)
        return rejection

    async def report(self, raw: bytes, encoding: str) -> Reply:
        """Take one ticket report of a responder. It may be megabytes long, by whomever: a thread looks at one after the other."""
        async with self._one_report:
            found = await asyncio.to_thread(inspect_report, raw, encoding, self.plans)
        if isinstance(found, Rejection):
            return rejected(found)
        return _reply(found.report_id, await self.store.keep_report(found))

    async def enrolment(self, raw: bytes, encoding: str, address: str | None = None) -> Reply:
        """Enrol one quarter key for a peer at ``address``, which is counted and not kept."""
        found = inspect_enrolment(raw, encoding, self.clock_us())
        if isinstance(found, Rejection):
            return rejected(found)
        key = found.quarter_key
        if self.roster.get(key) is None and not self._enrolments.take(address):
            return rejected(Rejection("too_many_enrolments", document_id=key))
        try:
            outcome = await asyncio.get_running_loop().run_in_executor(
                self.roster_thread, self.admission.enrol, found
            )
        except sqlite3.Error:
            return rejected(Rejection("store_unavailable", document_id=key))
        if outcome in ("accepted", "duplicate"):
            if self.mqtt is not None:
                self.mqtt.audience.look()
            return Reply(OK, Answer(status=outcome, id=key.hex()), final=True)
        details = {"second_quarter_key": found.quarter, "awaiting_approval": found.long_lived_key.hex()[:16]}
        detail = details.get(outcome, str(len(self.roster)))
        return rejected(Rejection(outcome, detail, key, proved=True))

    def close(self) -> None:
        """Let the last enrolment end, and close roster and book of homes."""
        self.roster_thread.shutdown()
        self.roster.close()
        self.homes.close()


def _reply(document_id: bytes, kept: Kept) -> Reply:
    """The reply once the store has answered; "accepted" and "duplicate" both mean: on disk."""
    if kept in ("accepted", "duplicate"):
        return Reply(OK, Answer(status=kept, id=document_id.hex()), final=True)
    return rejected(Rejection(kept, document_id=document_id, proved=kept not in NOT_TAKEN))
