"""Throughput series to try the rules on: autocorrelated noise, lines that change, traces that offer only so much."""

import numpy as np

from tests.rivals.samples import Floats

LEVELS_MBIT_S = np.array([2.0, 5.0, 10.0, 25.0, 50.0])
"""What the lab's time-varying line jumped between, every 5-20 s (peers-wehe.md 9)."""


def noise(
    rng: np.random.Generator, runs: int, samples: int, correlation: float, sd: float | Floats
) -> Floats:
    """Lognormal AR(1) factors with median 1, shape (runs, samples); ``sd`` of their ln, one or one a run."""
    x = rng.normal(0.0, 1.0, (runs, samples))
    for k in range(1, samples):
        x[:, k] = correlation * x[:, k - 1] + np.sqrt(1 - correlation**2) * x[:, k]
    return np.asarray(np.exp(np.reshape(sd, (-1, 1)) * x))


def ln_sd(coefficient_of_variation: float) -> float:
    """The sd of the ln of a lognormal with this coefficient of variation."""
    return float(np.sqrt(np.log1p(coefficient_of_variation**2)))


def redrawn_line(rng: np.random.Generator, samples: int, step_s: float) -> Floats:
    """A whole line's capacity in Mbit/s, redrawn after 5-20 s each time."""
    parts: list[Floats] = []
    while sum(part.size for part in parts) < samples:  # ends: each part has a sample or more
        parts.append(np.full(int(rng.uniform(5, 20) / step_s), rng.choice(LEVELS_MBIT_S)))
    return np.concatenate(parts)[:samples]


def replayed(capacity_mbit_s: Floats, offered_mbit_s: float, step_s: float) -> Floats:
    """What arrives of a trace that offers a constant rate: what waits is sent when the line has room for it."""
    waiting_mbit = 0.0
    got = np.empty(capacity_mbit_s.size)
    for k, capacity in enumerate(capacity_mbit_s):
        waiting_mbit += offered_mbit_s * step_s
        sent_mbit = min(waiting_mbit, capacity * step_s)
        waiting_mbit -= sent_mbit
        got[k] = sent_mbit / step_s
    return got
