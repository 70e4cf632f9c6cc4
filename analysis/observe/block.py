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

from analysis.observe.facts import PairFacts, RunFacts, pair_facts
from analysis.observe.flat import LONGEST, Flat
from analysis.observe.open_lean import AnyOpened
from analysis.observe.packed import Laid
from analysis.stats.series import Floats, Ints


class Block:
    """The facts of pairs in the order given, and of their runs in the order in which they ran.

    A pair is best added as soon as it is opened: what is asked of its document is asked then, while that is at hand.
    """

    def __init__(self, opened: Iterable[AnyOpened] = ()) -> None:
        self.pairs: list[PairFacts] = []
        self.runs: list[RunFacts] = []
        self.borne_out: list[bool] | None = None
        """What ``corroborated`` found of each run, once it was asked."""
        for pair in opened:
            self.add(pair)

    def add(self, opened: AnyOpened) -> None:
        """One more pair, before anything is asked of the block."""
        facts = pair_facts(opened, len(self.runs))
        self.pairs.append(facts)
        self.runs += facts.runs

    def alone(self, index: int) -> "Block":
        """A block of that pair only."""
        pair, block = self.pairs[index], Block()
        block.runs = [msgspec.structs.replace(run, at=at) for at, run in enumerate(pair.runs)]
        block.pairs = [msgspec.structs.replace(pair, runs=tuple(block.runs))]
        return block

    @cached_property
    def duration_s(self) -> Floats:
        """How long each run was to last, shape (runs,)."""
        return np.array([run.duration_s for run in self.runs], dtype=np.float64)

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
