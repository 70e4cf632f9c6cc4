"""Verifying fast: libsodium where it is installed (the ``collector`` extra), else the ``cryptography`` of the base.

Three signatures a document are two thirds of the collector's work. libsodium takes some 60 % of OpenSSL's time
for each. It refuses whatever OpenSSL refuses, and keys of small order besides, so nothing is accepted here that
``probe.measurement.signing.verify`` would not accept later. Signing answers goes the same way.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.signing import (
    KEY_BYTES,
    SIGNATURE_BYTES,
    BadSignature,
    Signed,
    verify,
)

try:
    from nacl.bindings import crypto_sign, crypto_sign_open, crypto_sign_seed_keypair
    from nacl.exceptions import BadSignatureError
except ImportError:
    verify_fast = verify

    def fast_signer(key: Ed25519PrivateKey) -> Callable[[bytes], bytes]:
        """A function that signs bytes with ``key``: 64 bytes."""
        return key.sign

else:

    def fast_signer(key: Ed25519PrivateKey) -> Callable[[bytes], bytes]:
        """A function that signs bytes with ``key``: 64 bytes."""
        _, secret = crypto_sign_seed_keypair(key.private_bytes_raw())

        def sign(message: bytes) -> bytes:
            return crypto_sign(message, secret)[:SIGNATURE_BYTES]

        return sign

    def verify_fast(signed: Signed, purpose: str) -> bytes:
        """Return the exact body bytes, or raise ``BadSignature``."""
        if len(signed.key) != KEY_BYTES or len(signed.signature) != SIGNATURE_BYTES:
            raise BadSignature(f"{purpose}: key or signature has the wrong length")
        exact = signed.body_bytes()
        try:
            # The line that names the purpose, then the body: as ``probe.measurement.signing`` says.
            crypto_sign_open(b"%bisonomia/%b/1\n%b" % (signed.signature, purpose.encode(), exact), signed.key)
        except BadSignatureError as error:
            raise BadSignature(f"{purpose}: the signature does not fit the bytes") from error
        return exact
