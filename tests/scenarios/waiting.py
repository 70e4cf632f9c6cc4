"""Rows that are written and cannot run yet: each names the nettest or feature it waits for. The issue that brings it, switches it on."""

from __future__ import annotations

from analysis.stats.predict import Treatment
from tests.scenarios.scenario import Outcome, Scenario


def _waiting(
    name: str,
    fr: str,
    en: str,
    needs: str,
    mechanism: str | None,
    twin: str,
    *,
    treatment: Treatment | None = None,
    expected: Outcome = "different",
) -> Scenario:
    return Scenario(
        name=name,
        fr=fr,
        en=en,
        guilty=True,
        expected=expected,
        direction="slowed" if expected == "different" else None,
        mechanism=mechanism,
        attribution="access_network",
        treatment=treatment or Treatment(kind="police", rate_bit_s=4e6, bucket_bytes=16_000),
        twin=twin,
        needs=(needs,),
    )


WAITING: tuple[Scenario, ...] = (
    _waiting("port", "policeur 2 Mbit/s selon le port", "policer at 2 Mbit/s by port", "replay_port", "policer", "neutral"),
    _waiting("payload-kind", "policeur 4 Mbit/s selon la forme du contenu", "policer at 4 Mbit/s by kind of payload", "replay_payload", "policer", "neutral"),
)  # fmt: skip
