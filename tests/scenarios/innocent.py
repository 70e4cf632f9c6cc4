"""The innocent: whatever befalls a line, a home or a server without regard to the name. None may ever be flagged."""

from __future__ import annotations

from tests.lab.matches import Everything
from tests.lab.policies import Delay, Loss, Police, Policy, SharedCongestion
from tests.lab.troubles import (
    BusyProbe,
    ClockJump,
    ContentLimit,
    ResponderDown,
    RewrittenPorts,
    RogueRouter,
    SecondDevice,
    SlowResponder,
    SmallMtu,
    Trouble,
    VaryingLine,
    Wifi,
)
from tests.scenarios.scenario import SERVICE, Scenario

MBIT = 1_000_000
REDRAWN = tuple(level * MBIT for level in (2, 5, 10, 25, 50))
"""The levels under which Wehe's own client and server accuse in 6 of 23 tests (peers-wehe.md 9)."""


def _innocent(
    name: str,
    fr: str,
    en: str,
    *,
    policies: tuple[Policy, ...] = (),
    troubles: tuple[Trouble, ...] = (),
    local_hour: int = 12,
    line_bit_s: int = 50 * MBIT,
    alone: bool = False,
) -> Scenario:
    return Scenario(
        name=name,
        fr=fr,
        en=en,
        guilty=False,
        expected="undetermined",
        policies=policies,
        troubles=troubles,
        local_hour=local_hour,
        line_bit_s=line_bit_s,
        alone=alone,
    )


INNOCENT: tuple[Scenario, ...] = (
    _innocent("neutral", "rien que la ligne", "nothing but the line"),
    _innocent(
        "congested-steady", "accès encombré, 8 Mbit/s", "congested access, 8 Mbit/s",
        policies=(SharedCongestion(8 * MBIT),), troubles=(SecondDevice(2, 60, 0),),
    ),
    _innocent(
        "congested-peak", "accès encombré le soir, 5 à 12 Mbit/s", "congested access in the evening, 5 to 12 Mbit/s",
        troubles=(VaryingLine((5 * MBIT, 8 * MBIT, 12 * MBIT), 1.0, 6.0), SecondDevice(2, 5, 2)), local_hour=20,
    ),
    _innocent(
        "line-redrawn", "capacité de la ligne tirée entre 2 et 50 Mbit/s toutes les 5 à 20 s",
        "the line's capacity redrawn from 2 to 50 Mbit/s every 5-20 s", troubles=(VaryingLine(REDRAWN, 5.0, 20.0),),
    ),
    _innocent("loss-for-all", "1 % de pertes pour tous", "1 % loss for everything", policies=(Loss(0.01, Everything()),)),
    _innocent(
        "long-way-for-all", "40 ms de plus pour tous", "40 ms more for everything", policies=(Delay(40, Everything()),),
    ),
    _innocent(
        "bufferbloat", "des secondes de file d’attente", "seconds of bufferbloat",
        policies=(SharedCongestion(4 * MBIT, queue_packets=1500),), troubles=(SecondDevice(8, 12, 3),),
    ),
    _innocent("wifi", "Wi-Fi lent, irrégulier, avec pertes", "slow, jittery, lossy Wi-Fi", troubles=(Wifi(),)),
    _innocent(
        "second-device", "un autre appareil télécharge par à-coups", "another device downloads in bursts",
        troubles=(SecondDevice(4, 4, 4),), line_bit_s=25 * MBIT,
    ),
    _innocent("slow-responder", "répondeur qui s’arrête par moments", "a responder that pauses", troubles=(SlowResponder(),)),
    _innocent(
        "responder-down", "répondeur absent pendant 4 s", "a responder that is away for 4 s", troubles=(ResponderDown(),),
    ),
    _innocent(
        "busy-probe", "sonde à court de processeur", "a probe short of processor", troubles=(BusyProbe(programs=40),), alone=True,
    ),
    _innocent(
        "clock-jump", "l’horloge de la sonde saute d’une heure", "the probe's clock jumps by an hour", troubles=(ClockJump(),),
    ),
    _innocent(
        "speed-change", "la vitesse change au milieu des paires", "the speed changes within pairs",
        troubles=(VaryingLine((8 * MBIT, 40 * MBIT), 2.0, 6.0),),
    ),
    _innocent(
        "rogue-router", "le routeur d’un foyer bride le service", "one home's own router throttles the service",
        troubles=(RogueRouter(0, Police(1_500_000, 16_000, SERVICE.name)),),
    ),
    _innocent("rewritten-ports", "NAT qui change les ports", "NAT that rewrites ports", troubles=(RewrittenPorts(),)),
    _innocent("mtu-1400", "MTU de 1400", "MTU of 1400", troubles=(SmallMtu(1400),)),
    _innocent("mtu-1280", "MTU de 1280", "MTU of 1280", troubles=(SmallMtu(1280),)),
    _innocent(
        "content-limit", "le serveur limite chaque client à 6 Mbit/s", "the content side limits each client to 6 Mbit/s",
        troubles=(ContentLimit(6 * MBIT),),
    ),
    _innocent(
        "plan-limit", "un abonnement à 10 Mbit/s, pour tout", "a plan of 10 Mbit/s, for everything",
        policies=(Police(10 * MBIT, 16_000, Everything()),),
    ),
)  # fmt: skip
