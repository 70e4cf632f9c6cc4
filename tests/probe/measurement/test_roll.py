"""Rolls: an entry stands for the exact bytes of one statement, a roll for at most so many, the newest."""

import random

import msgspec

from probe.measurement.roll import (
    ENTRY_BYTES,
    LARGEST_ROLL_BYTES,
    MOST_ENTRIES,
    Roll,
    entry_of,
    extended,
    holds,
)
from probe.measurement.signing import ROLL, STATEMENT, sign
from tests.support.documents import key_from

replace = msgspec.structs.replace


def test_an_entry_is_of_key_signature_and_body():
    """Whatever is changed of a signed statement, it is another entry; a signature of another length has none."""
    statement = sign(key_from(random.Random(1)), STATEMENT, b'{"pair":1}')
    others = [
        replace(statement, key=bytes(32)),
        replace(statement, signature=statement.signature[::-1]),
        replace(statement, body=msgspec.Raw(b'{"pair":2}')),
        replace(statement, body=msgspec.Raw(b' {"pair":1}')),
    ]
    assert 5 == len({entry_of(one) for one in (statement, *others)})
    assert b"" == entry_of(replace(statement, signature=statement.signature + b"{"))
    assert b"" == entry_of(replace(statement, key=statement.key[1:]))


def test_only_whole_entries_are_held():
    """Bytes that lie across two entries are none; nothing holds the empty entry."""
    rng = random.Random(2)
    entries = rng.randbytes(MOST_ENTRIES * ENTRY_BYTES)
    assert all(holds(entries, entries[n * ENTRY_BYTES :][:ENTRY_BYTES]) for n in range(MOST_ENTRIES))
    assert not any(holds(entries, entries[at:][:ENTRY_BYTES]) for at in range(1, ENTRY_BYTES))
    assert not holds(entries, b"")
    assert not holds(b"", rng.randbytes(ENTRY_BYTES))


def test_the_oldest_make_way_and_a_full_roll_fits_into_a_header():
    """An entry comes once; of two hundred the last 128 are there."""
    rng = random.Random(3)
    made = [rng.randbytes(ENTRY_BYTES) for _ in range(200)]
    entries = b""
    for one in (*made, made[-1], made[-2]):
        entries = extended(entries, one)
    assert b"".join(made[-MOST_ENTRIES:]) == entries
    assert len(msgspec.json.encode(sign(key_from(rng), ROLL, Roll(entries)))) <= LARGEST_ROLL_BYTES
