"""From bytes to a signed document: the part of every pipeline that is the same for all documents. No I/O."""

import re
from typing import Final, TypeVar

import msgspec

from collector.decompress import (
    HAS_ZSTD,
    GzipBomb,
    GzipBroken,
    GzipTruncated,
    ZstdBomb,
    ZstdBroken,
    ZstdTruncated,
    gunzip,
    unzstd,
)
from collector.ed25519 import verify_fast
from collector.rejections import refuse
from probe.measurement.signing import BadSignature, Signed

ENCODINGS: Final = ("identity", "gzip", *(("zstd",) if HAS_ZSTD else ()))
_SHOWN_CHARACTERS: Final = 160
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""How JSON spells NUL in a text: the escape, its backslash not itself escaped. In clear it is no JSON."""
_USUAL: Final = re.compile(
    rb'\{"key":"[A-Za-z0-9+/]{43}=","signature":"[A-Za-z0-9+/]{86,388}={0,2}","body":(?=\{)'
)
"""How a document begins whose envelope was written by msgspec, as all of ours are."""

T = TypeVar("T")
_SIGNED: Final = msgspec.json.Decoder(Signed)


def plain(raw: bytes, encoding: str, limit_bytes: int) -> bytes:
    """The body with its Content-Encoding undone, at most ``limit_bytes`` long before and after."""
    if len(raw) > limit_bytes:
        refuse("too_large", str(limit_bytes))
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return raw
    if name not in ENCODINGS:
        refuse("unknown_encoding", _shown(encoding))
    return _gunzipped(raw, limit_bytes) if name == "gzip" else _unzstd(raw, limit_bytes)


def _gunzipped(raw: bytes, limit_bytes: int) -> bytes:
    try:
        return gunzip(raw, limit_bytes)
    except GzipTruncated:
        refuse("gzip_truncated")
    except GzipBomb:
        refuse("gzip_bomb", str(limit_bytes))
    except GzipBroken as error:
        refuse("gzip_broken", _shown(str(error)))


def _unzstd(raw: bytes, limit_bytes: int) -> bytes:
    try:
        return unzstd(raw, limit_bytes)
    except ZstdTruncated:
        refuse("zstd_truncated")
    except ZstdBomb:
        refuse("zstd_bomb", str(limit_bytes))
    except ZstdBroken as error:
        refuse("zstd_broken", _shown(str(error)))


def signed(document: bytes) -> Signed:
    """The envelope of key, signature and body; ``not_json`` or ``bad_schema`` otherwise."""
    return decoded(_SIGNED, document, "")


def guessed(document: bytes) -> Signed | None:
    """What ``signed`` finds in a document written as probes write it, without a look at its body; ``None`` for any other.

    It is right where what it takes for the body turns out to be one JSON value: then the document is these three fields
    and nothing else. Until that is known it is a guess, and where it proves wrong ``signed`` is to be asked.
    """
    head = _USUAL.match(document)
    if head is None or not document.endswith(b"}}"):
        return None
    try:
        known = _SIGNED.decode(head[0] + b"null}")
    except msgspec.MsgspecError:
        return None
    return Signed(known.key, known.signature, msgspec.Raw(document[head.end() : -1]))


def decoded(decoder: msgspec.json.Decoder[T], body: bytes, where: str) -> T:
    """``body`` read by ``decoder``; ``where`` says in the message which part of the document it is."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        refuse("bad_schema", _shown(f"{where}{': ' if where else ''}{error}"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        refuse("not_json", _shown(f"{where}{': ' if where else ''}{error}"))


def without_nul(body: bytes, where: str) -> None:
    """Refuse a document with NUL in a text: what C and databases take for a text's end."""
    # A document without any backslash, as all of ours are, is seen to be one in a twentieth of the time.
    if b"\\" in body and _NUL.search(body):
        refuse("nul_in_text", where)


def verified(document: Signed, purpose: str, code: str, body_id: bytes | None = None) -> bytes:
    """The exact signed bytes, or the rejection ``code``. ``body_id``: their SHA-256, where it is known."""
    try:
        return verify_fast(document, purpose, body_id)
    except BadSignature:
        refuse(code)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
