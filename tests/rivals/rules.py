"""Wehe's rules as data: which thresholds which of its programs applies. All read in their sources.

No rule is "Wehe": its clients disagree (peers-wehe.md 1.5), so each stands here with its version.
"""

from dataclasses import dataclass
from math import inf
from typing import Final, Literal

Area = Literal["means", "cdfs"]
HalfSamples = Literal["ignored", "required", "else_area_alone"]


@dataclass(frozen=True)
class Rule:
    """One program's way to decide about a pair of replays.

    area: the least relative difference that counts (0-1), ``area_fast`` where a mean rate exceeds ``fast_mbit_s``;
    area_kind: how it is measured, see ``statistics``; ks_p: the two-sample Kolmogorov-Smirnov p must be below;
    half_samples: whether the share of half-samples that agree with the full test must reach ``half_sample_ratio``
    ("required"), is not looked at ("ignored"), or decides whether KS counts beside the area ("else_area_alone");
    interval_s: length of a throughput sample, None for a hundredth of the replay's nominal duration;
    ks_without_zeros: samples of zero are left out of the KS test.
    """

    id: str
    program: str
    version: str
    source: str
    area: float
    ks_p: float
    area_fast: float
    fast_mbit_s: float = 10.0
    area_kind: Area = "means"
    half_samples: HalfSamples = "ignored"
    half_sample_ratio: float = 0.95
    interval_s: float | None = None
    ks_without_zeros: bool = True


CLIENT: Final = Rule(
    id="client",
    program="Wehe's command line and Android clients, default settings",
    version="wehe-cmdline v3.3 (2024-08-01), wehe-android (2023-07-12)",
    source="NEU-SNS/wehe-cmdline src/main/java/mobi/meddle/wehe/Replay.java, getResults step 4",
    area=0.5,
    area_fast=0.3,
    ks_p=0.01,
)
"""The one that people run today. The half-sample ratio is fetched and commented out."""

IOS: Final = Rule(
    id="ios",
    program="Wehe's iOS client, default settings",
    version="wehe-ios (2021-01-18), TeamTeaSC/WeHeY (2024-07-30)",
    source="peers-wehe.md 1.5, from the clients' Swift",
    area=0.5,
    area_fast=0.3,
    ks_p=0.01,
    half_samples="required",
)

LAB: Final = Rule(
    id="lab",
    program="Wehe's lab tools",
    version="wehe-py3 344d8a9 (2025-08-22)",
    source="NEU-SNS/wehe-py3 src/oneDiffTest.py processResult, src/replay_client.py, src/testHypothesis.py",
    area=0.1,
    area_fast=0.1,
    fast_mbit_s=inf,
    ks_p=0.05,
    half_samples="else_area_alone",
    interval_s=0.22,
)
"""Flat 10 %. Its sampling interval is written into the client: 22 s / 100."""

OLDER_ANDROID: Final = Rule(
    id="older_android",
    program="older Android clients with the server of their time",
    version="defaults 10 % / 30 %, p < .05; server wehe-py3 2c5f7eb",
    source="detection.md 2; NEU-SNS/wehe-py3 2c5f7eb src/testHypothesis.py doTests",
    area=0.1,
    area_fast=0.3,
    ks_p=0.05,
    area_kind="cdfs",
    ks_without_zeros=False,
)
"""The rule of detection.md's simulations, there called "Wehe's client rule"."""

RULES: Final = (CLIENT, IOS, LAB, OLDER_ANDROID)
SHOWN: Final = (CLIENT, LAB)
"""Those beside our own results: what people run today, and what the lab tools of the same project say."""
