r"""A batch: several measurements in one body, one a line (NDJSON), answered a line each, in their order.

Each line is the very document that would be posted alone, so every check, code and counter is the same; all that
passes is handed to the store in one turn of the loop, which commits it in one group. The answers are one JSON
object a line, signed together:

    Ed25519(operator key, b"isonomia/answers/1\n" + the response's body)         (RFC 8032)

A line that settles its document bears its ``id``, and so does one that asks for patience. Any other rejection may
be about bytes that were changed on the way, and bears none: the signature must not make it a word about the document.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from collector.checker import Task
from collector.documents import plain
from collector.ingest import Candidate
from collector.intake import Intake, Reply
from collector.rejections import Rejection, refuse
from collector.rolls import Vouched
from probe.answers import Answer

MOST_LINES: Final = 100
"""As many as one commit takes (``hot_store.GROUP_ROWS``)."""
MOST_PIECES: Final = 2 * MOST_LINES
"""A body is divided into so many and a rest: an empty line after each document is no fault."""
LARGEST_BYTES: Final = 4 * 1024 * 1024
"""Of a batch, inflated. On the way it may have a quarter of that."""
LARGEST_ON_THE_WAY: Final = LARGEST_BYTES // 4
CONTENT_TYPE: Final = "application/x-ndjson"


def lines_of(raw: bytes, encoding: str) -> list[bytes]:
    """The documents of a batch; empty lines are none. Raises ``Refused``."""
    pieces = _pieces(plain(raw, encoding, LARGEST_BYTES))
    lines = [line for line in pieces if line.strip()]
    if not lines:
        refuse("empty_batch")
    if len(lines) > MOST_LINES or (len(pieces) > MOST_PIECES and b"\n" in pieces[-1].strip()):
        refuse("too_many_lines", str(MOST_LINES))
    return lines


def _pieces(text: bytes) -> list[bytes]:
    r"""``text.split(b"\n", MOST_PIECES)`` in a third of its time: ``find`` looks at many bytes at once."""
    pieces: list[bytes] = []
    at = 0
    while len(pieces) < MOST_PIECES and (end := text.find(b"\n", at)) >= 0:
        pieces.append(text[at:end])
        at = end + 1
    return [*pieces, text[at:]]


async def take(
    intake: Intake,
    documents: Sequence[bytes],
    encodings: Sequence[str] = (),
    senders: Sequence[bytes] = (),
    vouched: Vouched = (),
) -> list[Reply]:
    """Take ``documents``; a reply each, in their order, once all that pass are on disk.

    ``encodings`` are their Content-Encodings, ``senders`` the keys that the door knows to have sent them; none of
    them where there are none. ``vouched``: what the rolls that came with them say.
    """
    now_us = intake.clock_us()
    each = encodings or ("",) * len(documents)
    tasks = [
        Task(document, encoding, now_us, vouched) for document, encoding in zip(documents, each, strict=True)
    ]
    found = await intake.checkers.check_all(tasks)
    if senders:
        found = [_by(sender, one) for sender, one in zip(senders, found, strict=True)]
    return await intake.kept_all(found)


def _by(sender: bytes, found: Candidate | Rejection) -> Candidate | Rejection:
    """``found``, unless somebody else than its key brought it: the receipt would go to the wrong probe."""
    if isinstance(found, Candidate) and found.key != sender:
        return Rejection("another_sender", document_id=found.measurement_id)
    return found


def answers(replies: Sequence[Reply]) -> bytes:
    """What is said of all of them: one JSON object a line."""
    return b"".join(msgspec.json.encode(_said(reply)) + b"\n" for reply in replies)


def _said(reply: Reply) -> Answer:
    if reply.final or reply.answer.retry:
        return reply.answer
    return msgspec.structs.replace(reply.answer, id=None)
