"""The runs of a block as records: the numbers of those that count, beside what was measured of each. Pure."""

from collections.abc import Sequence

import numpy as np
from msgspec.structs import force_setattr

from analysis.observe.block import Block
from analysis.observe.features import mean_mbit_s
from analysis.observe.flat import rounded
from analysis.observe.numbers import PairNumbers, RunNumbers, Sides
from analysis.observe.record import known
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats


def finish_runs(
    block: Block, runs: RunNumbers, pairs: PairNumbers, sides: Sides, parameters: Parameters
) -> None:
    """Put its numbers into the record of each run of a block; ``sides`` are the places of the runs of ``pairs``.

    Nobody has seen these records yet: they are begun where a document is read, and are whole when this returns.
    """
    shift_s = _of_runs(block, sides, pairs.shift_original_s, pairs.shift_control_s)
    tail_mbit_s, tail_from_unix_s, tail_to_unix_s = map(known, _tails(block, runs, pairs, sides))
    columns = {
        "loss": known(runs.loss),
        "early_mbit_s": known(runs.early_mbit_s),
        "late_mbit_s": known(runs.late_mbit_s),
        "shift_s": known(shift_s),
        "before_shift_mbit_s": _before_shift(runs.rates_bit_s, shift_s, parameters),
        "tail_mbit_s": tail_mbit_s,
        "tail_from_unix_s": tail_from_unix_s,
        "tail_to_unix_s": tail_to_unix_s,
    }
    records = [run.record for run in block.runs]
    for record, rtt_us in zip(records, known(runs.rtt_us), strict=True):
        if rtt_us is not None:
            force_setattr(record, "rtt_us", rtt_us)
            if record.connect_us is not None:
                force_setattr(record, "queueing_us", rtt_us - record.connect_us)
    for name, column in columns.items():
        for record, value in zip(records, column, strict=True):
            if value is not None:
                force_setattr(record, name, value)


def _of_runs(block: Block, sides: Sides, original: Floats, control: Floats) -> Floats:
    """A number that each run of a pair has, by the runs' places; NaN for runs of other pairs."""
    found = np.full(len(block.runs), np.nan)
    found[sides.original], found[sides.control] = original, control
    return found


def _tails(block: Block, runs: RunNumbers, pairs: PairNumbers, sides: Sides) -> Sequence[Floats]:
    """Of each run the mean rate of its tail (Mbit/s), and its ends in unix seconds, to six digits."""
    began_s = np.full(len(block.runs), np.nan)
    places = np.flatnonzero(runs.well).tolist()
    began_s[places] = [block.runs[at].began_unix_s for at in places]
    columns = (
        _of_runs(block, sides, pairs.tail_original_bit_s, pairs.tail_control_bit_s) / 1e6,
        began_s + _of_runs(block, sides, pairs.tail_from_s, pairs.tail_from_s),
        began_s + _of_runs(block, sides, pairs.tail_to_s, pairs.tail_to_s),
    )
    return [rounded(column) for column in columns]


def _before_shift(rates_bit_s: Floats, shift_s: Floats, parameters: Parameters) -> list[float | None]:
    """The mean rate of each run before its last level shift, Mbit/s."""
    found: list[float | None] = [None] * shift_s.size
    for at in np.flatnonzero(np.isfinite(shift_s)).tolist():
        found[at] = mean_mbit_s(rates_bit_s[at, : round(shift_s[at] / parameters.bin_s)])
    return found
