r"""Signed answers: the operator's word on what became of a document, so that nobody on the way can say it instead.

The header ``Isonomia-Signature`` of an answer to ``POST /v1/measurements``, ``/v1/enrolments`` and ``/v1/tickets`` holds, in base64,

    Ed25519(operator key, b"isonomia/answer/1\n" + the response's body)         (RFC 8032)

The body names the document (``id``), so a signature says nothing about another one. Signed is what settles a
document for good: "accepted", "duplicate", and a rejection without ``retry`` that rests on a document whose own
signature held. Any other rejection may be about bytes that were damaged, or forged by whoever carried them: it is
not signed, and a probe must keep its copy then.

The answers to a batch are signed together (purpose ``answers``, ``collector.batch``); there what settles nothing
bears no ``id``, unless it only asks for patience.
"""

from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from collector.fast_signing import fast_signer
from probe.answers import ANSWER


class AnswerSigner:
    """Signs answers with the operator's key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._sign = fast_signer(key)

    def header(self, body: bytes, purpose: str = ANSWER) -> str:
        """The header's value for the exact ``body``."""
        return b64encode(self._sign(b"isonomia/%b/1\n%b" % (purpose.encode(), body))).decode()
