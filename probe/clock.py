"""The clock: whether this machine's own may be believed when the time of a plan is judged (integrity.md 9).

A board without a battery wakes in 1970, or where it stopped; a plan must neither end nor begin because of that. So a
plan's time is judged by a clock that the kernel says is synchronised and that is not behind the time the operator
signed; by any other the plan in hand counts as in force. Nothing is measured beyond its end for that: responders and
collector judge grants and tickets by their own clocks.
"""

import ctypes
import sys
from collections.abc import Callable
from typing import Final

TIME_ERROR: Final = 5
"""What adjtimex(2) answers while the clock is not synchronised."""
BEHIND_US: Final = 86_400 * 1_000_000
_TIMEX_BYTES: Final = 1024
"""struct timex has 208 bytes on Linux; all zero, it asks and changes nothing."""


def kernel_synchronised() -> bool | None:
    """Whether the kernel holds its clock for synchronised; ``None`` where it cannot be asked."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR


def judged_us(now_us: int, issued_at_us: int, synchronised: Callable[[], bool | None] | None = None) -> int:
    """The moment by which a plan issued at ``issued_at_us`` is judged: now, or its own where the clock is not to be trusted.

    A day behind the signed time is allowed: honest clocks differ.

    >>> (
    ...     judged_us(5, 10**15, lambda: True),
    ...     judged_us(2 * 10**15, 10**15, lambda: False),
    ...     judged_us(2 * 10**15, 10**15, lambda: True),
    ... )
    (1000000000000000, 1000000000000000, 2000000000000000)
    """
    ask = kernel_synchronised if synchronised is None else synchronised
    if now_us < issued_at_us - BEHIND_US or ask() is False:
        return issued_at_us
    return now_us
