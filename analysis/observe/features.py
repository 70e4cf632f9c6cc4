"""From runs to numbers: series, round-trip times, loss, and the comparison of many pairs at once. Pure.

Rates come from the receiver's ticks, for what arrived is what counts: the probe's for a download, the responder's for
an upload. Round-trip time and loss come from the sender's end (detection.md 4.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from analysis.stats.order_interval import middle
from analysis.stats.pair import PairFeatures, RunFacts, pair_features
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats, bin_rates, compare, head_bins
from probe.measurement.run import Run
from probe.measurement.ticks import Ticks

SETTLED_US = 1_000_000
"""Round-trip times count from here: before, the connection is still finding its rate."""


@dataclass(frozen=True)
class Compared:
    """A pair compared. Times are seconds after the run's first byte of bulk at its receiver, ``None`` without series.

    ``shift_original_s`` and ``shift_control_s`` are each run's own last level shift, ``None`` where it has none.
    """

    features: PairFeatures
    tail_from_s: float | None = None
    tail_to_s: float | None = None
    shift_original_s: float | None = None
    shift_control_s: float | None = None


def span_s(ticks: Ticks, duration_s: float) -> float:
    """How long a finished run lasted: the ticket's duration, or less if it had all its bytes before.

    A run that stalls still has a tick at its end, so what is missing behind the last tick is not a standstill.
    """
    return min(duration_s, ticks.t_us[-1] / 1e6) if ticks.t_us else 0.0


def run_rates(run: Run, duration_s: float, direction: str, parameters: Parameters) -> Floats | None:
    """Rates in bit/s in bins, shape (bins,); ``None`` for a run that failed or has no ticks.

    Raises ``ValueError`` where the ticks run backwards.
    """
    ticks = receiver_ticks(run, direction)
    if not run.ok or ticks is None or not ticks.t_us:
        return None
    times_s = np.asarray(ticks.t_us, dtype=np.float64) / 1e6
    return bin_rates(times_s, ticks.wire_bytes, parameters, span_s(ticks, duration_s))


def receiver_ticks(run: Run, direction: str) -> Ticks | None:
    """The ticks of the end that received the bulk."""
    return run.ticks if direction == "down" else run.responder_ticks


def sender_ticks(run: Run, direction: str) -> Ticks | None:
    """The ticks of the end that sent the bulk."""
    return run.responder_ticks if direction == "down" else run.ticks


def median_rtt_us(ticks: Ticks | None, duration_s: float) -> float:
    """Median smoothed RTT after the first second, while the run lasted; NaN where the sender's end is unknown."""
    if ticks is None or not ticks.rtt_us:
        return float("nan")
    until_us = duration_s * 1e6
    rtts = [
        rtt_us
        for t_us, rtt_us in zip(ticks.t_us, ticks.rtt_us, strict=True)
        if SETTLED_US <= t_us <= until_us and rtt_us > 0
    ]
    return middle(rtts) if rtts else float("nan")


def loss_share(ticks: Ticks | None) -> float:
    """Share of segments that were sent again, over the whole run, 0-1; NaN where unknown."""
    if ticks is None or not ticks.segs_out or not ticks.total_retrans or ticks.segs_out[-1] <= 0:
        return float("nan")
    return ticks.total_retrans[-1] / ticks.segs_out[-1]


def run_facts(
    run: Run, duration_s: float, direction: str, parameters: Parameters, *, altered: bool = False
) -> RunFacts:
    """One run as the statistics want it; ``duration_s`` is the ticket's. A failed run is only that."""
    if not run.ok:
        return RunFacts(failed=True)
    ticks = sender_ticks(run, direction)
    return RunFacts(
        failed=False,
        rates_bit_s=run_rates(run, duration_s, direction, parameters),
        rtt_us=median_rtt_us(ticks, duration_s),
        loss=loss_share(ticks),
        altered=altered,
    )


def compare_pairs(pairs: Sequence[tuple[RunFacts, RunFacts]], parameters: Parameters) -> list[Compared]:
    """Compare (original, control) pairs: what ``stats.pair.pair_features`` says of each, in one go for equal lengths."""
    compared = [
        Compared(pair_features(replace(o, rates_bit_s=None), replace(c, rates_bit_s=None), parameters))
        for o, c in pairs
    ]
    by_bins: dict[int, list[int]] = {}
    for index, (original, control) in enumerate(pairs):
        bins = common_bins(original, control)
        if bins >= parameters.min_bins:
            by_bins.setdefault(bins, []).append(index)
    for bins, which in by_bins.items():
        for index, result in zip(which, _compare(pairs, which, bins, parameters), strict=True):
            rates, result_without_rates = result.features, compared[index].features
            compared[index] = replace(
                result,
                features=replace(
                    rates,
                    d_rtt=result_without_rates.d_rtt,
                    loss_original=result_without_rates.loss_original,
                    loss_control=result_without_rates.loss_control,
                    d_fail=result_without_rates.d_fail,
                ),
            )
    return compared


def common_bins(original: RunFacts, control: RunFacts) -> int:
    """How many bins both runs have; 0 where either failed or has no series."""
    if original.failed or control.failed or original.rates_bit_s is None or control.rates_bit_s is None:
        return 0
    return min(original.rates_bit_s.size, control.rates_bit_s.size)


def _compare(
    pairs: Sequence[tuple[RunFacts, RunFacts]], which: list[int], bins: int, parameters: Parameters
) -> list[Compared]:
    original = np.stack([_cut(pairs[index][0], bins) for index in which])
    control = np.stack([_cut(pairs[index][1], bins) for index in which])
    result = compare(original, control, parameters)
    head, step_s, nan = head_bins(bins, parameters), parameters.bin_s, float("nan")
    shifts = (result.shift_original, result.shift_control)

    def shift_s(role: int, row: int) -> float | None:
        at = int(shifts[role][row])
        return round(at * step_s, 6) if at > head else None

    return [
        Compared(
            PairFeatures(
                d_thr=float(result.d_thr[row]),
                d_tail=float(result.d_tail[row]),
                d_rtt=nan,
                loss_original=nan,
                loss_control=nan,
                d_fail=nan,
                s=float(result.s[row]),
                tail_original_bit_s=float(result.tail_original_bit_s[row]),
                tail_control_bit_s=float(result.tail_control_bit_s[row]),
            ),
            tail_from_s=round(int(result.tail_start[row]) * step_s, 6),
            tail_to_s=round(bins * step_s, 6),
            shift_original_s=shift_s(0, row),
            shift_control_s=shift_s(1, row),
        )
        for row in range(len(which))
    ]


def _cut(run: RunFacts, bins: int) -> Floats:
    if run.rates_bit_s is None:
        raise ValueError("a run without a series cannot be compared")
    return run.rates_bit_s[:bins]


def mean_mbit_s(rates_bit_s: Floats) -> float | None:
    """Mean rate in Mbit/s, ``None`` of no bins."""
    # What .mean() does, without its questions: a run asks it six times of a handful of numbers.
    return round(float(np.add.reduce(rates_bit_s) / rates_bit_s.size) / 1e6, 6) if rates_bit_s.size else None


def thirds_mbit_s(rates_bit_s: Floats) -> tuple[float | None, float | None]:
    """Mean rates over the first and the last third of a run, Mbit/s.

    >>> thirds_mbit_s(np.array([8e6, 8e6, 4e6, 4e6, 2e6, 2e6]))
    (8.0, 2.0)
    """
    third = rates_bit_s.size // 3
    if third == 0:
        return None, None
    return mean_mbit_s(rates_bit_s[:third]), mean_mbit_s(rates_bit_s[-third:])


def number(value: float) -> float | None:
    """``value``, or ``None`` for what is not a number: absence is never a number here."""
    return value if isfinite(value) else None
