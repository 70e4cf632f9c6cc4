"""The light nettests that go along with the agent's pairs: which are due, and a run of them in what a pair left.

A visit is one heavy pair and these (architecture.md, "The replay"). Each has its own rest for each service: what the
plan says, and for those that meet servers of others never less than ``LEAST_REST_S``; a fetch also rests by host (``guests``).
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from probe.cap import ledger_of
from probe.capacity import CapacityStore
from probe.catalogue.endpoints import endpoints
from probe.emitter import Emitter
from probe.errands.endpoints import EndpointFile, endpoints_of
from probe.errands.facts import DIRECT, ERRANDS
from probe.errands.guests import FETCH, LEAST_REST_S, is_over, keys, note, rested, straighten
from probe.errands.params import MOST_LOAD_BYTES, Bench
from probe.errands.quiet import Quiet
from probe.errands.runner import Errand, Errands
from probe.errands.visit import Allowance, Tally
from probe.families import routed
from probe.nettests.base import Net
from probe.nettests.endpoint import Endpoint
from probe.plan import Service
from probe.schedule.memory import Memory
from probe.spool import Spool
from probe.standing import Standing
from probe.state import Home
from probe.upload import Uploader

LOADED_ONE_IN: Final = 8
"""So many latencies are measured for one under load, which costs as much as a pair."""


@dataclass
class GoingAlong:
    """Runs what is due beside a pair. ``given`` are endpoints from a file, for a laboratory; ``quiet`` as in ``Errands``."""

    home: Home
    spool: Spool
    uploader: Uploader
    emitter: Emitter
    net: Net
    quiet: Quiet | None
    given: EndpointFile = field(default_factory=EndpointFile)
    abandon: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, standing: Standing, service: Service, left: Allowance, memory: Memory) -> Tally:
        """Run what is due for ``service`` within ``left``; that it was begun is remembered before anything is sent."""
        todo = self.due(standing, service, memory)
        if not todo:
            return Tally()
        now_us = self.net.unix_us()
        for key in {
            key for errand in todo if errand.nettest == FETCH for key in self._hosts(standing, errand)
        }:
            note(memory, key, (FETCH,), now_us)
        note(memory, service.id, (errand.nettest for errand in todo), now_us)
        errands = Errands(
            standing,
            ledger_of(self.home, standing.plan),
            self.spool,
            self.uploader,
            self.emitter,
            self.net,
            self._bench(standing, left),
            self.quiet,
            left,
            self.abandon,
            self.stopping,
        )
        return await errands.run(todo)

    def due(self, standing: Standing, service: Service, memory: Memory) -> list[Errand]:
        """The light nettests of ``service`` that the plan has, the volunteer agreed to, and whose rest is over."""
        known = (*endpoints(standing.endpoints_catalogue), *self.given.endpoint)
        # None where what the volunteer agreed to has shrunk since the pair was drawn.
        found = endpoints_of(standing.agreed, known, standing.risks, standing.countries)
        endpoint = next((e for e in found if e.id == service.id), None)
        if endpoint is None:
            return []
        return list(self._due(standing, endpoint, memory))

    def _due(self, standing: Standing, endpoint: Endpoint, memory: Memory) -> Iterator[Errand]:
        rests, now_us, issued_us = self._rests_s(standing), self.net.unix_us(), standing.plan.issued_at_us
        begun = straighten(memory, endpoint.id, rests, now_us, issued_us)
        for name in ERRANDS:
            if name not in rests or not is_over(begun.get(name), now_us, rests[name]):
                continue
            asked = endpoint
            if name == FETCH and not standing.membership.lab:
                asked = rested(endpoint, memory, now_us, issued_us)
                # One is drawn here, for the hosts that it meets are to be remembered.
                drawn = tuple(self.net.rng.sample(asked.objects, min(1, len(asked.objects))))
                asked = msgspec.structs.replace(asked, objects=drawn)
            if _can(name, asked, standing):
                yield Errand(name, asked)

    def _hosts(self, standing: Standing, errand: Errand) -> Iterator[str]:
        """The keys of the hosts that a fetch meets; a laboratory's are its own."""
        if not standing.membership.lab:
            for pair in errand.endpoint.objects:
                yield from keys(pair)

    def _rests_s(self, standing: Standing) -> dict[str, float]:
        """The light nettests that the plan has enabled, with their rests."""
        least_s = {} if standing.membership.lab else LEAST_REST_S
        planned = [n for n in standing.agreed.nettests if n.nettest in ERRANDS and n.enabled]
        return {n.nettest: max(n.between_pairs_s, least_s.get(n.nettest, 0.0)) for n in planned}

    def _bench(self, standing: Standing, left: Allowance) -> Bench:
        loaded = (
            left.bytes_left > 2 * MOST_LOAD_BYTES * 9 // 16 and self.net.rng.randrange(LOADED_ONE_IN) == 0
        )
        return Bench(
            standing,
            self.net.rng,
            CapacityStore(self.home.capacity).bit_s(),
            laboratory=self.given.laboratory,
            address_family=self.net.rng.choice(routed() or ("ipv4",)),
            load=loaded,
        )


def _can(name: str, endpoint: Endpoint, standing: Standing) -> bool:
    """Whether it makes sense to begin: what nobody verified is looked up, never contacted, and needs no document a visit."""
    if name in DIRECT and not standing.membership.agreed.direct:
        return False
    if name == "fetch":
        return endpoint.verified and bool(endpoint.objects)
    return endpoint.verified or name != "reachability"
