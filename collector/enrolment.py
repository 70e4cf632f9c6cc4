"""Enrolment: a long-lived key's word for its quarter key, checked. No I/O.

Checks, in order: body (``documents``), the enrolment's signature, the certificate's signer, the certificate's
signature, the quarter key's own word for the long-lived one, the quarter. The roster then says whether the key is new.
"""

from typing import Final

import msgspec
from msgspec import Raw

from collector.documents import decoded, plain, signed, verified, without_nul
from collector.quarters import window_us
from collector.rejections import Refused, Rejection, refuse
from probe.measurement.keys import QuarterCertificate, possession_bytes
from probe.measurement.signing import CERTIFICATE, ENROLMENT, KEY_BYTES, POSSESSION, Signed
from probe.plan import Enrolment

LARGEST_BYTES: Final = 16 * 1024
_ENROLMENT: Final = msgspec.json.Decoder(Enrolment)
_CERTIFICATE: Final = msgspec.json.Decoder(QuarterCertificate)


class Enrolled(msgspec.Struct, frozen=True):
    """A probe on the roster. ``document`` is the enrolment as it was signed and sent, ``invitation`` the code in it."""

    quarter_key: bytes
    long_lived_key: bytes
    quarter: str
    enrolled_at_us: int
    software_version: str
    document: bytes
    invitation: str | None = None

    def may_sign_at(self, moment_us: int) -> bool:
        """Whether the quarter of this key, with its grace, holds ``moment_us``."""
        first_us, last_us = window_us(self.quarter)
        return first_us <= moment_us < last_us

    @property
    def ends_us(self) -> int:
        """When this key's quarter ends, with its grace."""
        return window_us(self.quarter)[1]


def inspect_enrolment(raw: bytes, encoding: str, now_us: int) -> Enrolled | Rejection:
    """The enrolment in ``raw``, or why it is refused."""
    try:
        document = plain(raw, encoding, LARGEST_BYTES)
        request = signed(document)
        enrolment, certificate = certified(request)
    except Refused as refused:
        return refused.rejection
    try:
        _check_quarter(certificate, now_us)
    except Refused as refused:
        return msgspec.structs.replace(refused.rejection, document_id=certificate.quarter_key, proved=True)
    return Enrolled(
        quarter_key=certificate.quarter_key,
        long_lived_key=request.key,
        quarter=certificate.quarter,
        enrolled_at_us=now_us,
        software_version=enrolment.software_version,
        document=document,
        invitation=enrolment.invitation,
    )


def certified(request: Signed) -> tuple[Enrolment, QuarterCertificate]:
    """Both parts of the request, their signatures verified; raises ``Refused``. The judgement asks it again of vetted homes."""
    body = verified(request, ENROLMENT, "bad_signature")
    enrolment = decoded(_ENROLMENT, body, "body")
    without_nul(body, "body")
    if enrolment.certificate.key != request.key:
        refuse("certificate_of_another_key")
    said = verified(enrolment.certificate, CERTIFICATE, "bad_certificate_signature")
    certificate = decoded(_CERTIFICATE, said, "body.certificate.body")
    if len(certificate.quarter_key) != KEY_BYTES:
        refuse("bad_schema", f"body.certificate.body: a key has {KEY_BYTES} bytes - at `$.quarter_key`")
    proof = Signed(
        certificate.quarter_key, enrolment.possession or b"", Raw(possession_bytes(enrolment.certificate))
    )
    verified(proof, POSSESSION, "no_possession")
    return enrolment, certificate


def _check_quarter(certificate: QuarterCertificate, now_us: int) -> None:
    try:
        first_us, last_us = window_us(certificate.quarter)
    except ValueError as error:
        refuse("bad_schema", f"body.certificate.body: {error} - at `$.quarter`"[:160])
    if not first_us <= now_us < last_us:
        refuse("wrong_quarter", certificate.quarter)
