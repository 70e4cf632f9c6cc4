"""Shared signatures: each document stands for itself, and nothing but what was signed passes, by either verifier."""

import random
from itertools import product

import msgspec
import pytest

from collector import ed25519
from collector.ed25519 import verify_fast
from probe.measurement.shared import MOST_SHARED, tree_head, unpacked
from probe.measurement.signing import (
    MEASUREMENT,
    TICKET,
    BadSignature,
    document_id,
    public_bytes,
    sign_together,
    verify,
)
from tests.support.documents import key_from

KEY = key_from(random.Random(4))
BODIES = [b'{"n": %d}' % n for n in range(50)]
VERIFIERS = (verify, verify_fast)


@pytest.mark.parametrize("verifier", VERIFIERS)
@pytest.mark.parametrize("count", [1, 2, 3, 7, 50, MOST_SHARED])
def test_each_document_stands_for_itself(verifier, count):
    """Alone, with its key and what it bears, and in any order: the very bytes come back."""
    bodies = [b'{"n": %d}' % n for n in range(count)]
    together = sign_together(KEY, bodies)
    for body, signed in sorted(zip(bodies, together, strict=True), key=lambda one: one[0], reverse=True):
        assert body == verifier(signed, MEASUREMENT)
    assert max(len(signed.signature) for signed in together) <= 64 + 2 + 7 * 32


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_any_bit_that_is_changed_is_seen(verifier):
    """In the body, the key, the signature, the place, the count or the way to the root: nothing is covered by half."""
    bears, exact = sign_together(KEY, BODIES)[17], BODIES[17]
    assert exact == verifier(bears, MEASUREMENT)  # remembered from here on, where anything is
    for name, value in (("key", bears.key), ("signature", bears.signature), ("body", exact)):
        for at, bit in product(range(len(value)), range(8)):
            changed = value[:at] + bytes([value[at] ^ 1 << bit]) + value[at + 1 :]
            fields = {name: msgspec.Raw(changed) if name == "body" else changed}
            with pytest.raises(BadSignature):
                verifier(msgspec.structs.replace(bears, **fields), MEASUREMENT)


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_what_has_not_the_form_is_refused(verifier):
    """Cut, longer, of no documents, with a place beyond the last, of more than may share one; or the way of a neighbour."""
    bears, other = sign_together(KEY, BODIES)[:2]
    whole = bears.signature
    wrong = (
        whole[:65],
        whole[:66],
        whole[:-1],
        whole[:-32],
        whole + bytes(32),
        whole + bytes(32 * 30_000),
        whole[:64] + bytes((0, 0)) + whole[66:],
        whole[:64] + bytes((50, 50)) + whole[66:],
        whole[:64] + bytes((MOST_SHARED + 1, 0)) + whole[66:],
        whole[:64],
        other.signature,
        b"",
    )
    for signature in wrong:
        with pytest.raises(BadSignature):
            verifier(msgspec.structs.replace(bears, signature=signature), MEASUREMENT)


@pytest.mark.parametrize("verifier", VERIFIERS)
def test_measurements_alone_may_share_one(verifier):
    """A ticket, a statement or a plan has a signature of its own."""
    bears = sign_together(KEY, BODIES[:2])[0]
    with pytest.raises(BadSignature, match="length or form"):
        verifier(bears, TICKET)


def test_one_signature_is_verified_once(monkeypatch):
    """Fifty documents cost one verification; one that fails is asked again each time, and is never remembered."""
    asked = []

    class Counting:
        def verify_signature(self, message, signature):
            asked.append(message)
            real.verify_signature(message, signature)

    real = ed25519._read_key(public_bytes(KEY))
    monkeypatch.setattr(ed25519, "_read_key", lambda key: Counting() if key == public_bytes(KEY) else real)
    ed25519._check_shared.cache_clear()
    together = sign_together(KEY, [b'{"other": %d}' % n for n in range(50)])
    for signed in together:
        verify_fast(signed, MEASUREMENT)
    assert 1 == len(asked)
    spoiled = together[0].signature[:64][::-1] + together[0].signature[64:]
    for _ in range(3):
        with pytest.raises(BadSignature):
            verify_fast(msgspec.structs.replace(together[0], signature=spoiled), MEASUREMENT)
    assert 4 == len(asked)


def test_more_than_can_share_one_is_an_error():
    """Nothing is left out in silence."""
    with pytest.raises(ValueError, match="at most 128"):
        sign_together(KEY, [b"%d" % n for n in range(MOST_SHARED + 1)])


def test_the_layout_is_what_the_page_says():
    """64 bytes of Ed25519, count, place, then 32 bytes a level that has a neighbour; the last of fifty has few."""
    bears = sign_together(KEY, BODIES)
    assert [(50, 0), (50, 49)] == [(b.signature[64], b.signature[65]) for b in (bears[0], bears[49])]
    assert [66 + 6 * 32, 66 + 3 * 32] == [len(bears[n].signature) for n in (0, 49)]
    ed25519_bytes, head = unpacked(bears[49].signature, document_id(BODIES[49])) or (b"", b"")
    assert tree_head([document_id(body) for body in BODIES]) == head
    KEY.public_key().verify(ed25519_bytes, b"isonomia/measurement/2\n" + head)
