"""A block of opened pairs: their runs one behind the other, with the ticks of both ends as flat columns. Pure.

Built once, and read by the quality rules and by the observation. Whether a pair counts is decided from it without its
labels (``analysis.quality``); nothing here looks at them.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from analysis.observe.altered import alterations
from analysis.observe.flat import LONGEST, Flat
from analysis.observe.identified import identified
from analysis.observe.lean import AnyLeanRun
from analysis.observe.open_lean import AnyOpened
from analysis.observe.packed import Laid, Packed
from analysis.stats.series import Floats, Ints
from probe.measurement.receipt import Path, Receipt
from probe.measurement.run import Run

AnyRun = Run | AnyLeanRun


class RunAt(msgspec.Struct, frozen=True, gc=False):
    """A run of a block: its place there, the pair it is of, its receipt, and the ticks of receiver and sender.

    ``identified``: whether the responder says that it saw the very run of which the probe tells (``identified``).
    """

    at: int
    opened: AnyOpened
    run: AnyRun
    receipt: Receipt | None
    near: Packed | None
    far: Packed | None
    identified: bool


class Block:
    """Pairs, opened, in the order given, and their runs in the order in which they ran.

    ``of[i]`` are the runs of pair i, ``paths[i]`` the paths that it measured. A pair is best added as soon as it is opened:
    what is asked of its document then is asked while that is at hand.
    """

    def __init__(self, opened: Iterable[AnyOpened] = ()) -> None:
        self.opened: list[AnyOpened] = []
        self.runs: list[RunAt] = []
        self.of: list[tuple[RunAt, ...]] = []
        self.paths: list[tuple[Path, ...]] = []
        for pair in opened:
            self.add(pair)

    def add(self, opened: AnyOpened) -> None:
        """One more pair, before anything is asked of the block. Raises ``Corrupt`` as opening does."""
        mine, at = [], len(self.runs)
        for run in opened.pair.runs:
            receipt = opened.receipt(run.order)
            near, far = opened.ticks(run.order)
            mine.append(RunAt(at, opened, run, receipt, near, far, identified(opened, run, receipt)))
            at += 1
        self.paths.append(opened.paths)
        self.opened.append(opened)
        self.runs += mine
        self.of.append(tuple(mine))

    @cached_property
    def duration_s(self) -> Floats:
        """How long each run was to last, shape (runs,)."""
        return np.array([run.opened.ticket.duration_ms for run in self.runs]) / 1000

    @cached_property
    def altered(self) -> dict[int, tuple[str, ...]]:
        """What did not arrive as it was sent, of each run of plain HTTP, by its place."""
        return {run.at: alterations(run.run, run.receipt) for run in self.runs if run.run.http is not None}

    @cached_property
    def received(self) -> Laid:
        """The ticks of the receivers."""
        return Laid([run.near for run in self.runs])

    @cached_property
    def sent(self) -> Laid:
        """The ticks of the senders."""
        return Laid([run.far for run in self.runs])

    @cached_property
    def readable(self) -> NDArray[np.bool_]:
        """Of each run: whether its receiver's ticks have times and as many counts, shape (runs,)."""
        times = self.received.entries("t_us")
        found: NDArray[np.bool_] = (times > 0) & (times == self.received.entries("wire_bytes"))
        return found

    @cached_property
    def _readable(self) -> tuple[Flat, Ints]:
        flat = Flat(self.received, self.readable)
        return flat, flat.column("wire_bytes")

    @cached_property
    def forward(self) -> NDArray[np.bool_]:
        """Of each run: whether times and counts at its receiver never fall, shape (runs,); true of no ticks."""
        flat, counts = self._readable
        found = flat.forward(flat.t_us) & flat.forward(counts)
        for at in np.flatnonzero(~self.readable).tolist():
            ticks = self.runs[at].near
            columns = (ticks.t_us, ticks.wire_bytes) if ticks else ()
            found[at] = all(before <= after for one in columns for before, after in pairwise((0, *one)))
        return found

    @cached_property
    def _near(self) -> tuple[Flat, Ints]:
        flat, counts = self._readable
        good = _searchable(flat)
        if good.all():
            return flat, counts
        fewer = Flat(self.received, self.readable & good)
        return fewer, fewer.column("wire_bytes")

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
        flat = Flat(self.sent)
        good = _searchable(flat)
        return flat if good.all() else Flat(self.sent, good)

    @cached_property
    def acked(self) -> Ints:
        """Bytes acknowledged to the senders, beside ``far.t_us``."""
        return self.far.column("bytes_acked")

    @cached_property
    def rtts_us(self) -> Ints:
        """Round-trip times at the senders, beside ``far.t_us``."""
        return self.far.column("rtt_us")


def _searchable(flat: Flat) -> NDArray[np.bool_]:
    """The runs whose times a search among all runs at once may look through."""
    return flat.forward(flat.t_us) & (flat.last(flat.t_us) < LONGEST)
