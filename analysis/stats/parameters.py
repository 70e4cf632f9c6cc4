"""Every constant of the decision procedure, in one record that goes into a registration.

Section numbers are those of the design's detection.md. The values are `final` of its section 5: they were chosen
together, so changing one of them is a new registration and not a setting.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

METRICS = ("thr", "tail", "rtt", "loss", "fail")
"""What a pair is compared on: rate, late rate, round-trip time, loss, failure (4.5)."""
FINEST_BIN_S = 0.01
"""Below it there is a bin a packet, and a series fills any memory."""


@dataclass(frozen=True)
class Parameters:
    """The registered constants: plain numbers and tuples of numbers, so that JSON carries them unchanged.

    Hours of the evening are local to the declared region and half-open: 18:00 <= local time < 23:00.

    >>> Parameters().metric_weights
    {'thr': 0.4, 'tail': 0.2, 'rtt': 0.1, 'loss': 0.1, 'fail': 0.2}
    >>> Parameters.from_json({**Parameters().to_json(), "rho": 0.05}).rho
    0.05
    """

    # The interval null: what the original may be worse by without being "slowed" (4.4).
    delta_log: float = 0.05  # of the ln of rate and of RTT: about 5 %
    delta_loss: float = 0.002  # of the share of segments retransmitted
    delta_fail: float = 0.05  # of the probability of failure: 5 points

    # Label-blind scales that turn a difference into a score u (4.6).
    s_floor: float = 0.05  # ln units: the least scale of a rate, so that a very flat pair cannot shout
    scale_tail: float = 1.5  # times s: a tail has fewer bins than a second half
    scale_rtt: float = 0.15  # ln units
    scale_loss: float = 0.01  # share of segments

    # Bets of one home (4.7) and caps on a cluster (4.8): equal weights inside each grid.
    lam_grid: tuple[float, ...] = (0.1, 0.3, 1.0)
    c_grid: tuple[float, ...] = (0.3, 0.6, 0.9)
    pi_grid: tuple[float, ...] = (0.2, 0.5, 0.95)
    kappa_grid: tuple[float, ...] = (10.0, 50.0)

    # The largest share of homes that may differ for a reason of their own (4.4, 4.13).
    rho: float = 0.02

    # Weights over metrics (4.8), over all pairs or the long ones alone, over hours (4.7). Each list sums to 1.
    weight_thr: float = 0.4
    weight_tail: float = 0.2
    weight_rtt: float = 0.1
    weight_loss: float = 0.1
    weight_fail: float = 0.2
    weight_pooled: float = 0.7
    weight_long: float = 0.3
    weight_all_hours: float = 0.8
    weight_evening: float = 0.2
    evening_from_h: float = 18.0
    evening_to_h: float = 23.0

    # How a run becomes a series (4.5).
    bin_s: float = 0.2
    floor_bit_s: float = 10_000.0  # a stalled bin still has a logarithm
    head_share: float = 0.1  # of a run's bins, dropped: the start is slow start, not the network's policy
    min_bins: int = 5  # fewer (a second) is not a series: the rate metrics are missing
    se_batches: int = 5

    # What counts as a level shift (ours: the design leaves it open; see series.py).
    shift_min_tail_share: float = 0.25  # of the run must remain after it (4.5)
    shift_min_head_bins: int = 2
    shift_min_log: float = 0.2  # ln units: a step of at least 22 %
    shift_min_f: float = 25.0  # F statistic of the split: far beyond what ordinary noise gives

    # Deciding (4.9).
    q: float = 0.05

    def __post_init__(self) -> None:
        """Refuse constants under which the procedure would not hold its promises."""
        problems = [name for name, ok in self._conditions().items() if not ok]
        if problems:
            msg = f"parameters out of range: {', '.join(problems)}"
            raise ValueError(msg)

    def _conditions(self) -> dict[str, bool]:
        """Name of each condition, and whether it holds."""
        return {
            "metric weights sum to 1": math.isclose(sum(self.metric_weights.values()), 1.0),
            "weights >= 0": min(*self.metric_weights.values(), *self._weights()) >= 0,
            # With a margin below nought what does not differ at all would be "slowed".
            "margins >= 0": min(self.delta_log, self.delta_loss, self.delta_fail) >= 0,
            "weight_pooled + weight_long = 1": math.isclose(self.weight_pooled + self.weight_long, 1.0),
            "weight_all_hours + weight_evening = 1": math.isclose(
                self.weight_all_hours + self.weight_evening, 1.0
            ),
            "lam_grid > 0": bool(self.lam_grid) and min(self.lam_grid) > 0,
            # d_fail + delta_fail reaches 1 + delta_fail, and a bet must never lose more than all it has.
            "0 < c_grid < 1 / (1 + delta_fail)": bool(self.c_grid)
            and min(self.c_grid) > 0
            and max(self.c_grid) * (1 + self.delta_fail) < 1,
            "0 < pi_grid < 1": bool(self.pi_grid) and 0 < min(self.pi_grid) <= max(self.pi_grid) < 1,
            "kappa_grid > 1": bool(self.kappa_grid) and min(self.kappa_grid) > 1,
            "0 <= rho < 1": 0 <= self.rho < 1,
            "0 < q < 1": 0 < self.q < 1,
            "scales > 0": min(self.s_floor, self.scale_tail, self.scale_rtt, self.scale_loss) > 0,
            "bins": self.bin_s >= FINEST_BIN_S
            and self.floor_bit_s > 0
            and self.min_bins >= 4
            and self.se_batches >= 2,
            "shares": 0 <= self.head_share < 0.5 and 0 < self.shift_min_tail_share < 1,
        }

    def _weights(self) -> tuple[float, ...]:
        """Those over parts of a home's pairs."""
        return self.weight_pooled, self.weight_long, self.weight_all_hours, self.weight_evening

    @property
    def metric_weights(self) -> dict[str, float]:
        """The weight of each metric, in the order of METRICS."""
        return {metric: float(getattr(self, f"weight_{metric}")) for metric in METRICS}

    @property
    def caps(self) -> tuple[tuple[float, float], ...]:
        """The pairs {pi, kappa} over which a cell's evidence is averaged."""
        return tuple((pi, kappa) for pi in self.pi_grid for kappa in self.kappa_grid)

    def is_evening(self, local_hour: float) -> bool:
        """Whether a local time, in hours after midnight, lies in the evening stratum.

        >>> [Parameters().is_evening(h) for h in (17.99, 18.0, 22.99, 23.0)]
        [False, True, True, False]
        """
        return self.evening_from_h <= local_hour < self.evening_to_h

    def to_json(self) -> dict[str, float | int | list[float]]:
        """Plain JSON values by field name, as a registration states them."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """The record that `to_json` described.

        Raises ValueError where a name is unknown or missing, a type is wrong, or a value is out of range: a
        registration states every constant, so that a later default can never change its meaning.
        """
        names = {field.name for field in fields(cls)}
        if names != set(values):
            msg = f"parameters unknown or missing: {', '.join(sorted(names ^ set(values)))}"
            raise ValueError(msg)
        template = cls()
        typed: dict[str, Any] = {name: _typed(name, values[name], getattr(template, name)) for name in names}
        return cls(**typed)


def _typed(name: str, value: object, like: object) -> float | int | tuple[float, ...]:
    """The value as the type of the default, or ValueError."""
    if isinstance(like, tuple) and isinstance(value, list | tuple):
        return tuple(_number(name, item) for item in value)
    if isinstance(like, int) and isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(like, float):
        return _number(name, value)
    msg = f"parameter {name} has the wrong type: {value!r}"
    raise ValueError(msg)


def _number(name: str, value: object) -> float:
    """A finite float, or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        msg = f"parameter {name} is not a finite number: {value!r}"
        raise ValueError(msg)
    return float(value)
