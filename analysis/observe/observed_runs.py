"""The runs of a block as records: what was measured of each, and the numbers of those that count. Pure."""

from collections.abc import Sequence

import msgspec
import numpy as np

from analysis.observe.block import Block, RunAt
from analysis.observe.features import mean_mbit_s
from analysis.observe.flat import rounded
from analysis.observe.numbers import PairNumbers, RunNumbers, Sides
from analysis.observe.record import RunObserved, known
from analysis.stats.parameters import Parameters
from analysis.stats.series import Floats


def runs_observed(
    block: Block, runs: RunNumbers, pairs: PairNumbers, sides: Sides, parameters: Parameters
) -> list[RunObserved]:
    """The runs of a block, by their place in it; ``sides`` are the places of the runs of ``pairs``."""
    shift_s = _of_runs(block, sides, pairs.shift_original_s, pairs.shift_control_s)
    columns = (
        known(runs.rtt_us),
        known(runs.loss),
        known(runs.early_mbit_s),
        known(runs.late_mbit_s),
        known(shift_s),
        _before_shift(runs.rates_bit_s, shift_s, parameters),
        *map(known, _tails(block, runs, pairs, sides)),
    )
    return [_run_observed(block, *row) for row in zip(block.runs, *columns, strict=True)]


def _run_observed(
    block: Block,
    at: RunAt,
    rtt_us: float | None,
    loss: float | None,
    early_mbit_s: float | None,
    late_mbit_s: float | None,
    shift_s: float | None,
    before_shift_mbit_s: float | None,
    tail_mbit_s: float | None,
    tail_from_unix_s: float | None,
    tail_to_unix_s: float | None,
) -> RunObserved:
    run, receipt = at.run, at.receipt
    connect_us = run.connect_us
    return RunObserved(
        order=run.order,
        name=run.name,
        failure=run.failure,
        seen=None if receipt is None else receipt.seen,
        connect_us=connect_us,
        tls_us=run.tls_us,
        first_byte_us=run.first_byte_us,
        duration_us=run.duration_us,
        wire_bytes=_arrived_bytes(at),
        cpu_share=run.cpu_share,
        rtt_us=rtt_us,
        queueing_us=None if rtt_us is None or connect_us is None else rtt_us - connect_us,
        loss=loss,
        early_mbit_s=early_mbit_s,
        late_mbit_s=late_mbit_s,
        shift_s=shift_s,
        before_shift_mbit_s=before_shift_mbit_s,
        tail_mbit_s=tail_mbit_s,
        tail_from_unix_s=tail_from_unix_s,
        tail_to_unix_s=tail_to_unix_s,
        altered=msgspec.UNSET if run.http is None else block.altered[at.at],
    )


def _of_runs(block: Block, sides: Sides, original: Floats, control: Floats) -> Floats:
    """A number that each run of a pair has, by the runs' places; NaN for runs of other pairs."""
    found = np.full(len(block.runs), np.nan)
    found[sides.original], found[sides.control] = original, control
    return found


def _tails(block: Block, runs: RunNumbers, pairs: PairNumbers, sides: Sides) -> Sequence[Floats]:
    """Of each run the mean rate of its tail (Mbit/s), and its ends in unix seconds, to six digits."""
    began_s = np.full(len(block.runs), np.nan)
    places = np.flatnonzero(runs.well).tolist()
    began_s[places] = [bulk_began_unix_s(block.runs[at]) for at in places]
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


def _arrived_bytes(at: RunAt) -> int:
    """What the receiver counted; of an upload without a receipt, what was acknowledged."""
    receipt = at.receipt
    if at.opened.ticket.direction == "up" and receipt is not None and receipt.wire_bytes is not None:
        return receipt.wire_bytes
    return at.run.wire_bytes


def bulk_began_unix_s(at: RunAt) -> float:
    """When the first byte of bulk reached its receiver, unix seconds.

    On the responder's clock: its start of the run and half a TCP handshake, or a whole one for an upload, which waits
    for its word. Where it noted none, on the probe's: the start and the phases before the bulk, which leaves out the
    round trip of the request itself.
    """
    run, receipt = at.run, at.receipt
    if receipt is not None and receipt.started_at_us is not None:
        way = 1.0 if at.opened.ticket.direction == "up" else 0.5
        return (receipt.started_at_us + (run.connect_us or 0) * way) / 1e6
    phases_us = (run.connect_us or 0) + (run.tls_us or 0) + (run.first_byte_us or 0)
    return (run.started_at_us + phases_us) / 1e6
