"""The runner: takes services in turn, runs their pairs, signs and spools each, and keeps to the caps.

It does for every nettest what none should do for itself: rests, deadline, budget, envelope, signature, spool.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, TypeVar

import msgspec

from probe import families, link, orders
from probe.budget import HANDSHAKES_BYTES, Ledger, on_the_line, pair_estimate_bytes
from probe.cap import ledger_of
from probe.capacity import LARGEST_BYTES, CapacityStore, Estimate
from probe.catalogue.risk import Withheld
from probe.door import pause
from probe.emitter import Emitter
from probe.errands.document import document
from probe.errands.quiet import POSTPONED, Quiet
from probe.errands.visit import Allowance, Tally
from probe.measurement.pair import Pair
from probe.measurement.signing import Signed
from probe.measurement.ticket import AddressFamily, Direction
from probe.memory import spare_memory
from probe.nettests.base import CannotRun, Net
from probe.nettests.capacity import NAME as CAPACITY
from probe.nettests.capacity import CapacityParams, CapacityResult
from probe.nettests.replay_tls import ReplayResult, pair_bytes
from probe.nettests.table import Nettest
from probe.orders import Order, Wishes
from probe.pair_facts import country_seen, run_facts
from probe.pair_params import replay_params
from probe.plan import Responder, Service
from probe.rests import Rests
from probe.schedule.memory import Memory
from probe.schedule.rotation import rounds
from probe.spending import Spending
from probe.spool import Spool
from probe.standing import Standing
from probe.state import Home, reason_of
from probe.trouble import SetUpTrouble, Trouble
from probe.upload import Uploader
from probe.vetting import responder_fault
from probe.visit import OVER_BUDGET, OVER_VISIT, apart, deadline_s, within_caps
from probe.wrap import Around, wrap

T = TypeVar("T")
Light = Callable[[Standing, Service, Allowance, Memory], Awaitable[Tally]]
"""Runs the light nettests of a service that are due, in what a pair left of its visit."""

RENEW_S: Final = 3600.0
"""A long run asks for a newer plan this often, so that the operator's kill switch reaches it."""
CAPACITY_MS: Final = 3000
SWITCHED_OFF: Final = "switched off by the operator"


@dataclass
class Done:
    """What a run has done so far. ``bytes`` are those on the line, ``light`` the light nettests' share in all that."""

    pairs: int = 0
    skipped: int = 0
    bytes: int = 0
    light: Tally = field(default_factory=Tally)


@dataclass
class Runner:
    """One ``isonomia-probe run``. ``renew`` fetches a newer standing; ``load`` finds a nettest by its name.

    ``quiet`` postpones pairs and estimates of the line's rate (``None``: the line is not watched); ``light`` runs what goes with them (``None``: nothing).
    """

    home: Home
    standing: Standing
    wishes: Wishes
    spool: Spool
    uploader: Uploader
    emitter: Emitter
    net: Net
    load: Callable[[str], Nettest]
    renew: Callable[[], Awaitable[Standing]]
    quiet: Quiet | None = None
    light: Light | None = None
    done: Done = field(default_factory=Done)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    abandon: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.memory = Memory(self.home.schedule)
        self.capacity = CapacityStore(self.home.capacity)
        self._renewed_s = self.net.monotonic_s()
        self.left: Allowance | None = None  # of the last pair's visit
        self.rests = Rests(self.memory, self.net, self.wishes)

    @property
    def ledger(self) -> Ledger:
        """The ledger under the cap that holds now: a plan can lower the volunteer's, never lift it."""
        return ledger_of(self.home, self.standing.plan)

    def stop(self, signal_name: str) -> None:
        """Once: end after the running pair. Twice: give the running pair up."""
        if self.stopping.is_set():
            self.abandon.set()
        self.emitter.emit("stopping", signal=signal_name)
        self.stopping.set()

    async def measure(self) -> Trouble | None:
        """Run all that was wished for; what stopped it early, if anything did."""
        services = orders.chosen_services(self.standing, self.wishes)
        enabled = orders.enabled_nettests(self.standing.agreed, self.wishes)
        await self.ensure_capacity(tuple(enabled))
        for number, service in rounds(services, self.wishes.pairs, self.net.rng):
            try:
                await self._renew_hourly()
                if await self._rest(service):
                    break
                self.left = await self._one(service, number + 1)
                await self._go_along(service, self.left)
            except Trouble as trouble:
                return trouble
            except OSError as error:
                return SetUpTrouble("folder_unwritable", folder=self.home.folder, reason=reason_of(error))
        return None

    async def ensure_capacity(self, directions: tuple[Direction, ...] = ()) -> None:
        """Measure the line's capacity in each direction (else those of the plan) of which the last estimate is a week old.

        Failure is said, and is not fatal.
        """
        now_us = self.net.unix_us()
        wanted = directions or self.standing.plan.directions()
        await self.measure_capacity(tuple(d for d in wanted if self.capacity.is_due(now_us, d)))

    async def measure_capacity(self, directions: tuple[Direction, ...] | None = None) -> int:
        """Measure it now in these directions (``None``: those of the plan), due or not; in how many that went well."""
        done = 0
        for direction in self.standing.plan.directions() if directions is None else directions:
            if not self.stopping.is_set():
                done += await self._renew_capacity(direction)
        return done

    async def _renew_capacity(self, direction: Direction) -> bool:
        """Whether an estimate came of it; else why not is said, and recorded as any other run that was skipped."""
        if any(n.nettest == CAPACITY and not n.enabled for n in self.standing.plan.nettests):
            self.emitter.emit("capacity_failed", direction=direction, reason=SWITCHED_OFF)
            return False
        responder = self.net.rng.choice(self.standing.responders())
        self._vet(responder)
        family = families.drawn(responder, self.net.rng, self.wishes.address_family)
        started_at_us, version = self.net.unix_us(), "0"
        survey = link.survey(responder.in_family(family)[0])
        try:
            nettest = self._nettest(CAPACITY)
            version = nettest.version
            result = await self._measure_capacity(nettest, responder, family, direction, survey)
        except CannotRun as cannot:
            names, around = (CAPACITY, CAPACITY, CAPACITY), Around(version, started_at_us, survey.link)
            signed = document(self.standing, names, family, around, cannot.reason, direction=direction)
            self.emitter.emit(
                "capacity_failed", id=self._keep(signed), direction=direction, reason=cannot.reason
            )
            return False
        self.capacity.add(Estimate(result.bit_s, self.net.unix_us(), direction, result.name))
        self.emitter.emit(
            "capacity",
            direction=direction,
            bit_s=result.bit_s,
            median_bit_s=self.capacity.bit_s(direction),
            bytes=on_the_line(result.wire_bytes),
        )
        return True

    async def _measure_capacity(
        self,
        nettest: Nettest,
        responder: Responder,
        family: AddressFamily,
        direction: Direction,
        survey: link.Survey,
    ) -> CapacityResult:
        """An estimate of a quiet line, within the budget; raises ``CannotRun``."""
        estimate_bytes = on_the_line(LARGEST_BYTES)
        if not self.ledger.allows(estimate_bytes, self.net.unix_us()):
            raise CannotRun(OVER_BUDGET)
        await self._wait_for_quiet((responder.in_family(family)[0], responder.port), survey)
        params = CapacityParams(
            responder=responder,
            grant=self.standing.grant,
            quarter_key=self.standing.identity.quarter_key,
            duration_ms=CAPACITY_MS,
            address_family=family,
            direction=direction,
            names=self.standing.agreed.capacity_names(responder),
        )
        result: CapacityResult = await self._spend(
            partial(nettest.run, self.net, params),
            deadline_s(CAPACITY_MS, 0),
            estimate_bytes,
            survey,
            lambda got: int(got.wire_bytes),
        )
        return result

    async def _renew_hourly(self) -> None:
        if self.net.monotonic_s() - self._renewed_s >= RENEW_S:
            self._renewed_s = self.net.monotonic_s()
            self.standing = await self.renew()

    async def _rest(self, service: Service) -> bool:
        """Wait until ``service`` may be measured again; whether the run was stopped meanwhile."""
        enabled = orders.enabled_nettests(self.standing.agreed, self.wishes)
        wait_s = self.rests.wait_s(service, *orders.planned_rests(enabled))
        if wait_s >= 1.0:
            spare_memory()
            self.emitter.emit("waiting", service=service.id, wait_s=round(wait_s, 1))
        return await pause(wait_s, self.stopping) if wait_s else self.stopping.is_set()

    async def _one(self, service: Service, number: int) -> Allowance | None:
        """One planned pair: measured or skipped, signed and spooled in either case; what it left of its visit, if there was one."""
        if (item := self._barred(service)) is not None:
            self.emitter.emit(
                f"risk_{item.risk}", service=item.service, country=item.country, source=item.source
            )
            return None
        before = self.memory.of(service.id)
        order = orders.draw(
            self.standing, service, self.wishes, number, self.memory, self.capacity, self.net.rng
        )
        started_at_us = self.net.unix_us()
        self._vet(order.responder)
        survey = link.survey(order.responder.in_family(order.address_family)[0])
        version, before_bytes = "0", self.done.bytes
        try:
            nettest = self._nettest(order.nettest.nettest)
            version = nettest.version
            self._check_caps(order)
            address = order.responder.in_family(order.address_family)[0]
            await self._wait_for_quiet((address, order.responder.port), survey)
            self.rests.begun(service)
            result, spent_bytes = await self._run(nettest, order, survey)
        except CannotRun as cannot:
            self.rests.skipped(service, before, order.nettest.direction, cannot.reason)
            around = Around(version, started_at_us, survey.link)
            self._skipped(order, cannot.reason, wrap(self.standing, order, around, None, cannot.reason))
            return None if cannot.reason.startswith(POSTPONED) else self._left(order, before_bytes)
        around = Around(version, started_at_us, survey.link, result.clock, result.cross_traffic)
        signed = wrap(self.standing, order, around, result.pair)
        identifier = self._keep(signed)
        self.rests.measured(service, order.nettest, result.pair)
        self._see_country(result.pair)
        self.done.pairs += 1
        self._say_pair(order, identifier, result.pair, spent_bytes)
        return self._left(order, before_bytes)

    def _left(self, order: Order, before_bytes: int) -> Allowance:
        """What is left of a visit whose pair began when ``before_bytes`` had been spent."""
        spent_bytes = self.done.bytes - before_bytes
        return Allowance.after(order.nettest.variant, order.nettest.duration_ms, spent_bytes)

    async def _wait_for_quiet(self, address: tuple[str, int], survey: link.Survey) -> None:
        """Nothing has been sent and no coin thrown yet: a line in use is left alone, whatever the label. Raises ``CannotRun``."""
        if self.quiet is not None:
            await self.quiet.settle(self.uploader, survey.counters, address, self.stopping.is_set)

    async def _go_along(self, service: Service, left: Allowance | None) -> None:
        """The light nettests of the visit. They come after the pair, and the service rests from their end on.

        They show its name outside any coin: what remembers that must have forgotten it before the next pair.
        """
        if self.light is None or left is None or self.stopping.is_set():
            return
        tally = await self.light(self.standing, service, left, self.memory)
        self.done.bytes += tally.bytes
        so_far = self.done.light
        so_far.results, so_far.skipped = so_far.results + tally.results, so_far.skipped + tally.skipped
        so_far.bytes += tally.bytes
        if tally.results:
            self.rests.went_along(service)

    def _barred(self, service: Service) -> Withheld | None:
        """Why ``service`` is too risky here, if it is: the responder of an earlier pair may have told where we are."""
        return next((item for item in self.standing.withheld if item.service == service.id), None)

    def _see_country(self, pair: Pair) -> None:
        """Keep the country that the responder saw; what is too risky there is measured no more, from now on."""
        country = country_seen(pair)
        membership = self.standing.membership
        if country is None or country == membership.country_seen:
            return
        membership = msgspec.structs.replace(membership, country_seen=country)
        self.home.save_membership(membership)
        self.standing = replace(self.standing, membership=membership)

    def _nettest(self, name: str) -> Nettest:
        try:
            return self.load(name)
        except KeyError as error:
            raise CannotRun(f"unsupported:nettest:{name}") from error

    def _vet(self, responder: Responder) -> None:
        """Before anything connects to it: the plan may be one of earlier, the line another one since.

        Raises ``SetUpTrouble``: a ``skipped`` would tell the operator what this line's networks are.
        """
        if fault := responder_fault(responder, self.standing.membership.lab, link.own_networks()):
            raise SetUpTrouble("responder_unsafe", operator=self.standing.plan.operator, reason=fault)

    def _check_caps(self, order: Order) -> None:
        estimate_bytes = pair_estimate_bytes(order.pace_bit_s, order.nettest.duration_ms)
        if not within_caps(order.nettest.variant, order.nettest.duration_ms, order.gap_ms, estimate_bytes):
            raise CannotRun(OVER_VISIT)
        if not self.ledger.allows(estimate_bytes, self.net.unix_us()):
            raise CannotRun(OVER_BUDGET)

    async def _run(self, nettest: Nettest, order: Order, survey: link.Survey) -> tuple[ReplayResult, int]:
        """The pair and the bytes it spent; raises ``CannotRun``."""
        estimate_bytes = pair_estimate_bytes(order.pace_bit_s, order.nettest.duration_ms)
        if not order.pace_bit_s:
            left_bytes = self.ledger.cap_bytes - self.ledger.spent_bytes(self.net.unix_us())
            self.emitter.emit(
                "unpaced", **order.facts(), estimate_bytes=estimate_bytes, left_bytes=left_bytes
            )
        self.emitter.emit(
            "pair_started",
            **order.facts(),
            stratum=order.stratum,
            original_name=order.original_name,
            pace_bit_s=order.pace_bit_s,
            responder=order.responder.id,
        )
        before_bytes = self.done.bytes
        params = replay_params(self.standing, order, survey.counters, self.emitter, self.abandon.is_set)
        result: ReplayResult = await self._spend(
            partial(nettest.run, self.net, params),
            deadline_s(order.nettest.duration_ms, order.gap_ms),
            estimate_bytes,
            survey,
            lambda got: pair_bytes(got.pair),
            besides_bytes=HANDSHAKES_BYTES,
        )
        return result, self.done.bytes - before_bytes

    async def _spend(
        self,
        work: Callable[[], T],
        limit_s: float,
        estimate_bytes: int,
        survey: link.Survey,
        payload_bytes: Callable[[T], int],
        besides_bytes: int = 0,
    ) -> T:
        """Do ``work`` within the budget, while nothing of ours is uploaded; raises ``CannotRun``."""
        await self.uploader.hold()
        spending = Spending(self.ledger, estimate_bytes, survey.counters, besides_bytes=besides_bytes)
        try:
            with spending.reserved(self.net.unix_us()):
                result = await apart(work, limit_s, self.abandon)
                spending.payload_bytes = payload_bytes(result)
            return result
        finally:
            self.rests.traffic_ended()
            self.uploader.may_send.set()
            self.done.bytes += spending.spent_bytes

    def _keep(self, signed: Signed) -> str:
        identifier = self.spool.put(signed)
        self.uploader.notify()
        return identifier

    def _skipped(self, order: Order, reason: str, signed: Signed) -> None:
        self.done.skipped += 1
        self.emitter.emit(
            "skipped",
            id=self._keep(signed),
            **order.facts(),
            reason=reason,
        )

    def _say_pair(self, order: Order, identifier: str, pair: Pair, spent_bytes: int) -> None:
        self.emitter.emit(
            "pair",
            id=identifier,
            **order.facts(),
            stratum=order.stratum,
            runs=[run_facts(run) for run in pair.runs],
            bytes=spent_bytes,
            closed=pair.statement is not None,
        )
