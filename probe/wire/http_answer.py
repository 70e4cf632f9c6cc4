"""The head of an answer over plain HTTP/1.1, written by the standard library's http.server: a responder's, so that no probe loads that."""

import io
from collections.abc import Iterable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import cast


class _Answering(BaseHTTPRequestHandler):
    """http.server's writer; there is no socket for its constructor to read from."""

    protocol_version = "HTTP/1.1"

    def __init__(self) -> None:
        self.request_version = self.protocol_version
        self.wfile = io.BytesIO()


def answer(headers: Iterable[tuple[str, str]]) -> bytes:
    """The bytes of the head of a 200, its header fields in their order and spelling."""
    answering = _Answering()
    answering.send_response_only(HTTPStatus.OK)
    for name, value in headers:
        answering.send_header(name, value)
    answering.end_headers()
    return cast(io.BytesIO, answering.wfile).getvalue()
