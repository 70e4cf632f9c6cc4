"""reachability: there or not, and which layer says so; a moment's trouble is no outage; few bytes."""

import socket

import msgspec
import pytest

from probe.measurement.results import ReachabilityResult
from probe.nettests.base import CannotRun
from probe.nettests.endpoint import Endpoint, Surroundings
from probe.nettests.reachability import ReachabilityParams, cost, run
from tests.support import web
from tests.support.names import Names, serving

NAME = "www.musee.example"
ENDPOINT = Endpoint(id="musee", names=(NAME,), verified=True)


@pytest.fixture(scope="module")
def home():
    """The home's resolver."""
    with serving(Names({NAME: ("127.0.0.1",)})) as names:
        yield names


@pytest.fixture
def reached(net, home, authority):
    """Look at the service on a port; the looks."""

    def reach(port, endpoint=ENDPOINT):
        terms = ReachabilityParams(
            endpoint=endpoint,
            surroundings=Surroundings(lab=True, resolver=("127.0.0.1", home.port), ca_pem=authority.pem),
            https_port=port,
            again_after_ms=10,
        )
        result = run(net, terms)
        assert result == msgspec.json.decode(msgspec.json.encode(result), type=ReachabilityResult)
        return result.looks

    return reach


@pytest.mark.parametrize("status", [200, 301, 403, 404, 503])
def test_a_server_that_answers_is_there(status, reached, authority):
    """Whatever its status: one look by HEAD, no body, a valid certificate."""
    with web.served(web.body(b"x" * 100_000, status=status), authority.context(NAME)) as running:
        looks = reached(running.port)
        assert (1, [f"HEAD {NAME}:{running.port}/"]) == (len(looks), running.asked)
    assert ("ok", status, 0) == (looks[0].failure, looks[0].status, looks[0].received_bytes)
    assert looks[0].certificate is not None
    assert looks[0].certificate.valid


@pytest.mark.parametrize(
    ("visit", "failure"),
    [
        (web.reset, "tls_reset"),
        (web.hang_up, "tls_eof"),
        (web.alert, "tls_alert"),
        (web.plain_page, "tls_garbled"),
    ],
)
def test_boxes(visit, failure, reached):
    """A box in the TLS handshake: its failure twice, since it was tried again."""
    with web.box(visit) as port:
        assert [failure, failure] == [look.failure for look in reached(port)]


def test_other_layers(reached, authority, home):
    """A refused port is TCP's, an unknown name DNS's, a stranger's certificate TLS's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert ["connect_refused"] * 2 == [look.failure for look in reached(port)]
    gone = Endpoint(id="gone", names=("gone.musee.example",), verified=True)
    assert ["dns_nxdomain"] * 2 == [look.failure for look in reached(port, gone)]
    with web.served(web.body(b""), authority.context("block.isp.example")) as running:
        assert ["tls_certificate"] * 2 == [look.failure for look in reached(running.port)]


def test_a_moments_trouble_is_no_outage(reached, authority):
    """The first connection is reset, the second answered: both are recorded, and the last one is well."""
    context = authority.context(NAME)
    seen = []

    def visit(sock):
        seen.append(sock)
        if len(seen) == 1:
            web.reset(sock)
            return
        with context.wrap_socket(sock, server_side=True) as spoken:
            spoken.recv(4096)
            spoken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with web.box(visit) as port:
        assert ["tls_reset", "ok"] == [look.failure for look in reached(port)]


def test_only_what_was_verified(net):
    """An endpoint whose names nobody checked is not contacted: its silence would mean nothing."""
    with pytest.raises(CannotRun, match="not_verified"):
        run(net, ReachabilityParams(endpoint=Endpoint(id="a", names=("a.example",))))


def test_few_bytes():
    """A service with many names costs at most a fiftieth of a pair, whatever its servers send."""
    many = Endpoint(id="a", names=tuple(f"n{i}.example" for i in range(20)), verified=True)
    assert 500_000 > cost(ReachabilityParams(endpoint=many)).bytes
