"""Quarters on the time axis: when a quarter key may sign."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
US_PER_DAY: Final = 86_400_000_000
GRACE_US: Final = 4 * US_PER_DAY
"""A key is honoured this long before and after its quarter: a probe that was off over New Year is no forger."""


def unix_us(moment: datetime) -> int:
    """Microseconds since 1970 UTC of an aware ``moment``, exact over the whole range of ``datetime``."""
    return (moment - EPOCH) // timedelta(microseconds=1)


@lru_cache(maxsize=64)
def window_us(quarter: str) -> tuple[int, int]:
    """First and last microsecond at which a key of ``quarter`` ("2026Q4") is honoured; ``ValueError`` if no quarter.

    >>> [EPOCH + timedelta(microseconds=us) for us in window_us("2026Q4")]
    [datetime.datetime(2026, 9, 27, 0, 0, tzinfo=datetime.timezone.utc), datetime.datetime(2027, 1, 5, 0, 0, tzinfo=datetime.timezone.utc)]
    """
    year_text, separator, number_text = quarter.partition("Q")
    if not (separator and len(year_text) == 4 and year_text.isascii() and year_text.isdigit()):
        raise ValueError(f"{quarter!r} is no quarter; write one as 2026Q4")
    if number_text not in ("1", "2", "3", "4") or not 1970 <= int(year_text) <= 9998:
        raise ValueError(f"{quarter!r} is no quarter; write one as 2026Q4")
    year, number = int(year_text), int(number_text)
    first = datetime(year, 3 * number - 2, 1, tzinfo=UTC)
    after = datetime(year + (number == 4), 3 * (number % 4) + 1, 1, tzinfo=UTC)
    return unix_us(first) - GRACE_US, unix_us(after) + GRACE_US
