"""From runs to numbers: series, round-trip times, loss, and the comparison of many pairs at once. Pure.

Rates come from the receiver's ticks, for what arrived is what counts: the probe's for a download, the responder's for
an upload. Round-trip time and loss come from the sender's end (detection.md 4.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from analysis.observe.altered import alterations
from analysis.observe.block import Block, RunAt
from analysis.observe.flat import LONGEST, rounded
from analysis.observe.lean import FarTicks, NearTicks
from analysis.stats.columns import row_sum
from analysis.stats.order_interval import middle
from analysis.stats.pair import PairFeatures, RunFacts
from analysis.stats.parameters import Parameters
from analysis.stats.series import Comparison, Floats, Ints, bin_rates, compare, head_bins
from probe.measurement.run import Run
from probe.measurement.ticks import Ticks

SETTLED_US = 1_000_000
"""Round-trip times count from here: before, the connection is still finding its rate."""
NAN: Final = float("nan")


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


def span_s(ticks: Ticks | NearTicks, duration_s: float) -> float:
    """How long a finished run lasted: the ticket's duration, or less if it had all its bytes before.

    A run that stalls still has a tick at its end, so what is missing behind the last tick is not a standstill.
    """
    return min(duration_s, ticks.t_us[-1] / 1e6) if ticks.t_us else 0.0


def run_rates(run: Run, duration_s: float, direction: str, parameters: Parameters) -> Floats | None:
    """Rates in bit/s in bins, shape (bins,); ``None`` for a run that failed or has no ticks.

    Raises ``ValueError`` where the ticks run backwards.
    """
    ticks = run.ticks if direction == "down" else run.responder_ticks
    return _rates(ticks, duration_s, parameters) if run.ok else None


def _rates(ticks: Ticks | NearTicks | None, duration_s: float, parameters: Parameters) -> Floats | None:
    if ticks is None or not ticks.t_us:
        return None
    times_s = np.asarray(ticks.t_us, dtype=np.float64) / 1e6
    return bin_rates(times_s, ticks.wire_bytes, parameters, span_s(ticks, duration_s))


def median_rtt_us(ticks: Ticks | FarTicks | None, duration_s: float) -> float:
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


def loss_share(ticks: Ticks | FarTicks | None) -> float:
    """Share of segments that were sent again, over the whole run, 0-1; NaN where unknown."""
    if ticks is None or not ticks.segs_out or not ticks.total_retrans or ticks.segs_out[-1] <= 0:
        return float("nan")
    return ticks.total_retrans[-1] / ticks.segs_out[-1]


@dataclass(slots=True)
class Numbers:
    """A run in numbers: what the statistics want of it, and the mean rates of its first and last third (Mbit/s)."""

    facts: RunFacts
    early_mbit_s: float | None = None
    late_mbit_s: float | None = None


def block_numbers(block: Block, counting: Sequence[int], parameters: Parameters) -> dict[int, Numbers]:
    """The numbers of the runs of those pairs of a block, by their place in it. A failed run is only that."""
    runs = [run for index in counting for run in block.of[index]]
    well = [run for run in runs if run.run.ok]
    rates, thirds = _many_rates(block, well, parameters)
    rtts_us = _many_rtts(block, well)
    found = {run.at: Numbers(RunFacts(failed=True)) for run in runs if not run.run.ok}
    for run in well:
        facts = RunFacts(
            failed=False,
            rates_bit_s=rates[run.at],
            rtt_us=rtts_us[run.at],
            loss=loss_share(run.far),
            altered=run.run.http is not None and bool(alterations(run.run, run.receipt)),
        )
        found[run.at] = Numbers(facts, *thirds[run.at])
    return found


def _duration_s(at: RunAt) -> float:
    return at.opened.ticket.duration_ms / 1000


Thirds = tuple[float | None, float | None]


def _many_rates(
    block: Block, runs: Sequence[RunAt], parameters: Parameters
) -> tuple[dict[int, Floats | None], dict[int, Thirds]]:
    """What ``_rates`` and ``thirds_mbit_s`` say of each run, all of a length at once."""
    rates: dict[int, Floats | None] = {}
    thirds: dict[int, Thirds] = {}
    by_bins: dict[int, list[int]] = {}
    for run in runs:
        if block.near.sizes[run.at] and block.forward[run.at] and run.near:
            end_s = span_s(run.near, _duration_s(run))
            by_bins.setdefault(max(0, int(end_s / parameters.bin_s + 1e-9)), []).append(run.at)
        else:
            alone = rates[run.at] = _rates(run.near, _duration_s(run), parameters)
            thirds[run.at] = (None, None) if alone is None else thirds_mbit_s(alone)
    for bins, which in by_bins.items():
        found = block.near.rates(block.arrived, np.array(which), bins, parameters)
        rates |= zip(which, found, strict=True)
        thirds |= zip(which, _many_thirds(found), strict=True)
    return rates, thirds


def _many_thirds(rates: Floats) -> list[Thirds]:
    """``thirds_mbit_s`` of many runs, shape (runs, bins)."""
    third = rates.shape[1] // 3
    if third == 0:
        return [(None, None)] * len(rates)
    columns = rates.T
    early, late = (rounded(row_sum(part) / third / 1e6) for part in (columns[:third], columns[-third:]))
    return list(zip(early, late, strict=True))


def _many_rtts(block: Block, runs: Sequence[RunAt]) -> dict[int, float]:
    """What ``median_rtt_us`` says of each run, all at once where its times run forward."""
    far, rtts_us = block.far, block.rtts_us
    until_us = np.zeros(far.sizes.size)
    for run in runs:
        until_us[run.at] = _duration_s(run) * 1e6
    counted = (far.t_us >= SETTLED_US) & (far.t_us <= until_us[far.run]) & (rtts_us > 0)
    quick = not (rtts_us >= LONGEST).any()
    medians = far.medians(rtts_us, counted).tolist() if quick else []
    return {
        run.at: medians[run.at]
        if quick and far.sizes[run.at] and run.far and len(run.far.rtt_us) in (0, len(run.far.t_us))
        else median_rtt_us(run.far, _duration_s(run))
        for run in runs
    }


def compare_pairs(pairs: Sequence[tuple[RunFacts, RunFacts]], parameters: Parameters) -> list[Compared]:
    """Compare (original, control) pairs: what ``stats.pair.pair_features`` says of each, in one go for equal lengths."""
    d_rtt = _d_rtt(pairs)
    compared = [
        Compared(_without_rates(original, control, d_rtt[index], parameters))
        for index, (original, control) in enumerate(pairs)
    ]
    by_bins: dict[int, list[int]] = {}
    for index, (original, control) in enumerate(pairs):
        bins = common_bins(original, control)
        if bins >= parameters.min_bins:
            by_bins.setdefault(bins, []).append(index)
    for bins, which in by_bins.items():
        first, second = (np.stack([_cut(pairs[at][role], bins) for at in which]) for role in (0, 1))
        result = compare(first, second, parameters)
        before = [compared[index].features for index in which]
        for index, one in zip(which, _with_rates(before, result, bins, parameters), strict=True):
            compared[index] = one
    return compared


def _d_rtt(pairs: Sequence[tuple[RunFacts, RunFacts]]) -> list[float]:
    """Difference of the logarithms of round-trip times, control less original; NaN where one is missing."""
    rtts_us = np.array([[original.rtt_us, control.rtt_us] for original, control in pairs]).reshape(-1, 2)
    known = (rtts_us > 0).all(axis=1)
    found = np.full(len(pairs), np.nan)
    logs = np.log(rtts_us[known])
    found[known] = logs[:, 1] - logs[:, 0]
    return found.tolist()


def _without_rates(
    original: RunFacts, control: RunFacts, d_rtt: float, parameters: Parameters
) -> PairFeatures:
    """If either failed, only the failure counts."""
    d_fail = float(control.failed or control.altered) - float(original.failed or original.altered)
    if original.failed or control.failed:
        return PairFeatures(NAN, NAN, NAN, NAN, NAN, d_fail, parameters.s_floor)
    return PairFeatures(NAN, NAN, d_rtt, original.loss, control.loss, d_fail, parameters.s_floor)


def common_bins(original: RunFacts, control: RunFacts) -> int:
    """How many bins both runs have; 0 where either failed or has no series."""
    if original.failed or control.failed or original.rates_bit_s is None or control.rates_bit_s is None:
        return 0
    return min(original.rates_bit_s.size, control.rates_bit_s.size)


def _with_rates(
    before: Sequence[PairFeatures], result: Comparison, bins: int, parameters: Parameters
) -> list[Compared]:
    """Pairs with what the comparison of their rates says besides."""
    head, step_s = head_bins(bins, parameters), parameters.bin_s
    to_s = round(bins * step_s, 6)
    seconds = [round(at * step_s, 6) for at in range(bins + 1)]

    def shifts_s(shifts: Ints) -> list[float | None]:
        return [seconds[at] if at > head else None for at in shifts.tolist()]

    rows = zip(
        before,
        result.d_thr.tolist(),
        result.d_tail.tolist(),
        result.s.tolist(),
        result.tail_original_bit_s.tolist(),
        result.tail_control_bit_s.tolist(),
        result.tail_start.tolist(),
        shifts_s(result.shift_original),
        shifts_s(result.shift_control),
        strict=True,
    )
    return [
        Compared(
            PairFeatures(
                d_thr, d_tail, one.d_rtt, one.loss_original, one.loss_control, one.d_fail, s, tail_o, tail_c
            ),
            seconds[start],
            to_s,
            shift_o,
            shift_c,
        )
        for one, d_thr, d_tail, s, tail_o, tail_c, start, shift_o, shift_c in rows
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
