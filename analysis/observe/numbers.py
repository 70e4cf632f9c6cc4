"""The runs and pairs of a block in numbers, as columns: what ``features`` and ``stats.pair`` say of each, in one go. Pure.

Runs and pairs of one length go through together. What cannot be searched with the others is asked of the plain functions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.observe.block import Block
from analysis.observe.facts import RunFacts
from analysis.observe.features import SETTLED_US, median_rtt_us, rates_of
from analysis.observe.flat import LONGEST, rounded
from analysis.stats.columns import row_sum
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats, Ints, compare, head_bins

Flags = NDArray[np.bool_]


@dataclass(slots=True)
class RunNumbers:
    """The runs of a block, by their place in it: shape (runs,), ``rates_bit_s`` (runs, bins). NaN where there is no number.

    ``well``: of a pair that counts, and at its end; of any other run there are no numbers. ``altered``: what arrived was
    not what was sent. ``bins``: how many its series has, 0 where it has none; means of its first and last third in Mbit/s.
    """

    well: Flags
    altered: Flags
    bins: Ints
    rates_bit_s: Floats
    rtt_us: Floats
    loss: Floats
    early_mbit_s: Floats
    late_mbit_s: Floats


@dataclass(slots=True)
class PairNumbers:
    """Pairs: ``stats.PairFeatures`` as columns of shape (pairs,), and times in seconds after the run's first byte of bulk.

    ``shift_original_s`` and ``shift_control_s``: each run's own last level shift, NaN where it has none.
    """

    d_thr: Floats
    d_tail: Floats
    d_rtt: Floats
    loss_original: Floats
    loss_control: Floats
    d_fail: Floats
    s: Floats
    tail_original_bit_s: Floats
    tail_control_bit_s: Floats
    tail_from_s: Floats
    tail_to_s: Floats
    shift_original_s: Floats
    shift_control_s: Floats


@dataclass(frozen=True, slots=True)
class Sides:
    """Where the runs of pairs stand in a block, each shape (pairs,)."""

    original: Ints
    control: Ints


def run_numbers(block: Block, counting: Sequence[int], parameters: Parameters) -> RunNumbers:
    """The numbers of the runs of those pairs of a block; raises ``ValueError`` for a series that runs backwards."""
    count = len(block.runs)
    runs = [run for index in counting for run in block.pairs[index].runs if run.ok]
    places = [run.at for run in runs]
    well = np.zeros(count, dtype=np.bool_)
    well[places] = True
    altered = np.zeros(count, dtype=np.bool_)
    altered[[run.at for run in runs if run.record.altered]] = True
    bins, rates_bit_s = _series(block, runs, well, parameters)
    early_mbit_s, late_mbit_s = _thirds(bins, rates_bit_s)
    rtt_us = _rtts(block, runs, well)
    return RunNumbers(
        well, altered, bins, rates_bit_s, rtt_us, _losses(block, well), early_mbit_s, late_mbit_s
    )


def _nothing(count: int) -> Floats:
    return np.full(count, np.nan)


def _series(
    block: Block, runs: Sequence[RunFacts], well: Flags, parameters: Parameters
) -> tuple[Ints, Floats]:
    """How many bins each run has, and its rates (``features.rates_of``)."""
    near = block.near
    together = well & (near.sizes > 0) & block.forward
    # As ``features.span_s``: what is missing behind the last tick is not a standstill.
    end_s = np.minimum(block.duration_s, near.last(near.t_us) / 1e6)
    bins = np.where(together, (end_s / parameters.bin_s + 1e-9).astype(np.int64), 0)
    alone = {
        run.at: rates
        for run, quick in zip(runs, together[well].tolist(), strict=True)
        if not quick and (rates := rates_of(run.near, block.duration_s[run.at], parameters)) is not None
    }
    for at, rates in alone.items():
        bins[at] = rates.size
    found = np.full((len(bins), bins.max(initial=0)), np.nan)
    for size in np.unique(bins[together]).tolist():
        which = np.flatnonzero(together & (bins == size))
        found[which, :size] = near.rates(block.arrived, which, size, parameters)
    for at, rates in alone.items():
        found[at, : rates.size] = rates
    return bins, found


def _thirds(bins: Ints, rates_bit_s: Floats) -> tuple[Floats, Floats]:
    """What ``features.thirds_mbit_s`` says of each run."""
    early, late = _nothing(bins.size), _nothing(bins.size)
    for size in np.unique(bins).tolist():
        third = size // 3
        if third:
            which = np.flatnonzero(bins == size)
            columns = rates_bit_s[which, :size].T
            early[which] = rounded(row_sum(columns[:third]) / third / 1e6)
            late[which] = rounded(row_sum(columns[-third:]) / third / 1e6)
    return early, late


def _rtts(block: Block, runs: Sequence[RunFacts], well: Flags) -> Floats:
    """What ``features.median_rtt_us`` says of each run, all at once where its times run forward."""
    far, rtts_us = block.far, block.rtts_us
    quick = well & (far.sizes > 0)
    if (rtts_us >= LONGEST).any():
        quick[:] = False
    until_us = np.where(quick, block.duration_s * 1e6, 0.0)[far.run]
    found = far.medians(rtts_us, (far.t_us >= SETTLED_US) & (far.t_us <= until_us) & (rtts_us > 0))
    for run, done in zip(runs, quick[well].tolist(), strict=True):
        if not done:
            found[run.at] = median_rtt_us(run.far, block.duration_s[run.at])
    return found


def _losses(block: Block, well: Flags) -> Floats:
    """What ``features.loss_share`` says of each run."""
    again, out = block.sent.last("total_retrans"), block.sent.last("segs_out")
    known = well & (again >= 0) & (out > 0)
    found = _nothing(well.size)
    found[known] = again[known] / out[known]
    return found


def pair_numbers(runs: RunNumbers, sides: Sides, parameters: Parameters) -> PairNumbers:
    """Compare pairs, given by the places of their runs: what ``stats.pair.pair_features`` says of each."""
    original, control = sides.original, sides.control
    count = original.size
    both = runs.well[original] & runs.well[control]
    odd = ~runs.well | runs.altered
    d_rtt, known = _nothing(count), both.copy()
    for side in (original, control):
        known &= runs.rtt_us[side] > 0
    d_rtt[known] = np.log(runs.rtt_us[control[known]]) - np.log(runs.rtt_us[original[known]])
    found = PairNumbers(
        d_thr=_nothing(count),
        d_tail=_nothing(count),
        d_rtt=d_rtt,
        loss_original=np.where(both, runs.loss[original], np.nan),
        loss_control=np.where(both, runs.loss[control], np.nan),
        d_fail=odd[control].astype(np.float64) - odd[original],
        s=np.full(count, parameters.s_floor),
        tail_original_bit_s=_nothing(count),
        tail_control_bit_s=_nothing(count),
        tail_from_s=_nothing(count),
        tail_to_s=_nothing(count),
        shift_original_s=_nothing(count),
        shift_control_s=_nothing(count),
    )
    bins = np.where(both, np.minimum(runs.bins[original], runs.bins[control]), 0)
    for size in np.unique(bins[bins >= parameters.min_bins]).tolist():
        _compare(found, runs, sides, np.flatnonzero(bins == size), size, parameters)
    return found


def _compare(
    found: PairNumbers, runs: RunNumbers, sides: Sides, which: Ints, bins: int, parameters: Parameters
) -> None:
    """Fill in what the rates of those pairs say, over so many bins."""
    original, control = (runs.rates_bit_s[side[which], :bins] for side in (sides.original, sides.control))
    result = compare(original, control, parameters)
    head, step_s = head_bins(bins, parameters), parameters.bin_s
    seconds = np.array([round(at * step_s, 6) for at in range(bins + 1)])
    for name in ("d_thr", "d_tail", "s", "tail_original_bit_s", "tail_control_bit_s"):
        getattr(found, name)[which] = getattr(result, name)
    found.tail_from_s[which], found.tail_to_s[which] = seconds[result.tail_start], seconds[bins]
    for name in ("shift_original", "shift_control"):
        shift = getattr(result, name)
        getattr(found, f"{name}_s")[which] = np.where(shift > head, seconds[shift], np.nan)
