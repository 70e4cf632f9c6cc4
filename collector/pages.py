"""Pages of a folder over HTTP: the public ones for everybody, the inside ones behind a token. Read, never run.

A path is looked up among plain files inside the folder: links that lead out, hidden files and folders' lists are not served. The
policy lets a page use its own style sheet and pictures and nothing else: no script, no frame, no request to anybody.
"""

import asyncio
import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from aiohttp import hdrs, web

from collector.messages import Trouble

TYPES: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
}
"""What is served; a file of another kind is not there."""
PAGE_POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PICTURE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""For SVG: its own styles stand in it, and nothing in it may act."""
ALWAYS: Final[Mapping[str, str]] = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=(), interest-cohort=()",
}
LARGEST_BYTES: Final = 64_000_000
SHORTEST_TOKEN: Final = 24
Transport = asyncio.Transport | None


def headers_for(suffix: str) -> dict[str, str]:
    """The security headers of a file of that kind."""
    policy = PICTURE_POLICY if suffix == ".svg" else PAGE_POLICY
    return {**ALWAYS, "Content-Security-Policy": policy}


@dataclass(frozen=True)
class Pages:
    """What is served: folders that ``isonomia-dashboards site`` writes, and the token of the inside one."""

    public: Path | None = None
    inside: Path | None = None
    token: str = ""

    @classmethod
    def of(cls, public: Path | None, inside: Path | None, token_file: Path | None) -> Self:
        """From the command's options; raises ``Trouble`` for an inside without a token worth the name, and ``OSError``."""
        token = token_file.read_text(encoding="utf-8").strip() if token_file else ""
        if inside is not None and len(token) < SHORTEST_TOKEN:
            raise Trouble("cli.no_inside_token", path=token_file or "–", least=SHORTEST_TOKEN)
        return cls(public, inside, token)


NO_PAGES: Final = Pages()


def add_pages(app: web.Application, pages: Pages, asked: Callable[[Transport], None]) -> None:
    """Serve the public folder at /site/ and the inside one, to who bears the token, at /inside/.

    ``asked`` is told of each request's connection (``collector.connections``).
    """
    if pages.public is not None:
        _add(app, "/site/", pages.public, None, asked)
    if pages.inside is not None and pages.token:
        _add(app, "/inside/", pages.inside, pages.token, asked)


def _add(
    app: web.Application, prefix: str, folder: Path, token: str | None, asked: Callable[[Transport], None]
) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        asked(request.transport)
        if token is not None and not _bears(request, token):
            headers = {"WWW-Authenticate": 'Basic realm="isonomia", charset="UTF-8"', **headers_for(".html")}
            return web.Response(status=401, headers=headers)
        path = found(folder, request.match_info["path"])
        if path is None:
            return web.Response(status=404, headers=headers_for(".html"))
        cache = "no-store" if token is not None else "public, max-age=300"
        headers = {
            hdrs.CONTENT_TYPE: TYPES[path.suffix],
            hdrs.CACHE_CONTROL: cache,
            **headers_for(path.suffix),
        }
        return web.FileResponse(path, headers=headers)

    app.router.add_get(f"{prefix}{{path:.*}}", handle)


def found(folder: Path, asked: str) -> Path | None:
    """The file that a path asks for, ``None`` if it is none of ours."""
    parts = [part for part in asked.split("/") if part]
    if any(part.startswith(".") or "\\" in part or "\x00" in part for part in parts):
        return None
    path = folder.joinpath(*parts)
    if asked == "" or asked.endswith("/"):
        path /= "index.html"
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(folder.resolve()) or real.stat().st_size > LARGEST_BYTES:
            return None
    except (OSError, ValueError):
        return None
    return real if real.is_file() and real.suffix in TYPES else None


def _bears(request: web.Request, token: str) -> bool:
    """Whether the request bears the token: as a bearer's, or as the password of Basic, which every browser can ask for."""
    said = request.headers.get(hdrs.AUTHORIZATION, "")
    kind, _, value = said.partition(" ")
    if kind.lower() == "bearer":
        given = value.strip()
    elif kind.lower() == "basic":
        given = _password(value)
    else:
        return False
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode())


def _password(value: str) -> str:
    try:
        return b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
