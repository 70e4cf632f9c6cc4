"""What each process of a collector shares, server, sealer or feed: its clock, the signals it stops at, how it says a thing."""

import signal
import time
from typing import Final, Protocol

STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Say(Protocol):
    """How a thing is said: the id of its message, and facts."""

    def __call__(self, message_id: str, **facts: object) -> None:
        """Say it."""


def unix_us() -> int:
    """The wall clock, µs since 1970 UTC."""
    return time.time_ns() // 1000
