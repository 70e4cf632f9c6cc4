"""What the probe's tests share: a plan, a collector on port 0, a joined home, an emitter that remembers."""

import io
import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from probe import clock
from probe.agreed import agreed_to
from probe.cli import main
from probe.emitter import Emitter
from probe.measurement.signing import MEASUREMENT, Signed, sign
from probe.nettests.table import NETTESTS
from probe.plan import Plan, Service
from probe.state import Home
from tests.probe.paper_collector import PaperCollector
from tests.probe.paper_replay import RESPONDER_KEY
from tests.support import web
from tests.support.certificates import Authority
from tests.support.documents import key_from, make_plan
from tests.support.names import Names, serving
from tests.support.responder import running_responder
from tests.support.results import with_results


class Said(Emitter):
    """An emitter whose events can be read back."""

    def __init__(self, language: str = "en") -> None:
        self.out, self.err = io.StringIO(), io.StringIO()
        super().__init__(language, True, self.out, self.err)

    def events(self, name: str | None = None) -> list[dict]:
        """All events so far, or those of that name."""
        lines = [json.loads(line) for line in self.out.getvalue().splitlines()]
        return [line for line in lines if name in (None, line["event"])]


def a_document(number: int = 0) -> Signed:
    """A signed body that looks like a measurement from afar."""
    return sign(key_from(random.Random(number)), MEASUREMENT, msgspec.json.encode({"number": number}))


@pytest.fixture(autouse=True)
def synchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine whose kernel vouches for its clock: what this one says of its own must not decide a test."""
    monkeypatch.setattr(clock, "kernel_synchronised", lambda: True)


@pytest.fixture
def said() -> Said:
    """An emitter that remembers."""
    return Said()


@pytest.fixture
def plan() -> Plan:
    """Two services, owned and popular controls, a plan of today."""
    return make_plan(RESPONDER_KEY, issued_at=datetime.now(UTC))


def with_services(plan: Plan, *ids: str) -> Plan:
    """The same plan for other services."""
    services = tuple(Service(id=name, title=name, names=(f"www.{name}.example",)) for name in ids)
    return msgspec.structs.replace(plan, services=services)


def offer(home: Home, collector: PaperCollector, plan: Plan) -> None:
    """Let the collector serve `plan`, and the home's volunteer have agreed to it."""
    collector.plan = plan
    cautions = {service.id: ("ZZ",) for service in plan.services}
    agreed = agreed_to(plan, cautions)
    home.save_membership(msgspec.structs.replace(home.membership(), agreed=agreed))


@pytest.fixture
def collector(plan: Plan) -> Iterator[PaperCollector]:
    """A collector on a free port that serves `plan`."""
    with PaperCollector(plan, key_from(random.Random("operator"))).serving() as serving:
        yield serving


@pytest.fixture
def paper_nettests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nettests without a network, under the names of the real ones."""
    monkeypatch.setitem(NETTESTS, "replay_tls", "tests.probe.paper_replay")
    monkeypatch.setitem(NETTESTS, "capacity", "tests.probe.paper_capacity")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty place for a probe."""
    return Home(tmp_path / "home")


@pytest.fixture
def joined(
    home: Home, collector: PaperCollector, paper_nettests: None, capsys: pytest.CaptureFixture
) -> Home:
    """A home that joined the collector, in a laboratory: the plan's responder has an address of documentation."""
    assert main(["join", collector.target, "--lab", "--home", str(home.folder), "--yes", "--json"]) == 0
    capsys.readouterr()
    return home


def now_us() -> int:
    """The wall clock in µs."""
    return time.time_ns() // 1000


NAME = "www.musee.example"
CONTENT = random.Random(2).randbytes(50_000)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A service at work, its resolver and a trusted one, and the endpoints file that names them."""
    folder = tmp_path_factory.mktemp("place")
    authority = Authority.make(folder)
    with (
        web.served(web.body(CONTENT, "video/mp4"), authority.context(NAME)) as service,
        serving(Names({NAME: ("127.0.0.1",)}), authority.context("dns.lab.example")) as names,
    ):
        (folder / "ca.pem").write_text(authority.pem)
        path = folder / "endpoints.toml"
        path.write_text(f"""
[[endpoint]]
id = "musee"
names = ["{NAME}"]
verified = true
[[endpoint.objects]]
original = {{ url = "https://{NAME}:{service.port}/a", length_bytes = {len(CONTENT)} }}
control = {{ url = "https://{NAME}:{service.port}/b" }}
[laboratory]
resolver = ["127.0.0.1", {names.port}]
ca = "{folder / "ca.pem"}"
https_port = {service.port}
[[laboratory.trusted]]
id = "lab"
address = "127.0.0.1"
hostname = "dns.lab.example"
port = {names.port}
tls_port = {names.tls_port}
""")
        yield path, service, names, authority


@pytest.fixture(scope="module")
def far(tmp_path_factory):
    """A responder of the collector's operator."""
    folder = tmp_path_factory.mktemp("responder")
    with running_responder(folder, operator=key_from(random.Random("operator"))) as running:
        yield running


@pytest.fixture
def ready(joined, collector, plan, far):
    """A home that agreed to a plan with every nettest, for the one service, and a real responder."""
    musee = with_services(with_results(plan), "musee")
    musee = msgspec.structs.replace(musee, responders=(far.responder,))
    services = tuple(msgspec.structs.replace(s, names=(NAME,)) for s in musee.services)
    offer(joined, collector, msgspec.structs.replace(musee, services=services))
    return joined
