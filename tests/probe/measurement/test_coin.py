"""The coin of a pair."""

import random
from hashlib import sha256

import pytest

from probe.measurement.coin import Coin, commit, matched_names, toss
from tests.support.desk import ResponderDesk
from tests.support.plans import key_from

TOSSES = 4000


def test_the_published_vector():
    """All-zero nonces and pair id give the coin that the docstring publishes, from SHA-256 of 80 zero bytes."""
    digest = sha256(bytes(80)).digest()
    assert Coin(True, 0, 4140634795799935359) == toss(bytes(32), bytes(32), bytes(16))
    assert 4140634795799935359 == int.from_bytes(digest[8:16], "big")
    assert (0, 0) == (digest[31] & 1, digest[31] >> 1 & 1)


def test_commitment_is_prefixed_and_of_one_length():
    """SHA-256("isonomia-coin-1" | nonce); a nonce of another length is refused."""
    assert sha256(b"isonomia-coin-1" + bytes(32)).digest() == commit(bytes(32))
    with pytest.raises(ValueError, match="32 bytes, this one 31"):
        commit(bytes(31))


def test_each_bit_has_its_meaning():
    """Bit 0 of the whole number is the order, bit 1 the original's address, bytes 8-15 the draw."""
    rng = random.Random(3)
    for _ in range(200):
        nonce, other, pair_id = rng.randbytes(32), rng.randbytes(32), rng.randbytes(16)
        digest = sha256(nonce + other + pair_id).digest()
        coin = toss(nonce, other, pair_id)
        assert (digest[-1] & 1 == 0) == coin.original_first
        assert (digest[-1] & 2) // 2 == coin.original_address == 1 - coin.control_address
        assert int.from_bytes(digest[8:16], "big") == coin.draw


def test_order_address_and_name_are_fair_and_independent():
    """Over 4,000 tosses each share stays within four standard errors, also jointly."""
    rng = random.Random(11)
    names = ("a.example", "b.example", "c.example")
    coins = [toss(rng.randbytes(32), rng.randbytes(32), rng.randbytes(16)) for _ in range(TOSSES)]
    shares = {
        "first": (0.5, [c.original_first for c in coins]),
        "address": (0.5, [c.original_address == 1 for c in coins]),
        "agree": (0.5, [c.original_first == bool(c.original_address) for c in coins]),
        **{name: (1 / 3, [c.control_name(names) == name for c in coins]) for name in names},
        "name and order": (1 / 6, [c.control_name(names) == "a.example" and c.original_first for c in coins]),
    }
    for what, (expected, seen) in shares.items():
        error = (expected * (1 - expected) / TOSSES) ** 0.5
        assert expected == pytest.approx(sum(seen) / TOSSES, abs=4 * error), what


def test_one_bit_of_any_part_turns_the_coin():
    """Neither end's nonce nor the pair's id can be changed without changing the draw."""
    parts = [bytes(32), bytes(32), bytes(16)]
    fair = toss(*parts)
    for part in range(3):
        changed = [bytes([1]) + p[1:] if n == part else p for n, p in enumerate(parts)]
        assert fair.draw != toss(*changed).draw


def test_both_ends_and_any_third_party_see_the_same_coin():
    """Ticket and revealed nonce are all it takes; nothing else of the pair is asked."""
    rng = random.Random(5)
    key = key_from(rng)
    for _ in range(50):
        nonce = rng.randbytes(32)
        ticket = ResponderDesk(key, "r1", rng).ticket(
            probe_key=bytes(32),
            nettest="replay_tls",
            variant="paced",
            service="s",
            direction="down",
            address_family="ipv4",
            original_name="o.example",
            stratum="owned",
            control_candidates=("a.example", "b.example"),
            pace_bit_s=1,
            duration_ms=1,
            max_run_bytes=1,
            commit=commit(nonce),
            opened_at_us=1,
            expires_at_us=2,
        )
        assert toss(nonce, ticket.nonce, ticket.pair_id) == ticket.coin(nonce)


def test_an_empty_control_list_is_an_error():
    """No candidates: a ValueError that says so, not a division by zero."""
    with pytest.raises(ValueError, match="empty"):
        Coin(True, 0, 1).control_name(())


def test_matched_names_are_those_of_nearly_the_same_length():
    """Within two letters if there are any, else the nearest; sorted, whatever order the plan has."""
    names = ("ccc.example", "a.example", "zzzzzzzzzzzz.example", "bb.example")
    assert ("a.example", "bb.example", "ccc.example") == matched_names(names, "oo.example")
    assert ("zzzzzzzzzzzz.example",) == matched_names(names, "o" * 40 + ".example")
    assert matched_names(names, "oo.example") == matched_names(tuple(reversed(names)), "oo.example")
    assert () == matched_names((), "oo.example")
