"""The fast verifier accepts and refuses what the base's verifier does."""

import random

import msgspec
import pytest

from collector.ed25519 import verify_fast
from probe.measurement.signing import PLAN, TICKET, BadSignature, sign, verify
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
