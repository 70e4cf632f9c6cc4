"""The pages that a collector serves: the folder's files, strict headers, and the inside for who bears the token."""

import asyncio
from base64 import b64encode
from contextlib import asynccontextmanager

import aiohttp
import pytest
from yarl import URL

from collector.app import make_site
from collector.messages import Trouble
from collector.pages import Pages
from collector.wiring import listening

TOKEN = "a-token-of-thirty-two-characters"


@pytest.fixture
def folder(tmp_path):
    """A site's folder, with things in it and beside it that are nobody's business."""
    made = tmp_path / "pages"
    (made / "fr").mkdir(parents=True)
    for name in (
        "index.html",
        "fr/index.html",
        "style.css",
        "figure.svg",
        "data.csv",
        ".isonomia-site",
        "run.py",
    ):
        (made / name).write_text(f"<p>{name}</p>")
    (tmp_path / "secret.html").write_text("secret")
    (made / "out.html").symlink_to(tmp_path / "secret.html")
    return made


@asynccontextmanager
async def client(intake, pages):
    """A session with a collector that serves ``pages``."""
    async with (
        listening(make_site(intake, pages), "127.0.0.1", 0) as url,
        aiohttp.ClientSession(url) as session,
    ):
        yield session


async def test_public_pages(intake, folder):
    """Files with their types and the strict policy; /site/ is its index; nothing is cached for long."""
    async with client(intake, Pages(public=folder)) as session:
        for path, kind in (
            ("", "text/html"),
            ("fr/", "text/html"),
            ("style.css", "text/css"),
            ("data.csv", "text/csv"),
        ):
            async with session.get(f"/site/{path}") as response:
                assert (200, kind) == (response.status, response.content_type)
                policy = response.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "script" not in policy
                assert "no-referrer" == response.headers["Referrer-Policy"]
                assert "nosniff" == response.headers["X-Content-Type-Options"]
        async with session.get("/site/figure.svg") as response:
            assert "sandbox" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path",
    ["../secret.html", "%2e%2e/secret.html", "fr/..%2f..%2fsecret.html", "out.html", ".isonomia-site", "run.py", "fr", "a%00b", "..%5csecret.html"],
)  # fmt: skip
async def test_nothing_else_is_served(intake, folder, path):
    """No way out of the folder, by dots, by a link or by an encoding; no hidden file, no folder, no other kind."""
    async with (
        client(intake, Pages(public=folder)) as session,
        session.get(URL(f"/site/{path}", encoded=True)) as response,
    ):
        assert 404 == response.status
        assert b"secret" not in await response.read()


async def test_inside_takes_the_token(intake, folder):
    """Without it, or with another, 401 and nothing told; with it as bearer or as a password, the page, never cached."""
    async with client(intake, Pages(inside=folder, token=TOKEN)) as session:
        for headers in (
            {},
            {"Authorization": "Bearer x"},
            {"Authorization": "Basic %%"},
            {"Authorization": "Basic eDp5"},
        ):
            async with session.get("/inside/index.html", headers=headers) as response:
                assert (401, b"") == (response.status, await response.read())
        async with session.get("/inside/", headers={"Authorization": f"Bearer {TOKEN}"}) as response:
            assert (200, "no-store") == (response.status, response.headers["Cache-Control"])
        basic = b64encode(f"reviewer:{TOKEN}".encode()).decode()
        async with session.get("/inside/", headers={"Authorization": f"Basic {basic}"}) as response:
            assert 200 == response.status
        async with session.get("/site/index.html") as response:
            assert 404 == response.status


async def test_a_token_that_is_no_text_is_a_wrong_token(intake, folder):
    """Bytes that are no UTF-8, which no client of ours sends, get the 401 of any other and are no failure of ours."""
    pages = Pages(inside=folder, token=TOKEN)
    async with listening(make_site(intake, pages), "127.0.0.1", 0) as url:
        reader, writer = await asyncio.open_connection(URL(url).host, URL(url).port)
        writer.write(
            b"GET /inside/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\nConnection: close\r\n\r\n"
        )
        said = await reader.read()
        writer.close()
    assert b"HTTP/1.1 401" == said[:12]


async def test_without_pages_there_is_no_such_door(intake):
    """A collector that was given no folder answers 404."""
    async with client(intake, Pages()) as session:
        for path in ("/site/", "/inside/"):
            async with session.get(path) as response:
                assert 404 == response.status


def test_an_inside_without_a_token_is_refused(tmp_path):
    """A missing or short token is a mistake that is told, with the way to make one."""
    short = tmp_path / "token"
    short.write_text("1234\n")
    for file in (None, short):
        with pytest.raises(Trouble) as raised:
            Pages.of(None, tmp_path, file)
        assert "openssl rand" in raised.value.text("fr")
    short.write_text(f"{TOKEN}\n")
    assert TOKEN == Pages.of(None, tmp_path, short).token
