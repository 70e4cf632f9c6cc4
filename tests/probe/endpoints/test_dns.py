"""dns: each way to lie is seen, and its innocent twin is quiet; real servers built of dnspython, and dnsmasq."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from aiohttp import web

from probe.dns_client import Server
from probe.gate import Forbidden, Gate
from probe.measurement.dns_reading import LIES, readings
from probe.measurement.results import DnsResult
from probe.nettests.base import CannotRun, Net
from probe.nettests.dns import DnsParams, cost, run
from probe.nettests.endpoint import Endpoint, Surroundings
from tests.support.names import Names, serving
from tests.support.web import body, served

NAME = "www.musee.example"
TRUE, NEAR, FALSE = "127.0.0.1", "127.0.0.3", "127.0.0.5"
ENDPOINT = Endpoint(id="musee", names=(NAME,))


@pytest.fixture(scope="module")
def places(authority):
    """The service at two addresses (a delivery network), a stranger's page at a third, all on one port."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(served(body(b"musee"), authority.context(NAME), TRUE))
        stack.enter_context(served(body(b"musee"), authority.context(NAME), NEAR, first.port))
        stack.enter_context(
            served(body(b"blocked"), authority.context("block.isp.example"), FALSE, first.port)
        )
        yield first.port


@pytest.fixture(scope="module")
def trusted(authority):
    """A resolver that says the truth, over TCP and TLS."""
    with serving(Names({NAME: (TRUE,)}), authority.context("dns.lab.example")) as names:
        yield names


def params(home: Names, trusted: Names, places: int, authority, **changes) -> DnsParams:
    """The laboratory's terms."""
    server = Server(
        id="lab", address=TRUE, hostname="dns.lab.example", port=trusted.port, tls_port=trusted.tls_port
    )
    terms = {
        "endpoint": ENDPOINT,
        "surroundings": Surroundings(lab=True, resolver=(TRUE, home.port), ca_pem=authority.pem),
        "trusted": (server,),
        "https_port": places,
    }
    return DnsParams(**{**terms, **changes})


CASES = {
    "the truth": (Names({NAME: (TRUE,)}), ("agrees",)),
    "the truth, late": (Names({NAME: (TRUE,)}, delay_s=0.3), ("agrees",)),
    "a nearer server of the service": (Names({NAME: (NEAR,)}), ("other_address",)),
    "one more server of the service": (Names({NAME: (TRUE, NEAR)}), ("agrees",)),
    "no such name": (Names({}), ("denied",)),
    "no address": (Names({NAME: ()}), ("denied",)),
    "a stranger's address": (Names({NAME: (FALSE,)}), ("false_address",)),
    "refused": (Names({NAME: (TRUE,)}, rcode="REFUSED"), ("failed",)),
    "an answer injected ahead": (Names({NAME: (TRUE,)}, injected={NAME: (FALSE,)}), ("false_address", "injected")),
    "the same answer twice": (Names({NAME: (TRUE,)}, injected={NAME: (TRUE,)}), ("agrees",)),
    "answers for what is not": (Names({NAME: (TRUE,)}, wildcard=(FALSE,)), ("agrees", "wildcard")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_lies_and_their_innocent_twins(case, net, trusted, places, authority):
    """NXDOMAIN lie, wrong address lie, injected answer are seen; delay, geography and duplicates are none."""
    names, expected = CASES[case]
    with serving(names):
        result = run(net, params(names, trusted, places, authority))
    assert expected == readings(result)
    innocent = case.startswith(("the ", "a nearer", "one more", "answers"))
    assert innocent != bool(LIES & set(readings(result))) or case == "refused"
    assert result == msgspec.json.decode(msgspec.json.encode(result), type=DnsResult)


def test_what_an_answer_records(net, trusted, places, authority):
    """Code, addresses and time of each; trusted ones over TLS and TCP; the random name is no name."""
    with serving(Names({NAME: (TRUE,)}, delay_s=0.1)) as home:
        result = run(net, params(home, trusted, places, authority))
    answers = {(a.server, a.transport): a for a in result.answers}
    assert {("home", "udp"), ("lab", "dot"), ("lab", "tcp")} == set(answers)
    assert {("ok", "NOERROR", (TRUE,))} == {(a.failure, a.rcode, a.addresses) for a in result.answers}
    assert 100_000 <= (answers["home", "udp"].time_us or 0) < 1_500_000
    assert ("dns_nxdomain", "NXDOMAIN") == (result.random_name.failure, result.random_name.rcode)
    assert () == result.certificates


def test_a_silent_resolver_is_bounded_and_no_lie(net, trusted, places, authority):
    """Two questions without an answer, and then it is said that none came; nobody is accused of denying."""
    with serving(Names({}, silent=frozenset({NAME}))) as home:
        began_s = time.monotonic()
        result = run(net, params(home, trusted, places, authority))
    assert 9.0 > time.monotonic() - began_s
    assert ("failed",) == readings(result)
    assert "dns_timeout" == next(a.failure for a in result.answers if a.server == "home")


def test_a_trusted_resolver_with_another_certificate_is_not_believed(net, places, authority):
    """Over TLS an impostor is told by its certificate; over bare TCP it may speak, and is recorded as what it is."""
    with (
        serving(Names({NAME: (FALSE,)}), authority.context("impostor.example")) as impostor,
        serving(Names({NAME: (TRUE,)})) as home,
    ):
        result = run(net, params(home, impostor, places, authority))
    assert {("dot", "tls_certificate"), ("tcp", "ok")} == {
        (a.transport, a.failure) for a in result.answers if a.server == "lab"
    }


def test_a_trusted_resolver_over_https(net, places, authority):
    """Asked at its very address over HTTPS as well; what is no DNS message, and a stranger's certificate, are told as what they are."""
    names = Names({NAME: (TRUE,)})

    async def answer(request):
        (wire,) = names.answers(await request.read(), udp=False)
        return web.Response(body=wire, content_type="application/dns-message")

    with (
        serving(names, authority.context("dns.lab.example")),
        served(answer, authority.context("dns.lab.example")) as over_https,
        served(body(b"hello"), authority.context("dns.lab.example")) as talker,
        serving(Names({NAME: (TRUE,)})) as home,
    ):

        def answers(doh):
            server = Server(
                id="lab",
                address=TRUE,
                hostname="dns.lab.example",
                port=names.port,
                tls_port=names.tls_port,
                doh=doh,
            )
            result = run(
                net, msgspec.structs.replace(params(home, names, places, authority), trusted=(server,))
            )
            (found,) = (a for a in result.answers if a.transport == "doh")
            return found.failure, found.addresses, found.time_us, readings(result)

        url = f"https://dns.lab.example:{over_https.port}/dns-query"
        assert ("ok", (TRUE,), None, ("agrees",)) == answers(url)
        assert ["POST dns.lab.example/dns-query"] == [
            asked.replace(f":{over_https.port}", "") for asked in over_https.asked
        ]
        assert "dns_garbled" == answers(f"https://dns.lab.example:{talker.port}/")[0]
        assert "tls_certificate" == answers(f"https://elsewhere.example:{over_https.port}/dns-query")[0]
        assert "dns_unreachable" == answers("https://dns.lab.example:1/dns-query")[0]


def test_a_box_that_answers_over_tcp_as_well(net, trusted, places, authority):
    """It lies to every question in clear, also to trusted resolvers: the answer over TLS is the reference, and the lie is seen."""
    with serving(Names({NAME: (FALSE,)})) as box:
        server = Server(
            id="lab", address=TRUE, hostname="dns.lab.example", port=box.port, tls_port=trusted.tls_port
        )
        result = run(net, msgspec.structs.replace(params(box, trusted, places, authority), trusted=(server,)))
    assert ("false_address",) == readings(result)


def test_no_reference_no_verdict(net, places, authority):
    """Where no trusted resolver can be had, a home's NXDOMAIN is no lie."""
    gone = Names()
    with socket.socket() as free:
        free.bind((TRUE, 0))
        gone.port = gone.tls_port = free.getsockname()[1]
        with serving(Names({})) as home:
            result = run(net, params(home, gone, places, authority))
    assert ("no_reference",) == readings(result)


def test_an_answer_from_where_no_resolver_is(net, trusted, places, authority):
    """A question to an address that runs no resolver: an answer shows a box on the way, silence shows none."""
    with serving(Names({NAME: (TRUE,)})) as home, serving(Names({NAME: (FALSE,)})) as on_the_way:
        unasked = Server(id="unasked", address=TRUE, port=on_the_way.port)
        result = run(net, params(home, trusted, places, authority, unasked=unasked))
        assert ("agrees", "injected") == readings(result)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as quiet:
            quiet.bind((TRUE, 0))
            unasked = Server(id="unasked", address=TRUE, port=quiet.getsockname()[1])
            result = run(net, params(home, trusted, places, authority, unasked=unasked))
    assert (("agrees",), "dns_timeout") == (readings(result), result.unasked and result.unasked.failure)


class Choosy(Gate):
    """A laboratory's gate that forbids one address, as a home's forbids the home."""

    def check(self, address, port):
        """See Gate."""
        if address == FALSE:
            raise Forbidden(address)
        super().check(address, port)


def test_a_lie_that_points_into_the_home_is_not_visited(net, trusted, places, authority):
    """Nothing connects to an address that the gate forbids; that it is false is told by the trusted one's certificate."""
    with serving(Names({NAME: (FALSE,)})) as home:
        result = run(Net(gate=Choosy(lab=True)), params(home, trusted, places, authority))
    shown = {(s.address, s.failure) for s in result.certificates}
    assert {(FALSE, "address_forbidden"), (TRUE, "ok")} == shown
    assert ("false_address",) == readings(result)


class Closed(Gate):
    """A gate that lets nothing out, and remembers who was asked for."""

    def check(self, address, port):
        """See Gate."""
        raise Forbidden(f"{address} {port}")


def test_without_a_laboratory_its_settings_are_nothing(trusted, places, authority):
    """A plan's parameters cannot choose the resolver or the authorities of a home."""
    with serving(Names({NAME: (FALSE,)})) as home:
        lab = params(home, trusted, places, authority)
        surroundings = msgspec.structs.replace(lab.surroundings, lab=False)
        with contextlib.suppress(CannotRun):
            result = run(Net(gate=Closed()), msgspec.structs.replace(lab, surroundings=surroundings))
            assert {"address_forbidden"} == {answer.failure for answer in result.answers}
        assert [] == home.asked


def test_the_cost_is_declared():
    """A few questions and handshakes: far below a megabyte, whatever the endpoint."""
    assert 200_000 > cost(DnsParams(endpoint=ENDPOINT)).bytes


@pytest.mark.skipif(
    shutil.which("dnsmasq") is None, reason="dnsmasq is not installed: apt-get install dnsmasq-base"
)
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"--address=/{NAME}/{TRUE}", ("agrees",)),
        (f"--address=/{NAME}/{FALSE}", ("false_address",)),
        (f"--address=/{NAME}/", ("denied",)),
    ],
)
def test_dnsmasq_as_the_home_router(line, expected, net, trusted, places, authority, tmp_path):
    """The resolver that most home routers run, set as an ISP's blocklist would set it, and as it should be."""
    with _dnsmasq(line, tmp_path) as port:
        result = run(net, params(Names(port=port), trusted, places, authority))
    assert expected == readings(result)


@contextlib.contextmanager
def _dnsmasq(line: str, folder: Path) -> Iterator[int]:
    """dnsmasq on the port that it is given; another port where somebody took that one first. Raises: AssertionError, with its log."""
    options = ["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root", line]
    options += [f"--listen-address={TRUE}", "--bind-interfaces", f"--pid-file={folder / 'pid'}"]
    for _ in range(5):
        port = _free_port()
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                [shutil.which("dnsmasq") or "", f"--port={port}", *options], stdout=log, stderr=log
            )
        try:
            if _accepts(port, process):
                yield port
                return
        finally:
            process.terminate()
            process.wait(10)
    raise AssertionError(f"dnsmasq did not start: {(folder / 'log').read_text()}")


def _free_port() -> int:
    """A port that is free for TCP, on which dnsmasq listens too, and for UDP."""
    with socket.create_server((TRUE, 0)) as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        port: int = tcp.getsockname()[1]
        udp.bind((TRUE, port))
    return port


def _accepts(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Whether the process accepts on ``port``. Ends: when it does or has ended, or after ten seconds."""
    for _ in range(200):
        if process.poll() is not None:
            return False
        with contextlib.suppress(OSError), socket.create_connection((TRUE, port), 0.2):
            return True
        time.sleep(0.05)
    return False
