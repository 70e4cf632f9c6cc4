"""The gate: 44 addresses of both families, other ports, redirects and names that change their mind; one door for all."""

import asyncio
import socket
from ipaddress import ip_network

import pytest

from probe.gate import Forbidden, Gate
from probe.look.hop import Eyes, Request
from probe.look.look import look
from probe.look.lookup import LookupFailed
from probe.scrub import Scrubber
from tests.support.web import body, redirect, served

OWN = (ip_network("193.0.0.0/24"), ip_network("2a01:cb00:1::/48"))
AT_HOME = Gate(own=lambda: OWN, resolvers=frozenset({"192.168.1.1"}), trusted=frozenset({"9.9.9.10"}))
IN_LAB = Gate(lab=True)

ALLOWED = (
    ("8.8.8.8", 443),
    ("1.1.1.1", 80),
    ("193.0.1.1", 443),
    ("223.255.255.254", 443),
    ("100.63.255.255", 443),
    ("172.15.255.255", 443),
    ("172.32.0.0", 80),
    ("2606:4700::1111", 443),
    ("2a00:1450:4007:80f::200e", 80),
    ("2a01:cb00:2::1", 443),
    ("192.168.1.1", 53),
    ("9.9.9.10", 853),
    ("9.9.9.10", 53),
)
FORBIDDEN = (
    ("0.0.0.0", 443),
    ("0.1.2.3", 443),
    ("10.0.0.1", 443),
    ("100.64.0.1", 443),
    ("127.0.0.1", 443),
    ("127.255.255.254", 80),
    ("169.254.169.254", 80),
    ("172.16.0.1", 443),
    ("172.31.255.255", 443),
    ("192.0.0.8", 443),
    ("192.0.2.1", 443),
    ("192.168.1.1", 80),
    ("192.168.1.2", 53),
    ("193.0.0.9", 443),
    ("198.18.0.1", 443),
    ("198.51.100.1", 443),
    ("203.0.113.1", 443),
    ("224.0.0.1", 443),
    ("255.255.255.255", 443),
    ("8.8.8.8", 22),
    ("8.8.8.8", 53),
    ("9.9.9.10", 25),
    ("::", 443),
    ("::1", 443),
    ("::ffff:127.0.0.1", 443),
    ("::ffff:8.8.8.8", 443),
    ("64:ff9b::7f00:1", 443),
    ("2001:db8::1", 443),
    ("2002:7f00:1::1", 443),
    ("2a01:cb00:1:2::3", 443),
    ("fc00::1", 443),
    ("fe80::1", 443),
    ("fe80::1%lo", 443),
    ("ff02::1", 443),
    ("localhost", 443),
    ("2130706433", 443),
    ("0x7f.1", 443),
)


@pytest.mark.parametrize(("address", "port"), ALLOWED)
def test_who_may_be_connected_to(address, port):
    """Public hosts at the web's ports; the home's resolver at its own port; a trusted one at those of DNS."""
    AT_HOME.check(address, port)


@pytest.mark.parametrize(("address", "port"), FORBIDDEN)
def test_who_may_not(address, port):
    """Special ranges of both registries, the line's own networks, other ports and other spellings: before any byte."""
    for connect in (AT_HOME.tcp, AT_HOME.udp):
        with pytest.raises(Forbidden):
            connect((address, port), 1.0)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(Forbidden):
        AT_HOME.socket_factory((family, socket.SOCK_STREAM, 6, "", (address, port)))


def test_the_table_has_both_families():
    """At least forty addresses, ten of them of IPv6 on the forbidden side."""
    assert 40 <= len(ALLOWED) + len(FORBIDDEN)
    assert 10 <= sum(":" in address for address, _ in FORBIDDEN)


def test_the_lab_may_connect_to_itself():
    """A laboratory's gate leads to loopback, over TCP and UDP, and yet to no group."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        IN_LAB.tcp(listener.getsockname(), 2.0).close()
        IN_LAB.udp(listener.getsockname(), 2.0).close()
    with pytest.raises(Forbidden):
        IN_LAB.udp(("224.0.0.1", 443), 1.0)


class Fickle:
    """A resolver that answers otherwise each time: what DNS rebinding is."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, _name: str, _family: str) -> tuple[str, ...]:
        """The next answer."""
        self.asked += 1
        if not self.answers:
            raise LookupFailed("dns_nxdomain")
        return (self.answers.pop(0),)


def seen(gate, url, lookup):
    """One look at ``url`` through ``gate``."""
    eyes = Eyes(gate, Scrubber(lab=True), lookup, connect_s=2.0, read_s=2.0, total_s=5.0)
    return asyncio.run(look(eyes, Request("original", url, 100, "ipv4")))


def test_a_name_that_means_a_home_address_is_not_visited():
    """A public name that resolves to loopback, to the router or to an own address reaches nobody."""
    with served(body(b"secret"), None) as inside:
        for address in ("127.0.0.1", "192.168.1.1", "193.0.0.7"):
            got = seen(AT_HOME, f"http://public.example:{inside.port}/", Fickle(address))
            assert ("address_forbidden", None) == (got.failure, got.status)
        assert [] == inside.asked


def test_a_literal_in_the_url_is_checked_as_well():
    """aiohttp asks no resolver for a literal address: the gate sees it all the same."""
    with served(body(b"secret"), None) as inside:
        for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"):
            got = seen(AT_HOME, f"http://{host}:{inside.port}/", Fickle(host.strip("[]")))
            assert "address_forbidden" == got.failure
        assert [] == inside.asked


class Choosy(Gate):
    """A gate for a laboratory that forbids 127.0.0.2, so that a redirect has somewhere not to go."""

    def check(self, address, port):
        """See Gate."""
        if address == "127.0.0.2":
            raise Forbidden(address)
        super().check(address, port)


@pytest.mark.parametrize("target", ["http://inside.example:{port}/", "http://127.0.0.2:{port}/"])
def test_a_redirect_passes_the_same_gate(target):
    """Where a redirect leads is checked like the first address, by name or by literal, and what is inside stays untouched."""
    with served(body(b"secret"), None, "127.0.0.2") as inside:
        url = target.format(port=inside.port)
        with served(redirect(url), None) as outside:
            lookup = Fickle("127.0.0.1", "127.0.0.2")
            got = seen(Choosy(lab=True), f"http://public.example:{outside.port}/", lookup)
        assert ("address_forbidden", 1) == (got.failure, len(got.redirects))
        assert (1, []) == (len(outside.asked), inside.asked)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://public.example/", "gopher://public.example/"])
def test_a_redirect_to_another_protocol_is_not_followed(url):
    """HTTP and HTTPS alone."""
    with served(redirect(url), None) as outside:
        got = seen(IN_LAB, f"http://public.example:{outside.port}/", Fickle("127.0.0.1"))
    assert "http_redirects" == got.failure


def test_redirects_end():
    """A server that sends in circles is left after five."""
    with served(redirect("/again"), None) as outside:
        got = seen(IN_LAB, f"http://public.example:{outside.port}/", Fickle(*["127.0.0.1"] * 10))
        assert ("http_redirects", 5, 6) == (got.failure, len(got.redirects), len(outside.asked))


def test_a_name_is_asked_once_a_connection():
    """Rebinding: the second answer of a fickle name is never asked for, so the address checked is the address used."""
    with served(body(b"public"), None) as outside:
        lookup = Fickle("127.0.0.1", "192.168.1.1")
        got = seen(IN_LAB, f"http://public.example:{outside.port}/", lookup)
    assert ("ok", 1) == (got.failure, lookup.asked)


def test_the_other_family():
    """A look in IPv6 goes to the literal IPv6 address that was looked up, and the scrubber keeps its range alone."""
    with served(body(b"six"), None, "::1") as outside:
        eyes = Eyes(IN_LAB, Scrubber(), Fickle("::1"), total_s=5.0)
        request = Request("original", f"http://public.example:{outside.port}/", 100, "ipv6")
        got = asyncio.run(look(eyes, request))
    assert ("ok", 3, "<special outside 2000::/3>") == (got.failure, got.received_bytes, got.address)
