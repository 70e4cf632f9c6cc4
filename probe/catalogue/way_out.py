"""The way out of ``catalogue verify``: https alone, to addresses that were checked, with every answer bounded.

The resolver that aiohttp connects by checks each address it hands out, and hands out literal ones alone: what is
connected to is what was checked, redirects included, for each hop is a request of its own through the same door.

    NotReached
      unresolved, forbidden, unreachable, tls, timed_out, http, too_large, redirects
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from probe.catalogue.check import url_fault
from probe.doh import CLOSING_S
from probe.gate import Forbidden, Gate

CONNECT_S: Final = 10.0
TOTAL_S: Final = 30.0
MOST_REDIRECTS: Final = 3
USER_AGENT: Final = "isonomia-catalogue-verify"

Check = Callable[[str, int], None]
"""Raises ``OSError`` for an address and port that nobody may connect to."""
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Host and port to literal addresses; raises ``OSError``."""


class NotReached(Exception):
    """No usable answer; ``code`` is one of those above, ``detail`` says more."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}"[:160])
        self.code = code


@dataclass(frozen=True)
class Page:
    """An answer: HTTP status, the body as far as it was asked for, the URL it came from."""

    status: int
    body: bytes
    url: str


async def by_system(host: str, port: int) -> list[str]:
    """The system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


class _Vetted(AbstractResolver):
    """Hands out the addresses of a name that pass the check; if one does not, none is."""

    def __init__(self, resolve: Resolve, check: Check) -> None:
        self._resolve = resolve
        self._check = check

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """See aiohttp; raises ``OSError``."""
        addresses = await self._resolve(host, port)
        for address in addresses:
            self._check(address, port)
        results = [_result(host, address, port) for address in addresses]
        return [r for r in results if family in (socket.AF_UNSPEC, r["family"])]

    async def close(self) -> None:
        """Nothing is held."""


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return ResolveResult(
        hostname=host, host=address, port=port, family=family, proto=0, flags=socket.AI_NUMERICHOST
    )


class WayOut:
    """One session. Made by ``open_way_out``."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def get(self, url: str, largest_bytes: int, *, whole: bool) -> Page:
        """GET ``url`` and what it redirects to, at most 3 times; raises ``NotReached``.

        At most ``largest_bytes`` of body are read; ``whole``: a longer body is ``too_large``, else it is cut.
        """
        for _ in range(MOST_REDIRECTS + 1):
            if url_fault(url):
                raise NotReached("forbidden", url)
            page, onward = await self._once(url, largest_bytes, whole)
            if onward is None:
                return page
            url = urljoin(url, onward)
        raise NotReached("redirects", url)

    async def _once(self, url: str, largest_bytes: int, whole: bool) -> tuple[Page, str | None]:
        try:
            async with self._session.get(url, allow_redirects=False) as answer:
                onward = answer.headers.get("Location") if 300 <= answer.status < 400 else None
                body = b"" if onward else await _read(answer.content, largest_bytes, whole)
                return Page(answer.status, body, url), onward
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _named(error) from error


async def _read(content: aiohttp.StreamReader, largest_bytes: int, whole: bool) -> bytes:
    body = bytearray()
    async for piece in content.iter_chunked(65536):  # ends at the limit, or with the session's time
        body += piece
        if len(body) > largest_bytes:
            if whole:
                raise NotReached("too_large", f"more than {largest_bytes} bytes")
            break
    return bytes(body[:largest_bytes])


def _named(error: Exception) -> NotReached:
    """What went wrong, in our words; the innermost cause decides."""
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, Forbidden):
        return NotReached("forbidden", str(error.os_error))
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return NotReached("unresolved", error.host)
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return NotReached("tls", str(error))
    if isinstance(error, TimeoutError):
        return NotReached("timed_out", f"{TOTAL_S:.0f} s")
    if isinstance(error, aiohttp.ClientConnectorError | OSError):
        return NotReached("unreachable", str(error))
    return NotReached("http", str(error) or type(error).__name__)


@asynccontextmanager
async def open_way_out(
    check: Check | None = None, resolve: Resolve = by_system, trust: ssl.SSLContext | None = None
) -> AsyncIterator[WayOut]:
    """A session that keeps no cookies, follows nothing by itself and trusts ``trust`` (else the system's roots).

    ``check`` is the gate's outside the tests.
    """
    options: dict[str, Any] = {} if trust is None else {"ssl": trust}
    connector = aiohttp.TCPConnector(
        resolver=_Vetted(resolve, check or Gate().check),
        use_dns_cache=False,
        force_close=True,
        limit=1,
        **options,
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=TOTAL_S, sock_connect=CONNECT_S),
        headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
    ) as session:
        yield WayOut(session)
    await asyncio.sleep(CLOSING_S)


def host_of(url: str) -> str:
    """The host of ``url``."""
    return urlsplit(url).hostname or ""
