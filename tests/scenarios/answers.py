"""False answers to questions for a name, and a true one that only looks false; what is observed of them by rule.

No pair measures this, so no cell has evidence and nobody is accused (integrity.md 7): the same false answer on all lines of one network
and on none of another is named, with the conditions that do not hold yet. A run lasts one day, and no measurement
tells a router's model. The innocent must not be named at all.
"""

from __future__ import annotations

from typing import Any, Final

from tests.lab.policies import FalseDns
from tests.scenarios.scenario import SERVICE, Scenario

MISSING: Final = ("router_models", "days")
"""The conditions of `analysis.direct.rule` that a run in the lab cannot meet."""
DNS: dict[str, Any] = {"nettest": "dns", "pairs": 1, "treatment": None, "expected": "undetermined"}


def _lie(name: str, fr: str, en: str, policy: FalseDns) -> Scenario:
    return Scenario(
        name=name,
        fr=fr,
        en=en,
        guilty=True,
        mechanism="blocking_dns",
        attribution="access_network",
        policies=(policy,),
        twin="dns-nearer",
        observed="false_address",
        unseen_because="it is observed, and by rule no more than that: no measurement tells router models, and a run lasts one day",
        **DNS,
    )


def _innocent(name: str, fr: str, en: str, policy: FalseDns) -> Scenario:
    facts: dict[str, Any] = {**DNS}
    del facts["treatment"]
    return Scenario(name=name, fr=fr, en=en, guilty=False, policies=(policy,), **facts)


ANSWERS: tuple[Scenario, ...] = (
    _lie("dns-lie", "le résolveur du FAI ment", "the ISP's resolver lies", FalseDns("resolver", SERVICE.name)),
    _lie(
        "dns-redirected", "les requêtes DNS vers tout résolveur sont détournées", "DNS queries to any resolver are redirected",
        FalseDns("redirected", SERVICE.name),
    ),
    _lie(
        "dns-injected", "une fausse réponse DNS devance la vraie", "a forged DNS answer outruns the true one",
        FalseDns("injected", SERVICE.name),
    ),
    _innocent(
        "dns-nearer", "le résolveur du FAI nomme un serveur plus proche du service", "the ISP's resolver names a nearer server of the service",
        FalseDns("nearer", SERVICE.name),
    ),
)  # fmt: skip
