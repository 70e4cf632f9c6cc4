"""``catalogue verify`` against real TLS servers on loopback: what is found, what is written, where it never goes."""

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from hashlib import sha256

import msgspec
import pytest
from aiohttp import web

from probe.catalogue import verify, way_out
from probe.catalogue.check import form
from probe.catalogue.command import today
from probe.catalogue.entries import Entry, FetchObject, MatchedControl
from probe.catalogue.read import read
from probe.catalogue.verify import look_up, write
from probe.catalogue.way_out import NotReached, Page, open_way_out
from probe.cli import main
from probe.gate import Gate
from tests.support.catalogues import write_catalogue
from tests.support.certificates import Authority

HERE = "www.radio.example"
ELSEWHERE = "cdn.example"
TODAY = date(2026, 11, 22)
LOGO = b"png" * 3000


class Site:
    """Two names on one server of loopback, and a count of what was asked."""

    def __init__(self, authority: Authority, port: int, asked: list[str]) -> None:
        self.authority = authority
        self.port = port
        self.asked = asked

    def url(self, path: str, host: str = HERE) -> str:
        """An address of this server."""
        return f"https://{host}:{self.port}{path}"

    def way(self, check=lambda _address, _port: None, resolve=None):
        """A way out that is allowed on loopback, and knows the names of this server only."""

        async def known(host: str, _port: int) -> list[str]:
            if host.endswith("nowhere.example"):
                raise OSError(errno.ENOENT, "no such name")
            return ["127.0.0.1"]

        return open_way_out(check, resolve or known, ssl.create_default_context(cadata=self.authority.pem))

    def entry(self, **facts) -> Entry:
        """An entry with an object and a control on this server."""
        plain = Entry(
            id="radio",
            name="Radio",
            operator="Radio",
            country="CA",
            languages=("fr",),
            sector="audiovisual",
            kind="broadcaster",
            carries="audio",
            origin="local",
            names=(HERE,),
            fetch=(FetchObject(url=self.url("/logo"), bytes=len(LOGO), sha256=sha256(LOGO).hexdigest()),),
            control=MatchedControl(url=self.url("/logo", ELSEWHERE), bytes=len(LOGO), reason="same server"),
        )
        return msgspec.structs.replace(plain, **facts)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """One authority for all servers here."""
    return Authority.make(tmp_path_factory.mktemp("authority"))


@asynccontextmanager
async def serving(authority: Authority) -> AsyncIterator[Site]:
    """The server, on a free port."""
    asked: list[str] = []

    async def home(request: web.Request) -> web.Response:
        asked.append(f"{request.host.partition(':')[0]}{request.path}")
        paths = {"/": 403, "/broken": 502, "/gone": 404}
        if request.path in ("/logo", "/endless"):
            return web.Response(body=LOGO if request.path == "/logo" else bytes(2_000_001))
        if request.path == "/moved":
            raise web.HTTPFound("/logo")
        if request.path == "/inside":
            raise web.HTTPFound("https://192.0.2.1/")
        if request.path == "/loop":
            raise web.HTTPFound("/loop")
        return web.Response(status=paths[request.path], text="x")

    app = web.Application()
    app.router.add_get("/{tail:.*}", home)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=authority.context(HERE, ELSEWHERE))
    await site.start()
    try:
        yield Site(authority, runner.addresses[0][1], asked)
    finally:
        await runner.cleanup()


async def no_pause(_seconds: float) -> None:
    """Tests do not rest."""


async def found(site: Site, entry: Entry):
    """The record of a look-up."""
    async with site.way() as way:
        return await look_up(entry, way, TODAY, site.port, no_pause)


async def test_a_good_entry(authority):
    """Name, object, hash, size and control are right: one request each, and the entry is verified once written."""
    async with serving(authority) as site:
        record = await found(site, site.entry())
        assert (True, "ok", TODAY) == (record.ok, record.result, record.on)
        assert [f"{HERE}/", f"{HERE}/logo", f"{ELSEWHERE}/logo"] == site.asked


@pytest.mark.parametrize(
    ("change", "result"),
    [
        ({"names": ("www.nowhere.example",)}, "www.nowhere.example: unresolved: www.nowhere.example"),
        ({"names": ("other.example",)}, "other.example: tls: "),
        ({"object": ("/logo", len(LOGO) + 1)}, "/logo: 9000 bytes instead of 9001"),
        ({"object": ("/gone", 1)}, "/gone: HTTP 404"),
        ({"object": ("/endless", 2_000_000)}, "/endless: too_large: more than 2000000 bytes"),
        ({"object": ("/loop", 1)}, "/loop: redirects: "),
        ({"object": ("/inside", 1)}, "/inside: forbidden: https://192.0.2.1/"),
        ({"sha256": "0" * 64}, "/logo: another SHA-256"),
        ({"control": 1000}, ": size differs from the object's"),
    ],
)
async def test_what_is_wrong_is_said(authority, change, result):
    """Each fault stands in the result, and the entry stays unverified."""
    async with serving(authority) as site:
        entry = site.entry()
        item = entry.fetch[0]
        if "names" in change:
            entry = msgspec.structs.replace(entry, names=change["names"])
        if "object" in change:
            path, size = change["object"]
            item = FetchObject(url=site.url(path), bytes=size)
        if "sha256" in change:
            item = msgspec.structs.replace(item, sha256=change["sha256"])
        if "control" in change:
            assert entry.control is not None
            control = msgspec.structs.replace(entry.control, bytes=change["control"])
            entry = msgspec.structs.replace(entry, control=control)
        record = await found(site, msgspec.structs.replace(entry, fetch=(item,)))
        assert not record.ok
        assert result in record.result


async def test_a_redirect_is_followed_through_the_same_door(authority):
    """An object that moved within the site is found; the hops are bounded."""
    async with serving(authority) as site:
        item = FetchObject(url=site.url("/moved"), bytes=len(LOGO))
        record = await found(site, site.entry(fetch=(item,)))
        assert (True, 4) == (record.ok, len(site.asked))


async def test_an_address_that_is_not_public_is_never_connected_to(authority):
    """The shipped check: a name that means this machine is refused before anything is sent to it."""
    async with serving(authority) as site, site.way(check=Gate().check) as way:
        with pytest.raises(NotReached, match=r"forbidden: 127\.0\.0\.1 is not a public address"):
            await way.get(site.url("/"), 1000, whole=False)
        assert [] == site.asked


async def test_one_bad_address_among_good_ones_is_enough(authority):
    """A name that means a public and a private address is refused whole: nobody picks for us."""

    async def both(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", "192.168.1.1"]

    async with serving(authority) as site, site.way(Gate().check, both) as way:
        with pytest.raises(NotReached, match=r"forbidden: 192\.168\.1\.1 is not a public address"):
            await way.get("https://www.radio.example/", 1000, whole=False)


async def test_a_server_that_is_down(authority):
    """A closed port is told from a name that does not exist."""
    async with serving(authority) as site:
        down = site.port
    async with Site(authority, down, []).way() as way:
        with pytest.raises(NotReached, match="unreachable: "):
            await way.get(f"https://{HERE}:{down}/", 1000, whole=False)


def test_what_was_written_makes_the_entry_verified(tmp_path):
    """A good record of exactly this entry; a letter changed afterwards and it is unverified again."""
    folder = write_catalogue(tmp_path)
    entry = read(folder).catalogue().services[0]
    record = asyncio.run(_names_only(entry))
    write(folder / "verification.toml", (), [record])
    reading = read(folder)
    assert [] == form(reading, TODAY)
    checked = reading.catalogue().services[0]
    assert (True, TODAY, False) == (checked.verified, checked.verified_on, checked.may_fetch)
    assert record == reading.records[0]
    services = folder / "services" / "made_up.toml"
    services.write_text(
        services.read_text(encoding="utf-8").replace("www.radio", "ici.radio"), encoding="utf-8"
    )
    assert not read(folder).catalogue().services[0].verified
    assert ["record_stale"] == [problem.code for problem in form(read(folder), TODAY)]


def test_records_are_kept_and_replaced(tmp_path):
    """A second look-up replaces the first of its id and leaves the others; odd letters do not break the file."""
    folder = write_catalogue(tmp_path)
    entry = read(folder).catalogue().services[0]
    record = asyncio.run(_names_only(entry))
    odd = msgspec.structs.replace(record, ok=False, result='tls: "\\ \n\x07 é')
    other = msgspec.structs.replace(record, id="another")
    path = folder / "verification.toml"
    write(path, (), [record, other])
    write(path, read(folder).records, [odd])
    assert [("another", True, "ok"), (record.id, False, 'tls: "\\  é')] == [
        (r.id, r.ok, r.result) for r in read(folder).records
    ]


async def _names_only(entry: Entry):
    """A record as a good look-up leaves it."""

    class Fine:
        async def get(self, url, largest_bytes, *, whole):  # noqa: ARG002 - as WayOut has it
            return Page(200, b"", url)

    return await look_up(entry, Fine(), TODAY, pause=no_pause)


def test_verify_on_the_command_line(tmp_path, authority, monkeypatch, capsys):
    """What could not be reached is said and written with its date; exit 1, and the entry stays unverified."""
    folder = write_catalogue(tmp_path / "catalogue")
    folder_of = ["--folder", str(folder), "--lang", "en"]

    async def nobody(host: str, _port: int) -> list[str]:
        raise OSError(errno.ENOENT, host)

    site = Site(authority, 443, [])
    monkeypatch.setattr(way_out, "open_way_out", lambda: site.way(resolve=nobody))
    monkeypatch.setattr(verify, "BETWEEN_S", 0.0)
    assert 1 == main(["catalogue", "verify", *folder_of, "--service", "radio-boreale"])
    path = folder / "verification.toml"
    name = "www.radio-boreale.example"
    assert (
        f"radio-boreale: {name}: unresolved: {name}\n1 service(s) looked up, 0 without fault. Written: {path}\n"
        == capsys.readouterr().out
    )
    (record,) = read(folder).records
    assert ("radio-boreale", False, today()) == (record.id, record.ok, record.on)
    assert not read(folder).catalogue().services[0].verified
    assert 2 == main(["catalogue", "verify", *folder_of, "--service", "nobody"])
