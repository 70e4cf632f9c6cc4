"""What is sent at once goes under one signature, and is the same measurements as before."""

import random

import msgspec

from probe.measurement.signing import MEASUREMENT, Signed, document_id, public_bytes, sign, verify
from probe.together import under_one_signature
from tests.support.documents import key_from

KEY, FORMER = key_from(random.Random(1)), key_from(random.Random(2))


def document(key, n):
    """A signed document as the spool has it."""
    return msgspec.json.encode(sign(key, MEASUREMENT, b'{"n": %d}' % n))


def opened(lines):
    """The envelopes."""
    return [msgspec.json.decode(line, type=Signed) for line in lines]


def test_the_bodies_stay_and_one_signature_covers_them():
    """Ids, order and bodies are those of the spool; each verifies alone; all bear the same 64 bytes of Ed25519."""
    spooled = [document(KEY, n) for n in range(50)]
    sent = opened(under_one_signature(KEY, spooled))
    assert [one.body_bytes() for one in opened(spooled)] == [verify(one, MEASUREMENT) for one in sent]
    assert 1 == len({one.signature[:64] for one in sent})
    assert all(b"\n" not in line for line in under_one_signature(KEY, spooled))


def test_what_is_not_ours_or_not_good_is_left_as_it_is():
    """An earlier quarter's document, and one that was damaged in the spool: not signed anew, and nobody else suffers."""
    damaged = msgspec.json.encode(
        msgspec.structs.replace(opened([document(KEY, 9)])[0], body=msgspec.Raw(b'{"n": 10}'))
    )
    spooled = [document(KEY, 1), document(FORMER, 2), damaged, document(KEY, 3)]
    sent = under_one_signature(KEY, spooled)
    assert spooled[1:3] == sent[1:3]
    shared = opened([sent[0], sent[3]])
    assert [2, 2] == [one.signature[64] for one in shared]
    assert [b'{"n": 1}', b'{"n": 3}'] == [verify(one, MEASUREMENT) for one in shared]


def test_one_document_keeps_its_own():
    """Nothing to share with: not a byte more than before."""
    alone = [document(KEY, 1)]
    assert alone == under_one_signature(KEY, alone)
    mixed = [document(KEY, 1), document(FORMER, 2)]
    assert mixed == under_one_signature(KEY, mixed)


def test_what_was_shared_before_can_be_shared_again():
    """A document that bears a shared signature already, from a batch that failed: the id is the same, and it verifies."""
    first = under_one_signature(KEY, [document(KEY, n) for n in range(4)])
    again = opened(under_one_signature(KEY, [*first[1:3], document(KEY, 7)]))
    assert [3, 3, 3] == [one.signature[64] for one in again]
    assert document_id(b'{"n": 1}') == document_id(verify(again[0], MEASUREMENT))
    assert {public_bytes(KEY)} == {one.key for one in again}
