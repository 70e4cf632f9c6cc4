"""Uploads: what is done to them alone, and the line on which nothing is."""

from __future__ import annotations

from analysis.stats.predict import Treatment
from tests.lab.policies import Police
from tests.scenarios.scenario import SERVICE, Scenario

RATE_BIT_S, BUCKET_BYTES = 1_500_000, 16_000
UP_BIT_S = 20_000_000
PACE_BIT_S = 8_000_000

UPLOADS_GUILTY: tuple[Scenario, ...] = (
    Scenario(
        name="upload-only",
        fr="policeur 1,5 Mbit/s, vers l’amont seulement",
        en="policer at 1.5 Mbit/s, upload only",
        guilty=True,
        expected="different",
        direction="slowed",
        mechanism="policer",
        attribution="access_network",
        policies=(Police(RATE_BIT_S, BUCKET_BYTES, SERVICE.name, upward=True),),
        treatment=Treatment(kind="police", rate_bit_s=RATE_BIT_S, bucket_bytes=BUCKET_BYTES),
        twin="upload-neutral",
        traffic="up",
        line_up_bit_s=UP_BIT_S,
        pace_bit_s=PACE_BIT_S,
    ),
)

UPLOADS_INNOCENT: tuple[Scenario, ...] = (
    Scenario(
        name="upload-neutral",
        fr="rien que la ligne, vers l’amont",
        en="nothing but the line, upwards",
        guilty=False,
        expected="undetermined",
        traffic="up",
        line_up_bit_s=UP_BIT_S,
        pace_bit_s=PACE_BIT_S,
    ),
)
