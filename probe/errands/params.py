"""The bench: what each nettest is given, by the plan, the volunteer's line and, in a laboratory, its file."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from probe.budget import HEADERS
from probe.dns_client import TRUSTED, Server
from probe.errands.endpoints import Laboratory
from probe.families import served, way_in
from probe.measurement.results import FetchResult, ReachabilityResult, Result
from probe.measurement.ticket import AddressFamily, Stratum
from probe.nettests import dns, fetch, latency, reachability
from probe.nettests.base import CannotRun, Cost
from probe.nettests.dns import DnsParams
from probe.nettests.endpoint import Endpoint, Surroundings
from probe.nettests.fetch import FetchParams
from probe.nettests.latency import LatencyParams
from probe.nettests.reachability import ReachabilityParams
from probe.plan import Responder
from probe.standing import Standing
from probe.trouble import UsageTrouble

MOST_LOAD_BYTES: Final = 25_000_000
"""A load that would cost more is left out: half a visit."""


@dataclass
class Bench:
    """Makes parameters. ``capacity_bit_s`` is the line's, for the load's cost; ``None``: no load.

    ``line_addresses`` are the line's own, as the last witness saw them.
    """

    standing: Standing
    rng: random.Random
    capacity_bit_s: int | None = None
    laboratory: Laboratory = field(default_factory=Laboratory)
    address_family: AddressFamily = "ipv4"
    load: bool = False
    line_addresses: tuple[str, ...] = ()

    def family(self, nettest: str, responder: Responder) -> AddressFamily:
        """The family in which ``nettest`` measures: the bench's, or where it meets a responder that has none there, the other."""
        known = served(responder)
        return self.address_family if nettest != latency.NAME or self.address_family in known else known[0]

    def params(self, nettest: str, endpoint: Endpoint, responder: Responder) -> Any:
        """What ``nettest`` is given; raises ``CannotRun`` for what cannot be asked of it."""
        lab = self.laboratory if self.standing.membership.lab else Laboratory()
        match nettest:
            case "dns":
                return DnsParams(
                    endpoint=endpoint,
                    surroundings=self._surroundings(),
                    trusted=tuple(s.in_family(self.address_family) for s in lab.trusted or TRUSTED),
                    unasked=None if lab.trusted else self._unasked(responder),
                    https_port=lab.https_port,
                )
            case "fetch":
                return FetchParams(endpoint=endpoint, surroundings=self._surroundings())
            case "reachability":
                return ReachabilityParams(
                    endpoint=endpoint, surroundings=self._surroundings(), https_port=lab.https_port
                )
            case "latency":
                return self._latency(endpoint, responder)
        raise CannotRun(f"unsupported:nettest:{nettest}")

    def cost(self, nettest: str, endpoint: Endpoint, responder: Responder | None = None) -> Cost:
        """What it may spend at most."""
        params = self.params(nettest, endpoint, responder or self.standing.responders()[0])
        match params:
            case DnsParams():
                return dns.cost(params)
            case FetchParams():
                return fetch.cost(params)
            case ReachabilityParams():
                return reachability.cost(params)
        return latency.cost(params)

    def told_bytes(self, result: Result, cost: Cost) -> int:
        """Payload that a result says it cost, with its handshakes; the whole declared cost where it does not say."""
        match result:
            case FetchResult(looks=looks):
                return sum(look.received_bytes + fetch.HANDSHAKE_BYTES for look in looks)
            case ReachabilityResult(looks=looks):
                return len(looks) * reachability.LOOK_BYTES
        return cost.bytes * HEADERS[1] // HEADERS[0]

    def _unasked(self, responder: Responder) -> Server:
        """An address without a resolver: the responder's, in the family of the questions if it is there."""
        return Server(id="unasked", address=way_in(responder, self.address_family))

    def _surroundings(self) -> Surroundings:
        lab = self.standing.membership.lab
        return Surroundings(
            address_family=self.address_family,
            line_addresses=self.line_addresses,
            off_domains=self.standing.risks.off_domains(self.standing.countries),
            lab=lab,
            resolver=self.laboratory.resolver if lab else None,
            ca_pem=_read(self.laboratory.ca) if lab and self.laboratory.ca else None,
        )

    def _latency(self, endpoint: Endpoint, responder: Responder) -> LatencyParams:
        plan = self.standing.agreed
        strata = plan.strata(next((s for s in plan.services if s.id == endpoint.id), None))
        if not strata:
            raise CannotRun("not agreed")
        stratum, name = self.rng.choice(strata), self.rng.choice(endpoint.names)
        return LatencyParams(
            responder=responder,
            grant=self.standing.grant,
            quarter_key=self.standing.identity.quarter_key,
            service=endpoint.id,
            original_name=name,
            stratum=cast(Stratum, stratum),  # the plan's own type allows no other
            control_candidates=plan.candidates(stratum, name),
            address_family=self.family(latency.NAME, responder),
            load_bytes=self._load_bytes(),
        )

    def _load_bytes(self) -> int:
        """What the load will cost by the line's capacity; 0 where it is not wanted, not known, or too much."""
        if not self.load or self.capacity_bit_s is None:
            return 0
        wanted = round(self.capacity_bit_s / 8 * (latency.LOAD_MS / 1000 + 0.5) * 1.1)
        return wanted if wanted <= MOST_LOAD_BYTES else 0


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageTrouble("endpoints_unreadable", path=path, reason=error) from error
