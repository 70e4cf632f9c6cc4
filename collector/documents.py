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


def verified(document: Signed, purpose: str, code: str) -> bytes:
    """The exact signed bytes, or the rejection ``code``."""
    try:
        return verify_fast(document, purpose)
    except BadSignature:
        refuse(code)


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"
