"""fetch: every interference at its layer, and the innocent twin beside it quiet; real TLS servers, real boxes."""

import asyncio
import contextlib
import gzip
import random
import time
from hashlib import sha256

import msgspec
import pytest
from aiohttp import web as aioweb

from probe.gate import Gate
from probe.look.eyes import eyes_of
from probe.look.hop import Request
from probe.look.look import look as look_at
from probe.nettests import fetch
from probe.nettests.base import CannotRun, Net
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject, Surroundings
from probe.nettests.fetch import FetchParams, cost, run
from tests.probe.endpoints import fetching
from tests.probe.endpoints.fetching import CONTENT, CONTROL, MEDIA, SERVICE, STRANGER
from tests.support import web
from tests.support.certificates import Authority

home, control, fetched = fetching.home, fetching.control, fetching.fetched


def test_an_object_as_it_should_be(fetched, authority):
    """Every phase has its length; status, certificate, hash and length are the object's; there is no sign of anything."""
    with web.served(web.body(CONTENT, MEDIA), authority.context(SERVICE)) as running:
        look = fetched(running.port)
    assert ("ok", 206, ()) == (look.failure, look.status, look.signs)
    assert (len(CONTENT), len(CONTENT), True) == (look.received_bytes, look.declared_bytes, look.whole)
    assert sha256(CONTENT).digest() == look.body_sha256
    for phase in (look.dns_us, look.connect_us, look.tls_us, look.first_byte_us, look.duration_us):
        assert phase is not None
        assert 5_000_000 > phase
    assert look.certificate is not None
    assert (True, None, f"CN={SERVICE}") == (
        look.certificate.valid,
        look.certificate.reason,
        look.certificate.subject,
    )
    assert look.at_bytes[-1] <= look.received_bytes


BOXES = {
    "reset": (web.reset, "tls_reset"),
    "closed": (web.hang_up, "tls_eof"),
    "alert": (web.alert, "tls_alert"),
    "a page instead of TLS": (web.plain_page, "tls_garbled"),
}


@pytest.mark.parametrize("name", BOXES)
def test_boxes_in_the_handshake(name, fetched):
    """Reset, orderly end, alert and another protocol in the TLS handshake: each by its own name."""
    visit, failure = BOXES[name]
    with web.box(visit) as port:
        look = fetched(port)
    assert (failure, None) == (look.failure, look.status)
    assert look.connect_us is not None
    assert look.tls_us is None


def test_a_drop_is_bounded(net, home, authority):
    """A box that swallows the ClientHello: a time-out of the TLS layer, within seconds."""
    began_s = time.monotonic()
    with web.box(web.silence) as port:
        surroundings = Surroundings(lab=True, resolver=("127.0.0.1", home.port), ca_pem=authority.pem)
        eyes = eyes_of(net, surroundings, 2.0)
        got = asyncio.run(look_at(eyes, Request("original", f"https://{SERVICE}:{port}/", 1000, "ipv4")))
    assert "tls_timeout" == got.failure
    assert 3.5 > time.monotonic() - began_s


def test_nobody_listens(fetched):
    """A refused connection is TCP's."""
    with web.box(web.reset) as port:
        pass
    look = fetched(port)
    assert ("connect_refused", None) == (look.failure, look.tls_us)


def test_a_wrong_certificate(fetched, authority, tmp_path):
    """A stranger's certificate, of a known or an unknown authority: the handshake is refused and the certificate kept."""
    unknown = Authority.make(tmp_path, "Unknown authority")
    for context, reason in (
        (authority.context(STRANGER), "Hostname mismatch"),
        (unknown.context(SERVICE), "unable to get local issuer certificate"),
    ):
        with web.served(web.body(CONTENT, MEDIA), context) as running:
            look = fetched(running.port)
            assert ("tls_certificate", None, []) == (look.failure, look.status, running.asked)
        assert look.certificate is not None
        assert not look.certificate.valid
        assert reason in (look.certificate.reason or "")
        assert bytes(32) != look.certificate.sha256


@pytest.mark.parametrize(
    ("port_of", "failure"),
    [("missing.musee.example", "dns_nxdomain")],
)
def test_a_name_that_the_resolver_denies(net, home, authority, port_of, failure):
    """The DNS layer's failure, and nothing after it."""
    objects = (
        Fetched(
            original=FetchObject(url=f"https://{port_of}/clip"),
            control=FetchObject(url=f"https://{port_of}/other"),
        ),
    )
    terms = FetchParams(
        endpoint=Endpoint(id="musee", names=(port_of,), objects=objects, verified=True),
        surroundings=Surroundings(lab=True, resolver=("127.0.0.1", home.port), ca_pem=authority.pem),
        gap_ms=0,
    )
    for look in run(net, terms).looks:
        assert (failure, None, None) == (look.failure, look.address, look.connect_us)


def test_altered_content(fetched, authority):
    """One byte of the body is another: only the hash tells. An object whose hash nobody knows raises no sign."""
    altered = CONTENT[:5000] + bytes([CONTENT[5000] ^ 1]) + CONTENT[5001:]
    with web.served(web.body(altered, MEDIA), authority.context(SERVICE)) as running:
        assert ("hash_differs",) == fetched(running.port).signs
        assert () == fetched(running.port, sha256=None).signs


def test_added_delay(fetched, authority):
    """A server or a box that answers 300 ms late: the first byte's length shows it, the handshakes' do not."""
    with web.served(web.body(CONTENT, MEDIA, delay_s=0.3), authority.context(SERVICE)) as running:
        look = fetched(running.port)
    assert look.first_byte_us is not None
    assert look.connect_us is not None
    assert 300_000 <= look.first_byte_us
    assert 250_000 > look.connect_us


def test_a_transfer_that_is_cut(fetched, authority):
    """Reset or closed in the middle of the body: HTTP's failure, and what came is counted."""

    async def cut(request):
        response = aioweb.StreamResponse(headers={"Content-Length": str(len(CONTENT)), "Content-Type": MEDIA})
        await response.prepare(request)
        await response.write(CONTENT[:50_000])
        request.transport.abort()
        return response

    with web.served(cut, authority.context(SERVICE)) as running:
        look = fetched(running.port)
    assert look.failure in ("http_eof", "http_reset")
    assert ("hash_differs" not in look.signs, False) == (True, look.whole)


def test_plain_http(fetched):
    """An object over HTTP has no TLS phase and no certificate."""
    with web.served(web.body(CONTENT, MEDIA), None) as running:
        look = fetched(running.port, scheme="http")
    assert ("ok", None, None) == (look.failure, look.tls_us, look.certificate)


def test_at_most_two_megabytes(fetched, authority):
    """A server that ignores Range and sends on: reading stops at half of the bound for each of the two."""
    endless = bytes(5_000_000)

    async def all_of_it(request):
        return aioweb.Response(body=endless, content_type=MEDIA)

    with web.served(all_of_it, authority.context(SERVICE)) as running:
        look = fetched(running.port)
    assert (fetch.MOST_BYTES // 2, False, "ok") == (look.received_bytes, look.whole, look.failure)


LARGE = random.Random(2).randbytes(1_400_000)


def half(total: str, **more: str):
    """A handler that sends as much as Range asks for, and says that it is part of ``total`` bytes."""

    async def handle(request):
        part = LARGE[request.http_range]
        headers = {"Content-Range": f"bytes 0-{len(part) - 1}/{total}", "Content-Type": MEDIA, **more}
        return aioweb.Response(body=part, status=206, headers=headers)

    return handle


async def in_parts(request):
    """Several ranges in one body (RFC 9110, 14.6), each with its own header."""
    headers = {"Content-Type": "multipart/byteranges; boundary=x"}
    return aioweb.Response(body=LARGE[request.http_range], status=206, headers=headers)


async def compressed(request):
    """The object in another form, though the probe asked for it as it is."""
    headers = {"Content-Encoding": "gzip", "Content-Type": MEDIA}
    return aioweb.Response(body=gzip.compress(CONTENT), headers=headers)


@pytest.mark.parametrize(
    ("handler", "declared"),
    [(half("1400000"), 1_400_000), (half("*"), None), (in_parts, fetch.MOST_BYTES // 2)],
    ids=["a range of a known length", "a range of an unknown one", "several ranges"],
)
def test_a_part_is_not_the_whole(fetched, authority, handler, declared):
    """An object longer than what is asked for: the hash of its first part says nothing, and accuses nobody."""
    with web.served(handler, authority.context(SERVICE)) as running:
        look = fetched(running.port, sha256=sha256(LARGE).digest())
    assert (1_000_000, declared, False, "ok") == (
        look.received_bytes,
        look.declared_bytes,
        look.whole,
        look.failure,
    )
    assert "hash_differs" not in look.signs


def test_another_form_of_an_object_is_not_the_object(fetched, authority):
    """A server that compresses unasked: its bytes have another hash, which is nobody's lie."""
    with web.served(compressed, authority.context(SERVICE)) as running:
        look = fetched(running.port)
    assert (False, ("length_differs",)) == (look.whole, look.signs)


def test_an_object_of_just_so_many_bytes(fetched, authority):
    """As long as what is asked for, in a range or not, with its length or without: it is whole, and its hash is compared."""

    async def chunked(request):
        response = aioweb.StreamResponse(headers={"Content-Type": MEDIA})
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(CONTENT)
        return response

    exact = LARGE[: fetch.MOST_BYTES // 2]
    for handler, content in ((web.body(exact, MEDIA), exact), (chunked, CONTENT)):
        with web.served(handler, authority.context(SERVICE)) as running:
            look = fetched(running.port, sha256=sha256(content).digest())
            assert (True, False) == (look.whole, "hash_differs" in look.signs)
            assert "hash_differs" in fetched(running.port, sha256=bytes(32)).signs


def test_only_what_was_verified(net):
    """An endpoint that nobody verified is never fetched, nor one without an object."""
    pair = Fetched(
        original=FetchObject(url="https://a.example/"), control=FetchObject(url="https://b.example/")
    )
    for endpoint, reason in (
        (Endpoint(id="a", names=("a.example",), objects=(pair,)), "endpoint:not_verified"),
        (Endpoint(id="a", names=("a.example",), verified=True), "endpoint:no_object"),
    ):
        with pytest.raises(CannotRun, match=reason):
            run(net, FetchParams(endpoint=endpoint))


def test_the_order_is_random(authority, home, control):
    """Which of the two comes first is the dice's."""
    firsts = set()
    for seed in range(6):
        pair = Fetched(
            original=FetchObject(url=f"https://{CONTROL}:{control.port}/a"),
            control=FetchObject(url=f"https://{CONTROL}:{control.port}/b"),
        )
        terms = FetchParams(
            endpoint=Endpoint(id="a", names=(CONTROL,), objects=(pair,), verified=True),
            surroundings=Surroundings(lab=True, resolver=("127.0.0.1", home.port), ca_pem=authority.pem),
            most_bytes=2000,
            gap_ms=0,
        )
        firsts.add(run(Net(rng=random.Random(seed), gate=Gate(lab=True)), terms).looks[0].role)
    assert {"original", "control"} == firsts


def test_nothing_of_the_home_is_in_the_document(net, monkeypatch):
    """Outside a laboratory: loopback is a range, the line's address in title and host name is gone."""

    async def here(_name, _family):
        return ("127.0.0.1",)

    monkeypatch.setattr("probe.look.eyes.by_system", here)
    line = "198.51.100.77"
    page = f"<title>Hello {line} ip-198-51-100-77</title>".encode()
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(web.served(web.body(page, "text/html"), None))
        objects = (
            Fetched(
                original=FetchObject(url=f"http://a.example:{running.port}/"),
                control=FetchObject(url=f"http://a.example:{running.port}/"),
            ),
        )
        terms = FetchParams(
            endpoint=Endpoint(id="a", names=("a.example",), objects=objects, verified=True),
            surroundings=Surroundings(line_addresses=(line,)),
            gap_ms=0,
        )
        result = run(net, terms)
    wire = msgspec.json.encode(result).decode()
    assert {"<special 127.0.0.0/8>"} == {look.address for look in result.looks}
    assert {"Hello <line> ip-<line>"} == {look.title for look in result.looks}
    assert line not in wire
    assert "127.0.0.1" not in wire


def test_the_cost_is_declared():
    """Never more than the bound and what may come around it."""
    pair = Fetched(
        original=FetchObject(url="https://a.example/"), control=FetchObject(url="https://b.example/")
    )
    endpoint = Endpoint(id="a", names=("a.example",), objects=(pair,), verified=True)
    assert 2_600_000 >= cost(FetchParams(endpoint=endpoint, most_bytes=10**9)).bytes
