"""How much QUIC a responder lets in: half of what its CPU can do, over all open pairs (integrity.md 8)."""

from collections.abc import Mapping
from typing import Final

from probe.measurement.ticket import Direction, Opening
from probe.responder.book import Refusal

SHARE: Final = 0.5
LEAST_SHARE: Final = 0.25
"""A pair that is to saturate gets what room there is, if it is as much as this: with less it would say no more than a paced one."""


def granted_bit_s(
    opening: Opening,
    ceiling_bit_s: Mapping[Direction, int],
    open_bit_s: Mapping[Direction, int],
    largest_bit_s: int,
) -> int:
    """The pace of a pair that is let in, bit/s: what it asks for, or less for one that is to saturate. Raises ``Refusal``.

    ``ceiling_bit_s``: what one core can send ("down") and receive ("up") if it does nothing else; empty where that is not known:
    then everybody is let in but those that are to saturate. ``open_bit_s``: the paces of the open pairs, summed; each has one run at a time at most.
    ``largest_bit_s``: no pace is more.
    """
    most_bit_s = least_bit_s = min(opening.pace_bit_s, largest_bit_s)
    ceiling = ceiling_bit_s.get(opening.direction)
    if ceiling is None:
        if opening.variant == "saturate":
            raise Refusal("over_limit", "this responder does not know how much QUIC it can carry")
        return most_bit_s
    taken = sum(open_bit_s.get(direction, 0) / whole for direction, whole in ceiling_bit_s.items())
    room_bit_s = int((SHARE - taken) * ceiling)
    if opening.variant == "saturate":
        least_bit_s = min(most_bit_s, int(LEAST_SHARE * ceiling))
    if room_bit_s < least_bit_s:
        raise Refusal("over_limit", "this responder carries as much QUIC as it can; try later")
    return min(most_bit_s, room_bit_s)
