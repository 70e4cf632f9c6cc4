"""Heads of plain HTTP: the bytes are those that every pair so far was measured with; what arrives is read as it stands."""

import subprocess
import sys
from hashlib import sha256

import pytest

from probe.responder.page import page
from probe.wire import http
from probe.wire.http_answer import answer
from probe.wire.http_heads import NotHttp, read_answer, read_request
from tools.tree import ROOT

TOKEN = "0123456789abcdef0123456789abcdef"
ASKED = (
    b"GET /0123456789abcdef0123456789abcdef HTTP/1.1\r\nHost: stream.culture.example\r\nUser-Agent: isonomia-probe/1\r\nAccept: */*\r\n"
    b"Accept-Language: fr, en\r\nCache-Control: no-store\r\nx-iSoNoMiA-CaSe: ChEcK\r\nConnection: close\r\n\r\n"
)
ANSWERED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nServer: isonomia\r\n"
    b"x-iSoNoMiA-CaSe: ChEcK\r\nConnection: close\r\nContent-Length: 1048900\r\n\r\n"
)
"""Written down on 2026-11-22, before a library wrote them: a pair of then and one of now differ in nothing."""


def test_the_bytes_on_the_wire_are_what_they_were():
    """Request and answer, to the byte: pairs of all probes' versions can be pooled."""
    assert ASKED == http.request("stream.culture.example", TOKEN)
    assert ANSWERED == answer(http.answer_headers(1_048_900))


def test_the_page_for_strangers_is_what_it_was():
    """Written with the same writer, to the byte."""
    said = page("mesures@isonomia.example")
    head, _, content = said.partition(b"\r\n\r\n")
    length = f"Content-Length: {len(content)}".encode()
    assert b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + length + b"\r\nConnection: close" == head
    assert "30332c44c3a4348b77ea0f5b22441334fee34ba3ad9ec65038fb96e9df3008b4" == sha256(said).hexdigest()


@pytest.mark.parametrize("name", ["a\r\nX: 1", "é.example", "名.example"])
def test_a_name_that_cannot_stand_in_a_head(name):
    """No plan's name makes a second header, or bytes that are no ASCII."""
    with pytest.raises(ValueError, match=r"header value|can't encode"):
        http.request(name, TOKEN)


def test_what_was_sent_is_what_is_read():
    """Each head, and what follows an answer's."""
    asked = read_request(ASKED)
    assert asked is not None
    assert (http.request_headers("stream.culture.example"), TOKEN) == (asked.headers, asked.token)
    assert (f"GET /{TOKEN} HTTP/1.1", "stream.culture.example") == (asked.line, asked.value("host"))
    heard = read_answer(ANSWERED + b"<!doctype")
    assert heard is not None
    assert (200, http.answer_headers(1_048_900), b"<!doctype") == (heard.status, heard.headers, heard.rest)


@pytest.mark.parametrize("cut", [1, 20, 100, len(ANSWERED) - 1])
def test_half_a_head_is_waited_for(cut):
    """However it is cut."""
    assert (None, None) == (read_request(ASKED[:cut]), read_answer(ANSWERED[:cut]))


FIELDS = {
    "letters and order": (b"b: 1\r\nA: 2\r\nx-iSoN: y", (("b", "1"), ("A", "2"), ("x-iSoN", "y"))),
    "twice the same": (
        b"Content-Length: 5\r\nContent-Length: 5",
        (("Content-Length", "5"), ("Content-Length", "5")),
    ),
    "two that contradict": (
        b"Content-Length: 5\r\nContent-Length: 6",
        (("Content-Length", "5"), ("Content-Length", "6")),
    ),
    "another coding": (b"Transfer-Encoding: GZIP", (("Transfer-Encoding", "GZIP"),)),
    "two hosts": (b"Host: a\r\nHost: b", (("Host", "a"), ("Host", "b"))),
    "nothing in it": (b"Via:", (("Via", ""),)),
    "other letters": (b"Via: \xe9", (("Via", "\xe9"),)),
}
"""What boxes on the way make of heads, some of which a stricter reader refuses or puts in order."""


@pytest.mark.parametrize("kind", FIELDS)
def test_headers_are_read_as_they_stand(kind):
    """In their order, with their letters, as often as they came: that is what the nettest compares."""
    fields, expected = FIELDS[kind]
    asked = read_request(b"GET /" + TOKEN.encode() + b" HTTP/1.1\r\n" + fields + b"\r\n\r\n")
    heard = read_answer(b"HTTP/1.0 403 No\r\n" + fields + b"\r\n\r\nrest")
    assert asked is not None
    assert heard is not None
    assert (expected, expected) == (asked.headers, heard.headers)
    assert (TOKEN, 403, b"rest") == (asked.token, heard.status, heard.rest)


@pytest.mark.parametrize(
    "line",
    [f"POST /{TOKEN} HTTP/1.1", f"GET /{TOKEN}", "GET / HTTP/1.1", f"GET /{TOKEN.upper()} HTTP/1.1", "x"],
)
def test_a_request_of_nobody(line):
    """A head all the same, without a run: it gets the page."""
    asked = read_request(f"{line}\r\nHost: a\r\n\r\n".encode())
    assert asked is not None
    assert asked.token is None


def test_a_hundred_continues_are_passed_over():
    """An answer behind an interim one; one alone is waited for, and so many are none."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    heard = read_answer(interim * 2 + ANSWERED + b"x")
    assert heard is not None
    assert (200, b"x") == (heard.status, heard.rest)
    assert read_answer(interim) is None
    with pytest.raises(NotHttp):
        read_answer(interim * 1000)


@pytest.mark.parametrize(
    "noise",
    [
        b"\x16\x03\x01\x02\x00",
        b"A" * 20_000,
        b"SSH-2.0-box\r\n\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 yes\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    ],
)
def test_what_is_no_answer(noise):
    """Another protocol, an endless line, a code that is none, two hundred headers."""
    with pytest.raises(NotHttp):
        read_answer(noise)


def test_a_probe_does_not_load_a_server():
    """http.server is the responder's: what reads and writes at home needs none of it."""
    asks = "import sys, probe.nettests.replay_http; sys.exit('http.server' in sys.modules)"
    assert 0 == subprocess.run([sys.executable, "-c", asks], cwd=ROOT, check=False).returncode
