"""Rejections: the closed table of why a document was not kept, with its HTTP status and whether to try again.

One row a reason, one counter a row (``metrics``), one message in each language (``messages``, under
``rejected.<code>``). ``retry`` says that the same bytes may be accepted later.
"""

from dataclasses import dataclass
from typing import Final, NoReturn

import msgspec

from collector.messages import say
from probe.answers import Answer


@dataclass(frozen=True)
class Rule:
    """How a rejection is answered over HTTP."""

    status: int
    retry: bool = False

    def message_id(self, code: str) -> str:
        """Where the two texts of ``code`` stand in ``MESSAGES``."""
        return f"rejected.{code}"


REJECTIONS: Final[dict[str, Rule]] = {
    # the body, before it is read as a document
    "too_large": Rule(413),
    "body_cut": Rule(400, retry=True),
    "slow_body": Rule(408, retry=True),
    "unknown_encoding": Rule(400),
    "gzip_truncated": Rule(400),
    "gzip_broken": Rule(400),
    "gzip_bomb": Rule(413),
    "zstd_truncated": Rule(400),
    "zstd_broken": Rule(400),
    "zstd_bomb": Rule(413),
    "empty_batch": Rule(400),
    "too_many_lines": Rule(413),
    "not_json": Rule(400),
    "bad_schema": Rule(422),
    "nul_in_text": Rule(422),
    "padded": Rule(422),
    # who signed
    "unknown_key": Rule(401),
    "bad_signature": Rule(401),
    "key_mismatch": Rule(422),
    "another_sender": Rule(403),
    # when
    "too_old": Rule(422),
    "from_the_future": Rule(422),
    "clock_far": Rule(422),
    "wrong_quarter": Rule(422),
    # the plan it was made under
    "unknown_plan": Rule(422),
    "plan_not_here": Rule(
        422
    ),  # settles nothing: unsigned, so the probe keeps its copy, and waits with no other for it
    "plan_not_in_force": Rule(422),
    "plan_contradicted": Rule(422),
    "unknown_responder": Rule(422),
    "unknown_nettest": Rule(422),
    "unknown_service": Rule(422),
    "unknown_name": Rule(422),
    "candidates_not_registered": Rule(422),
    # the responder's word
    "foreign_receipt": Rule(422),
    "bad_statement_signature": Rule(401),
    "ticket_hash_mismatch": Rule(422),
    "bad_receipts": Rule(422),
    "bad_ticket_signature": Rule(401),
    "ticket_of_another_key": Rule(422),
    "ticket_for_another_test": Rule(422),
    "limits_contradicted": Rule(422),
    # the coin and what came of it
    "commit_mismatch": Rule(422),
    "coin_contradicted": Rule(422),
    "foreign_address": Rule(422),
    "ticks_mismatch": Rule(422),
    # a run that says it reached its end
    "no_receipt": Rule(422),
    "receipt_contradicted": Rule(422),
    "hello_contradicted": Rule(422),
    "no_responder_ticks": Rule(422),
    # what is already here
    "conflict": Rule(409),
    "ticket_of_two_keys": Rule(409),
    "over_quota": Rule(429, retry=True),
    "too_fast": Rule(429, retry=True),
    # enrolment and plan
    "certificate_of_another_key": Rule(422),
    "bad_certificate_signature": Rule(401),
    "no_possession": Rule(401),
    "key_taken": Rule(409),
    "second_quarter_key": Rule(409),
    "too_many_enrolments": Rule(429, retry=True),
    "roster_full": Rule(503, retry=True),
    # homes
    "bad_invitation": Rule(403),
    "invitation_used": Rule(409),
    "invitation_needed": Rule(403),
    "awaiting_approval": Rule(403),
    "home_revoked": Rule(403),
    "home_withdrawn": Rule(410),
    "unknown_home": Rule(404),
    "foreign_withdrawal": Rule(422),
    "not_inside": Rule(401),
    "bad_query": Rule(400),
    "no_catalogue": Rule(404),
    "no_mqtt": Rule(404),
    "key_revoked": Rule(403),
    # the collector itself
    "busy": Rule(503, retry=True),
    "store_unavailable": Rule(503, retry=True),
    "internal_error": Rule(500, retry=True),
}


class Rejection(msgspec.Struct, frozen=True):
    """Why a document is not kept. ``detail`` is a short text for its sender, ``document_id`` its hash if known.

    ``proved``: the signature of the document named held, so nobody on the way made these bytes.
    """

    code: str
    detail: str = ""
    document_id: bytes | None = None
    proved: bool = False

    @property
    def status(self) -> int:
        """The HTTP status of this rejection."""
        return REJECTIONS[self.code].status

    @property
    def final(self) -> bool:
        """Whether this settles the very document it names, for good."""
        return self.proved and self.document_id is not None and not REJECTIONS[self.code].retry

    def answer(self) -> Answer:
        """What is said to the sender, over any door."""
        rule = REJECTIONS[self.code]
        message_id = rule.message_id(self.code)
        return Answer(
            status="rejected",
            id=None if self.document_id is None else self.document_id.hex(),
            code=self.code,
            message_fr=say(message_id, "fr", detail=self.detail),
            message_en=say(message_id, "en", detail=self.detail),
            retry=rule.retry,
        )


class Refused(Exception):
    """A check says no; carries the rejection to the edge of the pipeline."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.rejection = Rejection(code, detail)


def refuse(code: str, detail: str = "") -> NoReturn:
    """Raise ``Refused``."""
    raise Refused(code, detail)
