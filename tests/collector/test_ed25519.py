"""The fast verifier accepts and refuses what the base's verifier does."""

import random
from hashlib import sha512

import msgspec
import pytest

from collector.ed25519 import verify_fast
from probe.measurement.signing import PLAN, TICKET, BadSignature, Signed, public_bytes, sign, verify
from tests.support.documents import key_from


@pytest.mark.parametrize("verifier", [verify, verify_fast])
def test_both_verifiers_agree(verifier):
    """A sound signature gives the exact bytes; another purpose, byte, key, length or a key of small order is refused."""
    key = key_from(random.Random(3))
    signed = sign(key, TICKET, b'{"a": 1}')
    assert verifier(signed, TICKET) == b'{"a": 1}'
    spoiled = (
        (signed, PLAN),
        (msgspec.structs.replace(signed, body=msgspec.Raw(b'{"a": 2}')), TICKET),
        (msgspec.structs.replace(signed, key=bytes(31) + b"\x80"), TICKET),
        (msgspec.structs.replace(signed, key=bytes(32)), TICKET),
        (msgspec.structs.replace(signed, key=b""), TICKET),
        (msgspec.structs.replace(signed, signature=bytes(64)), TICKET),
        (msgspec.structs.replace(signed, signature=signed.signature[:-1]), TICKET),
    )
    for document, purpose in spoiled:
        with pytest.raises(BadSignature):
            verifier(document, purpose)


GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
IDENTITY = (1).to_bytes(32, "little")


def without_nonce(key, purpose, body):
    """A signature whose first half is the neutral point, which the equation of RFC 8032 (5.1.7) holds for."""
    secret = bytearray(sha512(key.private_bytes_raw()).digest()[:32])
    secret[0] &= 248
    secret[31] = secret[31] & 63 | 64
    public = public_bytes(key)
    challenge = sha512(IDENTITY + public + b"isonomia/%b/1\n" % purpose.encode() + body).digest()
    half = int.from_bytes(challenge, "little") * int.from_bytes(secret, "little") % GROUP_ORDER
    return Signed(public, IDENTITY + half.to_bytes(32, "little"), msgspec.Raw(body))


@pytest.mark.parametrize("verifier", [verify, verify_fast])
def test_points_of_small_order_are_refused_by_both(verifier):
    """Where libraries are known to differ: a good key's signature with a nonce of small order, and a key that signs anything."""
    for signed in (
        without_nonce(key_from(random.Random(3)), TICKET, b'{"a": 1}'),
        Signed(IDENTITY, IDENTITY + bytes(32), msgspec.Raw(b'{"a": 1}')),
        Signed(IDENTITY[:31] + b"\x80", IDENTITY + bytes(32), msgspec.Raw(b'{"a": 1}')),
    ):
        with pytest.raises(BadSignature):
            verifier(signed, TICKET)


@pytest.mark.parametrize("verifier", [verify, verify_fast])
def test_a_second_half_beyond_the_order_is_refused_by_both(verifier):
    """S + L is S by the equation, and would be a second signature of the same bytes (RFC 8032, 5.1.7)."""
    signed = sign(key_from(random.Random(3)), TICKET, b'{"a": 1}')
    half = int.from_bytes(signed.signature[32:], "little") + GROUP_ORDER
    other = signed.signature[:32] + half.to_bytes(32, "little")
    with pytest.raises(BadSignature):
        verifier(msgspec.structs.replace(signed, signature=other), TICKET)
