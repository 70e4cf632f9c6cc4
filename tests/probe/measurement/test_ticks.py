"""Ticks: columns, digests, memoryless moments."""

import random

import msgspec
import pytest

from probe.measurement.ticks import LONGEST_S, MEAN_S, SHORTEST_S, Ticks, digest, next_tick_s


def test_columns_have_one_length_or_are_empty():
    """Empty columns say "not given"; of the others none may be shorter."""
    assert 2 == len(Ticks(t_us=(0, 1), wire_bytes=(0, 5)).t_us)
    with pytest.raises(ValueError, match=r"differ in length: \[1, 2\]"):
        Ticks(t_us=(0, 1), wire_bytes=(5,))
    with pytest.raises(msgspec.ValidationError, match="differ in length"):
        msgspec.json.decode(b'{"t_us":[1,2],"rtt_us":[1]}', type=Ticks)


def test_a_thousand_and_one_ticks_are_too_many():
    """The longest column that is accepted has 1,000 entries."""
    longest = msgspec.json.encode({"t_us": list(range(1000))})
    assert 1000 == len(msgspec.json.decode(longest, type=Ticks).t_us)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"t_us": list(range(1001))}), type=Ticks)


def test_the_digest_survives_the_journey():
    """Decoding and encoding, on whatever machine, gives the bytes that the receipt names."""
    ticks = Ticks(t_us=(0, 250_000), wire_bytes=(0, 2**40), rtt_us=(1, 2))
    assert digest(ticks) == digest(msgspec.json.decode(msgspec.json.encode(ticks), type=Ticks))
    assert digest(ticks) != digest(Ticks(t_us=(0, 250_000), wire_bytes=(0, 2**40 + 1), rtt_us=(1, 2)))
    assert None is digest(None)


def test_a_column_of_a_later_version_changes_no_old_digest():
    """Empty columns are left out of the JSON, so ticks without the new column keep their digest."""

    class Later(Ticks, frozen=True, kw_only=True, omit_defaults=True):
        delivery_rate: tuple[int, ...] = ()

    old = Ticks(t_us=(0,), wire_bytes=(1,))
    assert msgspec.json.encode(old) == msgspec.json.encode(
        msgspec.json.decode(msgspec.json.encode(old), type=Later)
    )


def test_ticks_are_memoryless_between_their_clamps():
    """Mean, share and clamps are the exponential's with mean 250 ms: no periodic limiter can hide."""
    rng = random.Random(1)
    waits = [next_tick_s(rng) for _ in range(20_000)]
    assert (SHORTEST_S, LONGEST_S) == (min(waits), max(waits))
    # P(X > 0.25 s) of an exponential is 1/e = 0.3679; four standard errors at n = 20,000.
    assert 0.3679 == pytest.approx(sum(w > MEAN_S for w in waits) / len(waits), abs=0.0137)
