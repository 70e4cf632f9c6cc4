"""Unpaced pairs: limits above the pace, and who is served first on a line that is full; each beside its innocent twin.

Here a home fills its line by itself, so homes measure one after the other: five at once would be the machine's limit, not
a line's, and a responder that cannot send in time tells nothing (`sender_late`).
"""

from __future__ import annotations

from typing import Any

from analysis.stats.predict import Treatment
from tests.lab.matches import AllBut, Everything
from tests.lab.policies import HighPriority, LowPriority, Police, Policy
from tests.lab.troubles import SecondDevice
from tests.scenarios.guilty import LEFT_OVER
from tests.scenarios.scenario import SERVICE, Scenario

NAME = SERVICE.name
SMALL = 16_000
MBIT = 1_000_000
UNPACED: dict[str, Any] = {"variant": "saturate", "pairs": 4}
FULL: dict[str, Any] = {"troubles": (SecondDevice(6, 60, 0),), "line_bit_s": 25 * MBIT}
"""Another device downloads all the time: the line is never idle. A line that the machine can keep full in ten homes at once."""


def _guilty(
    name: str, fr: str, en: str, policy: Policy, treatment: Treatment | None, twin: str, **more: Any
) -> Scenario:
    facts = {
        "expected": "different",
        "direction": "slowed",
        "attribution": "access_network",
        **UNPACED,
        **more,
    }
    return Scenario(
        name=name, fr=fr, en=en, guilty=True, policies=(policy,), treatment=treatment, twin=twin, **facts
    )


def _innocent(name: str, fr: str, en: str, policies: tuple[Policy, ...], **more: Any) -> Scenario:
    facts = {"expected": "undetermined", **UNPACED, **more}
    return Scenario(name=name, fr=fr, en=en, guilty=False, policies=policies, **facts)


UNPACED_ROWS: tuple[Scenario, ...] = (
    _guilty(
        "limit-above-pace", "policeur 25 Mbit/s, sans rythme", "policer at 25 Mbit/s, unpaced",
        Police(25 * MBIT, SMALL, NAME), Treatment(kind="police", rate_bit_s=25e6, bucket_bytes=SMALL),
        "unpaced-plan-limit", mechanism="policer",
    ),
    _guilty(
        "favoured-exempt-unpaced", "le service échappe à une limite de 10 Mbit/s pour tous, sans rythme",
        "the service is exempt from a 10 Mbit/s limit on all, unpaced",
        Police(10 * MBIT, SMALL, AllBut((NAME,))), Treatment(kind="favoured", rate_bit_s=10e6, bucket_bytes=SMALL),
        "unpaced-plan-limit", direction="favoured",
    ),
    _guilty(
        "low-priority-line", "dernier servi sur une ligne saturée", "served last on a saturated line",
        LowPriority(MBIT, NAME), LEFT_OVER, "unpaced-second-device", **FULL,
    ),
    _guilty(
        "favoured-line", "priorité sur une ligne saturée", "served first on a saturated line",
        HighPriority(20 * MBIT, NAME), None, "unpaced-second-device", direction="favoured", **FULL,
    ),
    _innocent(
        "unpaced-plan-limit", "un abonnement à 25 Mbit/s, pour tout, sans rythme", "a plan of 25 Mbit/s, for everything, unpaced",
        (Police(25 * MBIT, SMALL, Everything()),),
    ),
    _innocent(
        "unpaced-second-device", "un autre appareil remplit la ligne, sans rythme", "another device fills the line, unpaced", (), **FULL,
    ),
)  # fmt: skip
