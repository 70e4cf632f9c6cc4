"""Pages of a folder over HTTP: the public ones for everybody, the inside ones behind a token. Read, never run.

A path is looked up among plain files inside the folder: links that lead out, hidden files and folders' lists are not served. The
policy lets a page use its own style sheet and pictures and nothing else: no script, no frame, no request to anybody.
"""

import hmac
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import hdrs, web

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


def headers_for(suffix: str) -> dict[str, str]:
    """The security headers of a file of that kind."""
    policy = PICTURE_POLICY if suffix == ".svg" else PAGE_POLICY
    return {**ALWAYS, "Content-Security-Policy": policy}


def add_pages(app: web.Application, public: Path | None, inside: Path | None = None, token: str = "") -> None:
    """Serve ``public`` at /site/ and, where there is a ``token``, ``inside`` at /inside/ to who bears it."""
    if public is not None:
        _add(app, "/site/", public, None)
    if inside is not None and token:
        _add(app, "/inside/", inside, token)


def _add(app: web.Application, prefix: str, folder: Path, token: str | None) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
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
    return hmac.compare_digest(given.encode(), token.encode())


def _password(value: str) -> str:
    try:
        return b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
