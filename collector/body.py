"""Reading a request's body: bounded in bytes and in time, alone and together, and never inflated on the way."""

import asyncio
from typing import Final

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from collector.rejections import refuse

SLOWEST_BODY_S: Final = 30.0
SMALL_BYTES: Final = 64 * 1024
"""Any body may have so many bytes on the way: what a measurement needs, gzipped, four times over."""
IN_FLIGHT_BYTES: Final = 16 * 1024 * 1024
"""All bodies that are on their way may have so many bytes beyond that together."""


class InFlight:
    """The bytes of bodies that have begun to arrive and have not arrived whole."""

    def __init__(self, largest: int = IN_FLIGHT_BYTES) -> None:
        self._largest = largest
        self.bytes = 0

    def add(self, count: int, of_this_body: int) -> None:
        """Count ``count`` more of a body that is ``of_this_body`` long so far; ``busy`` when it is too much."""
        self.bytes += count
        if of_this_body > SMALL_BYTES and self.bytes > self._largest:
            refuse("busy")


async def read_body(
    request: web.Request, limit_bytes: int, in_flight: InFlight, slowest_s: float = SLOWEST_BODY_S
) -> bytes:
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
                in_flight.add(len(chunk), length)
                if length > limit_bytes:
                    refuse("too_large", str(limit_bytes))
                chunks.append(chunk)
    except TimeoutError:
        refuse("slow_body", f"{slowest_s:.0f} s")
    except (ClientError, HttpProcessingError, ConnectionError):
        refuse("body_cut")
    finally:
        in_flight.bytes -= length
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _bounded(body: bytes, limit_bytes: int) -> bytes:
    if len(body) > limit_bytes:
        refuse("too_large", str(limit_bytes))
    return body
