"""Nobody leads a probe back into its own home: not to the line's public address, not to a name that the home gave."""

import asyncio
import ssl

import pytest

from probe.dns_client import Asked, Asker, Server
from probe.gate import Forbidden, Gate
from probe.look.eyes import eyes_of, gate_of
from probe.look.hop import Eyes, Request
from probe.look.look import look
from probe.look.lookup import whole
from probe.measurement.results import Look
from probe.nettests.base import CannotRun, Net
from probe.nettests.dns import DnsParams, _Session, run
from probe.nettests.endpoint import Endpoint, Surroundings
from probe.scrub import Scrubber
from tests.support import web


async def by_loopback(_name: str, _family: str) -> tuple[str, ...]:
    """Every host is here."""
    return ("127.0.0.1",)


def seen(url: str, **changes: object) -> Look:
    """A look through a laboratory's gate."""
    eyes = Eyes(Gate(lab=True), Scrubber(), by_loopback, total_s=5.0, **changes)  # type: ignore[arg-type]
    return asyncio.run(look(eyes, Request("original", url, 1000, "ipv4")))


@pytest.mark.parametrize(
    ("line", "inside", "outside"),
    [("11.22.33.44", "11.22.33.44", "11.22.33.45"), ("2a01:e0a:1:2::5", "2a01:e0a:1:9::1", "2a01:e0a:2::1")],
)
def test_the_lines_own_address_is_closed(line, inside, outside):
    """As a responder saw the line from outside: there, and in its IPv6 prefix, a router answers from within."""
    net = Net(gate=Gate(own=lambda: ()))
    gate = eyes_of(net, Surroundings(line_addresses=(line,)), 5.0).gate
    gate.check(outside, 443)
    with pytest.raises(Forbidden):
        gate.check(inside, 80)


@pytest.mark.parametrize("known", [True, False])
def test_who_does_not_know_the_line_follows_nobody_elsewhere(known):
    """Without the line's address a redirect to another host is recorded and not followed; one to the same host is."""
    with web.served(web.body(b"page", "text/html"), None) as other:
        with web.served(web.redirect(f"http://b.example:{other.port}/"), None) as running:
            got = seen(f"http://a.example:{running.port}/", knows_line=known)
            assert ("ok" if known else "address_forbidden") == got.failure
            assert ["b.example"] == [redirect.host for redirect in got.redirects]
            assert known == bool(other.asked)
        with web.served(web.redirect(f"http://a.example:{other.port}/"), None) as running:
            assert "ok" == seen(f"http://a.example:{running.port}/", knows_line=known).failure


def test_which_family_is_known():
    """An address of the other family says nothing of where this one leads; a laboratory has no line."""
    for line, lab, known in ((("11.22.33.44",), False, True), ((), False, False), ((), True, True)):
        surroundings = Surroundings(line_addresses=line, lab=lab)
        assert known == eyes_of(Net(), surroundings, 5.0).knows_line
    six = Surroundings(address_family="ipv6", line_addresses=("11.22.33.44",))
    assert not eyes_of(Net(), six, 5.0).knows_line


@pytest.mark.parametrize(("line", "shown"), [(("11.22.33.44",), [("<line>", "address_forbidden")]), ((), [])])
def test_a_lie_that_is_the_lines_own_address(line, shown):
    """A resolver answers with the home's address: nobody looks behind it, nor behind any where the line is not known."""
    surroundings = Surroundings(line_addresses=line)
    terms = DnsParams(endpoint=Endpoint(id="a", names=("a.example",)), surroundings=surroundings)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    gate = gate_of(Net(gate=Gate(own=lambda: ())), surroundings)
    session = _Session(Net(gate=gate), terms, Asker(gate, trust), trust)
    home, other = Server(id="home", address="127.0.0.1"), Server(id="one", address="127.0.0.1")
    found = session._certificates(
        [(home, "udp", Asked("ok", addresses=("11.22.33.44",))), (other, "dot", Asked("ok", addresses=()))]
    )
    assert shown == [(one.address, one.failure) for one in found]


@pytest.mark.parametrize(
    "name", ["nas", "printer.local", "router.home.arpa", "tv.fritz.box", "NAS.Lan.", "livebox.home"]
)
def test_names_that_the_home_gives_are_not_asked(name):
    """A redirect to one is recorded; whether there is such a thing, and where, nobody learns."""
    asked: list[str] = []

    async def here(host: str, _family: str) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",)

    with web.served(web.redirect(f"http://{name}/"), None) as running:
        eyes = Eyes(Gate(lab=True), Scrubber(), here, total_s=5.0)
        url = f"http://a.example:{running.port}/"
        got = asyncio.run(look(eyes, Request("original", url, 1000, "ipv4")))
    assert ("address_forbidden", ["a.example"], 1) == (got.failure, asked, len(got.redirects))


def test_no_name_is_asked_under_the_homes_domain():
    """A final stop keeps the resolver from trying the search list; an address has none."""
    assert ["a.example.", "a.example.", "192.0.2.1", "2001:db8::1"] == [
        whole(name) for name in ("a.example", "a.example.", "192.0.2.1", "2001:DB8::1")
    ]


def test_no_plan_has_the_home_asked():
    """An operator's service called nas.local is asked of nobody either."""
    terms = DnsParams(endpoint=Endpoint(id="a", names=("a.example", "NAS.local.")))
    with pytest.raises(CannotRun, match="endpoint:home_name"):
        run(Net(), terms)
