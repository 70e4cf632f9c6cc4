"""Plain HTTP/1.1 (RFC 9112) as replay_http speaks it, sans I/O: two fixed heads, a page with our mark, bulk.

Heads are written and read by the standard library (``http_heads``, ``http_answer``). The request differs from its control in
the Host alone. The mark in the page is known to nobody before the run's request arrives, for it comes of the probe's nonce: no
cache and no box can make it. One header is spelt oddly on purpose, for a proxy that tidies up.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256, shake_256
from html import unescape
from typing import Final

from probe.wire import http_heads
from probe.wire.http_heads import Pairs

BLOCK_BYTES: Final = 16 * 1024
_ODD_CASE: Final = ("x-iSoNoMiA-CaSe", "ChEcK")
_REQUEST: Final = (
    ("User-Agent", "isonomia-probe/1"),
    ("Accept", "*/*"),
    ("Accept-Language", "fr, en"),
    ("Cache-Control", "no-store"),
    _ODD_CASE,
    ("Connection", "close"),
)
_ANSWER: Final = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Server", "isonomia"),
    _ODD_CASE,
    ("Connection", "close"),
)


def run_token(nonce: bytes, pair_id: bytes, order: int) -> str:
    """What names a run in clear text: it tells neither the pair's id nor the nonce, and fits one run."""
    return sha256(b"isonomia-http-run-1" + nonce + pair_id + bytes([order])).hexdigest()[:32]


def mark(nonce: bytes, pair_id: bytes, order: int) -> str:
    """What the answer bears."""
    return sha256(b"isonomia-http-mark-1" + nonce + pair_id + bytes([order])).hexdigest()[:32]


def request_headers(host: str) -> Pairs:
    """The request's header fields under a name."""
    return (("Host", host), *_REQUEST)


def answer_headers(length: int) -> Pairs:
    """The answer's header fields for a body of that length."""
    return (*_ANSWER, ("Content-Length", str(length)))


def request(host: str, token: str) -> bytes:
    """A whole request; raises ``ValueError`` for a name that cannot stand in a Host."""
    return http_heads.request(f"/{token}", request_headers(host))


def page(marked: str) -> bytes:
    """The body's beginning: a page that a person may read and a box may want to add to."""
    return (
        "<!doctype html><html lang=fr><head><meta charset=utf-8><title>Isonomia</title></head><body>"
        "<p>Mesure de l’égalité de traitement des contenus. <p lang=en>A measurement of equal treatment of content. "
        f"<p id=mark>{marked}</p></body></html>\n<!-- "
    ).encode()


def block(marked: str) -> bytes:
    """The bulk's block: printable, random for who does not know the mark; sent again and again."""
    return shake_256(marked.encode()).hexdigest(BLOCK_BYTES // 2).encode()


def body_bytes(marked: str, bulk_bytes: int) -> int:
    """The length of a body with at least so much bulk, in whole blocks."""
    return len(page(marked)) + -(-bulk_bytes // BLOCK_BYTES) * BLOCK_BYTES


@dataclass
class Body:
    """Compares a body with what the responder sends, byte for byte, as it arrives."""

    marked: str
    received_bytes: int = 0
    altered_at: int | None = None
    _page: bytes = field(init=False)
    _twice: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._page = page(self.marked)
        self._twice = block(self.marked) * 2

    @property
    def page_bytes(self) -> int:
        """How long the page before the bulk is."""
        return len(self._page)

    def feed(self, data: bytes | memoryview) -> None:
        """More of the body."""
        if self.altered_at is None:
            self._compare(bytes(data))
        self.received_bytes += len(data)

    def _compare(self, data: bytes) -> None:
        """Ends: each turn takes at least a byte."""
        at = 0
        while at < len(data):
            position = self.received_bytes + at
            if position < len(self._page):
                expected = self._page[position:]
            else:
                start = (position - len(self._page)) % BLOCK_BYTES
                expected = self._twice[start : start + BLOCK_BYTES]
            piece = data[at : at + len(expected)]
            if not expected.startswith(piece):
                self.altered_at = position + _first_difference(expected, piece)
                return
            at += len(piece)


def _first_difference(one: bytes, other: bytes) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(other))


_TITLE: Final = re.compile(rb"<title[^>]{0,200}>(.{0,200}?)</title>", re.IGNORECASE | re.DOTALL)
_NUMBERS: Final = re.compile(
    r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]*[0-9][0-9A-Fa-f:.]*|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)"
)
"""Whatever has a digit in it, or a colon among hex digits: no address survives in any spelling of digits."""


def without_numbers(text: str) -> str:
    """``text`` with every number, and so every address, replaced by ``<line>``.

    >>> without_numbers("Blocked for 192.0.2.7 (c0000207)")
    'Blocked for <line> (<line>)'
    """
    return _NUMBERS.sub("<line>", text)


def told_of(body: bytes, scrub: Callable[[str], str]) -> tuple[bytes, str | None]:
    """Hash and title of somebody else's page, both of the page without numbers, and without what ``scrub`` takes out.

    ``scrub`` knows the home's address: in hexadecimal and base64 it may be written in letters alone.
    """
    body = body.replace(b"\0", b"")  # UTF-16 of plain letters reads as those
    match = _TITLE.search(body)
    title = None if match is None else _told(match[1], scrub)[:120]
    return sha256(_told(body, scrub).encode()).digest(), title


def _told(text: bytes, scrub: Callable[[str], str]) -> str:
    """On one line, entities as what they stand for: an address may be spelt in those."""
    return without_numbers(scrub(" ".join(unescape(text.decode("utf-8", "replace")).split())))
