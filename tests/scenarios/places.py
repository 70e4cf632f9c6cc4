"""Where on the path: the lines of two providers and responders on two networks, so that a finding can say where the difference arises.

The same limit of the same name stands in one provider's access network, on one provider's way to one network, or before one
network for everybody; and beside them, what slows everything alike in these places is blamed on nobody.
"""

from __future__ import annotations

from typing import Any

from tests.lab.links import SECOND_NETWORK
from tests.lab.matches import Address, Everything, NameTowards
from tests.lab.policies import Police
from tests.lab.troubles import RogueRouter
from tests.scenarios.scenario import SERVICE, Scenario

RATE_BIT_S, BUCKET_BYTES = 4_000_000, 16_000
ONE_WAY = NameTowards(SERVICE.name, SECOND_NETWORK)
TWO: dict[str, Any] = {"two_by_two": True, "treatment": None}
"""The simulator has no word for a second provider."""
PAIRS, PAIRS_ONE_WAY = 8, 14
"""A pair goes to one of two responders. Where one of the two is quiet, its pairs speak against every bet of the home: ten a home gave E = 444, of 1,600."""


def _guilty(name: str, fr: str, en: str, attribution: Any, twin: str, **more: Any) -> Scenario:
    return Scenario(
        name=name, fr=fr, en=en, guilty=True, expected="different", direction="slowed", attribution=attribution,
        mechanism="policer", twin=twin, **{"pairs": PAIRS, **TWO, **more},
    )  # fmt: skip


def _innocent(name: str, fr: str, en: str, **more: Any) -> Scenario:
    facts = {**TWO, "pairs": PAIRS, "treatment": Scenario.treatment}
    return Scenario(name=name, fr=fr, en=en, guilty=False, expected="undetermined", **facts, **more)


PLACES_GUILTY: tuple[Scenario, ...] = (
    _guilty(
        "one-of-two-providers",
        "policeur 4 Mbit/s chez un fournisseur sur deux, vers deux réseaux",
        "policer at 4 Mbit/s at one of two providers, towards two networks",
        "access_network",
        "one-of-two-providers-plan-limit",
        policies=(Police(RATE_BIT_S, BUCKET_BYTES, SERVICE.name),),
    ),
    _guilty(
        "peering",
        "policeur 4 Mbit/s entre un fournisseur et un seul des deux réseaux",
        "policer at 4 Mbit/s between one provider and one of the two networks",
        "transit_or_peering",
        "peering-slow-for-all",
        policies=(Police(RATE_BIT_S, BUCKET_BYTES, ONE_WAY),),
        pairs=PAIRS_ONE_WAY,
    ),
    _guilty(
        "content-side",
        "policeur 4 Mbit/s devant un seul des deux réseaux, pour tout fournisseur",
        "policer at 4 Mbit/s before one of the two networks, for every provider",
        "content_side",
        "peering-slow-for-all",
        policies=(Police(RATE_BIT_S, BUCKET_BYTES, ONE_WAY),),
        pairs=PAIRS_ONE_WAY,
        for_all_providers=True,
    ),
)

PLACES_INNOCENT: tuple[Scenario, ...] = (
    _innocent(
        "one-of-two-providers-plan-limit",
        "un abonnement à 10 Mbit/s chez un fournisseur sur deux, et un routeur de foyer qui y bride le service",
        "a plan of 10 Mbit/s at one of two providers, and one home there whose own router throttles the service",
        policies=(Police(10_000_000, BUCKET_BYTES, Everything()),),
        troubles=(RogueRouter(0, Police(1_500_000, BUCKET_BYTES, SERVICE.name)),),
    ),
    _innocent(
        "peering-slow-for-all",
        "la voie vers un seul des deux réseaux est lente pour tout, chez un fournisseur sur deux",
        "the way to one of the two networks is slow for everything, at one of two providers",
        policies=(Police(RATE_BIT_S, BUCKET_BYTES, Address(SECOND_NETWORK)),),
        begins_after_joining=True,
    ),
)
