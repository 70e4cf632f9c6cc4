"""Whatever a redirect's host is written like, it is checked as what is looked up: `off` is not lifted by a spelling."""

import asyncio

import pytest

from probe.gate import Gate
from probe.look.hop import Eyes, Request
from probe.look.look import look
from probe.look.onward import NoHost, plain
from probe.scrub import Scrubber
from tests.support import web

OFF = "off-service.example"


@pytest.mark.parametrize(
    "spelt",
    [
        OFF,
        "OFF-service.example.",
        "\uff4fff-service.example",
        "off-service\u3002example",
        "off\uff0dservice.example",
        "o\u00adff-service.example",
        "www.off-service\uff0eexample",
        "%6fff-service.example",
        "a.example@off-service.example",
        "off-service.example\t",
    ],
)
def test_off_is_off_in_any_spelling(spelt):
    """Nobody looks the host up or connects to it; the look says that it was forbidden, or that it is no host."""
    asked: list[str] = []

    async def here(name, _family):
        asked.append(name)
        return ("127.0.0.1",)

    async def sends(request):
        from aiohttp import web as aioweb

        return aioweb.Response(status=302, headers={"Location": f"http://{spelt}:{off.port}/"})

    with web.served(web.body(b"page", "text/html"), None) as off, web.served(sends, None) as running:
        eyes = Eyes(Gate(lab=True), Scrubber(), here, total_s=5.0, off_domains=(OFF,))
        url = f"http://a.example:{running.port}/"
        got = asyncio.run(look(eyes, Request("original", url, 1000, "ipv4")))
        assert [] == off.asked
    assert got.failure in ("address_forbidden", "http_redirects")
    assert {"a.example"} == set(asked)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://www.example.org", "https://www.example.org"),
        ("http://[2001:DB8::1]:81/a", "http://[2001:db8::1]:81/a"),
        ("http://müsée.example/é?q", "http://xn--mse-cma7g.example/é?q"),
        ("http://a_b.example/", "http://a_b.example/"),
        ("http://off.example\\@a.example/", "http://a.example/"),
    ],
)
def test_innocent_urls_stay(url, told):
    """Names, addresses and accents go on, in their one spelling."""
    assert told == plain(url).geturl()


@pytest.mark.parametrize(
    "host", ["", "a..b", "-a.example", "127.1", "0x7f.1", "2130706433", "[fe80::1%25eth0]", "a b.example", "a" * 64 + ".b", "[::1"]
)  # fmt: skip
def test_what_is_no_host(host):
    """Numbers that a C library would read as an address, zones and garbage are no host."""
    with pytest.raises(NoHost):
        plain(f"http://{host}/")
