r"""Signatures over exact bytes: nobody re-canonicalises JSON.

A signed document is ``{"key": …, "signature": …, "body": {…}}`` in which the body stands as plain JSON.
The signature covers the bytes of ``body`` as they stand there, from its first brace to its last, after a
line that names what the document is for, so that a ticket can never be passed off as a measurement:

    Ed25519(key, b"isonomia/" + purpose + b"/1\n" + body)         (RFC 8032)

Measurements that are sent together may share a signature: then it is longer, and covers the head of a tree that the
document is a leaf of (``shared``).

Keys, and the first halves of signatures, that are points of small order are refused: libraries differ about them, and whoever
verifies must come to the same end. ``msgspec.Raw`` keeps the signed bytes untouched through decoding and encoding.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from probe.measurement.shared import packed, tree_head, unpacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MEASUREMENT = "measurement"
TICKET = "ticket"
STATEMENT = "statement"
ROLL = "roll"
OPENING = "opening"
GRANT = "grant"
PLAN = "plan"
CERTIFICATE = "certificate"
ENROLMENT = "enrolment"
POSSESSION = "possession"
WITHDRAWAL = "withdrawal"
DIGEST = "digest"
CATALOGUE = "catalogue"

T = TypeVar("T")

KEY_BYTES = 32
SIGNATURE_BYTES = 64
_SIGN_BIT: Final = 1 << 255
_SMALL_ORDER: Final = frozenset(
    {
        *(0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18),
        0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
        0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
    }
)
"""The y of every point whose order divides 8, as 255 bits may spell it (Chalkias, Garillot, Nikolaenko 2020, table 1)."""


class BadSignature(ValueError):
    """The signature does not fit the key, the purpose and the bytes."""


class Signed(msgspec.Struct, frozen=True):
    """A document and its signature. ``body`` holds the exact bytes that were signed."""

    key: bytes
    signature: bytes
    body: msgspec.Raw

    def body_bytes(self) -> bytes:
        """The exact signed bytes (a copy, free of the buffer it came in)."""
        return bytes(self.body)


def covered(signed: Signed, purpose: str, exact: bytes, exact_id: bytes | None = None) -> tuple[bytes, bytes]:
    """The 64 bytes of Ed25519 under ``exact``, the body of ``signed``, and the bytes that they cover; raises ``BadSignature``.

    ``exact_id``: its ``document_id``, where that is known.
    """
    if len(signed.key) != KEY_BYTES:
        raise BadSignature(f"{purpose}: the key has the wrong length")
    if len(signed.signature) == SIGNATURE_BYTES:
        return signed.signature, _covered(purpose, exact)
    found = unpacked(signed.signature, exact_id or document_id(exact)) if purpose == MEASUREMENT else None
    if found is None:
        raise BadSignature(f"{purpose}: the signature has the wrong length or form")
    return found[0], _covered_together(purpose, found[1])


def _covered(purpose: str, body: bytes) -> bytes:
    return b"isonomia/%b/1\n%b" % (purpose.encode(), body)


def _covered_together(purpose: str, head: bytes) -> bytes:
    return b"isonomia/%b/2\n%b" % (purpose.encode(), head)


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32-byte public key of ``key``."""
    return key.public_key().public_bytes_raw()


def sign(key: Ed25519PrivateKey, purpose: str, body: bytes | msgspec.Struct) -> Signed:
    """Sign ``body`` (JSON bytes, or a Struct that is encoded once, here) for ``purpose``."""
    exact = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Signed(public_bytes(key), key.sign(_covered(purpose, exact)), msgspec.Raw(exact))


def sign_together(key: Ed25519PrivateKey, bodies: Sequence[bytes]) -> list[Signed]:
    """Measurements under one signature; raises ``ValueError`` for more than ``shared.MOST_SHARED``."""
    ids, public = [document_id(body) for body in bodies], public_bytes(key)
    signature = key.sign(_covered_together(MEASUREMENT, tree_head(ids)))
    each = zip(packed(signature, ids), bodies, strict=True)
    return [Signed(public, shared, msgspec.Raw(body)) for shared, body in each]


def verify(signed: Signed, purpose: str) -> bytes:
    """Return the exact body bytes, or raise ``BadSignature``.

    That the key is the *right* key is the caller's question; this answers whether the key signed.
    """
    # Late: the collector's checkers verify by another library, and without this one need 6 MB less.
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    exact = signed.body_bytes()
    signature, message = covered(signed, purpose, exact)
    if _is_small(signed.key) or _is_small(signature[:KEY_BYTES]):
        raise BadSignature(f"{purpose}: the key or the signature is of small order")
    try:
        Ed25519PublicKey.from_public_bytes(signed.key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise BadSignature(f"{purpose}: the signature does not fit the bytes") from error
    return exact


def _is_small(point: bytes) -> bool:
    """Whether these 32 bytes spell a point of small order, whatever its sign."""
    return int.from_bytes(point, "little") & ~_SIGN_BIT in _SMALL_ORDER


def decode_json(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """``body`` as ``kind``; whatever is wrong with hostile bytes is a ``msgspec.DecodeError``.

    msgspec alone lets two other errors through: text that is no UTF-8, and nesting deeper than the stack.
    """
    try:
        return msgspec.json.decode(bytes(body), type=kind)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError("text that is not UTF-8") from error
    except RecursionError as error:
        raise msgspec.DecodeError("nested too deep") from error


def open_signed(signed: Signed, purpose: str, kind: type[T]) -> T:
    """Verify, then decode the body as ``kind``; raises ``BadSignature`` or ``msgspec.DecodeError``."""
    return decode_json(verify(signed, purpose), kind)


def document_id(body: bytes) -> bytes:
    """SHA-256 of the exact signed bytes: the ``measurement_id`` of a measurement."""
    return sha256(body).digest()
