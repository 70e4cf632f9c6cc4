"""Verifying fast: vodozemac, where it is installed (the ``collector`` extra), else the base's ``cryptography``.

The signatures of a document are a third of the collector's work. vodozemac, Matrix's audited library, brings
curve25519-dalek, which takes some 40 % of OpenSSL's time to verify one (libsodium: 60 %). vodozemac refuses what
``probe.measurement.signing.verify`` refuses, points of small order among it, and nothing else: a collector or a researcher with the
other library comes to the same end.
"""

from base64 import b64encode
from functools import lru_cache
from typing import Final

from probe.measurement.signing import SIGNATURE_BYTES, BadSignature, Signed, covered, verify

KEYS_KEPT: Final = 4096
"""Keys that are kept as vodozemac wants them; a key costs as much to read as a tenth of a verification."""

SHARED_KEPT: Final = 256
"""Shared signatures that are remembered to be good: those of the batches that are being checked. One that is bad is not."""

try:
    from vodozemac import Ed25519PublicKey, Ed25519Signature, KeyException, SignatureException
except ImportError:

    def verify_fast(signed: Signed, purpose: str, body_id: bytes | None = None) -> bytes:  # noqa: ARG001 - as below
        """Return the exact body bytes, or raise ``BadSignature``."""
        return verify(signed, purpose)

else:

    @lru_cache(KEYS_KEPT)
    def _read_key(key: bytes) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_base64(_base64(key))

    def _check(key: bytes, signature: bytes, message: bytes) -> None:
        _read_key(key).verify_signature(message, Ed25519Signature.from_base64(_base64(signature)))

    _check_shared = lru_cache(SHARED_KEPT)(_check)

    def verify_fast(signed: Signed, purpose: str, body_id: bytes | None = None) -> bytes:
        """Return the exact body bytes, or raise ``BadSignature``. ``body_id``: their SHA-256, where it is known.

        A signature that documents share is verified with the first of them, and for the others remembered.
        """
        exact = signed.body_bytes()
        signature, message = covered(signed, purpose, exact, body_id)
        check = _check if len(signed.signature) == SIGNATURE_BYTES else _check_shared
        try:
            check(signed.key, signature, message)
        except (KeyException, SignatureException) as error:
            raise BadSignature(f"{purpose}: the signature does not fit the bytes") from error
        return exact


def _base64(data: bytes) -> str:
    """As vodozemac reads it: without padding."""
    return b64encode(data).rstrip(b"=").decode()
