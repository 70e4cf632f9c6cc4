"""The collector's door: its HTTP, as a probe uses it (CONTRACTS: ``/v1/enrolments``, ``/v1/plan``, ``/v1/measurements``).

What comes back is an ``Answer`` that settles the document's fate, or trouble:

    DoorTrouble
      Unreachable   no connection, or it broke or stalled; the same bytes may be sent later
      Busy          429, 5xx or an answer with ``retry``; the same bytes may be sent later, not before ``retry_after_s``
      NotBelieved   a redirect, nonsense, an answer the operator has not signed, or one about another document;
                    nothing is deleted for it
        Doubtful    a rejection that may have been said of a copy that was changed on its way, or by nobody we know

aiohttp is imported when a door is opened: commands that speak to nobody start without it.
"""

import asyncio
import gzip
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec

from probe import __version__
from probe.answers import ANSWERS, SIGNATURE_HEADER, Answer, check_signature
from probe.measurement.signing import BadSignature, Signed, decode_json, document_id
from probe.metered import Meter
from probe.rolls import ROLL_HEADER, Rolls
from probe.together import under_one_signature

if TYPE_CHECKING:
    import aiohttp
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LARGEST_ANSWER_BYTES: Final = 64 * 1024
LARGEST_ANSWERS_BYTES: Final = 256 * 1024
LARGEST_PLAN_BYTES: Final = 4 * 1024 * 1024
AROUND_BYTES: Final = 256 * 1024
"""What handshake, headers and framing may add to an answer; past it the connection is given up."""
JSON: Final = "application/json"
NDJSON: Final = "application/x-ndjson"
CONNECT_S: Final = 10.0
READ_S: Final = 20.0
TOTAL_S: Final = 60.0
LONGEST_RETRY_AFTER_S: Final = 3600.0
OF_ANOTHER_COPY: Final = frozenset({"unknown_key", "bad_signature", "key_mismatch"})
"""Codes about the signature around a document, which somebody on the way can spoil to be told that it is bad."""


class DoorTrouble(Exception):
    """The door did not answer as hoped. ``kind`` is for programs, ``detail`` for people."""

    kind = "trouble"

    def __init__(self, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after_s = retry_after_s


class Unreachable(DoorTrouble):
    """No connection, or it broke, or it stalled."""

    kind = "unreachable"


class Busy(DoorTrouble):
    """The collector asks to come back later."""

    kind = "busy"


class NotBelieved(DoorTrouble):
    """What answered does not speak as our collector does."""

    kind = "not_believed"


class Doubtful(NotBelieved):
    """A rejection that need not be about the bytes we sent: unsigned, or one that can be had for other bytes."""


@dataclass(frozen=True)
class Reply:
    """What came back: HTTP status, body, and the two headers that matter."""

    status: int
    data: bytes
    signature: str | None = None
    retry_after: str | None = None


class Door:
    """One collector, one connection. Made by ``open_door``."""

    def __init__(
        self,
        collector: str,
        operator_key: bytes | None,
        session: "aiohttp.ClientSession",
        timeout: type[Exception],
        meter: Meter,
    ) -> None:
        self.collector = collector
        self._operator_key = operator_key
        self._key: Ed25519PrivateKey | None = None
        self._rolls = Rolls()
        self._with_rolls = True
        self._session = session
        self._meter = meter
        self._trouble: tuple[type[Exception], ...] = (timeout, TimeoutError, OSError)

    def trust(self, operator_key: bytes) -> None:
        """From here on answers are to be signed by ``operator_key``: the operator has a new one."""
        self._operator_key = operator_key

    def send_together(self, key: "Ed25519PrivateKey", rolls: Rolls | None = None) -> None:
        """From here on, where several documents are sent at once, what ``key`` signed shares a signature, and ``rolls`` go with them."""
        self._key = key
        self._rolls = rolls or self._rolls

    async def plan(self, quarter_key: bytes | None) -> bytes:
        """The signed plan, unopened; raises ``Rejected`` (``unknown_key``) or ``DoorTrouble``."""
        query = "" if quarter_key is None else f"?key={quarter_key.hex()}"
        return await self._given(f"/v1/plan{query}", LARGEST_PLAN_BYTES)

    async def catalogue(self) -> bytes:
        """The operator's signed catalogue, unopened; raises ``Rejected`` (``no_catalogue``) or ``DoorTrouble``."""
        return await self._given("/v1/catalogue", LARGEST_PLAN_BYTES)

    async def mqtt(self, quarter_key: bytes) -> bytes:
        """The signed word on the MQTT door, unopened; raises ``Rejected`` (``no_mqtt``) or ``DoorTrouble``."""
        return await self._given(f"/v1/mqtt?key={quarter_key.hex()}", LARGEST_ANSWER_BYTES)

    async def enrol(self, enrolment: Signed, quarter_key: bytes) -> Answer:
        """Ask to be enrolled; raises ``DoorTrouble``.

        The answer may be a rejection by anybody: it is shown, and nothing else comes of it.
        """
        reply = await self._post("/v1/enrolments", msgspec.json.encode(enrolment))
        answer = spoken(reply)
        if answer.settled() and answer_in(reply, self._operator_key).id != quarter_key.hex():
            raise NotBelieved(f"an answer about another key, {str(answer.id)[:16]}")
        return answer

    async def withdraw(self, asked: Signed) -> Answer:
        """Tell that this home leaves; the answer is the operator's own and about this very word. Raises ``DoorTrouble``."""
        reply = await self._post("/v1/withdrawals", msgspec.json.encode(asked))
        return answer_about(document_id(asked.body_bytes()).hex(), answer_in(reply, self._operator_key))

    async def send(self, document: bytes) -> Answer:
        """Upload one signed measurement; the answer is about exactly these bytes. Raises ``DoorTrouble``."""
        signed = msgspec.json.decode(document, type=Signed)
        reply = await self._post("/v1/measurements", document)
        answer = answer_in(reply, self._operator_key)
        return answer_about(document_id(signed.body_bytes()).hex(), answer)

    async def send_all(self, documents: Sequence[bytes]) -> "list[Answer | DoorTrouble]":
        """Upload several signed measurements in one request, a line each; what each was told, in their order.

        What our own key signed goes under one signature (``together``); the answers are about the bodies, whoever signed them how.
        A collector that calls every one of these a bad signature is of before: from then on each bears its own.
        Raises ``DoorTrouble`` where nothing was told: then none of them is settled.

        Some proxy may take no headers as long as rolls: one that says so gets none any more, and after any other trouble the next
        batch goes without.
        """
        lines = documents if self._key is None else under_one_signature(self._key, documents)
        rolls = [(ROLL_HEADER, roll) for roll in self._rolls.all()] if self._with_rolls else []
        self._with_rolls = not rolls
        reply = await self._post("/v1/measurements", b"\n".join(lines), NDJSON, rolls)
        if rolls and 400 <= reply.status < 500 and reply.status != 429:
            self._rolls = Rolls()
            return await self.send_all(documents)
        ids = [document_id(msgspec.json.decode(one, type=Signed).body_bytes()).hex() for one in documents]
        answers = answers_in(reply, self._operator_key)
        fates = told(ids, answers)
        self._with_rolls = True
        together = [
            answer.code
            for line, document, answer in zip(lines, documents, answers, strict=True)
            if line != document
        ]
        if {"bad_signature"} == set(together):
            self._key = None
        return fates

    async def _given(self, path: str, limit: int) -> bytes:
        """What is at ``path`` for who asks, unopened; raises ``Rejected`` or ``DoorTrouble``."""
        reply = await self._request("GET", path, None, limit)
        if reply.status == 200:
            return reply.data
        answer = spoken(reply)
        if answer.status == "rejected":
            raise Rejected(answer)
        raise NotBelieved(f"HTTP {reply.status}")

    async def _post(
        self, path: str, document: bytes, kind: str = JSON, more: Sequence[tuple[str, str]] = ()
    ) -> Reply:
        limit = LARGEST_ANSWER_BYTES if kind == JSON else LARGEST_ANSWERS_BYTES
        return await self._request("POST", path, document, limit, kind, more)

    async def _request(
        self,
        method: str,
        path: str,
        document: bytes | None,
        limit: int,
        kind: str = JSON,
        more: Sequence[tuple[str, str]] = (),
    ) -> Reply:
        headers = [("Accept", "application/json"), *more]
        body = None
        if document is not None:
            headers += [("Content-Type", kind), ("Content-Encoding", "gzip")]
            body = gzip.compress(document, 6)
        self._meter.allow(limit + AROUND_BYTES)
        try:
            async with self._session.request(
                method, self.collector + path, data=body, headers=headers, allow_redirects=False
            ) as response:
                if 300 <= response.status < 400:
                    raise NotBelieved(
                        f"HTTP {response.status}, a redirect to {response.headers.get('Location')}"
                    )
                data = await read_whole(response.content, limit)
                signature = response.headers.get(SIGNATURE_HEADER)
                return Reply(response.status, data, signature, response.headers.get("Retry-After"))
        except self._trouble as error:
            if self._meter.is_full:
                raise NotBelieved(
                    f"an answer of more than {limit + AROUND_BYTES} bytes on the wire"
                ) from error
            raise Unreachable(_detail(error)) from error


class Rejected(Exception):
    """The collector refused what was asked; ``answer`` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


@asynccontextmanager
async def open_door(collector: str, operator_key: bytes | None) -> AsyncIterator[Door]:
    """A door to ``collector`` (a URL without a slash at its end); closed at the block's end.

    What settles a document must be signed by ``operator_key``. ``None``: it is not known yet, for the first look
    at a plan.
    """
    import aiohttp  # noqa: PLC0415 - half of the probe's memory; status and help do without

    meter = Meter()
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1, socket_factory=lambda info: meter.socket(*info[:3])),
        timeout=aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S, sock_read=READ_S),
        headers={"User-Agent": f"isonomia-probe/{__version__}"},
    )
    try:
        yield Door(collector, operator_key, session, aiohttp.ClientError, meter)
    finally:
        await session.close()


async def read_whole(content: "aiohttp.StreamReader", limit: int) -> bytes:
    """All of a body; raises ``NotBelieved`` past ``limit``. Ends: at the body's end or at the limit."""
    data = bytearray()
    while chunk := await content.read(limit + 1 - len(data)):
        data += chunk
        if len(data) > limit:
            raise NotBelieved(f"an answer of more than {limit} bytes")
    return bytes(data)


def spoken(reply: Reply) -> Answer:
    """The answer in ``reply``, whoever gave it; see the module's exceptions.

    "Come back later" is believed from anybody: who stands on the way can stop us in any case.
    """
    later = reply.status == 429 or reply.status >= 500
    try:
        answer = decode_json(reply.data, Answer)
    except msgspec.MsgspecError as error:
        if later:
            raise Busy(f"HTTP {reply.status}", _seconds(reply.retry_after)) from error
        raise NotBelieved(f"HTTP {reply.status} without an answer we know") from error
    if later or answer.retry:
        raise Busy(f"HTTP {reply.status}, {answer.code or answer.status}", _seconds(reply.retry_after))
    if answer.settled() != (reply.status == 200):
        raise NotBelieved(f"HTTP {reply.status}, yet {answer.status}")
    return answer


def answers_in(reply: Reply, operator_key: bytes | None) -> list[Answer]:
    """The answers in ``reply`` to a batch, if ``operator_key`` signed them; see the module's exceptions.

    A collector that takes no batch answers as to one document: then the documents are to be sent one by one.
    """
    if reply.status != 200:
        answer = spoken(reply)
        raise NotBelieved(f"HTTP {reply.status}, {answer.code or answer.status}, to a batch")
    if operator_key is None:
        raise NotBelieved("answers, and whose is not known")
    return opened_answers(reply.data, reply.signature, operator_key)


def opened_answers(body: bytes, signature: str | None, operator_key: bytes) -> list[Answer]:
    """The answers in ``body``, one a line, signed by ``operator_key``; raises ``NotBelieved``."""
    try:
        check_signature(body, signature, operator_key, ANSWERS)
        return [decode_json(line, Answer) for line in body.split(b"\n") if line]
    except BadSignature as error:
        raise NotBelieved("answers that the operator has not signed") from error
    except msgspec.MsgspecError as error:
        raise NotBelieved("answers that we do not know") from error


def told(ids: Sequence[str], answers: Sequence[Answer]) -> list[Answer | DoorTrouble]:
    """What each of the documents ``ids`` was told, in their order; raises ``NotBelieved`` if that cannot be said.

    Who stands on the way may show us answers to another batch: each is taken for what it says of its own document.
    """
    if len(answers) != len(ids):
        raise NotBelieved(f"{len(answers)} answers to {len(ids)} documents")
    return [_told(identifier, answer) for identifier, answer in zip(ids, answers, strict=True)]


def _told(identifier: str, answer: Answer) -> Answer | DoorTrouble:
    if answer.retry:
        return Busy(answer.code or answer.status)
    try:
        return answer_about(identifier, answer)
    except DoorTrouble as trouble:
        return trouble


def answer_in(reply: Reply, operator_key: bytes | None) -> Answer:
    """The answer in ``reply``, if ``operator_key`` signed it; see the module's exceptions.

    The collector does not sign a rejection of bytes that may not be ours: then it is ``Doubtful``.
    """
    answer = spoken(reply)
    if operator_key is None:
        raise NotBelieved("an answer, and whose is not known")
    try:
        check_signature(reply.data, reply.signature, operator_key)
    except BadSignature as error:
        said = f"HTTP {reply.status}, {answer.code or answer.status}, not signed by the operator"
        raise (NotBelieved if answer.settled() else Doubtful)(said) from error
    return answer


def answer_about(identifier: str, answer: Answer) -> Answer:
    """``answer`` if it settles what becomes of the document ``identifier``; see the module's exceptions.

    A signed answer can be had by sending something else and be shown to us: without the document's id, or with
    a code about its envelope, it need not be about what we sent.
    """
    if answer.id is not None and answer.id != identifier:
        raise NotBelieved(f"an answer about another document, {answer.id[:16]}")
    if answer.id is None and answer.settled():
        raise NotBelieved("an answer about no document")
    if answer.id is None or answer.code in OF_ANOTHER_COPY:
        raise Doubtful(f"rejected ({answer.code}), perhaps because it was changed on its way")
    return answer


def _detail(error: Exception) -> str:
    """The system's words for what went wrong below HTTP, without addresses and class names where it has any."""
    cause = getattr(error, "os_error", error)
    number = getattr(cause, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return str(cause) or type(cause).__name__


def _seconds(header: str | None) -> float | None:
    if header is None or not header.strip().isdigit():
        return None
    return min(float(header), LONGEST_RETRY_AFTER_S)


async def pause(seconds: float, ended: asyncio.Event) -> bool:
    """Wait ``seconds``, or until ``ended`` is set; whether it was."""
    try:
        await asyncio.wait_for(ended.wait(), max(0.0, seconds))
    except TimeoutError:
        return False
    return True
