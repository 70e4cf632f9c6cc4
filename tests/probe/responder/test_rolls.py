"""With each statement comes the responder's roll: of those before, where its own is brought back, and of this one."""

import random
from typing import Any

import msgspec
import pytest

from probe.measurement.roll import ENTRY_BYTES, Roll, entry_of
from probe.measurement.signing import ROLL, STATEMENT, Signed, open_signed, public_bytes, sign
from probe.responder.rolls import with_statement
from probe.wire.messages import Close
from tests.support.documents import key_from
from tests.support.knock import ask_alone, open_pair

KEY = key_from(random.Random(1))


def raw(signed: Any) -> msgspec.Raw:
    """A signed document as it stands in a frame."""
    return msgspec.Raw(msgspec.json.encode(signed))


def opened(roll: msgspec.Raw) -> list[bytes]:
    """The entries of a roll, whose signature is verified."""
    entries = open_signed(msgspec.json.decode(roll, type=Signed), ROLL, Roll).entries
    return [entries[at : at + ENTRY_BYTES] for at in range(0, len(entries), ENTRY_BYTES)]


def test_a_roll_grows_with_each_pair_that_is_closed(far):
    """Two pairs closed by one probe: the second roll holds both statements, and asked again it holds them once."""
    first = ask_alone(far, Close(open_pair(far).pair_id))
    ticket = open_pair(far)
    second = ask_alone(far, Close(ticket.pair_id, first.roll))
    again = ask_alone(far, Close(ticket.pair_id, second.roll))
    statements = [msgspec.json.decode(one.statement, type=Signed) for one in (first, second)]
    assert statements[0].key == msgspec.json.decode(second.roll, type=Signed).key
    assert [entry_of(one) for one in statements] == opened(second.roll) == opened(again.roll)
    assert [entry_of(statements[1])] == opened(ask_alone(far, Close(ticket.pair_id)).roll)


@pytest.mark.parametrize("fault", ["foreign", "forged", "other_purpose", "nonsense", "null", "deep"])
def test_what_is_no_roll_of_ours_counts_for_none(fault):
    """We vouch for what we signed, and for nothing that somebody brings."""
    entries = bytes(ENTRY_BYTES)
    brought = {
        "foreign": sign(key_from(random.Random(2)), ROLL, Roll(entries)),
        "forged": msgspec.structs.replace(
            sign(key_from(random.Random(2)), ROLL, Roll(entries)), key=public_bytes(KEY)
        ),
        "other_purpose": sign(KEY, STATEMENT, Roll(entries)),
        "nonsense": sign(KEY, ROLL, b'{"entries":"AAAA"}'),
        "null": None,
        "deep": msgspec.Raw(b"[" * 9000),
    }
    statement = sign(KEY, STATEMENT, b"{}")
    assert [entry_of(statement)] == opened(raw(with_statement(raw(brought[fault]), statement, KEY)))
