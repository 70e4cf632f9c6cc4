"""Signatures over exact bytes."""

import random

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement import signing
from probe.measurement.keys import QuarterCertificate
from probe.measurement.signing import (
    BadSignature,
    Signed,
    document_id,
    open_signed,
    public_bytes,
    sign,
    verify,
)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
BODY = b'{ "b" : 1.50 ,\n "a":"\xc3\xa9\\u00e9" }'
PURPOSES = (
    signing.MEASUREMENT,
    signing.TICKET,
    signing.STATEMENT,
    signing.OPENING,
    signing.GRANT,
    signing.PLAN,
    signing.CERTIFICATE,
    signing.ENROLMENT,
    signing.DIGEST,
)


def test_what_was_signed_verifies_to_the_same_bytes():
    """Verification hands back the very bytes that were signed, odd white space and all."""
    assert BODY == verify(sign(KEY, "ticket", BODY), "ticket")


def test_one_bit_changed_anywhere_in_the_body_fails():
    """Every single byte of the body is covered."""
    signed = sign(KEY, "ticket", BODY)
    for at in range(len(BODY)):
        changed = BODY[:at] + bytes([BODY[at] ^ 1]) + BODY[at + 1 :]
        with pytest.raises(BadSignature):
            verify(Signed(signed.key, signed.signature, msgspec.Raw(changed)), "ticket")


def test_one_bit_changed_anywhere_in_key_or_signature_fails():
    """Every byte of the key and of the signature counts."""
    signed = sign(KEY, "ticket", BODY)
    for name in ("key", "signature"):
        exact = getattr(signed, name)
        for at in range(len(exact)):
            changed = exact[:at] + bytes([exact[at] ^ 1]) + exact[at + 1 :]
            with pytest.raises(BadSignature):
                verify(msgspec.structs.replace(signed, **{name: changed}), "ticket")


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_signature_holds_for_one_purpose_alone(purpose):
    """What was signed for one purpose never passes for another."""
    signed = sign(KEY, purpose, BODY)
    assert BODY == verify(signed, purpose)
    for other in set(PURPOSES) - {purpose}:
        with pytest.raises(BadSignature):
            verify(signed, other)


def test_another_key_cannot_lend_its_name():
    """A signature by one key does not verify under another."""
    signed = sign(KEY, "ticket", BODY)
    with pytest.raises(BadSignature):
        verify(msgspec.structs.replace(signed, key=public_bytes(OTHER)), "ticket")


@pytest.mark.parametrize(("name", "length"), [("key", 31), ("key", 33), ("signature", 63), ("signature", 0)])
def test_wrong_lengths_are_a_bad_signature(name, length):
    """A key or signature of the wrong length is a bad signature, no other error."""
    with pytest.raises(BadSignature, match="wrong length"):
        verify(msgspec.structs.replace(sign(KEY, "t", BODY), **{name: bytes(length)}), "t")


def test_a_nested_document_keeps_its_bytes():
    """A signed document inside another one passes through decoding and encoding unchanged, three levels deep."""

    class Outer(msgspec.Struct):
        inner: Signed

    inner = sign(KEY, "ticket", BODY)
    wire = msgspec.json.encode(Outer(inner))
    for _ in range(3):
        decoded = msgspec.json.decode(wire, type=Outer)
        assert BODY == decoded.inner.body_bytes()
        wire = msgspec.json.encode(decoded)
    assert BODY == verify(msgspec.json.decode(wire, type=Outer).inner, "ticket")


def test_the_measurement_id_is_the_hash_of_the_exact_bytes():
    """SHA-256 of the body as it stands (FIPS 180-4's vector for "abc"), so one space more is another document."""
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == document_id(b"abc").hex()
    assert document_id(b'{"a":1}') != document_id(b'{"a": 1}')


HOSTILE = {
    "no JSON": b"hello",
    "wrong type": b'{"quarter_key":1,"quarter":"2026Q4","issued_at_us":1}',
    "no UTF-8": b'{"quarter_key":"","quarter":"\xff\xfe","issued_at_us":1}',
    "nested too deep": b'{"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "empty": b"",
    "a number past all types": b'{"issued_at_us":' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_are_decode_errors(body):
    """A body that is properly signed and nonsense raises msgspec's error, never another."""
    with pytest.raises(msgspec.DecodeError):
        open_signed(sign(KEY, "certificate", body), "certificate", QuarterCertificate)


def test_random_bytes_never_raise_anything_else():
    """Two thousand mutations of a signed document: it verifies, or it is a decode error or a bad signature."""
    rng = random.Random(7)
    wire = msgspec.json.encode(sign(KEY, "certificate", QuarterCertificate(bytes(32), "2026Q4", 1)))
    survived = 0
    for _ in range(2000):
        mutated = bytearray(wire)
        for _ in range(rng.choice((1, 1, 2, 20))):
            mutated[rng.randrange(len(mutated))] = rng.randrange(256)
        try:
            signed = signing.decode_json(bytes(mutated), Signed)
            open_signed(signed, "certificate", QuarterCertificate)
            survived += 1
        except (msgspec.DecodeError, BadSignature):
            continue
    assert survived < 100, "only a mutation that changed nothing may verify"
