"""Counts in steps: who takes one public edition from another learns of no home what it did. Pure.

Below the findings a public edition tells lines rounded down to a multiple of five, and pairs (bytes) rounded down to a multiple of a step that is
5, 10, 20, 50, 100, 200 ...: the least that is no smaller than what the busiest line of the group did in all. So whatever one line did between two
editions, a number moves by one step or by none, and a step is more than that line ever did. Findings and certificates are exact: they are
records, and their evidence is in their bundles. Inside everything is exact.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from analysis.observe.record import Observation
from analysis.public.form import FEWEST_LINES, Counted, Surface

STEP_LINES: Final = FEWEST_LINES


def lines_told(lines: int) -> int:
    """A number of lines as the public may know it.

    >>> [lines_told(lines) for lines in (4, 5, 9, 10)]
    [0, 5, 5, 10]
    """
    return lines // STEP_LINES * STEP_LINES


def step_of(most: int) -> int:
    """The least of 5, 10, 20, 50, 100 ... that is ``most`` or more.

    >>> [step_of(most) for most in (0, 5, 6, 11, 50, 51, 2_000_001)]
    [5, 5, 10, 20, 50, 100, 5000000]
    """
    return next(step for step in _steps() if step >= most)


def _steps() -> Iterator[int]:
    yield 5
    for power in count(1):  # ends: the caller stops
        yield from (10**power, 2 * 10**power, 5 * 10**power)


def amount_told(of_line: Mapping[str, int]) -> int:
    """The sum over lines as the public may know it; 0 where one line did more than it may be hidden behind.

    >>> amount_told({"a": 6, "b": 6, "c": 6, "d": 6, "e": 3}), amount_told({"a": 101, "b": 1})
    (20, 0)
    """
    step = step_of(max(of_line.values(), default=0))
    return sum(of_line.values()) // step * step


def coarse(total: int) -> int:
    """A number of which nobody knows what each line has in it: its first digit, more or less.

    >>> coarse(487), coarse(12), coarse(3)
    (400, 10, 0)
    """
    step = step_of(-(-total // FEWEST_LINES))
    return total // step * step


def _one(_: Observation) -> int:
    return 1


@dataclass(frozen=True)
class Tally:
    """How a surface counts; ``line_of`` is the access line of each probe key."""

    line_of: Mapping[str, str]
    surface: Surface

    def lines(self, pairs: Iterable[Observation]) -> int:
        """The lines, all of them, to be told or not."""
        return len({self.line_of[pair.home] for pair in pairs})

    def told(self, lines: int) -> int:
        """A number of lines as the surface tells it."""
        return lines if self.surface == "inside" else lines_told(lines)

    def amount(self, pairs: Iterable[Observation], of: Callable[[Observation], int] = _one) -> int:
        """A sum over pairs, by default their number, as the surface tells it."""
        of_line: Counter[str] = Counter()
        for pair in pairs:
            of_line[self.line_of[pair.home]] += of(pair)
        return sum(of_line.values()) if self.surface == "inside" else amount_told(of_line)

    def counted(self, pairs: Iterable[Observation], days: Callable[[Observation], str]) -> Counted:
        """Counts, withheld together where the lines are too few or one of them did nearly all; days are told inside alone."""
        every = list(pairs)
        amount = self.amount(every)
        lines = self.lines(every)
        if lines < FEWEST_LINES or not amount:
            return Counted(lines=None, pairs=None)
        told = len({days(pair) for pair in every}) if self.surface == "inside" else None
        return Counted(lines=self.told(lines), pairs=amount, days=told)
