"""The processor time that a host took from this machine, and a second chance for a measurement that it fell into.

A virtual machine is not told when its host runs somebody else; the kernel counts it afterwards (`steal` in /proc/stat, proc(5)). A
sender on loopback that is away for a few milliseconds loses them: of 45 pairs at 80 Mbit/s, the 32 with at most 50 ms stolen from both
processors measured the pace within 1.1 %; of the 13 others some were up to 4 % slow.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec

MOST_STOLEN_S = 0.02
TRIES = 5
_STEAL = 8
"""The column of /proc/stat's first line, its name counted."""
_Given = ParamSpec("_Given")


def stolen_s() -> float:
    """The time that was taken from all processors since the machine started, s; 0 where the kernel does not count it."""
    columns = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    return int(columns[_STEAL]) / os.sysconf("SC_CLK_TCK") if len(columns) > _STEAL else 0.0


def unless_stolen(test: Callable[_Given, None]) -> Callable[_Given, None]:
    """A test that is tried again, four times at most, where it failed while the host took time; what fails without that has failed."""

    @functools.wraps(test)
    def tried(*given: _Given.args, **named: _Given.kwargs) -> None:
        for left in reversed(range(TRIES)):
            before_s = stolen_s()
            try:
                return test(*given, **named)
            except AssertionError:
                if not left or stolen_s() - before_s <= MOST_STOLEN_S:
                    raise
        return None

    return tried
