"""Elsewhere: the same service on other providers' lines, as far as vetted homes there can tell. Pure.

Another provider is another network, not another brand: brands that share a registered ASN are one provider, and what is on one
of them says nothing against, or for, another. Only pairs of vetted homes speak here, for whoever can make homes on other lines
could else move the blame from a network to its neighbour. Not found is not absent: a difference is *absent* where enough lines
show it to be within the margin, *there* where enough lines bear it out and too many for odd homes' own kit, and else unclear.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from scipy.stats import binom

from analysis.cell import Cell, evidence
from analysis.decide import WEAK_LOG_E, Decision
from analysis.finding_numbers import affected_homes
from analysis.gates import margin_of
from analysis.registration import Registration
from analysis.stats.ebh import NEAR
from analysis.stats.effect import effect
from analysis.stats.pair import Hypothesis
from analysis.stats.parameters import Parameters
from analysis.uneven import failure_bounds

State = Literal["there", "absent", "unclear"]
ENOUGH_HOMES: Final = 5
"""Lines that a comparison needs before it may say that something is there on others' lines, or is not."""
ODD_BY_CHANCE: Final = 1e-3
"""How probable so many odd homes may be before homes' own kit is ruled out."""


@dataclass(frozen=True)
class Asked:
    """What is looked for elsewhere: a difference on a metric, in a direction. ``parts``: in how many places, for the bar."""

    metric: str
    side: Hypothesis
    parameters: Parameters
    parts: int = 1


def other_providers(
    decision: Decision, decisions: Iterable[Decision], registration: Registration
) -> list[Decision]:
    """The cells of the same service and direction on lines of providers with none of this one's networks."""
    key = decision.cell.key
    own = networks_of(key.brand, registration.asns)
    return [
        other
        for other in decisions
        if (other.cell.key.service, other.cell.key.direction) == (key.service, key.direction)
        and not own & networks_of(other.cell.key.brand, registration.asns)
        and other.cell.key.brand != key.brand
        and other.outcome != "invalid"
    ]


def networks_of(brand: str, asns: Mapping[str, Sequence[int]]) -> frozenset[int]:
    """The registered networks of a brand."""
    return frozenset(asns.get(brand, ()))


def state_of(part: Cell, asked: Asked) -> State:
    """Whether the difference is there in these pairs, shown to be absent, or neither. Pairs are those of vetted homes."""
    log_e = evidence(part, asked.side, asked.parameters).log_e
    if part.homes < ENOUGH_HOMES:
        return "unclear"
    affected, homes = affected_homes(part, asked.metric, asked.side)
    if log_e >= WEAK_LOG_E + math.log(asked.parts) + NEAR and too_many(affected, homes, asked.parameters):
        return "there"
    return "absent" if is_absent(part, asked, log_e) else "unclear"


def is_absent(part: Cell, asked: Asked, log_e: float) -> bool:
    """Whether the effect is shown to be no worse than the margin, in this direction, with no sign of it besides.

    A median says little of failures, for most may go well where many fail: their share has a bound of its own, whatever the metric.
    """
    margin = margin_of(asked.metric, asked.parameters)
    if part.homes < ENOUGH_HOMES or log_e >= WEAK_LOG_E:
        return False
    if asked.metric == "fail":
        low, high = failure_bounds(part.table.d_fail)
    else:
        over = effect(part.metric(asked.metric), part.home)
        if over is None or over.low is None or over.high is None or over.homes < ENOUGH_HOMES:
            return False
        low, high = over.low, over.high
    return low > -margin if asked.side == "slowed" else high < margin


def too_many(affected: int, homes: int, parameters: Parameters) -> bool:
    """Whether so many affected lines are more than odd homes' own kit would make."""
    return homes >= ENOUGH_HOMES and by_chance(affected, homes, parameters) < ODD_BY_CHANCE


def by_chance(affected: int, homes: int, parameters: Parameters) -> float:
    """How probable so many affected lines are if only odd homes are affected."""
    return float(binom.sf(affected - 1, homes, parameters.rho)) if homes else 1.0
