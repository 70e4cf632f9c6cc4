"""Shelf: the pairs of a cell on disk, read when they are asked for. What is counted with stays in memory, some 100 bytes a pair."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final, overload

import msgspec

from analysis.cell import Cell
from analysis.observe.record import Observation
from analysis.scale.buckets import LENGTH_BYTES, records

KEPT: Final = 8
"""Cells whose pairs are kept at hand: who looks at a cell looks at it more than once."""


@dataclass(frozen=True)
class Shelved(Sequence[Observation]):
    """Observations between two bytes of a file, which is never written again under that name.

    Each look reads them anew, but for the last few cells'.
    """

    path: Path
    begin: int
    end: int
    pairs: int

    def __len__(self) -> int:
        return self.pairs

    def __iter__(self) -> Iterator[Observation]:
        return iter(_read(self))

    @overload
    def __getitem__(self, index: int) -> Observation: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Observation]: ...
    def __getitem__(self, index: int | slice) -> Observation | Sequence[Observation]:
        return _read(self)[index]


@lru_cache(KEPT)
def _read(shelved: Shelved) -> tuple[Observation, ...]:
    return tuple(records(shelved.path, Observation, shelved.begin, shelved.end))


def shelve(cells: Sequence[Cell], path: Path) -> list[Cell]:
    """The same cells with their pairs in the file ``path``, which is written anew."""
    encoder = msgspec.msgpack.Encoder()
    with path.open("wb") as file:

        def put(pairs: Sequence[Observation]) -> Shelved:
            begin = file.tell()
            for pair in pairs:
                frame = encoder.encode(pair)
                file.write(len(frame).to_bytes(LENGTH_BYTES, "big") + frame)
            return Shelved(path, begin, file.tell(), len(pairs))

        return [replace(cell, pairs=put(cell.pairs), discarded=put(cell.discarded)) for cell in cells]
