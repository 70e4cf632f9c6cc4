"""Packed: the ticks of one end of one run as 64-bit words, laid down as soon as they are decoded. Pure.

Python's numbers lie scattered, 32 bytes each: a chunk of documents whose ticks stay lists is larger than the caches, and
whoever comes back to read or to free them waits for memory. Packed while they are at hand they take a quarter of that, and ``Laid``
has them as columns of numpy without looking at any one again.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from struct import Struct
from typing import Final, Protocol

import msgspec
import numpy as np

from analysis.stats.series import Ints

COLUMNS: Final = ("t_us", "wire_bytes", "rtt_us", "segs_out", "total_retrans", "bytes_acked")
"""What decides anything, of eighteen columns (``probe.measurement.ticks``), in the order in which it lies there."""
NONE: Final = -1
"""The last entry of a column without entries: no count is below zero."""


class NearColumns(Protocol):
    """Ticks of the end that received the bulk: times in µs since the run's first byte of bulk there, bytes read from the socket."""

    @property
    def t_us(self) -> Sequence[int]: ...  # noqa: D102

    @property
    def wire_bytes(self) -> Sequence[int]: ...  # noqa: D102


class FarColumns(NearColumns, Protocol):
    """Ticks of the end that sent the bulk: smoothed round-trip times in µs, segments sent and sent again, bytes acknowledged."""

    @property
    def rtt_us(self) -> Sequence[int]: ...  # noqa: D102

    @property
    def segs_out(self) -> Sequence[int]: ...  # noqa: D102

    @property
    def total_retrans(self) -> Sequence[int]: ...  # noqa: D102

    @property
    def bytes_acked(self) -> Sequence[int]: ...  # noqa: D102


class Packed(msgspec.Struct, frozen=True, gc=False):
    """The ticks of one end. ``words``: how many entries each of COLUMNS has, then the entries, as signed 64-bit words of this machine."""

    words: bytes

    def _column(self, at: int) -> Sequence[int]:
        words = memoryview(self.words).cast("q")
        begins = len(COLUMNS) + sum(words[:at])
        return words[begins : begins + words[at]]

    @property
    def t_us(self) -> Sequence[int]:
        """Times since the run's first byte of bulk at this end, µs."""
        return self._column(0)

    @property
    def wire_bytes(self) -> Sequence[int]:
        """Bytes read from the socket, or handed to it."""
        return self._column(1)

    @property
    def rtt_us(self) -> Sequence[int]:
        """Smoothed round-trip times, µs."""
        return self._column(2)

    @property
    def segs_out(self) -> Sequence[int]:
        """Segments sent."""
        return self._column(3)

    @property
    def total_retrans(self) -> Sequence[int]:
        """Segments sent again."""
        return self._column(4)

    @property
    def bytes_acked(self) -> Sequence[int]:
        """Bytes acknowledged."""
        return self._column(5)


def packed(ticks: FarColumns) -> Packed:
    """All that decides anything of ticks of either end; their counts are whole, at least 0 and at most 2^53."""
    t_us, wire_bytes, rtt_us = ticks.t_us, ticks.wire_bytes, ticks.rtt_us
    segs_out, total_retrans, bytes_acked = ticks.segs_out, ticks.total_retrans, ticks.bytes_acked
    a, b, c, d, e, f = (
        len(t_us), len(wire_bytes), len(rtt_us), len(segs_out), len(total_retrans), len(bytes_acked)
    )  # fmt: skip
    lay = _layer(a + b + c + d + e + f)
    return Packed(lay(a, b, c, d, e, f, *t_us, *wire_bytes, *rtt_us, *segs_out, *total_retrans, *bytes_acked))


def packed_near(ticks: NearColumns) -> Packed:
    """What a receiver's ticks decide: when how much had come."""
    t_us, wire_bytes = ticks.t_us, ticks.wire_bytes
    times, counts = len(t_us), len(wire_bytes)
    return Packed(_layer(times + counts)(times, counts, 0, 0, 0, 0, *t_us, *wire_bytes))


@lru_cache(1024)
def _layer(entries: int) -> Callable[..., bytes]:
    return Struct(f"{len(COLUMNS) + entries}q").pack


NOTHING: Final = _layer(0)(0, 0, 0, 0, 0, 0)


class Laid:
    """The packed ticks of runs, one behind the other. ``sizes``: entries of each of COLUMNS, shape (runs, columns)."""

    def __init__(self, ticks: Sequence[Packed | None]) -> None:
        parts = [one.words if one is not None else NOTHING for one in ticks]
        self.words: Ints = np.frombuffer(b"".join(parts), np.int64)
        lengths = np.fromiter(map(len, parts), np.int64, len(parts)) // self.words.itemsize
        heads = (np.cumsum(lengths) - lengths)[:, None] + np.arange(len(COLUMNS))
        self.sizes: Ints = self.words[heads]
        self._begins: Ints = heads[:, :1] + len(COLUMNS) + np.cumsum(self.sizes, axis=1) - self.sizes

    def begins(self, name: str) -> Ints:
        """Where the entries of a column begin among ``words``, shape (runs,)."""
        found: Ints = self._begins[:, COLUMNS.index(name)]
        return found

    def entries(self, name: str) -> Ints:
        """How many there are of a column, shape (runs,)."""
        found: Ints = self.sizes[:, COLUMNS.index(name)]
        return found

    def last(self, name: str) -> Ints:
        """The last entry of a column, NONE where it has none; shape (runs,)."""
        sizes = self.entries(name)
        found = np.full(sizes.size, NONE)
        some = sizes > 0
        found[some] = self.words[(self.begins(name) + sizes)[some] - 1]
        return found
