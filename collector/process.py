"""What each process of a collector shares, server, sealer or feed: its clock, and the signals it stops at."""

import signal
import time
from typing import Final

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


def unix_us() -> int:
    """The wall clock, µs since 1970 UTC."""
    return time.time_ns() // 1000
