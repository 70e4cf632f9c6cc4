"""The collector's door: its HTTP, as a probe uses it (CONTRACTS: ``/v1/enrolments``, ``/v1/plan``, ``/v1/measurements``).

What comes back is an ``Answer`` that settles the document's fate, or trouble:

    DoorTrouble
      Unreachable   no connection, or it broke or stalled; the same bytes may be sent later
      Busy          429, 5xx or an answer with ``retry``; the same bytes may be sent later, not before ``retry_after_s``
      NotBelieved   a redirect, nonsense, or an answer about another document; nothing is deleted for it

aiohttp is imported when a door is opened: commands that speak to nobody start without it.
"""

import asyncio
import gzip
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import msgspec

from probe import __version__
from probe.answers import Answer
from probe.measurement.signing import Signed, document_id

if TYPE_CHECKING:
    import aiohttp

LARGEST_ANSWER_BYTES: Final = 64 * 1024
LARGEST_PLAN_BYTES: Final = 4 * 1024 * 1024
CONNECT_S: Final = 10.0
READ_S: Final = 20.0
TOTAL_S: Final = 60.0
LONGEST_RETRY_AFTER_S: Final = 3600.0


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


class Door:
    """One collector, one connection. Made by ``open_door``."""

    def __init__(self, collector: str, session: "aiohttp.ClientSession", timeout: type[Exception]) -> None:
        self.collector = collector
        self._session = session
        self._trouble: tuple[type[Exception], ...] = (timeout, TimeoutError, OSError)

    async def plan(self, quarter_key: bytes | None) -> bytes:
        """The signed plan, unopened; raises ``Rejected`` (``unknown_key``) or ``DoorTrouble``."""
        query = "" if quarter_key is None else f"?key={quarter_key.hex()}"
        status, data, _ = await self._request("GET", f"/v1/plan{query}", None, LARGEST_PLAN_BYTES)
        if status == 200:
            return data
        answer = _answer(status, data, None)
        if answer.status == "rejected":
            raise Rejected(answer)
        raise NotBelieved(f"HTTP {status}")

    async def enrol(self, enrolment: Signed) -> Answer:
        """Ask to be enrolled; the answer may be a rejection. Raises ``DoorTrouble``."""
        return await self._post("/v1/enrolments", msgspec.json.encode(enrolment), None)

    async def send(self, document: bytes) -> Answer:
        """Upload one signed measurement; the answer is about exactly these bytes. Raises ``DoorTrouble``."""
        signed = msgspec.json.decode(document, type=Signed)
        return await self._post("/v1/measurements", document, document_id(signed.body_bytes()).hex())

    async def _post(self, path: str, document: bytes, identifier: str | None) -> Answer:
        status, data, retry_after = await self._request("POST", path, document, LARGEST_ANSWER_BYTES)
        return _answer(status, data, identifier, retry_after)

    async def _request(
        self, method: str, path: str, document: bytes | None, limit: int
    ) -> tuple[int, bytes, str | None]:
        headers = {"Accept": "application/json"}
        body = None
        if document is not None:
            headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            body = gzip.compress(document, 6)
        try:
            async with self._session.request(
                method, self.collector + path, data=body, headers=headers, allow_redirects=False
            ) as response:
                if 300 <= response.status < 400:
                    raise NotBelieved(
                        f"HTTP {response.status}, a redirect to {response.headers.get('Location')}"
                    )
                data = await _read(response.content, limit)
                return response.status, data, response.headers.get("Retry-After")
        except self._trouble as error:
            raise Unreachable(_detail(error)) from error


class Rejected(Exception):
    """The collector refused what was asked; ``answer`` says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.code)
        self.answer = answer


@asynccontextmanager
async def open_door(collector: str) -> AsyncIterator[Door]:
    """A door to ``collector`` (a URL without a slash at its end); closed at the block's end."""
    import aiohttp  # noqa: PLC0415 - half of the probe's memory; status and help do without

    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1),
        timeout=aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S, sock_read=READ_S),
        headers={"User-Agent": f"isonomia-probe/{__version__}"},
    )
    try:
        yield Door(collector, session, aiohttp.ClientError)
    finally:
        await session.close()


async def _read(content: "aiohttp.StreamReader", limit: int) -> bytes:
    """All of a body; raises ``NotBelieved`` past ``limit``. Ends: at the body's end or at the limit."""
    data = bytearray()
    while chunk := await content.read(limit + 1 - len(data)):
        data += chunk
        if len(data) > limit:
            raise NotBelieved(f"an answer of more than {limit} bytes")
    return bytes(data)


def _answer(status: int, data: bytes, identifier: str | None, retry_after: str | None = None) -> Answer:
    """The answer in ``data`` if it can be believed; see the module's exceptions."""
    try:
        answer = msgspec.json.decode(data, type=Answer)
    except msgspec.MsgspecError as error:
        if status == 429 or status >= 500:
            raise Busy(f"HTTP {status}", _seconds(retry_after)) from error
        raise NotBelieved(f"HTTP {status} without an answer we know") from error
    if status == 429 or status >= 500 or answer.retry:
        raise Busy(f"HTTP {status}, {answer.code or answer.status}", _seconds(retry_after))
    if answer.settled() != (status == 200):
        raise NotBelieved(f"HTTP {status}, yet {answer.status}")
    # A rejection may lack the id (what could not be read has none); a receipt must name the very document.
    if identifier is not None and answer.id != identifier and (answer.id is not None or answer.settled()):
        raise NotBelieved(f"an answer about another document, {str(answer.id)[:16]}")
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
