"""Attribution of a cell that was found to differ: where on the path it can be placed, and why (detection.md 7). Pure.

The two runs of a pair take one path to one server, so what is common to both accuses nobody. What remains is whoever reads
names between the home and the responder: the home's own kit, its provider, a transit network, the responder's host. Each is
ruled out by a comparison. The same towards a second responder on another network: no single transit, no single host. Quiet on
other providers' lines through the same responders: none that they share (``elsewhere`` says whose lines these are, and whose word
counts). More homes than may be odd: no home's own kit, unless all have one model, and a model that the provider hands out is the
provider. What was not compared is not ruled out; then the answer is ``unknown``, with what is wanting.

Where two responders were tried *at the same time*, WeHeY's two tests (``stats.common_limiter``) say whether one limiter held
both. Nothing in a measurement does that yet, so they are not asked here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import msgspec
import numpy as np

from analysis.cell import Cell, evidence
from analysis.decide import WEAK_LOG_E, Decision
from analysis.elsewhere import (
    ENOUGH_HOMES,
    Asked,
    State,
    by_chance,
    is_absent,
    other_providers,
    state_of,
    too_many,
)
from analysis.finding_numbers import affected_homes
from analysis.grading import of_vetted
from analysis.registration import Registration
from analysis.stats.ebh import NEAR
from analysis.stats.pair import Hypothesis
from analysis.stats.parameters import Parameters

Place = Literal["access_network", "transit_or_peering", "content_side", "home", "unknown"]
PLACES: Final[tuple[Place, ...]] = ("access_network", "transit_or_peering", "content_side", "home", "unknown")

WANTING: Final = frozenset(
    {
        "one_responder_network",
        "no_responder_network",
        "no_other_provider",
        "few_vetted_elsewhere",
        "few_homes",
        "router_models_unknown",
    }
)
"""Reasons that name what was not compared; the others name what was seen."""


class Towards(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen towards one responder network. ``state``: there (E >= 20), absent (shown to lie within delta), unclear.

    ``own``: on the finding's own lines, else on some other provider's, which is not named: its own finding is another matter. Of
    others only vetted homes' pairs are counted, and there takes more (``elsewhere``).
    """

    network: str
    own: bool
    state: State
    homes: int
    pairs: int
    log_e: float


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Where, by which rule, for which reasons (ids of sentences); ``towards`` is what was compared.

    ``affected`` of ``homes`` lines differ towards the networks where it is there; ``by_chance`` is how probable that many were if only odd homes did.
    """

    place: Place
    rule: str
    reasons: tuple[str, ...]
    affected: int
    homes: int
    by_chance: float
    towards: tuple[Towards, ...]


@dataclass(frozen=True)
class Facts:
    """What the rules ask. Sets are of responder networks: where it is there, where it is shown absent, on other brands too.

    ``few_vetted``: other providers' lines were measured, and of none of them five vetted homes.
    """

    there: frozenset[str]
    absent: frozenset[str]
    others_there: frozenset[str]
    others_absent: frozenset[str]
    beyond_chance: bool
    few_vetted: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """What speaks for the answer, and what is wanting: each the id of a sentence."""
        elsewhere = (self.others_absent | self.others_there) & self.there
        said = {
            "two_responder_networks": len(self.there) >= 2,
            "one_responder_network": len(self.there) == 1 and not self.absent,
            "no_responder_network": not self.there,
            "absent_towards_another": bool(self.there and self.absent),
            "absent_on_other_providers": bool(self.others_absent & self.there),
            "there_on_other_providers": bool(self.others_there & self.there),
            "few_vetted_elsewhere": not elsewhere and self.few_vetted,
            "no_other_provider": not elsewhere and not self.few_vetted,
            "many_homes": self.beyond_chance,
            "few_homes": not self.beyond_chance,
            "router_models_unknown": True,
        }
        return tuple(name for name, holds in said.items() if holds)

    @property
    def quiet_elsewhere(self) -> bool:
        """Whether other providers' lines are shown quiet through every network on which it is there."""
        return bool(self.there) and self.there <= self.others_absent and not self.others_there & self.there


def place_of(facts: Facts) -> tuple[Place, str]:
    """The place and the rule that says so; the first that holds."""
    one_way = len(facts.there) == 1 and bool(facts.absent)
    if not facts.beyond_chance:
        return "unknown", "few_homes"
    if one_way and facts.there <= facts.others_there:
        return "content_side", "one_network_for_all_providers"
    if one_way and facts.quiet_elsewhere:
        return "transit_or_peering", "one_network_for_one_provider"
    if len(facts.there) >= 2 and not facts.absent and facts.quiet_elsewhere:
        return "access_network", "every_network_for_one_provider"
    return "unknown", "not_enough_compared"


def attributions(
    decisions: Sequence[Decision],
    parameters: Parameters,
    registration: Registration,
    vetted: Mapping[str, str],
) -> list[Attribution | None]:
    """Where each cell's difference can be placed; ``None`` for a cell that was not found to differ. ``vetted``: as in ``grading``."""
    return [
        None
        if one.direction is None
        else _attributed(one, one.direction, decisions, parameters, registration, vetted)
        for one in decisions
    ]


def where_it_differs(cell: Cell, attributed: Attribution | None, registration: Registration) -> Cell:
    """The pairs towards the networks on which it is there, if it is shown absent on another; else all of them.

    A mechanism read off slow and quiet pairs together would be neither's.
    """
    own = [one for one in attributed.towards if one.own] if attributed else []
    if not _in_state(own, "absent"):
        return cell
    return _part(cell, _in_state(own, "there"), {one.id: one.network for one in registration.responders})


def _attributed(
    decision: Decision,
    side: Hypothesis,
    decisions: Iterable[Decision],
    parameters: Parameters,
    registration: Registration,
    vetted: Mapping[str, str],
) -> Attribution:
    metric = decision.metric
    network_of = {one.id: one.network for one in registration.responders}
    asked = Asked(metric, side, parameters)
    own = [
        _told(part, network, _own_state(part, asked), asked, own=True)
        for network, part in _by_network(decision.cell, network_of)
    ]
    neighbours = other_providers(decision, decisions, registration)
    trusted = [of_vetted(other.cell, vetted) for other in neighbours]
    parts = [one for cell in trusted for one in _by_network(cell, network_of)]
    beyond = replace(asked, parts=len(parts))
    others = [_told(part, network, state_of(part, beyond), asked, own=False) for network, part in parts]
    there = _in_state(own, "there")
    affected, homes = affected_homes(_part(decision.cell, there, network_of), metric, side)
    facts = Facts(
        there=there,
        absent=_in_state(own, "absent"),
        others_there=_in_state(others, "there"),
        others_absent=_in_state(others, "absent"),
        beyond_chance=too_many(affected, homes, parameters),
        few_vetted=any(other.cell.homes >= ENOUGH_HOMES for other in neighbours)
        and all(cell.homes < ENOUGH_HOMES for cell in trusted),
    )
    place, rule = place_of(facts)
    return Attribution(
        place=place,
        rule=rule,
        reasons=facts.reasons,
        affected=affected,
        homes=homes,
        by_chance=float(f"{by_chance(affected, homes, parameters):.3g}"),
        towards=(*own, *others),
    )


def _part(cell: Cell, networks: frozenset[str], network_of: Mapping[str, str]) -> Cell:
    """The pairs with responders on these networks, all where there are none: a line that is slow one way only is an affected line."""
    if not networks:
        return cell
    return cell.take(np.array([network_of.get(pair.responder, "") in networks for pair in cell.pairs]))


def _in_state(found: Iterable[Towards], state: str) -> frozenset[str]:
    return frozenset(one.network for one in found if one.state == state)


def _by_network(cell: Cell, network_of: Mapping[str, str]) -> list[tuple[str, Cell]]:
    """The pairs towards each responder network that is registered."""
    networks = np.array([network_of.get(pair.responder, "") for pair in cell.pairs], dtype=object)
    return [(network, cell.take(networks == network)) for network in sorted(set(networks.tolist()) - {""})]


def _own_state(part: Cell, asked: Asked) -> State:
    """What the cell that was found to differ says towards a network: the whole family's bar is behind it already."""
    log_e = evidence(part, asked.side, asked.parameters).log_e
    if log_e >= WEAK_LOG_E + NEAR:
        return "there"
    return "absent" if is_absent(part, asked, log_e) else "unclear"


def _told(part: Cell, network: str, state: State, asked: Asked, *, own: bool) -> Towards:
    return Towards(
        network=network,
        own=own,
        state=state,
        homes=part.homes,
        pairs=len(part.pairs),
        log_e=evidence(part, asked.side, asked.parameters).log_e,
    )
