"""The operator's certificate authority: who may speak to the broker, and who may no longer.

A probe's certificate is for its quarter key itself, which it holds already and which never leaves it; its common
name is that key in hex, and it is valid while the key may sign. So a certificate is no secret, and can be made anew
from nothing at any time: its serial number follows from the key, and revocation is by key.

    ca/authority.key    the authority's private key (P-256), mode 0600
    ca/authority.pem    its certificate
    ca/revoked.json     the quarter keys that are revoked, with the time
    ca/collector.pem    the collector's own certificate, with its key in ca/collector.key
    ca/broker/          the broker's files (``broker``)

The revocation list names no next update before the authority ends: one that grows stale would shut everybody out.
"""

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from collector.enrolment import Enrolled
from collector.messages import Trouble
from collector.quarters import EPOCH, GRACE_US, US_PER_DAY, window_us
from probe import durable

LASTS: Final = timedelta(days=3650)
SKEW: Final = timedelta(days=1)
LONGEST_US: Final = 92 * US_PER_DAY + 2 * GRACE_US
"""No probe's certificate lasts longer: the longest quarter, honoured a little before and after."""
COLLECTOR: Final = "collector"
BROKER: Final = "broker"
_SERIAL_BYTES: Final = 16


class Revoked(msgspec.Struct, frozen=True):
    """A quarter key (hex) that may no longer speak to the broker. ``with_home``: until its home is restored."""

    key: str
    at_us: int
    with_home: bool = False


class Authority:
    """The authority in ``folder``; raises ``Trouble`` where there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            key = serialization.load_pem_private_key((folder / "authority.key").read_bytes(), None)
            self._certificate = x509.load_pem_x509_certificate((folder / "authority.pem").read_bytes())
        except FileNotFoundError as error:
            raise Trouble("mqtt.no_authority", path=folder) from error
        except (ValueError, TypeError) as error:
            raise Trouble("mqtt.damaged", path=folder, detail=error) from error
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise Trouble("mqtt.damaged", path=folder, detail="authority.key")
        self._key = key

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, enrolled: Enrolled) -> str:
        """A probe's certificate, PEM; raises ``Trouble`` for a key that is revoked."""
        name = enrolled.quarter_key.hex()
        if any(one.key == name for one in self.revoked()):
            raise Trouble("mqtt.revoked", detail=name)
        first_us, last_us = window_us(enrolled.quarter)
        public = Ed25519PublicKey.from_public_bytes(enrolled.quarter_key)
        moments = (EPOCH + timedelta(microseconds=first_us), EPOCH + timedelta(microseconds=last_us))
        made = _builder(name, self._certificate.subject, moments, _serial(name)).public_key(public)
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
        signed = made.add_extension(usage, critical=False).sign(self._key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM).decode()

    def revoked(self) -> list[Revoked]:
        """The keys that are revoked, in the order they were."""
        try:
            return msgspec.json.decode((self.folder / "revoked.json").read_bytes(), type=list[Revoked])
        except FileNotFoundError:
            return []
        except msgspec.MsgspecError as error:
            raise Trouble("mqtt.damaged", path=self.folder, detail="revoked.json") from error

    def revoke(self, key: bytes, now_us: int, *, with_home: bool = False) -> bool:
        """Note that ``key`` is revoked; false if it was already. The broker learns it from its files.

        A key that was revoked with its home and is revoked by itself stays so when the home comes back. Keys whose certificates
        have ended since they were revoked are forgotten: nobody gets in with these.
        """
        known = {one.key: one for one in self.revoked() if now_us - one.at_us < LONGEST_US}
        before = known.get(key.hex())
        if before is None or (before.with_home and not with_home):
            known[key.hex()] = Revoked(key.hex(), before.at_us if before else now_us, with_home)
            self._write(known.values())
        return before is None

    def reinstate(self, keys: Iterable[bytes]) -> int:
        """Forget of ``keys`` those that were revoked with their home; how many that were."""
        back, known = {key.hex() for key in keys}, self.revoked()
        kept = [one for one in known if not (one.with_home and one.key in back)]
        self._write(kept)
        return len(known) - len(kept)

    def _write(self, revoked: Iterable[Revoked]) -> None:
        durable.write(self.folder / "revoked.json", msgspec.json.encode(list(revoked)))

    def revocation_list(self, now: datetime) -> str:
        """The signed list of revoked certificates (CRL), PEM."""
        builder = x509.CertificateRevocationListBuilder().issuer_name(self._certificate.subject)
        builder = builder.last_update(now - SKEW).next_update(self._certificate.not_valid_after_utc)
        for one in self.revoked():
            entry = x509.RevokedCertificateBuilder().serial_number(_serial(one.key))
            builder = builder.add_revoked_certificate(
                entry.revocation_date(EPOCH + timedelta(microseconds=one.at_us)).build()
            )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def equip(self, folder: Path, name: str, host: str | None, now: datetime) -> None:
        """A key and a certificate called ``name`` in ``folder``: the broker's (with its ``host``) or the collector's."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(
            name, self._certificate.subject, (now - SKEW, self._certificate.not_valid_after_utc)
        )
        builder = builder.public_key(key.public_key())
        use = ExtendedKeyUsageOID.CLIENT_AUTH if host is None else ExtendedKeyUsageOID.SERVER_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        durable.write(folder / f"{name}.key", _private_pem(key))
        durable.write(folder / f"{name}.pem", certificate.public_bytes(serialization.Encoding.PEM))


def found(folder: Path, operator: str, now: datetime) -> Authority:
    """Make the authority in ``folder``, or open the one that is there."""
    if (folder / "authority.pem").exists():
        return Authority(folder)
    durable.make_folder(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{operator[:40]} (Isonomia MQTT)")])
    builder = _builder(None, subject, (now - SKEW, now + LASTS)).subject_name(subject)
    builder = builder.public_key(key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_AUTHORITY_USAGE, critical=True)
    # The key first: a certificate without its key would be opened, and could sign nothing.
    durable.write(folder / "authority.key", _private_pem(key))
    certificate = builder.sign(key, hashes.SHA256())
    durable.write(folder / "authority.pem", certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(folder)


_AUTHORITY_USAGE: Final = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    name: str | None, issuer: x509.Name, between: tuple[datetime, datetime], serial: int | None = None
) -> x509.CertificateBuilder:
    """A certificate's parts that are the same for all; ``name`` is its common name."""
    made = (
        x509.CertificateBuilder().issuer_name(issuer).not_valid_before(between[0]).not_valid_after(between[1])
    )
    if name is not None:
        made = made.subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
    return made.serial_number(x509.random_serial_number() if serial is None else serial)


def _serial(name: str) -> int:
    """A certificate's number follows from its key: a key has one certificate, however often it is made."""
    return (
        int.from_bytes(sha256(b"isonomia/certificate\n" + name.encode()).digest()[:_SERIAL_BYTES], "big") | 1
    )


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)
