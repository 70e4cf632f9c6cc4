"""`isonomia-probe once` on a line with both families, as a volunteer types it: every nettest over IPv6, light ones over each.

Real parts: collector, responder, content server and resolver, each at addresses of both families. Nothing is asked for in one
family and measured in the other; what the record says is what was connected to.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from collector.reader import read_measurements
from probe.measurement.dns_reading import readings
from probe.measurement.envelope import Measurement, decode
from probe.measurement.receipt import Statement
from probe.measurement.results import DnsResult, FetchResult, LatencyResult, ReachabilityResult
from probe.measurement.signing import STATEMENT, Signed, open_signed
from probe.measurement.ticket import Direction, Variant
from probe.plan import NettestPlan
from tests.lab.namespaces import inside
from tests.lab.network import Lab
from tests.lab.stage import REPOSITORY
from tests.lab.support import needs_lab
from tests.support import web
from tests.support.certificates import Authority
from tests.support.collectors import Site, served
from tests.support.names import Names, serving
from tests.support.plans import make_plan, operator_toml
from tests.support.responder import running_responder

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

FAMILIES = {"ipv4": ("10.66.0.1", "10.66.0.2", "10.66.0.3"), "ipv6": ("fd66::1", "fd66::2", "fd66::3")}
"""In each: the responder's two, and the content server's and resolver's."""
SIX = "ipv6"
SERVICE, CONTROL = "stream1.culture.example", "media01.neutral.example"
OBJECT = bytes(range(256)) * 400
PAIRS: dict[str, Direction] = {"replay_tls": "down", "replay_quic": "up", "replay_http": "down"}
LIGHT: dict[str, Variant] = {"dns": "plain", "reachability": "plain", "fetch": "plain", "latency": "echo"}


def both_families() -> None:
    """Give the internet's namespace, which the lab leaves without IPv6, addresses and a way out in both."""
    for name in ("all", "default", "lo"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("0")
    for address in FAMILIES["ipv4"]:
        subprocess.run(["ip", "addr", "add", f"{address}/32", "dev", "lo"], check=True)
    for address in FAMILIES["ipv6"]:
        subprocess.run(["ip", "-6", "addr", "add", f"{address}/128", "dev", "lo", "nodad"], check=True)
    for family in ("-4", "-6"):  # so that the kernel knows a way; nothing is sent there
        subprocess.run(["ip", family, "route", "replace", "default", "dev", "lo"], check=True)


def isonomia(program: str, *words: object) -> list[dict[str, Any]]:
    """A command in the namespace of the calling thread; its events. It went well."""
    argv = [sys.executable, "-m", program, *map(str, words), "--json"]
    done = subprocess.run(argv, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@dataclass
class Place:
    """What a volunteer has who joined: a folder; and a file that names the laboratory's servers."""

    namespace: str
    site: Site
    home: Path
    endpoints: Path

    def once(self, *words: str) -> list[Measurement]:
        """Type `once` and read at the collector what it measured."""
        known = {row.measurement_id for row in read_measurements(self.site.folder.root)}
        where = ("--home", self.home, "--endpoints", self.endpoints, "--service", "s1", "--busy")
        events = inside(self.namespace, lambda: isonomia("probe", "once", *words, *where))
        assert [] == [event for event in events if event["event"] in ("rejected", "capacity_failed")]
        rows = read_measurements(self.site.folder.root)
        return [decode(row.body) for row in rows if row.measurement_id not in known]


def plan_of(responder: Any) -> Any:
    """Every nettest, short, for one service."""
    pairs = tuple(
        NettestPlan(
            nettest=name, variant="paced", direction=way, duration_ms=400, gap_ms=0, between_pairs_s=0, wash_ms=0
        )
        for name, way in PAIRS.items()
    )  # fmt: skip
    light = tuple(NettestPlan(nettest=name, variant=variant) for name, variant in LIGHT.items())
    plan = make_plan(Ed25519PrivateKey.generate(), services=1)
    services = (replace(plan.services[0], pace_bit_s=4_000_000),)
    return replace(plan, responders=(responder,), nettests=(*pairs, *light), services=services)


def endpoints_file(folder: Path, content: int, names: Names) -> Path:
    """The laboratory's servers; the resolver is trusted, too, in either family."""
    four, six = (addresses[2] for addresses in FAMILIES.values())
    path = folder / "endpoints.toml"
    path.write_text(f"""
[[endpoint]]
id = "s1"
names = ["{SERVICE}"]
verified = true
[[endpoint.objects]]
original = {{ url = "https://{SERVICE}:{content}/a", length_bytes = {len(OBJECT)} }}
control = {{ url = "https://{CONTROL}:{content}/b" }}
[laboratory]
resolver = ["{six}", {names.port}]
ca = "{folder / "ca.pem"}"
https_port = {content}
[[laboratory.trusted]]
id = "lab"
address = "{four}"
address6 = "{six}"
hostname = "dns.lab.example"
port = {names.port}
tls_port = {names.tls_port}
""")
    return path


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Everything, once, in one namespace; joined."""
    needs_lab()
    folder = tmp_path_factory.mktemp("families")
    with Lab(homes=1, rtt_ms=0) as lab, ExitStack() as stack:
        namespace = lab.namespace("net")
        inside(namespace, both_families)
        yield inside(namespace, lambda: built(namespace, folder, stack))


def built(namespace: str, folder: Path, stack: ExitStack) -> Place:
    """Start all parts from a thread in the namespace: their threads and processes are there, too."""
    authority = Authority.make(folder)
    (folder / "ca.pem").write_text(authority.pem)
    zone = {name: tuple(addresses[2] for addresses in FAMILIES.values()) for name in (SERVICE, CONTROL)}
    names, resolver = Names(zone), authority.context("dns.lab.example")
    context, port = authority.context(SERVICE, CONTROL), 0
    for addresses in FAMILIES.values():  # the same ports at both
        names = stack.enter_context(
            serving(Names(zone, port=names.port, tls_port=names.tls_port), resolver, addresses[2])
        )
        port = stack.enter_context(
            web.served(web.body(OBJECT, "video/mp4"), context, addresses[2], port)
        ).port
    site = Site.make(folder)
    (key,) = isonomia("collector", "key", "--data", site.folder.root)
    operator = Ed25519PrivateKey.from_private_bytes(site.folder.operator_key.read_bytes())
    far = stack.enter_context(
        running_responder(
            folder, operator=operator, listen=[a for pair in FAMILIES.values() for a in pair[:2]],
            quic=True, http_port=0,
        )
    )  # fmt: skip
    site.operator_file.write_text(operator_toml(plan_of(far.responder)))
    server = stack.enter_context(served(site, folder / "collector.log"))
    home = folder / "home"
    isonomia("probe", "join", f"{server.url}#{key['key_hash']}", "--lab", "--yes", "--home", home)
    return Place(namespace, site, home, endpoints_file(folder, port, names))


def family_of(address: str) -> str:
    """The family of a literal address, also of one that was scrubbed to its range."""
    return f"ipv{ip_address(address.strip('<>').removeprefix('special ').partition('/')[0]).version}"


def seen(signed: Signed | None) -> str | None:
    """The family of the connection on which a responder closed a measurement."""
    return None if signed is None else open_signed(signed, STATEMENT, Statement).path.address_family


def test_pairs_over_ipv6(place: Place) -> None:
    """TLS, upwards over QUIC, plain HTTP: both runs go to the two IPv6 addresses, and the responder's word says so."""
    measured = {m.nettest: m for m in place.once(*PAIRS, "--family", SIX)}
    assert set(PAIRS) == set(measured)
    for name, measurement in measured.items():
        pair = measurement.pair
        assert pair is not None, (name, measurement.skipped)
        told = (measurement.address_family, measurement.direction, [run.failure for run in pair.runs])
        assert (SIX, PAIRS[name], ["ok", "ok"]) == told
        assert set(FAMILIES[SIX][:2]) == {run.address for run in pair.runs}
        assert SIX == seen(pair.statement)


def test_light_nettests_over_ipv6(place: Place) -> None:
    """dns, reachability, fetch, latency: answers, connections and witnesses of IPv6, and of no other family."""
    measured = {m.nettest: m for m in place.once(*LIGHT, "--family", SIX)}
    assert set(LIGHT) == set(measured)
    assert {(SIX, None)} == {(m.address_family, m.skipped) for m in measured.values()}
    for measurement in measured.values():
        match measurement.result:
            case DnsResult() as result:
                assert ("agrees",) == readings(result)
                addresses = [a for answer in result.answers for a in answer.addresses]
            case FetchResult(looks=looks) | ReachabilityResult(looks=looks):
                assert {("ok", ())} == {(look.failure, look.signs) for look in looks}
                addresses = [look.address or "" for look in looks]
            case LatencyResult() as result:
                assert {"ok"} == {series.failure for series in result.series}
                assert SIX == seen(result.statement)
                continue
            case _:
                raise AssertionError(measurement.skipped)
        assert {SIX} == set(map(family_of, addresses))
        assert [SIX, SIX] == [seen(witness) for witness in measurement.witnesses]


def test_the_rate_over_ipv6(place: Place) -> None:
    """`once capacity --family ipv6` has an estimate; it is no document."""
    assert [] == place.once("capacity", "--family", "ipv6")


def test_each_light_one_in_each_family(place: Place) -> None:
    """Without --family a line with both is asked in both, one document each."""
    asked = sorted((m.nettest, m.address_family) for m in place.once("dns", "latency"))
    assert [(name, family) for name in ("dns", "latency") for family in ("ipv4", "ipv6")] == asked
