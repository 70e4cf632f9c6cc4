"""Signing fast: libsodium, where it is installed (the ``collector`` extra), else the base's ``cryptography``.

Of the libraries that can sign with a raw key it is the fastest. Apart from ``ed25519``, for a checker verifies and never signs.
"""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.signing import SIGNATURE_BYTES

try:
    from nacl.bindings import crypto_sign, crypto_sign_seed_keypair
except ImportError:

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
