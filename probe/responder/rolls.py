"""The roll that a probe is given with each statement (``measurement.roll``). Nothing is kept: the probe brings the last one back."""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.roll import Roll, entry_of, extended
from probe.measurement.signing import ROLL, BadSignature, Signed, decode_json, open_signed, public_bytes, sign


def with_statement(before: msgspec.Raw, statement: Signed, key: Ed25519PrivateKey) -> Signed:
    """Our roll ``before`` with our ``statement``. One that ``key`` did not sign counts for none: we vouch for our own alone."""
    return sign(key, ROLL, Roll(extended(_entries(before, public_bytes(key)), entry_of(statement))))


def _entries(brought: msgspec.Raw, key: bytes) -> bytes:
    try:
        roll = decode_json(brought, Signed)
        return open_signed(roll, ROLL, Roll).entries if roll.key == key else b""
    except (BadSignature, msgspec.MsgspecError):
        return b""
