"""Heads of plain HTTP/1.1 (RFC 9112), written and read by the standard library's http.client, wrapped here alone; a responder's answer: ``http_answer``.

What replay_http compares is a head as it was sent and as it arrived: every header in its place, with its letters, twice where it
stood twice. The standard library keeps all that. h11 reads another head than came (of two equal Content-Length it drops one, it
refuses two Hosts and any Transfer-Encoding but chunked, which are what a box on the way makes), and would be a fourth package
where architecture.md allows the probe three; aiohttp's parser is no public part of it. One thing is read here: the line of a
request, which must be byte for byte what the probe sent or is not the probe's.
"""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, RemoteDisconnected, parse_headers
from typing import Any, Final, cast

LARGEST_HEAD: Final = 16 * 1024
END: Final = b"\r\n\r\n"
_LINE: Final = re.compile(r"GET /([0-9a-f]{32}) \S+")
Pairs = tuple[tuple[str, str], ...]


class NotHttp(ValueError):
    """The bytes are no head of a request or an answer."""


@dataclass(frozen=True)
class Request:
    """A request's head as it arrived: its line, its header fields as they were written."""

    line: str
    headers: Pairs

    @property
    def token(self) -> str | None:
        """The run that it asks for."""
        match = _LINE.fullmatch(self.line)
        return match[1] if match else None

    def value(self, name: str) -> str | None:
        """The value of the first header of that name."""
        return next((value for known, value in self.headers if known.lower() == name.lower()), None)


@dataclass(frozen=True)
class Answer:
    """An answer's head as it arrived: its code, its header fields as they were written, and what follows it."""

    status: int
    headers: Pairs
    rest: bytes


class _Asking(HTTPConnection):
    """http.client's writer; what it would send is kept."""

    def __init__(self) -> None:
        super().__init__("-")
        self.written = b""

    def send(self, data: Any) -> None:
        """See http.client."""
        self.written += data


def request(target: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of a GET; raises ``ValueError`` for what cannot stand in a head."""
    asking = _Asking()
    asking.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        asking.putheader(name, value.encode("ascii"))
    asking.endheaders()
    return asking.written


def read_request(data: bytes) -> Request | None:
    """The request at the start of ``data``, ``None`` while its head is not whole. Raises ``NotHttp``."""
    if not _whole(data):
        return None
    line, _, fields = data.partition(b"\r\n")
    try:
        message = parse_headers(io.BytesIO(fields))
        return Request(line.decode("ascii"), tuple((name, str(value)) for name, value in message.raw_items()))
    except (HTTPException, ValueError) as error:
        raise NotHttp("a request that cannot be read") from error


class _Socket:
    """What http.client reads an answer from."""

    def __init__(self, data: bytes) -> None:
        self.source = io.BytesIO(data)

    def makefile(self, _mode: str) -> io.BytesIO:
        """See socket."""
        return self.source


def read_answer(data: bytes) -> Answer | None:
    """The answer at the start of ``data``, ``None`` while its head is not whole; any "100 Continue" is passed over. Raises ``NotHttp``."""
    if not _whole(data):
        return None
    sock = _Socket(data)
    response = HTTPResponse(cast(Any, sock))
    try:
        response.begin()
        headers = tuple((name, str(value)) for name, value in response.headers.raw_items())
        return Answer(response.status, headers, data[sock.source.tell() :])
    except RemoteDisconnected:  # nothing behind a "100 Continue" yet
        if len(data) > LARGEST_HEAD:
            raise NotHttp("no answer") from None
        return None
    except (HTTPException, ValueError) as error:
        raise NotHttp("an answer that cannot be read") from error


def _whole(data: bytes) -> bool:
    """Whether a head's end is there; raises ``NotHttp`` for what will be none."""
    if END in data:
        return True
    if len(data) > LARGEST_HEAD or not all(byte >= 0x20 or byte in b"\r\n\t" for byte in data[:64]):
        raise NotHttp("no HTTP head")
    return False
