"""The guilty: every way to treat one service otherwise that TCP downloads can meet today."""

from __future__ import annotations

from analysis.stats.predict import Treatment
from tests.lab.experiment import SPOOFED_POPULAR_NAMES
from tests.lab.matches import Address, AllBut, Names
from tests.lab.policies import (
    BlockReset,
    Delay,
    Drop,
    ForgedReset,
    Freeze,
    Late,
    Loss,
    LowPriority,
    Police,
    Shape,
    TlsAlert,
)
from tests.lab.troubles import SecondDevice
from tests.scenarios.scenario import SERVICE, Scenario

NAME = SERVICE.name
SMALL, LARGE = 16_000, 2_000_000
RATES_MBIT_S = (0.5, 1.5, 4.0, 10.0, 15.0)
CARRY_S = 8.0
"""As long as the gap and the second run of a pair together (2 + 4 s), and less than the 12 s between two pairs of that row."""
LEFT_OVER = Treatment(kind="shape", rate_bit_s=1e6, bucket_bytes=6_000)
"""To be served last on a line that is always full, in the simulator's words: what is left is a fixed rate, behind a queue."""
PACED_ONLY = "no pair: the pace follows the capacity, which was measured under a name that is limited too: the row `favoured-exempt-unpaced`"


def _rate(rate_mbit_s: float) -> tuple[str, str, int]:
    return f"{rate_mbit_s:g}", f"{rate_mbit_s:g}".replace(".", ","), round(rate_mbit_s * 1e6)


def _bursts(rate_mbit_s: float, bucket: int) -> bool:
    """Return whether a run visibly begins fast: a large bucket, and a pace of at least twice the rate (`analysis.mechanism`)."""
    return bucket == LARGE and rate_mbit_s < 10


def _policer(rate_mbit_s: float, bucket: int) -> Scenario:
    en, fr, rate = _rate(rate_mbit_s)
    size, octets = ("16 kB", "16 ko") if bucket == SMALL else ("2 MB", "2 Mo")
    late = rate_mbit_s >= 10 and bucket == LARGE
    return Scenario(
        name=f"police-{en}-{'small' if bucket == SMALL else 'large'}",
        fr=f"policeur {fr} Mbit/s, seau de {octets}",
        en=f"policer at {en} Mbit/s, bucket of {size}",
        guilty=True,
        expected="different",
        direction="slowed",
        mechanism="burst_then_throttle" if _bursts(rate_mbit_s, bucket) else "policer",
        attribution="access_network",
        policies=(Police(rate, bucket, NAME),),
        treatment=Treatment(kind="police", rate_bit_s=rate, bucket_bytes=bucket),
        twin="congested-steady" if rate_mbit_s < 4 else "plan-limit",
        variant="long" if late else "paced",
    )


def _shaper(rate_mbit_s: float, bucket: int) -> Scenario:
    en, fr, rate = _rate(rate_mbit_s)
    size, octets = ("6 kB", "6 ko") if bucket == SMALL else ("2 MB", "2 Mo")
    late = rate_mbit_s >= 10 and bucket == LARGE
    burst = 6_000 if bucket == SMALL else LARGE
    return Scenario(
        name=f"shape-{en}-{'small' if bucket == SMALL else 'large'}",
        fr=f"lisseur {fr} Mbit/s, seau de {octets}",
        en=f"shaper at {en} Mbit/s, bucket of {size}",
        guilty=True,
        expected="different",
        direction="slowed",
        mechanism="burst_then_throttle" if _bursts(rate_mbit_s, bucket) else "shaper",
        attribution="access_network",
        policies=(Shape(rate, NAME, burst_bytes=burst),),
        treatment=Treatment(kind="shape", rate_bit_s=rate, bucket_bytes=burst),
        twin="bufferbloat" if rate_mbit_s < 4 else "plan-limit",
        variant="long" if late else "paced",
    )


RATE_LIMITS = tuple(
    make(rate, bucket) for make in (_policer, _shaper) for bucket in (SMALL, LARGE) for rate in RATES_MBIT_S
)

AT_THE_EDGE = (
    Scenario(
        name="police-4-three-pairs",
        fr="policeur 4 Mbit/s, trois paires par foyer",
        en="policer at 4 Mbit/s, three pairs a home",
        guilty=True,
        expected="different",
        direction="slowed",
        mechanism="policer",
        attribution="access_network",
        policies=(Police(4_000_000, SMALL, NAME),),
        treatment=Treatment(kind="police", rate_bit_s=4e6, bucket_bytes=SMALL),
        twin="plan-limit",
        pairs=3,
    ),
    Scenario(
        name="police-20-small",
        fr="policeur 20 Mbit/s, juste au rythme de la mesure",
        en="policer at 20 Mbit/s, just the pace of the test",
        guilty=True,
        expected="undetermined",
        direction="slowed",
        mechanism="policer",
        attribution="access_network",
        policies=(Police(20_000_000, SMALL, NAME),),
        treatment=Treatment(kind="police", rate_bit_s=20e6, bucket_bytes=SMALL),
        twin="plan-limit",
        visible_from="10 homes x 10 pairs: the limit is 4 % below what the control gets",
    ),
)
"""Where the simulator is not sure: what tells a good prediction from a bold one."""

LATE = (
    Scenario(
        name="burst-3mb",
        fr="policeur 4 Mbit/s après les 3 premiers Mo de chaque connexion",
        en="policer at 4 Mbit/s after each connection's first 3 MB",
        guilty=True,
        expected="different",
        direction="slowed",
        mechanism="burst_then_throttle",
        attribution="access_network",
        policies=(Police(4_000_000, SMALL, NAME, late=Late(after_bytes=3_000_000)),),
        treatment=Treatment(kind="burst_then_police", rate_bit_s=4e6, bucket_bytes=SMALL, burst_bytes=3e6),
        twin="speed-change",
    ),
    Scenario(
        name="burst-5s",
        fr="policeur 4 Mbit/s après 5 s de chaque connexion",
        en="policer at 4 Mbit/s after 5 s of each connection",
        guilty=True,
        expected="different",
        direction="slowed",
        mechanism="burst_then_throttle",
        attribution="access_network",
        policies=(Police(4_000_000, SMALL, NAME, late=Late(after_s=5.0)),),
        treatment=Treatment(kind="after_then_police", rate_bit_s=4e6, bucket_bytes=SMALL, after_s=5.0),
        twin="speed-change",
        variant="long",
    ),
    Scenario(
        name="carry-over",
        fr="une boîte qui, le nom vu, bride le foyer entier à 4 Mbit/s pendant 8 s encore",
        en="a box that polices the whole home at 4 Mbit/s until 8 s after it last saw the name",
        guilty=True,
        expected="undetermined",
        direction="slowed",
        mechanism="policer",
        attribution="access_network",
        policies=(Police(4_000_000, SMALL, NAME, late=Late(remembers_s=CARRY_S)),),
        treatment=Treatment(kind="police", rate_bit_s=4e6, bucket_bytes=SMALL, carry_over=True),
        twin="line-redrawn",
        visible_from="10 homes x 10 pairs (half of the pairs are lost: detection.md 5.3, carry2 R4)",
        between_pairs_s=12.0,
    ),
    Scenario(
        name="frozen-16kb",
        fr="connexion figée après 16 Ko",
        en="connection frozen after 16 KB",
        guilty=True,
        expected="different",
        direction="slowed",
        attribution="access_network",
        policies=(Freeze(16_000, NAME),),
        treatment=Treatment(kind="frozen", burst_bytes=16_000),
        twin="responder-down",
    ),
)


def _harm(name: str, fr: str, en: str, **more: object) -> Scenario:
    facts = {
        "guilty": True,
        "expected": "different",
        "direction": "slowed",
        "attribution": "access_network",
        **more,
    }
    return Scenario(name=name, fr=fr, en=en, **facts)  # type: ignore[arg-type]  # mypy cannot see through **


OTHER_HARM = (
    _harm(
        "loss-1", "1 % de pertes", "1 % loss", policies=(Loss(0.01, NAME),), mechanism="loss",
        treatment=Treatment(kind="loss", loss_share=0.01), twin="loss-for-all",
    ),
    _harm(
        "loss-3", "3 % de pertes", "3 % loss", policies=(Loss(0.03, NAME),), mechanism="loss",
        treatment=Treatment(kind="loss", loss_share=0.03), twin="loss-for-all",
    ),
    _harm(
        "delay-40", "40 ms de plus", "40 ms more", policies=(Delay(40, NAME),), mechanism="delay",
        treatment=Treatment(kind="delay", delay_ms=40), twin="long-way-for-all",
    ),
    _harm(
        "low-priority", "dernier servi dans un foyer toujours occupé", "served last in a home that is always busy",
        policies=(LowPriority(1_000_000, NAME),), troubles=(SecondDevice(6, 60, 0),), line_bit_s=25_000_000,
        treatment=LEFT_OVER, twin="second-device",  # no mechanism: it looks like a shaper's fixed rate
    ),
)  # fmt: skip

SOMETIMES = (
    _harm(
        "third-of-homes", "policeur 4 Mbit/s pour 30 % des foyers", "policer at 4 Mbit/s for 30 % of homes",
        expected="undetermined", policies=(Police(4_000_000, SMALL, NAME),), mechanism="policer", share_of_homes=0.3,
        treatment=Treatment(kind="police", rate_bit_s=4e6, bucket_bytes=SMALL, share_of_homes=0.3),
        visible_from="30 homes x 10 pairs (detection.md 5.3, 30%subs R4)", twin="rogue-router",
    ),
    _harm(
        "evening", "policeur 4 Mbit/s de 18 à 23 h, mesuré à 20 h", "policer at 4 Mbit/s from 18 to 23 h, measured at 20 h",
        policies=(Police(4_000_000, SMALL, NAME),), mechanism="policer", hours=(18, 23), local_hour=20,
        treatment=Treatment(kind="police", rate_bit_s=4e6, bucket_bytes=SMALL, hours=(18, 23)), twin="congested-peak",
    ),
    _harm(
        "evening-at-noon", "policeur 4 Mbit/s de 18 à 23 h, mesuré à 12 h", "policer at 4 Mbit/s from 18 to 23 h, measured at 12 h",
        expected="undetermined", policies=(Police(4_000_000, SMALL, NAME),), mechanism="policer", hours=(18, 23),
        treatment=Treatment(kind="police", rate_bit_s=4e6, bucket_bytes=SMALL, hours=(18, 23)), twin="neutral",
        visible_from="pairs between 18 and 23 h: the row `evening`",
    ),
)  # fmt: skip

BLOCKED = (
    _harm(
        "reset", "réinitialisation TCP", "TCP reset", policies=(BlockReset(NAME),), mechanism="blocking_tcp",
        treatment=Treatment(kind="blocked"), twin="responder-down",
    ),
    _harm(
        "drop", "paquets jetés", "packets dropped", policies=(Drop(NAME),), mechanism="blocking_tcp",
        treatment=Treatment(kind="blocked"), twin="responder-down",
    ),
    _harm(
        "tls-alert", "alerte TLS", "TLS alert", policies=(TlsAlert(NAME),), mechanism="blocking_tls",
        treatment=Treatment(kind="blocked"), twin="responder-down",
    ),
    _harm(
        "forged-reset", "réinitialisation forgée aux deux bouts", "forged reset to both ends",
        policies=(ForgedReset(NAME),), mechanism="blocking_tcp", treatment=Treatment(kind="blocked"), twin="rewritten-ports",
    ),
)  # fmt: skip

OTHERS_HARMED = (
    _harm(
        "favoured-evening", "tous sauf le service à 4 Mbit/s de 18 à 23 h ; capacité mesurée à une autre heure",
        "all but the service at 4 Mbit/s from 18 to 23 h; capacity measured at another hour",
        direction="favoured", policies=(Police(4_000_000, SMALL, AllBut((NAME,))),), hours=(18, 23), local_hour=20,
        begins_after_joining=True, treatment=Treatment(kind="favoured", rate_bit_s=4e6, bucket_bytes=SMALL), twin="content-limit",
    ),
    _harm(
        "favoured-way", "40 ms de plus pour tous sauf le service", "40 ms more for all but the service",
        direction="favoured", policies=(Delay(40, AllBut((NAME,))),),
        treatment=Treatment(kind="favoured", delay_ms=40), twin="long-way-for-all",
    ),
    _harm(
        "favoured-exempt", "le service échappe à une limite de 10 Mbit/s pour tous", "the service is exempt from a 10 Mbit/s limit on all",
        expected="undetermined", direction="favoured", policies=(Police(10_000_000, SMALL, AllBut((NAME,))),),
        treatment=Treatment(kind="none"), twin="plan-limit", unseen_because=PACED_ONLY,
    ),
)  # fmt: skip

NOT_THE_SERVICE_ALONE = (
    _harm(
        "one-address", "une des deux adresses du répondeur à 4 Mbit/s, quel que soit le nom",
        "one of the responder's two addresses at 4 Mbit/s, whatever the name",
        expected="undetermined", policies=(Police(4_000_000, SMALL, Address("10.77.10.2")),),
        treatment=Treatment(kind="none"), twin="content-limit",
        unseen_because="the coin gives each role either address: as many pairs speak for the service as against it. It is no"
        " discrimination by name; a comparison of addresses is another nettest",
    ),
    _harm(
        "whitelist-way", "40 ms de plus pour tout nom hors liste", "40 ms more for every name that is not on a list",
        expected="undetermined", policies=(Delay(40, AllBut(SPOOFED_POPULAR_NAMES)),),
        treatment=None, twin="long-way-for-all",
        unseen_because="the service is treated as any unknown name: slower than listed names, like owned ones",
    ),
    _harm(
        "whitelist-limit", "4 Mbit/s pour tout nom hors liste, posé après la mesure de capacité",
        "4 Mbit/s for every name that is not on a list, set up after capacity was measured",
        expected="undetermined", reason="control_not_neutral", policies=(Police(4_000_000, SMALL, AllBut(SPOOFED_POPULAR_NAMES)),),
        begins_after_joining=True, pairs=12, treatment=None, twin="plan-limit",
        unseen_because="the service is treated as any unknown name: slower than listed names, like owned ones",
    ),
    _harm(
        "anti-spoofing", "4 Mbit/s pour les noms qui ne vont pas avec l’adresse", "4 Mbit/s for names that do not fit the address",
        expected="undetermined", reason="control_not_neutral", policies=(Police(4_000_000, SMALL, Names((NAME, *SPOOFED_POPULAR_NAMES))),), pairs=12,
        treatment=None, twin="neutral",
        unseen_because="against owned names the service is slow, against other foreign names it is not: the controls disagree",
    ),
)  # fmt: skip

GUILTY: tuple[Scenario, ...] = (
    *RATE_LIMITS,
    *AT_THE_EDGE,
    *LATE,
    *OTHER_HARM,
    *SOMETIMES,
    *BLOCKED,
    *OTHERS_HARMED,
    *NOT_THE_SERVICE_ALONE,
)
