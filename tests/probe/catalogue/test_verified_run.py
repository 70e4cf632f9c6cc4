"""From an operator's folder to a fetch: copied, added to, looked up, signed, and only then contacted by the runner.

Real resolvers and TLS servers on loopback; every step is the command or the setting that an operator uses.
"""

import json
import random
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from collector import settings
from probe.catalogue import verify
from probe.catalogue.read import SHIPPED, read, shipped
from probe.catalogue.signed import Edition, publish
from probe.cli import main
from probe.measurement.envelope import decode
from probe.measurement.results import FetchResult, ReachabilityResult
from tests.collector.test_settings import GOOD
from tests.probe.conftest import offer
from tests.support import web
from tests.support.certificates import Authority
from tests.support.documents import key_from
from tests.support.names import Names, serving
from tests.support.results import with_results

NAME, CONTROL = "www.musee-du-lac.example", "static.neutral.example"
LONG = random.Random(6).randbytes(1_200_000)
ENTRY = """
[[service]]
id = "musee-du-lac"
name = "Musée du Lac"
operator = "Musée du Lac"
country = "CA"
languages = ["fr-CA"]
sector = "heritage"
kind = "museum"
carries = "pages"
origin = "local"
names = ["{name}"]
[[service.fetch]]
url = "https://{name}:{port}/clip"
bytes = {length}
sha256 = "{whole}"
head_sha256 = "{head}"
[service.control]
url = "https://{control}:{port}/clip"
bytes = {length}
sha256 = "{whole}"
head_sha256 = "{head}"
reason = "the same server"
"""
BLOCK = '[catalogue]\nfolder = "ours"\nservices = ["musee-du-lac"]\ncontrols = ["spoofed_popular"]\n'
BARE = GOOD.replace(
    '[[service]]\nid = "s1"\ntitle = "Service"\nnames = ["stream.culture.example"]\n', ""
).replace('[[control]]\nname = "media.neutral.example"\nstratum = "owned"\n', "")


@pytest.fixture(scope="module")
def internet(tmp_path_factory):
    """The museum and its control on one server, a resolver that knows both, and the file that says where."""
    folder = tmp_path_factory.mktemp("internet")
    authority = Authority.make(folder)
    with (
        web.served(web.body(LONG, "video/mp4"), authority.context(NAME, CONTROL)) as server,
        serving(Names(dict.fromkeys((NAME, CONTROL), ("127.0.0.1",)))) as names,
    ):
        (folder / "ca.pem").write_text(authority.pem)
        path = folder / "lab.toml"
        path.write_text(
            f'[laboratory]\nresolver = ["127.0.0.1", {names.port}]\nca = "{folder / "ca.pem"}"\nhttps_port = {server.port}\n'
        )
        yield SimpleNamespace(path=path, server=server, names=names)


def entry(port: int, content: bytes = LONG) -> str:
    """The museum's entry as an operator writes it, for an object of this content."""
    whole, head = sha256(content).hexdigest(), sha256(content[:1_000_000]).hexdigest()
    facts = {
        "name": NAME,
        "control": CONTROL,
        "port": port,
        "length": len(content),
        "whole": whole,
        "head": head,
    }
    return ENTRY.format(**facts)


@pytest.fixture
def ours(tmp_path: Path, internet, monkeypatch, capsys) -> Path:
    """A copy of the shipped catalogue with one more service."""
    monkeypatch.setattr(verify, "BETWEEN_S", 0.0)
    folder = tmp_path / "ours"
    assert 0 == main(["catalogue", "copy", str(folder), "--lang", "en"])
    assert capsys.readouterr().out.startswith(f"Catalogue {shipped().version()}: ")
    (folder / "services" / "ours.toml").write_text(entry(internet.server.port), encoding="utf-8")
    return folder


def looked_up(folder: Path, internet, capsys) -> tuple[int, list[dict]]:
    """Exit code and events of a look-up of the museum."""
    words = ["catalogue", "verify", "--folder", str(folder), "--service", "musee-du-lac"]
    code = main([*words, "--lab", str(internet.path), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_copy_is_the_same_catalogue(tmp_path, capsys):
    """File by file; a folder that holds one is not written over; the copy has no fault."""
    folder = tmp_path / "copy"
    assert 0 == main(["catalogue", "copy", str(folder)])
    assert shipped().version() == read(folder).catalogue().version()
    assert {p.relative_to(SHIPPED) for p in SHIPPED.rglob("*.toml")} == {
        p.relative_to(folder) for p in folder.rglob("*.toml")
    }
    assert 0 == main(["catalogue", "check", "--folder", str(folder)])
    capsys.readouterr()
    assert 2 == main(["catalogue", "copy", str(folder), "--lang", "en"])
    assert "holds a catalogue already" in capsys.readouterr().err


def test_a_look_up_of_everything(ours, internet, capsys):
    """Name, object and control with size and hashes: ok, with date and result in the file, and the catalogue has no fault."""
    before = len(internet.server.asked)
    code, events = looked_up(ours, internet, capsys)
    today = datetime.now(UTC).date()
    assert (0, ["catalogue_looked_up", "catalogue_written"]) == (code, [e["event"] for e in events])
    port = internet.server.port
    asked = [f"GET {NAME}:{port}/", f"GET {NAME}:{port}/clip", f"GET {CONTROL}:{port}/clip"]
    assert asked == internet.server.asked[before:]
    (record,) = read(ours).records
    assert ("musee-du-lac", today, True, "ok") == (record.id, record.on, record.ok, record.result)
    found = read(ours).catalogue().entry("musee-du-lac")
    assert found is not None
    assert (True, today, True) == (found.verified, found.verified_on, found.may_fetch)
    assert 0 == main(["catalogue", "check", "--folder", str(ours)])


FAULTS = {
    "another beginning": (
        lambda text: text.replace(sha256(LONG[:1_000_000]).hexdigest(), "0" * 64),
        "another SHA-256 of its first 1000000 bytes",
    ),
    "another whole": (lambda text: text.replace(sha256(LONG).hexdigest(), "0" * 64), "another SHA-256, "),
    "another size": (lambda text: text.replace(str(len(LONG)), str(len(LONG) - 1)), "bytes instead of"),
    "a name that is not": (lambda text: text.replace(NAME, "www.nowhere.example"), "unresolved"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_hold_stays_unverified(fault, ours, internet, capsys):
    """Said and written; exit 1, and nothing of the entry may be fetched."""
    change, said = FAULTS[fault]
    path = ours / "services" / "ours.toml"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    code, events = looked_up(ours, internet, capsys)
    assert (1, False) == (code, events[0]["ok"])
    assert said in events[0]["result"]
    found = read(ours).catalogue().entry("musee-du-lac")
    assert found is not None
    assert not found.may_fetch


def published(ours: Path, plan, serial: int):
    """What a collector with this folder in its file signs: plan and catalogue, by the operator's key."""
    path = ours.parent / "operator.toml"
    path.write_text(BARE + BLOCK, encoding="utf-8")
    written = settings.load(path)
    catalogue = written.catalogue
    assert catalogue is not None
    signed = publish(key_from(random.Random("operator")), Edition(serial=serial, catalogue=catalogue))
    changes = {"services": written.services, "catalogue": catalogue.version(), "serial": serial}
    return msgspec.structs.replace(with_results(plan), **changes), signed


def visit(home, internet, capsys) -> tuple[int, list[dict]]:
    """Exit code and events of a fetch and a look at whether it is there."""
    words = ["once", "fetch", "reachability", "--endpoints", str(internet.path), "--family", "ipv4", "--busy"]
    code = main([*words, "--home", str(home.folder), "--json"])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_verified_signed_and_fetched(ours, internet, joined, collector, plan, far, capsys):
    """Before the look-up nothing is contacted; after it the runner fetches object and control, and holds both against their hashes."""
    plan = msgspec.structs.replace(plan, responders=(far.responder,))
    before = len(internet.server.asked)
    bare, collector.catalogue = published(ours, plan, plan.serial + 1)
    offer(joined, collector, bare)
    code, events = visit(joined, internet, capsys)
    assert 1 == code
    assert ["endpoint:not_verified"] * 2 == [e["reason"] for e in events if e["event"] == "errand_skipped"]
    assert before == len(internet.server.asked)

    assert 0 == looked_up(ours, internet, capsys)[0]
    whole, collector.catalogue = published(ours, plan, plan.serial + 2)
    assert bare.catalogue != whole.catalogue
    offer(joined, collector, whole)
    collector.documents.clear()
    code, events = visit(joined, internet, capsys)
    assert (0, []) == (code, [e for e in events if e["event"] in ("errand_skipped", "catalogue_kept")])
    documents = [decode(body) for body in collector.documents.values()]
    assert {whole.catalogue} == {m.catalogue_version.partition("/")[0] for m in documents}
    results = {m.nettest: m.result for m in documents}
    fetched, reached = results["fetch"], results["reachability"]
    assert isinstance(fetched, FetchResult)
    assert isinstance(reached, ReachabilityResult)
    assert {("original", "ok", "head", ()), ("control", "ok", "head", ())} == {
        (look.role, look.failure, look.compared, look.signs) for look in fetched.looks
    }
    assert ("ok", NAME) == (reached.looks[-1].failure, reached.looks[-1].host)
