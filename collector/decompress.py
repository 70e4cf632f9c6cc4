"""Bounded gzip: a body is inflated up to a limit, and not a byte further.

GzipError
├── GzipTruncated   the stream ends before its trailer
├── GzipBroken      not gzip, a failed check sum, or bytes after the end
└── GzipBomb        more than the limit comes out
"""

import zlib

_GZIP_HEADER = 16  # added to zlib's window bits: expect a gzip header and trailer (RFC 1952), nothing else


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
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS + _GZIP_HEADER)
    try:
        inflated = inflater.decompress(data, limit_bytes + 1)
    except zlib.error as error:
        raise GzipBroken(str(error)) from error
    if len(inflated) > limit_bytes:
        raise GzipBomb(f"more than {limit_bytes} bytes come out of {len(data)}")
    if not inflater.eof:
        raise GzipTruncated(f"the stream of {len(data)} bytes has no end")
    if inflater.unused_data:
        raise GzipBroken(f"{len(inflater.unused_data)} bytes follow the end of the stream")
    return inflated
