"""What a page's headers and head say, read with care: whoever sent them need not be the service."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Final, Literal

from probe.measurement.results import Look, Sign
from probe.nettests.endpoint import COMPARED_BYTES, FetchObject
from probe.scrub import Scrubber

_TITLE: Final = re.compile(rb"<title[^>]{0,200}>(.{0,2000}?)</title", re.IGNORECASE | re.DOTALL)
_TOTAL: Final = re.compile(r"bytes \d{1,15}-\d{1,15}/(\d{1,15})")
REFUSALS: Final = (
    "access denied", "blocked", "censored", "forbidden", "not available in your", "prohibited", "restricted", "unavailable for legal",
    "accès bloqué", "accès interdit", "accès refusé", "bloqué", "censuré", "indisponible pour des raisons", "interdit",
    "محجوب", "محظور", "تم حجب", "تم حظر",  # Arabic
    "مسدود", "فیلتر شده",  # Persian
    "acceso denegado", "bloqueado", "prohibido", "restringido",  # Spanish; Portuguese in part
    "acesso negado", "proibido", "accesso negato", "bloccato", "oscurato",  # Portuguese, Italian
    "gesperrt", "zugriff verweigert", "geblokkeerd", "toegang geweigerd",  # German, Dutch
    "доступ запрещ", "доступ ограничен", "заблок", "блокиран",  # Russian, Ukrainian, Bulgarian
    "dostęp zabroniony", "zablokowan", "erişim engel", "engellen",  # Polish, Turkish
    "diblokir", "disekat", "bị chặn", "ถูกระงับ", "ถูกปิดกั้น",  # Indonesian, Malay, Vietnamese, Thai
    "禁止访问", "禁止訪問", "已被屏蔽", "已被封", "차단", "アクセス禁止", "प्रतिबंधित", "अवरुद्ध",  # Chinese, Korean, Japanese, Hindi
)  # fmt: skip
"""Words in the titles of pages that stand in for another, lower case. A sign, not a verdict: a film may be called so."""


def title_in(html: bytes) -> str | None:
    """The title of a page, less entities; ``None`` if it has none."""
    found = _TITLE.search(html)
    return None if found is None else unescape(found[1].decode("utf-8", "replace")).strip()


def media_type(headers: Mapping[str, str], scrubber: Scrubber) -> str | None:
    """Content-Type less its parameters."""
    said = headers.get("Content-Type")
    return None if said is None else scrubber.text(said.partition(";")[0].strip().lower(), 64)


def declared_bytes(headers: Mapping[str, str]) -> int | None:
    """The object's whole length as the headers give it; beside a range, Content-Length is that of the part alone.

    >>> declared_bytes({"Content-Range": "bytes 0-99/5000", "Content-Length": "100"})
    5000
    >>> declared_bytes({"Content-Range": "bytes 0-99/*", "Content-Length": "100"})
    """
    if "Content-Range" in headers:
        total = _TOTAL.fullmatch(headers["Content-Range"])
        return None if total is None else int(total[1])
    length = headers.get("Content-Length", "")
    return int(length) if length.isdecimal() and len(length) <= 15 else None


def compared(look: Look, wanted: FetchObject) -> Literal["whole", "head"] | None:
    """Which of the hashes that the catalogue knows can be held against the body's; ``None``: neither, and that is no sign."""
    if look.whole and wanted.sha256 is not None:
        return "whole"
    cut = look.from_start and not look.whole and look.received_bytes == COMPARED_BYTES
    return "head" if cut and wanted.head_sha256 is not None else None


def signs_of(look: Look, wanted: FetchObject) -> tuple[Sign, ...]:
    """Signs that a look met a page in the object's place, by what the catalogue knows of it."""
    if look.status is None:
        return ()
    found: list[Sign] = []
    if look.status == 403:
        found.append("status_403")
    if look.status == 451:  # RFC 7725
        found.append("status_451")
    if any(_site(redirect.host) != _site(look.host) for redirect in look.redirects):
        found.append("redirected_elsewhere")
    if wanted.media_type and "html" not in wanted.media_type and "html" in (look.media_type or ""):
        found.append("html_instead")
    if look.title and any(word in look.title.lower() for word in REFUSALS):
        found.append("title_of_refusal")
    held = compared(look, wanted)
    if held == "whole" and look.body_sha256 != wanted.sha256:
        found.append("hash_differs")
    if held == "head" and look.body_sha256 != wanted.head_sha256:
        found.append("head_differs")
    if wanted.length_bytes is not None and look.declared_bytes not in (None, wanted.length_bytes):
        found.append("length_differs")
    return tuple(found)


def _site(host: str) -> str:
    """The last two labels of a host: near enough to see that a redirect leaves for somebody else."""
    return ".".join(host.lower().rstrip(".").split(".")[-2:])
