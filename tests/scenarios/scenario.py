"""A scenario: what an ISP, a home or the world does, what must be said of it, and its innocent or guilty twin. Pure data."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from analysis.stats.predict import Treatment
from tests.lab.experiment import PACE_BIT_S, QUIC_PACE_BIT_S, SERVICES, Experiment, TwoByTwo, padded
from tests.lab.matches import Match
from tests.lab.policies import FalseDns, Matching, Neutral, Policy, SharedCongestion
from tests.lab.troubles import SecondDevice, SlowResponder, Trouble, VaryingLine, Wifi

Outcome = Literal["different", "undetermined"]
Blamed = Literal["nobody", "access_network", "transit_or_peering", "content_side"]
SERVICE = SERVICES[0]
"""The service that every scenario measures."""


NOTHING = Treatment()


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One row of the scoreboard.

    `expected` is the outcome of the measured service's finding, `reason` one of its reasons where that is the point;
    `mechanism` that of a `different` finding (None: no one name for it), `attribution` where the difference is in truth
    ("nobody": there is none to blame). With one provider and one responder a finding says "unknown", and with `two_by_two` it must name
    the place: then there is a second provider with as many homes, whom the policies hold for too if `for_all_providers`, and a second
    responder on another network. `visible_from` says at which size an `undetermined` guilty row would be
    seen, and `unseen_because` why at no size. `needs` are nettests and features that must exist for the row to run; `not_built`
    says why the lab cannot make it here. `hours` (local, half-open) is when the policies hold, `share_of_homes` for how many;
    `begins_after_joining`: they are not there yet when homes measure their capacity, as is so where that is done at other hours.
    `treatment` is the same in the simulator's words (None: it has no word for it), read for prediction. `alone` says whether the
    row starves others that run beside it, `nettest` what measures, `traffic` which way the pairs go (`line_up_bit_s`: the line's rate upwards),
    `pace_bit_s` what the pace comes to where it is not the catalogue's. `m` is the family's size at 5 homes.
    `observed`: the kind of false answer that must be named by rule, on the ISP's network and without an accusation.
    """

    name: str
    fr: str
    en: str
    guilty: bool
    expected: Outcome
    policies: tuple[Policy, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    treatment: Treatment | None = NOTHING
    direction: Literal["slowed", "favoured"] | None = None
    mechanism: str | None = None
    reason: str | None = None
    attribution: Blamed = "nobody"
    twin: str | None = None
    observed: str | None = None
    visible_from: str | None = None
    unseen_because: str | None = None
    needs: tuple[str, ...] = ()
    not_built: str | None = None
    traffic: Literal["down", "up"] = "down"
    line_bit_s: int = 50_000_000
    line_up_bit_s: int | None = None
    rtt_ms: float = 20.0
    homes: int = 5
    pairs: int = 6
    m: int = 20
    nettest: str = "replay_tls"
    variant: Literal["paced", "long", "saturate"] = "paced"
    local_hour: int = 12
    hours: tuple[int, int] | None = None
    begins_after_joining: bool = False
    share_of_homes: float = 1.0
    between_pairs_s: float = 0.5
    pace_bit_s: float = 20e6
    alone: bool = False
    seed: int = 1
    two_by_two: bool = False
    for_all_providers: bool = False

    @property
    def runnable(self) -> bool:
        """Return whether the row can be run by what exists today."""
        return not self.needs and self.not_built is None

    @property
    def matches(self) -> tuple[Match, ...]:
        """Return what the ISP's policies look for."""
        return tuple(
            p.match for p in self.policies if not isinstance(p, Neutral | SharedCongestion | FalseDns)
        )

    @property
    def in_force(self) -> bool:
        """Return whether the local hour lies in the policies' window."""
        return self.hours is None or self.hours[0] <= self.local_hour < self.hours[1]

    def affected(self, homes: int) -> tuple[int, ...] | None:
        """Return the homes the policies hold for; None: all. A share is rounded to whole homes, at least one."""
        if self.two_by_two and not self.for_all_providers:
            return tuple(range(homes))
        if self.share_of_homes >= 1:
            return None
        return tuple(range(max(1, int(self.share_of_homes * homes + 0.5))))

    def family(self, homes: int) -> int:
        """Return how many cells are registered: m, and five times as many from ten homes on."""
        return self.m if homes < 10 else 5 * self.m

    def experiment(self, homes: int | None = None, seed: int | None = None) -> Experiment:
        """Return what the lab runs; `seed` is that of the troubles' dice.

        A window of hours is the homes' clock against the policies': a policy outside its window is not there at all.
        """
        count = homes or self.homes
        policies = tuple(_for_homes(p, self.affected(count)) for p in self.policies) if self.in_force else ()
        made = Experiment(
            policies=policies,
            policies_after_joining=self.begins_after_joining,
            troubles=tuple(_with_seed(t, self.seed if seed is None else seed) for t in self.troubles),
            services=padded(
                self.family(count), QUIC_PACE_BIT_S if self.nettest == "replay_quic" else PACE_BIT_S
            ),
            measured=(SERVICE.id,),
            homes=count,
            pairs=self.pairs,
            nettest=self.nettest,
            variant=self.variant,
            direction=self.traffic,
            line_bit_s=self.line_bit_s,
            line_up_bit_s=self.line_up_bit_s,
            rtt_ms=self.rtt_ms,
            local_hour=self.local_hour,
            between_pairs_s=self.between_pairs_s,
        )
        if not self.two_by_two:
            return made
        facts = {one.name: getattr(made, one.name) for one in fields(made)}
        return TwoByTwo(**{**facts, "homes": 2 * count}, own_homes=count)


def _for_homes(policy: Policy, homes: tuple[int, ...] | None) -> Policy:
    if homes is None or not isinstance(policy, Matching):
        return policy
    return replace(policy, homes=homes)


def _with_seed(trouble: Trouble, seed: int) -> Trouble:
    if isinstance(trouble, VaryingLine | Wifi | SecondDevice | SlowResponder):
        return replace(trouble, seed=seed)
    return trouble
