"""The processor time that a host took from this machine.

A virtual machine is not told when its host runs somebody else; the kernel counts it afterwards (``steal`` in /proc/stat, proc(5)).
"""

import os
from pathlib import Path

_STEAL = 8
"""The column of /proc/stat's first line, its name counted."""


def stolen_s() -> float:
    """The time that was taken from all processors since the machine started, s; 0 where the kernel does not count it."""
    columns = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    return int(columns[_STEAL]) / os.sysconf("SC_CLK_TCK") if len(columns) > _STEAL else 0.0
