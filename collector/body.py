"""Reading a request's body: bounded in bytes and in time, and never inflated on the way."""

import asyncio
from typing import Final

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from collector.rejections import refuse

SLOWEST_BODY_S: Final = 30.0


async def read_body(request: web.Request, limit_bytes: int, slowest_s: float = SLOWEST_BODY_S) -> bytes:
    """The body as it was sent, at most ``limit_bytes`` long; raises ``Refused``."""
    if (request.content_length or 0) > limit_bytes:
        refuse("too_large", str(limit_bytes))
    if request.content.is_eof():  # the common case: it came with the headers
        return _bounded(request.content.read_nowait(), limit_bytes)
    chunks: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(slowest_s):
            async for chunk in request.content.iter_any():
                length += len(chunk)
                if length > limit_bytes:
                    refuse("too_large", str(limit_bytes))
                chunks.append(chunk)
    except TimeoutError:
        refuse("slow_body", f"{slowest_s:.0f} s")
    except (ClientError, HttpProcessingError, ConnectionError):
        refuse("body_cut")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _bounded(body: bytes, limit_bytes: int) -> bytes:
    if len(body) > limit_bytes:
        refuse("too_large", str(limit_bytes))
    return body
