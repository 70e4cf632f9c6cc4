"""What one pair says: differences between its runs, and the scores u that evidence is built from.

Null hypothesis of a pair (detection.md 4.4): the original is no worse than the control by more than delta, whichever
slot each takes. Then the fair coin makes every score below positive with probability at least 1/2, given its size.
All differences are negative when the original did worse. A missing metric is NaN here and scores u = 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.stats.parameters import METRICS, Parameters
from analysis.stats.series import Floats, compare

Hypothesis = Literal["slowed", "favoured"]
HYPOTHESES: tuple[Hypothesis, ...] = ("slowed", "favoured")

_LARGEST_SCORE = 300.0
"""Scores are clipped here (an odd, increasing function, so the argument of 4.7 is untouched): e^600 is still a float."""


@dataclass(frozen=True)
class RunFacts:
    """One run as the comparison needs it.

    rates_bit_s: shape (bins,), from `series.bin_rates`, or None; rtt_us: median smoothed RTT at the sender after the
    first second, or NaN; loss: retransmitted over sent segments at the sender, 0-1, or NaN; failed: whether it failed;
    altered: whether what arrived was not what was sent (plain HTTP), which counts as failing though the rate is known.
    """

    failed: bool
    rates_bit_s: Floats | None = None
    rtt_us: float = float("nan")
    loss: float = float("nan")
    altered: bool = False


@dataclass(frozen=True)
class PairFeatures:
    """One pair's differences (4.5) and scale (4.6).

    d_thr, d_tail, d_rtt: ln units; loss_original, loss_control: shares of segments; d_fail = failed control - failed
    original, in -1, 0, 1; s: ln units, label-blind; tail_original_bit_s, tail_control_bit_s: for the delivered rate.
    """

    d_thr: float
    d_tail: float
    d_rtt: float
    loss_original: float
    loss_control: float
    d_fail: float
    s: float
    tail_original_bit_s: float = float("nan")
    tail_control_bit_s: float = float("nan")


@dataclass(frozen=True)
class PairTable:
    """Many pairs as columns, each of shape (pairs,): the features, and where each pair counts.

    cluster: index from 0 of the cluster (a line, or the homes of one router model: integrity.md 5); long: whether it
    is a long pair; evening: whether it ran in the evening stratum.
    """

    d_thr: Floats
    d_tail: Floats
    d_rtt: Floats
    loss_original: Floats
    loss_control: Floats
    d_fail: Floats
    s: Floats
    cluster: NDArray[np.int64]
    long: NDArray[np.bool_]
    evening: NDArray[np.bool_]

    def __post_init__(self) -> None:
        """Refuse columns of unequal length and clusters below zero."""
        shapes = {np.shape(column) for column in vars(self).values()}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            msg = f"columns of pairs must have one shape (pairs,), not {sorted(shapes)}"
            raise ValueError(msg)
        if self.cluster.size and self.cluster.min() < 0:
            msg = "clusters are numbered from 0"
            raise ValueError(msg)

    def __len__(self) -> int:
        return int(self.cluster.size)

    def take(self, which: NDArray[np.int64] | NDArray[np.bool_] | slice) -> "PairTable":
        """The rows of an index, a mask or a slice."""
        return PairTable(**{name: column[which] for name, column in vars(self).items()})


def pair_features(original: RunFacts, control: RunFacts, parameters: Parameters) -> PairFeatures:
    """Compare two runs. If either failed, only the failure counts (4.5): rates, RTT and loss are missing.

    >>> fast = RunFacts(False, np.full(20, 20e6), rtt_us=20_000, loss=0.0)
    >>> slow = RunFacts(False, np.full(20, 4e6), rtt_us=20_000, loss=0.03)
    >>> f = pair_features(slow, fast, Parameters())
    >>> round(f.d_thr, 3), f.d_rtt, f.loss_original, f.d_fail, f.s
    (-1.609, 0.0, 0.03, 0.0, 0.05)
    >>> pair_features(RunFacts(failed=True), fast, Parameters()).d_fail
    -1.0
    """
    nan = float("nan")
    d_fail = float(control.failed or control.altered) - float(original.failed or original.altered)
    if original.failed or control.failed:
        return PairFeatures(nan, nan, nan, nan, nan, d_fail, parameters.s_floor)
    d_rtt = nan
    if original.rtt_us > 0 and control.rtt_us > 0:
        d_rtt = float(np.log(control.rtt_us) - np.log(original.rtt_us))
    if original.rates_bit_s is None or control.rates_bit_s is None:
        return PairFeatures(nan, nan, d_rtt, original.loss, control.loss, d_fail, parameters.s_floor)
    rates = compare(original.rates_bit_s, control.rates_bit_s, parameters)
    return PairFeatures(
        d_thr=float(rates.d_thr),
        d_tail=float(rates.d_tail),
        d_rtt=d_rtt,
        loss_original=original.loss,
        loss_control=control.loss,
        d_fail=d_fail,
        s=float(rates.s),
        tail_original_bit_s=float(rates.tail_original_bit_s),
        tail_control_bit_s=float(rates.tail_control_bit_s),
    )


def pair_table(
    features: Sequence[PairFeatures], cluster: ArrayLike, *, long: ArrayLike, evening: ArrayLike
) -> PairTable:
    """Columns from single pairs; `cluster`, `long` and `evening` have one entry a pair."""
    names = ("d_thr", "d_tail", "d_rtt", "loss_original", "loss_control", "d_fail", "s")
    columns = {name: np.array([getattr(f, name) for f in features], dtype=np.float64) for name in names}
    return PairTable(
        **columns,
        cluster=np.asarray(cluster, dtype=np.int64),
        long=np.asarray(long, dtype=np.bool_),
        evening=np.asarray(evening, dtype=np.bool_),
    )


def joined(tables: Sequence[PairTable], clusters: Sequence[int]) -> PairTable:
    """Tables one after the other, their clusters renumbered; ``clusters`` says how many each table has."""
    offsets = np.repeat(np.cumsum([0, *clusters[:-1]]), [len(table) for table in tables])
    names = [field.name for field in fields(PairTable)]
    columns = {name: np.concatenate([getattr(table, name) for table in tables]) for name in names}
    columns["cluster"] = columns["cluster"] + offsets
    return PairTable(**columns)


def scores(pairs: PairTable, parameters: Parameters, hypothesis: Hypothesis = "slowed") -> Floats:
    """Scores u of shape (metrics, pairs), in the order of METRICS; missing ones are 0 (4.6).

    The row of `fail` holds d_fail + delta_fail: that metric bets linearly, without a scale (4.7).

    >>> f = PairFeatures(-0.15, float("nan"), 0.1, 0.012, 0.0, 0.0, s=0.05)
    >>> scores(pair_table([f], [0], long=[False], evening=[False]), Parameters())[:, 0].round(9).tolist()
    [-2.0, 0.0, 1.0, -1.0, 0.05]
    """
    p = parameters
    # The mirror image exchanges the labels: every difference changes its sign, and nothing else.
    sign = 1.0 if hypothesis == "slowed" else -1.0
    u = np.empty((len(METRICS), len(pairs)))
    u[0] = (sign * pairs.d_thr + p.delta_log) / pairs.s
    u[1] = (sign * pairs.d_tail + p.delta_log) / (p.scale_tail * pairs.s)
    u[2] = (sign * pairs.d_rtt + p.delta_log) / p.scale_rtt
    u[3] = (sign * (pairs.loss_control - pairs.loss_original) + p.delta_loss) / p.scale_loss
    u[4] = sign * pairs.d_fail + p.delta_fail
    np.copyto(u, 0.0, where=np.isnan(u))
    return np.clip(u, -_LARGEST_SCORE, _LARGEST_SCORE, out=u)


def pair_scores(
    features: PairFeatures, parameters: Parameters, hypothesis: Hypothesis = "slowed"
) -> dict[str, float]:
    """The scores of one pair by metric, for showing a person what it said."""
    one = pair_table([features], [0], long=[False], evening=[False])
    return dict(zip(METRICS, scores(one, parameters, hypothesis)[:, 0].tolist(), strict=True))
