"""Rows that are written and cannot run yet: each names the nettest or feature it waits for. The issue that brings it, switches it on."""

from __future__ import annotations

from analysis.stats.predict import Treatment
from tests.lab.matches import Payload, Port
from tests.lab.policies import Police
from tests.scenarios.scenario import Scenario

SMALL = 16_000
SERVICE_PORT = 1935
"""RTMP: a port of one kind of service, where the control would come from 443."""
HANDSHAKE = b"\x13BitTorrent protocol"
"""How the protocol begins by which boxes that read content were first known (BEP 3)."""


def _waiting(
    name: str,
    fr: str,
    en: str,
    needs: str,
    policy: Police,
    twin: str,
) -> Scenario:
    return Scenario(
        name=name,
        fr=fr,
        en=en,
        guilty=True,
        expected="different",
        direction="slowed",
        mechanism="policer",
        attribution="access_network",
        policies=(policy,),
        treatment=Treatment(kind="police", rate_bit_s=policy.rate_bit_s, bucket_bytes=policy.bucket_bytes),
        twin=twin,
        needs=(needs,),
    )


WAITING: tuple[Scenario, ...] = (
    _waiting(
        "port", "policeur 2 Mbit/s selon le port", "policer at 2 Mbit/s by port", "replay_port",
        Police(2_000_000, SMALL, Port(SERVICE_PORT)), "neutral",
    ),
    _waiting(
        "payload-kind", "policeur 4 Mbit/s selon la forme du contenu", "policer at 4 Mbit/s by kind of payload", "replay_payload",
        Police(4_000_000, SMALL, Payload(HANDSHAKE)), "neutral",
    ),
)  # fmt: skip
