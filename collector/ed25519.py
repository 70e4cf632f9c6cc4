"""Verifying fast: vodozemac, where it is installed (the ``collector`` extra), else the base's ``cryptography``.

The signatures of a document are a third of the collector's work. vodozemac, Matrix's audited library, brings
curve25519-dalek, which takes some 40 % of OpenSSL's time to verify one (libsodium: 60 %). vodozemac refuses whatever
OpenSSL refuses, and keys of small order besides, so nothing is accepted here that ``probe.measurement.signing.verify``
would not accept later.
"""

from base64 import b64encode
from functools import lru_cache
from typing import Final

from probe.measurement.signing import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    BadSignature,
    Signed,
    verify,
)

KEYS_KEPT: Final = 4096
"""Keys that are kept as vodozemac wants them; a key costs as much to read as a tenth of a verification."""

try:
    from vodozemac import Ed25519PublicKey, Ed25519Signature, KeyException, SignatureException
except ImportError:
    verify_fast = verify
else:

    @lru_cache(KEYS_KEPT)
    def _read_key(key: bytes) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_base64(_base64(key))

    def verify_fast(signed: Signed, purpose: str) -> bytes:
        """Return the exact body bytes, or raise ``BadSignature``."""
        if len(signed.key) != KEY_BYTES or len(signed.signature) != SIGNATURE_BYTES:
            raise BadSignature(f"{purpose}: key or signature has the wrong length")
        exact = signed.body_bytes()
        # The line that names the purpose, then the body: as ``probe.measurement.signing`` says.
        message = b"isonomia/%b/1\n%b" % (purpose.encode(), exact)
        try:
            key = _read_key(signed.key)
            key.verify_signature(message, Ed25519Signature.from_base64(_base64(signed.signature)))
        except (KeyException, SignatureException) as error:
            raise BadSignature(f"{purpose}: the signature does not fit the bytes") from error
        return exact


def _base64(data: bytes) -> str:
    """As vodozemac reads it: without padding."""
    return b64encode(data).rstrip(b"=").decode()
