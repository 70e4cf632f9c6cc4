"""What a server's certificate says: hash, issuer, subject, validity; read with the cryptography package."""

import ssl
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, TypeVar

from probe.gate import Gate
from probe.measurement.results import Certificate
from probe.scrub import Scrubber

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_US: Final = 2**53
"""A certificate may be valid until the year 9999; a document's times end in 2255."""


C = TypeVar("C", bound=ssl.SSLContext)


def trusting(ca_pem: str | None, made: C) -> C:
    """``made``, a client's context, trusting the system's authorities, or ``ca_pem`` alone (a laboratory's)."""
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_pem is None:
        made.load_default_certs()
    else:
        made.load_verify_locations(cadata=ca_pem)
    return made


def read(der: bytes, scrubber: Scrubber, reason: str | None = None) -> Certificate:
    """The record of the certificate ``der``; ``reason`` says why it is not valid, ``None``: it is.

    Never raises for what stands in ``der``: who sends it must not undo the record that shows it.
    """
    from cryptography import x509  # noqa: PLC0415 - 1.6 MB that only the children need, not the agent beside them

    issuer, subject, until_us = "", "", 0
    try:
        found = x509.load_der_x509_certificate(der)
        issuer, subject = found.issuer.rfc4514_string(), found.subject.rfc4514_string()
        until_us = (found.not_valid_after_utc - EPOCH) // timedelta(microseconds=1)
    except Exception:  # noqa: BLE001 - a stranger's bytes: cryptography's own errors are no ValueErrors (InvalidVersion)
        reason = reason or "unreadable"
    return Certificate(
        sha256=sha256(der).digest(),
        issuer=scrubber.text(issuer),
        subject=scrubber.text(subject),
        not_after_us=min(max(0, until_us), LATEST_US),
        valid=reason is None,
        reason=None if reason is None else scrubber.text(reason),
    )


def shown_unverified(gate: Gate, address: tuple[str, int], name: str, timeout_s: float) -> bytes | None:
    """The certificate that ``address`` shows under ``name``, valid or not; ``None`` if none can be had.

    A second look after a handshake that was refused for its certificate: OpenSSL does not hand out the first one's.
    """
    any_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    any_context.check_hostname = False
    any_context.verify_mode = ssl.CERT_NONE
    try:
        with (
            gate.tcp(address, timeout_s) as sock,
            any_context.wrap_socket(sock, server_hostname=name) as secured,
        ):
            return secured.getpeercert(binary_form=True)
    except (OSError, ValueError):
        return None
