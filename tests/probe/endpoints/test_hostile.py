"""What a stranger may send in a service's place: nothing of it breaks a look, swells a document or tells an address."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from probe.errands.child import checked
from probe.gate import Forbidden, Gate
from probe.look.certificates import read
from probe.look.hop import Eyes, Request
from probe.look.look import look
from probe.measurement.results import Certificate, Look, ReachabilityResult
from probe.scrub import Scrubber
from tests.support import web

SCRUBBER = Scrubber(("203.0.113.7",))


def leaf(common_name: str, until: datetime) -> bytes:
    """A self-signed certificate's DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(datetime.now(UTC) - timedelta(days=1))
    signed = builder.not_valid_after(until).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def of_version_6(der: bytes) -> bytes:
    """The certificate with a version that does not exist: one byte is another, and TLS shows it all the same."""
    at = der.index(bytes.fromhex("a003020102")) + 4
    return der[:at] + b"\x05" + der[at + 1 :]


def test_certificates_of_any_kind():
    """Valid for ever, naming the home, or no certificate at all: a record that a collector takes."""
    for der, valid in (
        (leaf("until the end of time", datetime(9999, 12, 31, tzinfo=UTC)), True),
        (leaf("for 203.0.113.7 alone", datetime(2030, 1, 1, tzinfo=UTC)), True),
        (of_version_6(leaf("one byte is another", datetime(2030, 1, 1, tzinfo=UTC))), False),
        (b"no certificate", False),
        (b"", False),
    ):
        found = read(der, SCRUBBER)
        assert found == msgspec.json.decode(msgspec.json.encode(found), type=Certificate)
        assert valid == found.valid
        assert "203.0.113.7" not in found.subject


async def _pinned(_name, _family):
    return ("127.0.0.1",)


def seen(port, **changes):
    """One look at a plain server."""
    eyes = Eyes(Gate(lab=True), SCRUBBER, _pinned, **{"total_s": 3.0, "read_s": 1.0, **changes})
    got = asyncio.run(look(eyes, Request("original", f"http://a.example:{port}/", 1_000_000, "ipv4")))
    assert got == msgspec.json.decode(msgspec.json.encode(got), type=Look)
    return got


RAW = {
    "no HTTP": (b"SSH-2.0-router\r\n", "http_garbled"),
    "nothing": (b"", "http_eof"),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-Le", "http_eof"),
    "a head without end": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "http_garbled"),
    "a length that is none": (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "http_garbled"),
    "a body that breaks off": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf", "http_eof"),
    "a status that is none": (b"HTTP/1.1 000 No\r\nContent-Length: 2\r\n\r\nok", "http_garbled"),
    "a status of an informal kind": (b"HTTP/1.1 099 No\r\nContent-Length: 2\r\n\r\nok", "http_garbled"),
    "a redirect to nowhere": (
        b"HTTP/1.1 302 Found\r\nLocation: http://[::\r\nContent-Length: 0\r\n\r\n",
        None,
    ),
    "a redirect to an odd port": (
        b"HTTP/1.1 302 Found\r\nLocation: http://a.example:99999/\r\nContent-Length: 0\r\n\r\n",
        "http_redirects",
    ),
}


@pytest.mark.parametrize("name", RAW)
def test_answers_of_any_kind(name):
    """Whatever comes is one of the listed failures, never an exception."""
    raw, failure = RAW[name]

    def visit(sock):
        sock.recv(4096)
        sock.sendall(raw)
        sock.close()

    with web.box(visit) as port:
        got = seen(port)
    assert got.failure in ([failure] if failure else ["http_garbled", "http_redirects"])


def test_a_body_that_trickles_is_bounded():
    """One byte a moment, for ever: the look ends at its deadline and says what came."""

    async def trickle(request):
        from aiohttp import web as aioweb

        response = aioweb.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x")
            await asyncio.sleep(0.05)
        return response

    with web.served(trickle, None) as running:
        got = seen(running.port, total_s=1.0)
    assert "http_timeout" == got.failure
    assert 1 <= got.received_bytes < 100


class OnlyLoopback(Gate):
    """A laboratory's gate that leads nowhere else."""

    def check(self, address, port):
        """See Gate."""
        if not address.startswith("127."):
            raise Forbidden(address)
        super().check(address, port)


async def by_literal(name, _family):
    """Hosts that are literal addresses."""
    return (name,)


def test_titles_and_redirects_tell_no_address():
    """A page that greets the home by its address, and a redirect whose host is that address."""
    with web.served(web.body(b"<TITLE >\n203.0.113.7\n</title>", "text/html"), None) as page:
        assert "<line>" == seen(page.port).title
    with web.served(web.redirect("http://203.0.113.7/"), None) as sent:
        eyes = Eyes(OnlyLoopback(lab=True), SCRUBBER, by_literal, total_s=2.0)
        got = asyncio.run(look(eyes, Request("original", f"http://127.0.0.1:{sent.port}/", 10, "ipv4")))
    assert ("address_forbidden", ["<special 203.0.113.0/24>"]) == (
        got.failure,
        [redirect.host for redirect in got.redirects],
    )
    for host, told in (
        ("203.0.113.7", "<special 203.0.113.0/24>"),
        ("8.8.8.8", "8.8.8.8"),
        ("a.example", "a.example"),
    ):
        assert told == SCRUBBER.host(host)


def test_a_result_that_breaks_a_bound_is_named():
    """What a document cannot hold does not leave the child without a word: it says where the bound is broken."""
    with web.served(web.body(b"page"), None) as page:
        good = seen(page.port)
    kept = ReachabilityResult(looks=(good,))
    assert kept == checked(kept)
    with pytest.raises(msgspec.ValidationError, match=r"looks\[0\]\.status"):
        checked(ReachabilityResult(looks=(msgspec.structs.replace(good, status=99),)))
