r"""Answers: what a collector says to one document, over any door.

``accepted`` is said only after the document is durable; ``duplicate`` means that the very same bytes already
are, and is fine; ``rejected`` bears a code from the collector's closed list and a message in both languages.

An answer is signed by the operator's key, so that nobody on the way can say "accepted" in the collector's name:
header ``Isonomia-Signature`` = base64 of Ed25519(operator's key, b"isonomia/answer/1\n" + the response body).
Answers to several documents at once are signed together, for ``answers``: one JSON object a line, in their order.
"""

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from probe.measurement.signing import BadSignature, Signed, sign, verify

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNATURE_HEADER: Final = "Isonomia-Signature"
ANSWER: Final = "answer"
"""What an answer is signed for."""
ANSWERS: Final = "answers"
"""What the answers to several documents are signed for, all in one."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The fate of one document. ``id`` is the hex SHA-256 of its signed bytes, where they could be read.

    ``retry`` says that the same bytes may be accepted later (the collector is full, slow or limits the key).
    """

    status: Literal["accepted", "duplicate", "rejected"]
    id: str | None = None
    code: str | None = None
    message_fr: str | None = None
    message_en: str | None = None
    retry: bool = False

    def settled(self) -> bool:
        """Whether the probe may delete its copy: the collector holds the document for good."""
        return self.status in ("accepted", "duplicate")


def signature_of(body: bytes, operator_key: "Ed25519PrivateKey", purpose: str = ANSWER) -> str:
    """What stands in ``SIGNATURE_HEADER`` over the response body ``body``."""
    return b64encode(sign(operator_key, purpose, body).signature).decode()


def check_signature(body: bytes, header: str | None, operator_key: bytes, purpose: str = ANSWER) -> None:
    """Raises ``BadSignature`` unless ``header`` is the operator's signature over the response body ``body``."""
    if header is None:
        raise BadSignature("an answer without a signature")
    try:
        signature = b64decode(header, validate=True)
    except ValueError as error:
        raise BadSignature("a signature that is not base64") from error
    verify(Signed(operator_key, signature, msgspec.Raw(body)), purpose)
