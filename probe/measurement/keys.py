"""Keys of a home: a long-lived one that certifies a random key per quarter (integrity.md 9).

The long-lived key signs nothing but quarter certificates, so measurements of two quarters cannot be tied
together by who signed them; only the operator's roster knows the link.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from probe.measurement.signing import CERTIFICATE, POSSESSION, Signed, public_bytes, sign

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PRIVATE_MODE = 0o600


class KeyFileError(OSError):
    """A key file is unreadable, has the wrong length, or can be read by others."""


class QuarterCertificate(msgspec.Struct, frozen=True):
    """What a long-lived key says of a quarter key. Signed for ``certificate`` by the long-lived key."""

    quarter_key: bytes
    quarter: str
    issued_at_us: int


def quarter_of(moment: datetime) -> str:
    """The calendar quarter of ``moment`` in UTC.

    >>> quarter_of(datetime(2026, 11, 21, tzinfo=UTC))
    '2026Q4'
    """
    utc = moment.astimezone(UTC)
    return f"{utc.year}Q{(utc.month - 1) // 3 + 1}"


def certify(long_lived: Ed25519PrivateKey, quarter_key: Ed25519PrivateKey, moment: datetime) -> Signed:
    """The long-lived key's signed word that ``quarter_key`` is its key for the quarter of ``moment``."""
    body = QuarterCertificate(
        quarter_key=public_bytes(quarter_key),
        quarter=quarter_of(moment),
        issued_at_us=int(moment.timestamp() * 1_000_000),
    )
    return sign(long_lived, CERTIFICATE, body)


def prove_possession(quarter_key: Ed25519PrivateKey, certificate: Signed) -> bytes:
    """The quarter key's signature that it belongs to whoever signed ``certificate``: 64 bytes.

    Without it anybody could certify a key that is another's, and have that one's measurements under his own home.
    """
    return sign(quarter_key, POSSESSION, possession_bytes(certificate)).signature


def possession_bytes(certificate: Signed) -> bytes:
    """What the quarter key signs: the long-lived key, then the exact certificate, which names quarter and quarter key."""
    return certificate.key + certificate.body_bytes()


def load_or_create_key(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key in ``path`` (32 raw bytes, mode 0600), made there if the file does not exist.

    Raises ``KeyFileError`` for a file of another length or one that group or others may read.
    """
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - see ``signing.verify``

    if not path.exists():
        return _create_key(path, ed25519.Ed25519PrivateKey.generate())
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise KeyFileError(f"{path}: others may read this key (mode {mode:04o}); run: chmod 600 {path}")
    raw = path.read_bytes()
    if len(raw) != 32:
        raise KeyFileError(f"{path}: a key file holds 32 bytes, this one {len(raw)}")
    return ed25519.Ed25519PrivateKey.from_private_bytes(raw)


def _create_key(path: Path, key: Ed25519PrivateKey) -> Ed25519PrivateKey:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), PRIVATE_MODE)
        file.write(key.private_bytes_raw())
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)
    return key
