"""The errand runner: cost declared first, caps, quiet line, deadline, ledger, document; one errand after the other.

For every errand that was to be run there is one document: its result, or why it was skipped.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from probe import link
from probe.budget import Ledger
from probe.emitter import Emitter
from probe.errands.child import FromChild, run_in_child
from probe.errands.document import document
from probe.errands.facts import NETTESTS
from probe.errands.params import Bench
from probe.errands.quiet import Quiet
from probe.errands.visit import Allowance, Tally
from probe.errands.witness import FRESH_S, WITNESS_BYTES, Seen, witness
from probe.errands.words import word_for
from probe.families import way_in
from probe.measurement.envelope import InterfaceCounters
from probe.measurement.results import Result
from probe.measurement.signing import Signed
from probe.measurement.ticket import AddressFamily
from probe.nettests.base import CannotRun, Cost, Net
from probe.nettests.endpoint import Endpoint
from probe.nettests.table import Nettest, load
from probe.plan import Responder
from probe.spending import Spending
from probe.spool import Spool
from probe.standing import Standing
from probe.trouble import SetUpTrouble
from probe.upload import Uploader
from probe.vetting import responder_fault
from probe.visit import OVER_BUDGET, OVER_VISIT, apart
from probe.wrap import Around

NOT_AGREED: Final = "not agreed"
NOT_PLANNED: Final = "not in the plan"
MARGIN_S: Final = 20.0
"""On top of a nettest's declared seconds: a child must start and import, an estimate may be short."""


@dataclass(frozen=True)
class Errand:
    """One nettest for one service. ``family`` ``None``: the bench's."""

    nettest: str
    endpoint: Endpoint
    family: AddressFamily | None = None


@dataclass
class Errands:
    """Runs errands for a standing. ``allowance`` is the visit's; ``quiet`` ``None``: the line is not watched."""

    standing: Standing
    ledger: Ledger
    spool: Spool
    uploader: Uploader
    emitter: Emitter
    net: Net
    bench: Bench
    quiet: Quiet | None
    allowance: Allowance = field(default_factory=Allowance)
    abandon: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    tally: Tally = field(default_factory=Tally)
    _seen: tuple[float, Seen] | None = None

    def cost(self, errands: list[Errand]) -> Cost:
        """What they may spend at most, all together."""
        costs = []
        for errand in errands:
            with suppress(CannotRun):  # what cannot run costs nothing
                costs.append(witnessed(errand.nettest, self.bench.cost(errand.nettest, errand.endpoint)))
        return Cost(sum(cost.bytes for cost in costs), sum(cost.seconds for cost in costs))

    async def run(self, errands: list[Errand]) -> Tally:
        """One after the other. Ends: with the last, or after the one that runs when asked to stop."""
        for errand in errands:
            if self.stopping.is_set():
                break
            await self._one(errand)
        return self.tally

    async def _one(self, errand: Errand) -> None:
        responder = self.net.rng.choice(self.standing.responders())
        self._vet(responder)
        self._turn(errand.family)
        family = self.bench.family(errand.nettest, responder)
        address = way_in(responder, family)
        survey = link.survey(address)
        started_at_us = self.net.unix_us()
        content: Result | str
        around = Around("0", started_at_us, survey.link)
        try:
            nettest = self._loaded(errand.nettest)
            around = Around(nettest.version, started_at_us, survey.link)
            cost = self._checked(errand, responder)
            await self._quiet(survey, (address, responder.port))
            witnesses = await self._witnesses(errand, responder)
            content, counters = await self._measure(errand, nettest, responder, cost, survey)
            witnesses += await self._witnesses(errand, responder, anew=True)
            around = Around(nettest.version, started_at_us, survey.link, cross_traffic=counters)
        except CannotRun as cannot:
            content, witnesses = cannot.reason, ()
        self._keep(errand, family, around, content, witnesses)

    def _turn(self, family: AddressFamily | None) -> None:
        """To another family: what a witness saw of the line in the first says nothing of it there."""
        if family is not None and family != self.bench.address_family:
            self.bench.address_family, self.bench.line_addresses, self._seen = family, (), None

    def _vet(self, responder: Responder) -> None:
        """As ``runner``: a ``skipped`` would tell the operator what this line's networks are, so it is no document."""
        if fault := responder_fault(responder, self.standing.membership.lab, link.own_networks()):
            raise SetUpTrouble("responder_unsafe", operator=self.standing.plan.operator, reason=fault)

    def _loaded(self, name: str) -> Nettest:
        try:
            return load(name)
        except KeyError as error:
            raise CannotRun(f"unsupported:nettest:{name}") from error

    def _checked(self, errand: Errand, responder: Responder) -> Cost:
        """The declared cost, once everything allows it and its witnesses; raises ``CannotRun``."""
        planned = {n.nettest: n.enabled for n in self.standing.plan.nettests}
        if not planned.get(errand.nettest, False):
            raise CannotRun(NOT_PLANNED)
        if NETTESTS[errand.nettest].meets != "responder" and not self.standing.membership.agreed.direct:
            raise CannotRun(NOT_AGREED)
        cost = self.bench.cost(errand.nettest, errand.endpoint, responder)
        whole = witnessed(errand.nettest, cost)
        if not self.allowance.covers(whole):
            raise CannotRun(OVER_VISIT)
        if not self.ledger.allows(whole.bytes, self.net.unix_us()):
            raise CannotRun(OVER_BUDGET)
        return cost

    async def _quiet(self, survey: link.Survey, address: tuple[str, int]) -> None:
        """Wait for a quiet line; raises ``CannotRun`` with the reason that it is not."""
        if self.quiet is None:
            return
        await self.quiet.settle(self.uploader, survey.counters, address, self.stopping.is_set)

    async def _witnesses(
        self, errand: Errand, responder: Responder, *, anew: bool = False
    ) -> tuple[Signed, ...]:
        """Whose line it is now, for a nettest that meets no responder; the last word holds for a minute.

        None where the caps do not allow it any more: the result goes without.
        """
        if NETTESTS[errand.nettest].meets == "responder":
            return ()
        now_s = self.net.monotonic_s()
        if anew or self._seen is None or now_s - self._seen[0] > FRESH_S:
            self._seen = None
            if not self.ledger.allows(WITNESS_BYTES, self.net.unix_us()) or (
                WITNESS_BYTES > self.allowance.bytes_left
            ):
                return ()
            family = self.bench.address_family
            spending = Spending(self.ledger, WITNESS_BYTES, None)
            with spending.reserved(self.net.unix_us()):
                said = await asyncio.to_thread(witness, self.net, self.standing, responder, family)
            self.tally.bytes += spending.spent_bytes
            self.allowance.spend(spending.spent_bytes, self.net.monotonic_s() - now_s)
            self.bench.line_addresses = ()
            if said is not None:
                self._seen = (self.net.monotonic_s(), said)
                self.bench.line_addresses = tuple(filter(None, [said.line_address]))
        return () if self._seen is None else (self._seen[1].statement,)

    async def _measure(
        self, errand: Errand, nettest: Nettest, responder: Responder, cost: Cost, survey: link.Survey
    ) -> tuple[Result, InterfaceCounters | None]:
        self.emitter.emit(
            "errand_started",
            nettest=errand.nettest,
            service=errand.endpoint.id,
            cost_bytes=cost.bytes,
            cost_s=cost.seconds,
        )
        params = self.bench.params(errand.nettest, errand.endpoint, responder)
        work = self._work(errand.nettest, nettest, params, cost)
        await self.uploader.hold()
        bounded = not NETTESTS[errand.nettest].child
        spending = Spending(self.ledger, cost.bytes, survey.counters, bounded=bounded)
        began_s, before = self.net.monotonic_s(), _read(survey)
        try:
            with spending.reserved(self.net.unix_us()):
                done = await apart(work, cost.seconds + MARGIN_S, self.abandon)
                told_bytes = self.bench.told_bytes(done.result, cost)
                spending.payload_bytes = max(told_bytes, done.wire_bytes)
        finally:
            self.uploader.may_send.set()
            self.tally.bytes += spending.spent_bytes
            self.allowance.spend(spending.spent_bytes, self.net.monotonic_s() - began_s)
        return done.result, _counters(before, _read(survey))

    def _work(self, name: str, nettest: Nettest, params: Any, cost: Cost) -> Callable[[], FromChild]:
        """What runs in the thread: the nettest itself, or the wait for its child."""
        lab, net = self.standing.membership.lab, self.net
        if NETTESTS[name].child:
            return lambda: run_in_child(name, params, lab, cost.seconds + MARGIN_S - 1.0)

        def here() -> FromChild:
            return FromChild(nettest.run(net, params), 0)

        return here

    def _keep(
        self,
        errand: Errand,
        family: AddressFamily,
        around: Around,
        content: Result | str,
        witnesses: tuple[Signed, ...],
    ) -> None:
        names = (errand.nettest, str(NETTESTS[errand.nettest].variant), errand.endpoint.id)
        signed = document(self.standing, names, family, around, content, witnesses)
        identifier = self.spool.put(signed)
        self.uploader.notify()
        facts = {
            "id": identifier,
            "nettest": errand.nettest,
            "service": errand.endpoint.id,
            "address_family": family,
        }
        if isinstance(content, str):
            self.tally.skipped += 1
            self.emitter.emit("errand_skipped", **facts, reason=content)
        else:
            self.tally.results += 1
            self.emitter.emit("result", **facts, outcome=word_for(content))


def witnessed(nettest: str, cost: Cost) -> Cost:
    """The cost with that of the two witnesses, where the nettest has them: it meets no responder."""
    if NETTESTS[nettest].meets == "responder":
        return cost
    return Cost(cost.bytes + 2 * WITNESS_BYTES, cost.seconds)


def _read(survey: link.Survey) -> tuple[int, int] | None:
    try:
        return survey.counters() if survey.counters else None
    except OSError:
        return None


def _counters(before: tuple[int, int] | None, after: tuple[int, int] | None) -> InterfaceCounters | None:
    if before is None or after is None:
        return None
    return InterfaceCounters((before[0], after[0]), (before[1], after[1]))
