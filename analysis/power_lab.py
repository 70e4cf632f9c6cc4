"""What the lab should see: predictions for its policies, at the scoreboard's sizes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.stats.predict import Prediction, Treatment, predict

LINE_BIT_S, RTT_MS = 50e6, 20.0
LAB_POLICIES: Mapping[str, Treatment] = {
    "nothing": Treatment(),
    **{f"policer {rate:g} Mbit/s, 16 kB": Treatment("police", rate * 1e6) for rate in (0.5, 1.5, 4, 10, 15)},
    "policer 4 Mbit/s, 2 MB": Treatment("police", 4e6, 2e6),
    "policer 15 Mbit/s, 2 MB": Treatment("police", 15e6, 2e6),
    **{f"shaper {rate:g} Mbit/s": Treatment("shape", rate * 1e6, 6_000) for rate in (0.5, 1.5, 4, 10, 15)},
    "3 MB, then 4 Mbit/s": Treatment("burst_then_police", 4e6, burst_bytes=3e6),
    "after 5 s 4 Mbit/s": Treatment("after_then_police", 4e6, after_s=5.0),
    "loss 1 %": Treatment("loss", loss_share=0.01),
    "loss 3 %": Treatment("loss", loss_share=0.03),
    "delay 40 ms": Treatment("delay", delay_ms=40.0),
    "slowed by 5 %": Treatment("slow", factor=0.95),
    "slowed by 10 %": Treatment("slow", factor=0.9),
    "blocked": Treatment("blocked"),
    "frozen after 16 kB": Treatment("frozen", burst_bytes=16e3),
    "favoured: the others at 4 Mbit/s": Treatment("favoured", 4e6),
    "policer 4 Mbit/s for 30 % of homes": Treatment("police", 4e6, share_of_homes=0.3),
    "policer 4 Mbit/s that remembers the line": Treatment("police", 4e6, carry_over=True),
    "policer 4 Mbit/s, 18-23 h, measured at noon": Treatment("police", 4e6, hours=(18.0, 23.0)),
}


@dataclass(frozen=True)
class LabRow:
    """Predictions for 5 homes x 6 paced pairs and x 6 long pairs (m = 20), and 10 homes x 6 paced pairs (m = 100)."""

    paced: Prediction
    long: Prediction
    ten: Prediction


def lab_row(treatment: Treatment, repeats: int, rng: np.random.Generator) -> LabRow:
    """One policy at the scoreboard's three sizes."""
    paced = predict(
        treatment, homes=5, pairs=6, variant="paced", line_bit_s=LINE_BIT_S, rtt_ms=RTT_MS, m=20,
        repeats=repeats, rng=rng,
    )  # fmt: skip
    long = predict(
        treatment, homes=5, pairs=6, variant="long", line_bit_s=LINE_BIT_S, rtt_ms=RTT_MS, m=20,
        repeats=repeats, rng=rng,
    )  # fmt: skip
    ten = predict(
        treatment, homes=10, pairs=6, variant="paced", line_bit_s=LINE_BIT_S, rtt_ms=RTT_MS, m=100,
        repeats=repeats, rng=rng,
    )  # fmt: skip
    return LabRow(paced, long, ten)
