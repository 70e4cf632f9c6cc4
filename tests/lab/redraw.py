"""A process that gives interfaces another rate from time to time, with dice of its own: a line that is not what it was.

    python -m tests.lab.redraw SEED LEAST_S MOST_S LEVEL,LEVEL,… INTERFACE[=SEED] …

Levels are bit/s; each interface has its own dice. One `tc -batch` reads all the orders. Ends by a signal. Prints "ready" first.
"""

from __future__ import annotations

import heapq
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

from tests.lab.classes import tc_change


def draws(
    rng: random.Random, levels: Sequence[int], least_s: float, most_s: float
) -> Iterator[tuple[float, int]]:
    """Yield (seconds to hold, level) for ever; a level never follows itself."""
    last = None
    while True:
        last = rng.choice([level for level in levels if level != last])
        yield rng.uniform(least_s, most_s), last


def main(arguments: Sequence[str]) -> None:
    """Run until a signal comes."""
    seed, least_s, most_s = arguments[0], float(arguments[1]), float(arguments[2])
    levels = [int(level) for level in arguments[3].split(",")]
    lines = {
        name: draws(random.Random(f"{seed} {dice or name}"), levels, least_s, most_s)
        for name, _, dice in (word.partition("=") for word in arguments[4:])
    }
    tc = subprocess.Popen(["tc", "-force", "-batch", "-"], stdin=subprocess.PIPE, text=True)
    assert tc.stdin is not None
    due = [(0.0, name) for name in lines]
    began_s = time.monotonic()
    print("ready", flush=True)
    while True:
        at_s, name = heapq.heappop(due)
        time.sleep(max(0.0, at_s - (time.monotonic() - began_s)))
        hold_s, level = next(lines[name])
        tc.stdin.write("\n".join(tc_change(name, level)) + "\n")
        tc.stdin.flush()
        heapq.heappush(due, (at_s + hold_s, name))


if __name__ == "__main__":
    main(sys.argv[1:])
