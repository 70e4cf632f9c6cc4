"""Another device of a home: downloads by several connections at a time, rests, downloads again, with dice of its own.

    python -m tests.lab.bursts SEED FLOWS ON_S OFF_S ADDRESS PORT

Times are drawn from exponential laws with those means (at most thrice the mean). With OFF_S 0 it never rests. Ends by a signal.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Sequence

from tests.lab.traffic import fetch

NAME = "other-device.example"


def seconds(rng: random.Random, mean_s: float) -> float:
    """Return a time drawn from an exponential law, cut at thrice its mean."""
    return min(rng.expovariate(1 / mean_s), 3 * mean_s) if mean_s else 0.0


def main(arguments: Sequence[str]) -> None:
    """Run until a signal comes."""
    rng, flows = random.Random(arguments[0]), int(arguments[1])
    on_s, off_s = float(arguments[2]), float(arguments[3])
    address, port = arguments[4], int(arguments[5])
    print("ready", flush=True)
    while True:
        lasts_s = max(0.2, seconds(rng, on_s)) if off_s else on_s
        threads = [
            threading.Thread(target=fetch, args=(address, port, NAME, lasts_s), daemon=True)
            for _ in range(flows)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(seconds(rng, off_s))


if __name__ == "__main__":
    main(sys.argv[1:])
