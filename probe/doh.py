"""DNS over HTTPS (RFC 8484) by aiohttp, wrapped here alone: one question, one connection, to the very address, through the gate.

Over HTTP/1.1, which RFC 8484 allows and some operators no longer serve; those are asked over TLS (``dot``).
"""

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from probe.gate import Gate

MEDIA_TYPE: Final = "application/dns-message"
LARGEST_BYTES: Final = 65_535
AROUND_BYTES: Final = 128 * 1024
"""What the handshake and the headers may add to an answer, and what is read ahead of it."""
CLOSING_S: Final = 0.1
"""aiohttp's TLS transports end a moment after their session (its manual, "Graceful Shutdown"); the loop must live that long."""


class NoAnswer(Exception):
    """The server answered with something else than a DNS message."""


class _Fixed(AbstractResolver):
    """Every name is at one address: who asks a resolver must not ask another one where it is."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:  # noqa: ARG002 - aiohttp's
        """See aiohttp."""
        kind = 10 if ":" in self._address else 2
        return [ResolveResult(hostname=host, host=self._address, port=port, family=kind, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


def ask(gate: Gate, trust: ssl.SSLContext, address: str, url: str, question: bytes, limit_s: float) -> bytes:
    """The answer's bytes. Raises ``NoAnswer``, ``TimeoutError`` or another ``OSError`` (``Forbidden`` and TLS's among them)."""
    return asyncio.run(_ask(gate, trust, address, url, question, limit_s))


async def _ask(
    gate: Gate, trust: ssl.SSLContext, address: str, url: str, question: bytes, limit_s: float
) -> bytes:
    gate.check(address, urlsplit(url).port or 443)
    gate.meter.allow(LARGEST_BYTES + AROUND_BYTES)
    connector = aiohttp.TCPConnector(
        resolver=_Fixed(address), socket_factory=gate.socket_factory, ssl=trust, force_close=True, limit=1
    )
    headers = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE, "User-Agent": ""}
    whole = aiohttp.ClientTimeout(total=limit_s)
    try:
        return await _posted(connector, whole, headers, url, question)
    finally:
        await asyncio.sleep(CLOSING_S)


async def _posted(
    connector: aiohttp.TCPConnector,
    whole: aiohttp.ClientTimeout,
    headers: dict[str, str],
    url: str,
    question: bytes,
) -> bytes:
    async with aiohttp.ClientSession(connector=connector, timeout=whole, headers=headers) as session:
        try:
            async with session.post(url, data=question, allow_redirects=False) as answer:
                if answer.status != 200 or answer.content_type != MEDIA_TYPE:
                    raise NoAnswer(f"HTTP {answer.status} {answer.content_type}"[:60])
                return await answer.content.read(LARGEST_BYTES)
        except aiohttp.ClientConnectorCertificateError as error:
            raise ssl.SSLCertVerificationError(str(error)) from error
        except aiohttp.ClientConnectorSSLError as error:
            raise ssl.SSLError(str(error)) from error
        except aiohttp.ClientConnectorError as error:
            raise error.os_error from error
        except aiohttp.ClientError as error:
            raise NoAnswer(type(error).__name__) from error
