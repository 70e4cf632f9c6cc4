"""A block of opened pairs: their runs one behind the other, with the ticks of both ends as flat columns. Pure.

Built once, and read by the quality rules and by the observation. Whether a pair counts is decided from it without its
labels (``analysis.quality``); nothing here looks at them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from analysis.observe.altered import alterations
from analysis.observe.flat import LONGEST, Flat
from analysis.observe.lean import AnyLeanRun, FarTicks, NearTicks
from analysis.observe.open_lean import AnyOpened
from analysis.stats.series import Floats, Ints
from probe.measurement.receipt import Path, Receipt
from probe.measurement.run import Run
from probe.measurement.ticks import Ticks

AnyRun = Run | AnyLeanRun
Near = Ticks | NearTicks
Far = Ticks | FarTicks


@dataclass(slots=True)
class RunAt:
    """A run of a block: its place there, the pair it is of, its receipt, and the ticks of receiver and sender."""

    at: int
    opened: AnyOpened
    run: AnyRun
    receipt: Receipt | None
    near: Near | None
    far: Far | None


class Block:
    """Pairs, opened, in the order given, and their runs in the order in which they ran.

    ``of[i]`` are the runs of pair i, ``paths[i]`` the paths that it measured.
    """

    def __init__(self, opened: Sequence[AnyOpened]) -> None:
        self.opened = opened
        self.runs: list[RunAt] = []
        self.of: list[list[RunAt]] = []
        self.paths: list[tuple[Path, ...]] = [pair.paths for pair in opened]
        for pair in opened:
            at, mine = len(self.runs), []
            for run in pair.pair.runs:
                mine.append(RunAt(at, pair, run, pair.receipt(run.order), *pair.ticks(run.order)))
                at += 1
            self.runs += mine
            self.of.append(mine)

    @cached_property
    def duration_s(self) -> Floats:
        """How long each run was to last, shape (runs,)."""
        return np.array([run.opened.ticket.duration_ms for run in self.runs]) / 1000

    @cached_property
    def altered(self) -> dict[int, tuple[str, ...]]:
        """What did not arrive as it was sent, of each run of plain HTTP, by its place."""
        return {run.at: alterations(run.run, run.receipt) for run in self.runs if run.run.http is not None}

    @cached_property
    def _received(self) -> tuple[Flat, Ints]:
        """Times and counts at the receivers; none of a run whose columns are of unequal length."""
        even = [
            run.near if run.near and len(run.near.t_us) == len(run.near.wire_bytes) else None
            for run in self.runs
        ]
        flat = Flat([ticks.t_us if ticks else () for ticks in even])
        return flat, flat.column([ticks.wire_bytes if ticks else () for ticks in even])

    @cached_property
    def forward(self) -> NDArray[np.bool_]:
        """Of each run: whether times and counts at its receiver never fall, shape (runs,); true of no ticks."""
        flat, counts = self._received
        found = flat.forward(flat.t_us) & flat.forward(counts)
        for at in np.flatnonzero(flat.sizes == 0).tolist():
            ticks = self.runs[at].near
            columns = (ticks.t_us, ticks.wire_bytes) if ticks else ()
            found[at] = all(before <= after for one in columns for before, after in pairwise((0, *one)))
        return found

    @cached_property
    def _near(self) -> tuple[Flat, Ints]:
        flat, counts = self._received
        good = _searchable(flat)
        if good.all():
            return flat, counts
        some = [
            run.near if fit and run.near else None for run, fit in zip(self.runs, good.tolist(), strict=True)
        ]
        fewer = Flat([ticks.t_us if ticks else () for ticks in some])
        return fewer, fewer.column([ticks.wire_bytes if ticks else () for ticks in some])

    @property
    def near(self) -> Flat:
        """Ticks of the receivers; none of a run that cannot be searched with the others, which is judged alone."""
        return self._near[0]

    @property
    def arrived(self) -> Ints:
        """Bytes at the receivers, beside ``near.t_us``."""
        return self._near[1]

    @cached_property
    def far(self) -> Flat:
        """Ticks of the senders; none of a run whose times run backwards."""
        flat = Flat([run.far.t_us if run.far else () for run in self.runs])
        good = _searchable(flat)
        if good.all():
            return flat
        fits = zip(self.runs, good.tolist(), strict=True)
        return Flat([run.far.t_us if fit and run.far else () for run, fit in fits])

    @cached_property
    def acked(self) -> Ints:
        """Bytes acknowledged to the senders, beside ``far.t_us``."""
        return self.far.column([run.far.bytes_acked if run.far else () for run in self.runs])

    @cached_property
    def rtts_us(self) -> Ints:
        """Round-trip times at the senders, beside ``far.t_us``."""
        return self.far.column([run.far.rtt_us if run.far else () for run in self.runs])


def _searchable(flat: Flat) -> NDArray[np.bool_]:
    """The runs whose times a search among all runs at once may look through."""
    return flat.forward(flat.t_us) & (flat.last(flat.t_us) < LONGEST)
