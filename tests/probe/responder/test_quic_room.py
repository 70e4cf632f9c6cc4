"""How much QUIC a responder lets in: half of its ceiling over all pairs, and to a pair that is to saturate what is left of it."""

from typing import Any

import pytest

from probe.measurement.ticket import Direction, Opening
from probe.responder.book import Refusal
from probe.responder.quic_room import granted_bit_s
from tests.support.openings import an_opening

M = 1_000_000
CEILING: dict[Direction, int] = {"down": 100 * M, "up": 80 * M}


def opening(pace: int, **changes: Any) -> Opening:
    """An opening over QUIC, paced and down but for ``changes``."""
    return an_opening(pace_bit_s=pace, **changes)


def granted(asked: Opening, taken: dict[Direction, int] | None = None, ceiling: Any = CEILING) -> int | str:
    """The pace, or the code of the refusal."""
    try:
        return granted_bit_s(asked, ceiling, taken or {}, 90 * M)
    except Refusal as refusal:
        return refusal.code


def test_a_paced_pair_gets_its_pace_or_nothing():
    """Up to half of the ceiling, whatever goes the other way counted too: 20 of 80 up are 25 of 100 down."""
    assert 50 * M == granted(opening(50 * M))
    assert "over_limit" == granted(opening(50 * M + 1))
    assert 25 * M == granted(opening(25 * M), {"up": 20 * M})
    assert "over_limit" == granted(opening(25 * M + 1), {"up": 20 * M})
    assert 20 * M == granted(opening(20 * M, direction="up"), {"down": 25 * M})


def test_a_pair_that_is_to_saturate_gets_what_is_left():
    """Half of the ceiling, or what the open pairs leave of that, down to a quarter of the ceiling; with less it says nothing more."""
    fast = opening(100 * M, variant="saturate")
    assert 50 * M == granted(fast)
    assert 30 * M == granted(fast, {"down": 20 * M})
    assert 25 * M == granted(fast, {"down": 25 * M})
    assert "over_limit" == granted(fast, {"down": 26 * M})
    assert 10 * M == granted(opening(10 * M, variant="saturate"), {"down": 26 * M})
    assert 40 * M == granted(opening(100 * M, variant="saturate", direction="up"))


def test_no_pace_is_above_the_bound():
    """What a responder serves at most bounds a pair that is to saturate on a fast machine."""
    assert 90 * M == granted(opening(100 * M, variant="saturate"), ceiling={"down": 900 * M, "up": 900 * M})


@pytest.mark.parametrize(("variant", "expected"), [("paced", 50 * M), ("saturate", "over_limit")])
def test_without_a_ceiling_nobody_is_to_saturate(variant, expected):
    """Where it could not be measured paced pairs are let in, as before; how much more it carries nobody knows."""
    assert expected == granted(opening(50 * M, variant=variant), ceiling={})
