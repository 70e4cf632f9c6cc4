"""Bounded gzip and zstd: a body is inflated up to a limit, and not a byte further.

gzip is undone by Intel's ISA-L where it is installed (the ``collector`` extra), in half of zlib's time, else by zlib.

GzipError
├── GzipTruncated   the stream ends before its trailer
├── GzipBroken      not gzip, a failed check sum, or bytes after the end
└── GzipBomb        more than the limit comes out
ZstdError
├── ZstdTruncated   the frame ends before its end
├── ZstdBroken      not zstd, a failed check sum, a window of more than 8 MB, or bytes after the end
└── ZstdBomb        more than the limit comes out
"""

import zlib
from typing import Any, Final

try:
    from backports import zstd
except ImportError:  # the extra `collector` brings it
    zstd = None  # type: ignore[assignment] # a module, or none


def _inflating() -> Any:
    """The library that undoes gzip; both have the same names."""
    try:
        from isal import isal_zlib  # noqa: PLC0415 - the extra `collector` brings it, where it is made for the processor
    except ImportError:
        return zlib
    return isal_zlib


INFLATE: Final = _inflating()
_GZIP_HEADER = 16  # added to zlib's window bits: expect a gzip header and trailer (RFC 1952), nothing else
_ZSTD_WINDOW_LOG: Final = 23
"""8 MB: the largest window that whoever sends by HTTP may ask for (RFC 9659)."""
HAS_ZSTD: Final = zstd is not None


class GzipError(ValueError):
    """The body cannot be inflated."""


class GzipTruncated(GzipError):
    """The stream ends before its trailer."""


class GzipBroken(GzipError):
    """Not gzip, a wrong check sum, or something stands after the end of the stream."""


class GzipBomb(GzipError):
    """The stream holds more than the limit."""


def gunzip(data: bytes, limit_bytes: int) -> bytes:
    """The one gzip member in ``data``; at most ``limit_bytes`` + 1 are ever inflated. Raises ``GzipError``."""
    inflater = INFLATE.decompressobj(wbits=INFLATE.MAX_WBITS + _GZIP_HEADER)
    try:
        inflated: bytes = inflater.decompress(data, limit_bytes + 1)
    except INFLATE.error as error:
        raise GzipBroken(str(error)) from error
    if len(inflated) > limit_bytes:
        raise GzipBomb(f"more than {limit_bytes} bytes come out of {len(data)}")
    if not inflater.eof:
        raise GzipTruncated(f"the stream of {len(data)} bytes has no end")
    if inflater.unused_data:
        raise GzipBroken(f"{len(inflater.unused_data)} bytes follow the end of the stream")
    return inflated


class ZstdError(ValueError):
    """The body cannot be inflated."""


class ZstdTruncated(ZstdError):
    """The frame ends before its end."""


class ZstdBroken(ZstdError):
    """Not zstd, a wrong check sum, too large a window, or something stands after the end of the frame."""


class ZstdBomb(ZstdError):
    """The frame holds more than the limit."""


def unzstd(data: bytes, limit_bytes: int) -> bytes:
    """The one zstd frame in ``data``; at most ``limit_bytes`` + 1 are ever inflated. Raises ``ZstdError``.

    Only where ``HAS_ZSTD``.
    """
    inflater = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})
    try:
        inflated: bytes = inflater.decompress(data, limit_bytes + 1)
    except zstd.ZstdError as error:
        raise ZstdBroken(str(error)) from error
    if len(inflated) > limit_bytes:
        raise ZstdBomb(f"more than {limit_bytes} bytes come out of {len(data)}")
    if not inflater.eof:
        raise ZstdTruncated(f"the frame of {len(data)} bytes has no end")
    if inflater.unused_data:
        raise ZstdBroken(f"{len(inflater.unused_data)} bytes follow the end of the frame")
    return inflated
