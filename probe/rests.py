"""Rests: when a service may be measured again, and what is remembered of its pairs for that (integrity.md 4, wash-out)."""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from probe.errands.quiet import POSTPONED
from probe.measurement.pair import Pair
from probe.measurement.ticket import Direction
from probe.nettests.base import Net
from probe.orders import Wishes
from probe.plan import NettestPlan, Service
from probe.schedule.memory import Memory, ServiceMemory
from probe.schedule.rotation import rest_s
from probe.visit import OVER_BUDGET, OVER_VISIT

NOTHING_SENT: Final = (OVER_BUDGET, OVER_VISIT, "unsupported:")
"""Beginnings of reasons for which nothing was sent, so that nobody needs to rest."""
NO_TICKET: Final = (*NOTHING_SENT, POSTPONED, "responder:open", "sentinel:")
"""Beginnings of reasons for which no pair was opened, so that its stratum goes back into the block."""


@dataclass
class Rests:
    """What a run keeps of its services' rests; ``memory`` outlives it. Waits are in s."""

    memory: Memory
    net: Net
    wishes: Wishes
    _last_ended_s: float | None = None
    _began_s: dict[str, float] = field(default_factory=dict)

    def wait_s(self, service: Service, between_s: float, gap_ms: int) -> float:
        """How long until ``service`` may be measured again; the plan's rests are ``between_s`` of its pairs, and ``gap_ms`` of any two."""
        held = self.memory.of(service.id)
        if self.wishes.between_pairs_s is not None:
            wait_s = rest_s(held.ended_at_us, True, self.wishes.between_pairs_s, self.net.unix_us())
            return max(wait_s, self._breath_s(gap_ms))
        wait_s = rest_s(held.ended_at_us, held.last_ok, between_s, self.net.unix_us())
        began_s = self._began_s.get(service.id)
        if began_s is not None:  # whatever the wall clock did meanwhile
            wait_s = max(wait_s, between_s - (self.net.monotonic_s() - began_s))
        return max(wait_s, self._breath_s(gap_ms))

    def _breath_s(self, gap_ms: int) -> float:
        """What is left of the gap that any pair keeps from the last one, whatever their services."""
        if self._last_ended_s is None:
            return 0.0
        gap_s = (gap_ms if self.wishes.gap_ms is None else self.wishes.gap_ms) / 1000
        if self.wishes.between_pairs_s is not None:
            gap_s = min(gap_s, self.wishes.between_pairs_s)
        return max(0.0, gap_s - (self.net.monotonic_s() - self._last_ended_s))

    def traffic_ended(self) -> None:
        """Something was sent, and is over."""
        self._last_ended_s = self.net.monotonic_s()

    def begun(self, service: Service) -> None:
        """From now on the service rests, as after a failure: a process that dies within a pair restarts no sooner."""
        self._ended(service, self.memory.of(service.id), ok=False)
        self._began_s[service.id] = self.net.monotonic_s()

    def measured(self, service: Service, nettest: NettestPlan, pair: Pair) -> None:
        """A pair was measured."""
        held = self.memory.of(service.id)
        ok = len(pair.runs) == 2 and all(run.ok for run in pair.runs)
        lane, short = held.lane(nettest.direction), int(nettest.variant != "long")
        held = held.with_lane(nettest.direction, pairs=lane.pairs + 1, short_pairs=lane.short_pairs + short)
        self._ended(service, held, ok=ok)

    def skipped(self, service: Service, before: ServiceMemory, direction: Direction, reason: str) -> None:
        """No ticket, no throw: the stratum goes back, or a silent responder would use up a block."""
        held = self.memory.of(service.id)
        if reason.startswith(NO_TICKET):
            held = held.with_lane(direction, strata_left=before.lane(direction).strata_left)
            held = msgspec.structs.replace(held, directions_left=before.directions_left)
        if reason.startswith(NOTHING_SENT):
            self.memory.save(service.id, held)
        else:
            self._ended(service, held, ok=False)

    def went_along(self, service: Service) -> None:
        """Light nettests showed the service's name after its pair: it rests from their end on."""
        held = self.memory.of(service.id)
        self._ended(service, held, ok=held.last_ok)
        self._began_s[service.id] = self.net.monotonic_s()
        self.traffic_ended()

    def _ended(self, service: Service, held: ServiceMemory, *, ok: bool) -> None:
        self.memory.save(
            service.id, msgspec.structs.replace(held, ended_at_us=self.net.unix_us(), last_ok=ok)
        )
