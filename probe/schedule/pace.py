"""The pace rule: no faster than the service ever needs, and well below what the line can carry."""

from typing import Final

SHARE_OF_CAPACITY: Final = 0.7


def pace_bit_s(service_pace_bit_s: int, capacity_bit_s: int | None) -> int:
    """min(catalogue pace, 0.7 x capacity), whole bits a second; the catalogue's where capacity is unknown.

    >>> pace_bit_s(20_000_000, 10_000_000)
    7000000
    >>> pace_bit_s(20_000_000, None)
    20000000
    """
    if capacity_bit_s is None:
        return service_pace_bit_s
    return max(1, min(service_pace_bit_s, int(SHARE_OF_CAPACITY * capacity_bit_s)))
