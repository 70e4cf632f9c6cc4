"""The pace rule: no faster than the service ever needs, and well below what the line can carry."""

from typing import Final

SHARE_OF_CAPACITY: Final = 0.7
SATURATE: Final = "saturate"


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


def pace_of(service_pace_bit_s: int, variant: str, capacity_bit_s: int | None) -> int:
    """The pace of a pair of that variant; 0, unpaced, for one that is to saturate the line.

    >>> pace_of(20_000_000, "saturate", 10_000_000)
    0
    """
    return 0 if variant == SATURATE else pace_bit_s(service_pace_bit_s, capacity_bit_s)
