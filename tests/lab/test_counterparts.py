"""dns, fetch, reachability and latency in the lab, against nginx, unbound, dnsmasq and curl: each sees its own interference alone."""

from __future__ import annotations

import asyncio
import random
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from probe.catalogue.entries import Entry, MatchedControl
from probe.catalogue.entries import FetchObject as CatalogueObject
from probe.catalogue.verify import look_up
from probe.catalogue.way_out import open_way_out
from probe.dns_client import Server
from probe.gate import Gate
from probe.measurement.dns_reading import readings
from probe.measurement.results import DnsResult, FetchResult, LatencyResult, ReachabilityResult, Series
from probe.nettests import dns, fetch, latency, reachability
from probe.nettests.base import Net
from probe.nettests.dns import DnsParams
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject, Surroundings
from probe.nettests.fetch import FetchParams
from probe.nettests.latency import LatencyParams
from probe.nettests.reachability import ReachabilityParams
from tests.lab.counterparts import (
    CENSOR,
    CONTENT,
    ISP_RESOLVER,
    LIAR_PORT,
    RESOLVER_NAME,
    TRUTH,
    needs_programs,
    start,
)
from tests.lab.namespaces import feed, inside
from tests.lab.network import Lab, wait_for_line
from tests.lab.policies import BlockReset, Delay, Drop, Loss, Policy, TlsAlert
from tests.lab.support import needs_lab
from tests.support.certificates import Authority
from tests.support.responder import RunningResponder, running_responder

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

SERVICE, CONTROL = "musee.culture.example", "static.neutral.example"
RESET, DROPPED, ALERTED = "radio.culture.example", "presse.culture.example", "archives.culture.example"
LATE, LOSSY = "cinema.culture.example", "musique.culture.example"
FILM = random.Random(4).randbytes(200_000)
HONEST, LIAR = (ISP_RESOLVER, 53), (ISP_RESOLVER, LIAR_PORT)
DETOUR = f"""table ip detour {{
  chain udp53 {{
    type nat hook prerouting priority -90; policy accept;
    udp dport 53 redirect to :{LIAR_PORT}
  }}
}}
"""
LOST = """table ip harm {
  chain lost {
    type filter hook forward priority -100; policy accept;
    oifname "cust*" udp sport 443 numgen inc mod 4 == 3 drop
  }
}
"""
"""Every fourth datagram of the responder's is lost on its way to the home."""
OVERTAKEN = """table ip harm {
  chain later {
    type filter hook prerouting priority -149; policy accept;
    iifname "up*" udp sport 443 numgen inc mod 2 == 0 meta mark set 0x1000
  }
}
"""
"""The first of two datagrams takes the longer way (`rules.DELAY_MARK`): the second overtakes it."""


@dataclass
class Place:
    """A home, its ISP that blocks three names, delays a fourth and loses packets of a fifth, and the internet's real programs."""

    lab: Lab
    folder: Path
    authority: Authority
    far: RunningResponder

    def at_home(self, run: Callable[[Net], Any]) -> Any:
        """Run a nettest on the home's machine."""
        return inside(
            self.lab.namespace("probe"), lambda: run(Net(rng=random.Random(1), gate=Gate(lab=True)))
        )

    def around(self, asked: tuple[str, int] = HONEST) -> Surroundings:
        """The home is told to ask this resolver."""
        return Surroundings(lab=True, resolver=asked, ca_pem=self.authority.pem)

    def dns(self, asked: tuple[str, int] = HONEST) -> DnsResult:
        """A dns result of the service."""
        server = Server(id="unbound", address=TRUTH, hostname=RESOLVER_NAME)
        unasked = Server(id="unasked", address="10.77.10.1")
        params = DnsParams(
            endpoint=Endpoint(id="musee", names=(SERVICE,)),
            surroundings=self.around(asked),
            trusted=(server,),
            unasked=unasked,
        )
        return self.at_home(lambda net: dns.run(net, params))  # type: ignore[no-any-return]

    def fetch(self, scheme: str, asked: tuple[str, int] = HONEST) -> FetchResult:
        """A fetch of the service's film and of its control."""
        known = {"sha256": sha256(FILM).digest(), "length_bytes": len(FILM), "media_type": "video/mp4"}
        pair = Fetched(
            original=FetchObject(url=f"{scheme}://{SERVICE}/film.mp4", **known),  # type: ignore[arg-type]  # mypy cannot see through **
            control=FetchObject(url=f"{scheme}://{CONTROL}/film.mp4", **known),  # type: ignore[arg-type]
        )
        endpoint = Endpoint(id="musee", names=(SERVICE,), objects=(pair,), verified=True)
        params = FetchParams(endpoint=endpoint, surroundings=self.around(asked), gap_ms=0)
        return self.at_home(lambda net: fetch.run(net, params))  # type: ignore[no-any-return]

    def latency(self, name: str, rounds: int = 10) -> LatencyResult:
        """Round trips under a service's name and under a control."""
        params = LatencyParams(
            responder=self.far.responder, grant=self.far.grant(), quarter_key=self.far.quarter_key, service="s",
            original_name=name, stratum="owned", control_candidates=(CONTROL,), idle_rounds=rounds, rest_ms=10,
        )  # fmt: skip
        return self.at_home(lambda net: latency.run(net, params))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """All of it, once."""
    needs_lab()
    needs_programs()
    folder = tmp_path_factory.mktemp("internet")
    authority = Authority.make(folder)
    policies: list[Policy] = [
        BlockReset(RESET),
        Drop(DROPPED),
        TlsAlert(ALERTED),
        Delay(40, LATE),
        Loss(0.3, LOSSY),
    ]
    with Lab(homes=1, rtt_ms=20, policies=policies) as lab:
        start(lab, folder, authority, (SERVICE, CONTROL, RESET, DROPPED, ALERTED, LATE), {"film.mp4": FILM})
        prefix = ("ip", "netns", "exec", lab.namespace("net"))
        listen = list(lab.responder_addresses[:2])
        place = tmp_path_factory.mktemp("responder")
        with running_responder(place, prefix=prefix, listen=listen, port=443) as far:
            yield Place(lab, folder, authority, far)


def test_dns_on_an_honest_line(place: Place) -> None:
    """The ISP's own resolver and a public one say what the trusted one says over TLS and TCP; nobody else answers."""
    for asked in (HONEST, (TRUTH, 53)):
        result = place.dns(asked)
        assert ("agrees",) == readings(result)
        assert {"ok"} == {answer.failure for answer in result.answers}
        assert "dns_nxdomain" == result.random_name.failure


def test_dns_a_resolver_that_lies(place: Place) -> None:
    """The blocklist's address shows a certificate that is not the service's, the true one shows one that is."""
    result = place.dns(LIAR)
    assert ("false_address",) == readings(result)
    shown = {
        one.asked_because: one.certificate is not None and one.certificate.valid
        for one in result.certificates
    }
    assert {"home_only": False, "trusted_only": True} == shown


def test_dns_questions_that_are_redirected(place: Place) -> None:
    """Whoever is asked over UDP, the ISP's resolver answers: also for an address that runs none. The trusted one over TLS is whole."""
    inside(place.lab.namespace("isp"), lambda: feed(["nft", "-f", "-"], DETOUR))
    try:
        result = place.dns((TRUTH, 53))
    finally:
        inside(place.lab.namespace("isp"), lambda: feed(["nft", "-f", "-"], "delete table ip detour\n"))
    assert ("false_address", "injected") == readings(result)


def test_dns_an_answer_that_is_injected(place: Place) -> None:
    """A forged answer comes first, the true one after it: both are heard."""
    argv = [sys.executable, "-m", "tests.lab.dns_injector", "cust0", SERVICE, CENSOR]
    box = place.lab.spawn("isp", 0, argv, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
    wait_for_line(box, b"ready")
    try:
        result = place.dns((TRUTH, 53))
    finally:
        box.kill()
        box.wait()
    assert ("false_address", "injected") == readings(result)
    (home,) = (answer for answer in result.answers if answer.server == "home")
    assert ((CENSOR,), (CONTENT,)) == (home.addresses, home.second)


def test_fetch_and_curl_see_the_same(place: Place) -> None:
    """On an honest line both looks are whole and without a sign; curl, asked for the same film, gets the same bytes."""
    result = place.fetch("https")
    assert {("ok", 206, len(FILM), True, ())} == {
        (look.failure, look.status, look.received_bytes, look.whole, look.signs) for look in result.looks
    }
    path = place.folder / "ca.pem"
    path.write_text(place.authority.pem)
    argv = [
        "curl",
        "-s",
        "--cacert",
        str(path),
        "--resolve",
        f"{SERVICE}:443:{CONTENT}",
        f"https://{SERVICE}/film.mp4",
    ]
    by_curl = place.lab.run("probe", 0, argv, timeout_s=30).stdout
    assert {sha256(by_curl).digest()} == {look.body_sha256 for look in result.looks}


def test_fetch_of_a_blocked_service(place: Place) -> None:
    """Led astray by its resolver: over HTTPS a stranger's certificate, over HTTP a censor's page; the control is whole either way."""
    secured = {look.role: look for look in place.fetch("https", LIAR).looks}
    assert ("tls_certificate", "ok") == (secured["original"].failure, secured["control"].failure)
    plain = {look.role: look for look in place.fetch("http", LIAR).looks}
    assert {"html_instead", "title_of_refusal", "hash_differs", "length_differs"} == set(
        plain["original"].signs
    )
    assert ("Accès interdit", ()) == (plain["original"].title, plain["control"].signs)


BLOCKED = {SERVICE: "ok", RESET: "tls_reset", DROPPED: "tls_timeout", ALERTED: "tls_alert"}


@pytest.mark.parametrize("name", BLOCKED)
def test_reachability_says_which_layer_fails(name: str, place: Place) -> None:
    """A name that is reset, dropped or answered with an alert, and one that is left alone."""
    endpoint = Endpoint(id="s", names=(name,), verified=True)
    params = ReachabilityParams(endpoint=endpoint, surroundings=place.around(), again_after_ms=0)
    result: ReachabilityResult = place.at_home(lambda net: reachability.run(net, params))
    assert {BLOCKED[name]} == {look.failure for look in result.looks}
    assert (1 if BLOCKED[name] == "ok" else 2) == len(result.looks)


def medians_ms(result: LatencyResult) -> dict[str, float]:
    """Of either name over TCP, idle."""
    assert result.statement is not None
    return {str(one.role): (one.p50_us or 0) / 1000 for one in result.series if one.role}


def test_latency_sees_added_delay(place: Place) -> None:
    """40 ms more for one name are seen within 10 ms; another name is like its control."""
    late, twin = medians_ms(place.latency(LATE)), medians_ms(place.latency(SERVICE))
    assert 40.0 == pytest.approx(late["original"] - late["control"], abs=10.0)
    assert 0.0 == pytest.approx(twin["original"] - twin["control"], abs=10.0)


def test_latency_sees_packets_lost_under_a_name(place: Place) -> None:
    """Three packets of ten lost under one name: inside TLS a loss is a delay, of a retransmission at least; another name is like its control."""
    lossy, twin = (
        {str(one.role): one for one in place.latency(name, rounds=20).series if one.role}
        for name in (LOSSY, SERVICE)
    )
    assert {"ok"} == {one.failure for one in (*lossy.values(), *twin.values())}
    assert (lossy["original"].max_us or 0) - (lossy["control"].p50_us or 0) > 150_000
    assert abs((twin["original"].p50_us or 0) - (twin["control"].p50_us or 0)) < 100_000


@contextmanager
def harmed(place: Place, table: str) -> Iterator[None]:
    """With this table of nft in the ISP: what netem would do, which the kernel of a small machine need not have."""
    inside(place.lab.namespace("isp"), lambda: feed(["nft", "-f", "-"], table))
    try:
        yield
    finally:
        inside(place.lab.namespace("isp"), lambda: feed(["nft", "-f", "-"], "delete table ip harm\n"))


def datagrams(result: LatencyResult) -> Series:
    """What became of them; whatever does, what is said under a name is all answered, in its order."""
    assert {(10, 10, 0, "ok")} == {
        (one.sent, one.answered, one.reordered, one.failure) for one in result.series if one.carrier == "tcp"
    }
    (found,) = (one for one in result.series if one.carrier == "udp")
    assert ("ok", None) == (found.failure, found.role)
    return found


def test_latency_counts_datagrams_lost_and_overtaken(place: Place) -> None:
    """On a line that is left alone none; of every four the one that is lost; of every two the one that is overtaken."""
    calm = datagrams(place.latency(SERVICE))
    assert (20, 20, 0, 0) == (calm.sent, calm.answered, calm.reordered, calm.duplicates)
    with harmed(place, LOST):
        lost = datagrams(place.latency(SERVICE))
    assert (20, 15, 0, 0) == (lost.sent, lost.answered, lost.reordered, lost.duplicates)
    with harmed(place, OVERTAKEN):
        mixed = datagrams(place.latency(SERVICE))
    assert (20, 20, 10, 0) == (mixed.sent, mixed.answered, mixed.reordered, mixed.duplicates)
    assert (mixed.p90_us or 0) - (mixed.min_us or 0) > 30_000


def test_the_catalogue_is_verified_against_nginx(place: Place) -> None:
    """From the home, by unbound's addresses: object and control as stated are good; another size, and a censor's address, are told."""
    film = {"bytes": len(FILM), "sha256": sha256(FILM).hexdigest()}
    entry = Entry(
        id="musee", name="Musée", operator="Musée", country="CA", languages=("fr",), sector="heritage", kind="museum", carries="video",
        origin="national", names=(SERVICE,), fetch=(CatalogueObject(url=f"https://{SERVICE}/film.mp4", **film),),  # type: ignore[arg-type]  # mypy cannot see through **
        control=MatchedControl(url=f"https://{CONTROL}/film.mp4", bytes=len(FILM), reason="the same server"),
    )  # fmt: skip
    trust = ssl.create_default_context(cadata=place.authority.pem)

    def found(entry: Entry, address: str) -> str:
        async def known(_host: str, _port: int) -> list[str]:
            return [address]

        async def verified() -> str:
            async with open_way_out(Gate(lab=True).check, known, trust) as way:
                return (await look_up(entry, way, date(2026, 11, 22), pause=rest)).result

        async def rest(_s: float) -> None:
            await asyncio.sleep(0)

        return place.at_home(lambda _net: asyncio.run(verified()))  # type: ignore[no-any-return]

    assert "ok" == found(entry, CONTENT)
    other = CatalogueObject(url=f"https://{SERVICE}/film.mp4", bytes=len(FILM) - 1)
    assert f"{len(FILM)} bytes instead of" in found(replace(entry, fetch=(other,)), CONTENT)
    assert "tls:" in found(entry, CENSOR)
