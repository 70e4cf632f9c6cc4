"""How probable it is that a lab-like cell is flagged: what stands beside the lab's own result on the scoreboard.

The world is the lab's: one fixed line rate, wired, one RTT, no rogue homes, no failures, hardly any noise, policers with a
queue of one packet and shapers with one of a hundred (tests/lab/rules.py). The procedure is production's, e-BH included.

What each number rests on: rates and losses behind limiters are closed forms that the lab's demonstration was checked
against (`simulate_tcp`); the interval returned is that of the repeats alone (Clopper-Pearson, 95 %) and knows nothing of
what the model leaves out: gates beside e-BH (of the lab's policies, the one by control stratum held back 2 of 53 flagged
cells of a box that remembers the line, and no others), time-outs after a large bucket runs dry, several policies at once,
and whatever makes a shared machine stall. Near 0 and 1 that matters little; between, take a prediction as a rough one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta

from analysis.stats.ebh import ebh
from analysis.stats.pair import HYPOTHESES
from analysis.stats.parameters import Parameters
from analysis.stats.simulate import Variant, World, log_e, simulate
from analysis.stats.simulate_lines import LAB
from analysis.stats.simulate_treatments import Boxes, Kind, Treatment

__all__ = ["LAB_BOXES", "Kind", "Prediction", "Treatment", "lab_world", "predict"]

LAB_BOXES = Boxes(policer_packets=0.75, shaper_packets=100)
"""A policer is an htb class with a one-packet queue, which adds 6 ms at 1.5 Mbit/s: three quarters of a packet."""


@dataclass(frozen=True)
class Prediction:
    """The share of repeats in which the cell was flagged, its 95 % interval, and their number."""

    probability: float
    low: float
    high: float
    repeats: int


def lab_world(
    treatment: Treatment, *, variant: Variant | None, line_bit_s: float, rtt_ms: float, local_hour: float = 12.0,
    pace_bit_s: float = 20e6,
) -> World:  # fmt: skip
    """The lab as a world. `share_of_homes` befalls that number of homes exactly, as the lab's `homes` does.

    >>> lab_world(Treatment(), variant="paced", line_bit_s=50e6, rtt_ms=20).failures
    0.0
    """
    return World(
        line_bit_s=line_bit_s,
        rtt_ms=rtt_ms * 1.019,  # an idle round trip of 20 ms reads 20.38 at the sender
        pace_bit_s=pace_bit_s,
        wifi=0.0,
        congested=0.0,
        failures=0.0,
        treatment=treatment,
        variant=variant,
        hour=local_hour,
        exact_share=True,
        wired_noise=LAB,
        boxes=LAB_BOXES,
    )


def predict(
    treatment: Treatment, *, homes: int, pairs: int, variant: Variant | None, line_bit_s: float, rtt_ms: float,
    m: int, q: float = 0.05, local_hour: float = 12.0, repeats: int = 200, rng: np.random.Generator,
    pace_bit_s: float = 20e6, parameters: Parameters | None = None,
) -> Prediction:  # fmt: skip
    """The probability that e-BH at `q` flags the cell, among `m` services of which the others show nothing.

    Both hypotheses of every service are registered, 2 m in all. The cell counts as flagged under the hypothesis that is
    true (`favoured` for that kind, else `slowed`); where nothing is done, under either. variant: of all pairs, None
    for the sampling plan. Raises ValueError for sizes below 1.

    >>> rng = np.random.default_rng(1)
    >>> predict(
    ...     Treatment("police", 1.5e6), homes=5, pairs=6, variant="paced", line_bit_s=50e6, rtt_ms=20, m=20,
    ...     repeats=50, rng=rng,
    ... ).probability
    1.0
    """  # fmt: skip
    if min(homes, pairs, m, repeats) < 1:
        msg = f"homes, pairs, m and repeats must be at least 1: {homes}, {pairs}, {m}, {repeats}"
        raise ValueError(msg)
    registered = parameters or Parameters()
    world = lab_world(
        treatment, variant=variant, line_bit_s=line_bit_s, rtt_ms=rtt_ms, local_hour=local_hour,
        pace_bit_s=pace_bit_s,
    )  # fmt: skip
    cells = simulate(world, cells=repeats, homes=homes, pairs=pairs, rng=rng, parameters=registered)
    evidence = np.stack([log_e(cells, registered, hypothesis) for hypothesis in HYPOTHESES], axis=1)
    counts = _sides(treatment)
    flagged = sum(
        any(hit for hit, counted in zip(ebh(row.tolist(), 2 * m, q).rejected, counts, strict=True) if counted)
        for row in evidence
    )
    low, high = _clopper_pearson(flagged, repeats)
    return Prediction(flagged / repeats, low, high, repeats)


def _sides(treatment: Treatment) -> tuple[bool, ...]:
    """Which of HYPOTHESES count as finding it."""
    if treatment.kind == "none":
        return tuple(True for _ in HYPOTHESES)
    true = "favoured" if treatment.kind == "favoured" else "slowed"
    return tuple(hypothesis == true for hypothesis in HYPOTHESES)


def _clopper_pearson(count: int, of: int) -> tuple[float, float]:
    """The exact 95 % interval of a share."""
    low = 0.0 if count == 0 else float(beta.ppf(0.025, count, of - count + 1))
    high = 1.0 if count == of else float(beta.ppf(0.975, count + 1, of - count))
    return round(low, 6), round(high, 6)
