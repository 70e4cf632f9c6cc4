"""Scheduler: the same functions over cells, all at once or in parts.

A function takes columns of equal length (cells, and what belongs to each) and answers with one thing for each. It may be given
them in parts of any size, for sums do not depend on what stands beside: so a cell is always computed whole, in one call, on
one machine, and the answer has the same bytes wherever that is.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

R = TypeVar("R")

AT_ONCE: Final = 64
"""Cells of a part: enough that a call is worth its way, few enough that their pairs fit in memory."""


class Each(Protocol):
    """Whoever calls a function on columns; the answers in their order."""

    def __call__(self, function: Callable[..., list[R]], *columns: Sequence[Any]) -> list[R]:
        """``function(*columns)``, or that of parts of them, put together."""


def here(function: Callable[..., list[R]], *columns: Sequence[Any]) -> list[R]:
    """All at once, in this process."""
    return function(*columns)


@dataclass(frozen=True)
class InParts:
    """One part after the other, in this process."""

    at_once: int = AT_ONCE

    def __call__(self, function: Callable[..., list[R]], *columns: Sequence[Any]) -> list[R]:
        """The answers of the parts, put together."""
        return [one for part in _parts(columns, self.at_once) for one in function(*part)]


def _parts(columns: Sequence[Sequence[Any]], at_once: int) -> Iterator[tuple[Sequence[Any], ...]]:
    for begin in range(0, len(columns[0]), at_once):
        yield tuple(column[begin : begin + at_once] for column in columns)
