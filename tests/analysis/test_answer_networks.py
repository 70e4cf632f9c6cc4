"""From the question to the rule: a lie whose address is the provider's own is told from a delivery network's geography.

Real resolvers and TLS servers on loopback, the nettest dns, signed documents in a collector's folder, a small MMDB, the command.
"""

import contextlib
import random
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from analysis.cli import main
from analysis.direct.place import Place
from analysis.direct.sights import Sight, sight_of
from analysis.observe.opened import Resulted
from collector.reader import StoredMeasurement
from probe.dns_client import Server
from probe.measurement.dns_reading import readings
from probe.measurement.envelope import decode
from probe.measurement.receipt import Path as LinePath
from probe.measurement.receipt import Statement
from probe.measurement.results import DnsAnswer, DnsResult
from probe.measurement.signing import PLAN as FOR_PLAN
from probe.measurement.signing import STATEMENT, Signed, document_id, sign
from probe.nettests import dns
from probe.nettests.dns import DnsParams
from probe.nettests.endpoint import Endpoint, Surroundings
from probe.networks import open_networks
from tests.golden.chain import fill
from tests.support.certificates import Authority
from tests.support.documents import key_from, make_plan
from tests.support.mmdb import write_mmdb
from tests.support.names import Names, serving
from tests.support.plans import unix_us
from tests.support.responder import lab_net
from tests.support.results import make_result_document, with_results
from tests.support.web import body, served

NAME = "www.musee.example"
TRUE, NEARER, FALSE = "127.0.0.1", "127.0.0.3", "127.0.0.5"
ISP, OTHER_ISP, SERVICE, DELIVERY = 64500, 64501, 64610, 64620
TABLE = {f"{TRUE}/32": (SERVICE, "CA"), f"{NEARER}/32": (DELIVERY, "FR"), f"{FALSE}/32": (ISP, "FR")}
OPERATOR, RESPONDER = key_from(random.Random("operator")), key_from(random.Random("responder"))
PLAN = with_results(make_plan(RESPONDER))
START = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DnsResult]:
    """What the nettest records of a resolver that says the truth, one that sends to a nearer server, one that lies."""
    authority = Authority.make(tmp_path_factory.mktemp("authority"))
    with contextlib.ExitStack() as stack:
        service = authority.context(NAME)
        first = stack.enter_context(served(body(b"musee"), service, TRUE))
        stack.enter_context(served(body(b"musee"), service, NEARER, first.port))
        page = authority.context("block.isp.example")
        stack.enter_context(served(body(b"blocked"), page, FALSE, first.port))
        trusted = stack.enter_context(serving(Names({NAME: (TRUE,)}), authority.context("dns.lab.example")))
        server = Server(
            id="lab", address=TRUE, hostname="dns.lab.example", port=trusted.port, tls_port=trusted.tls_port
        )

        def ask(answered: str) -> DnsResult:
            with serving(Names({NAME: (answered,)})) as home:
                around = Surroundings(lab=True, resolver=(TRUE, home.port), ca_pem=authority.pem)
                params = DnsParams(
                    endpoint=Endpoint(id="s1", names=(NAME,)),
                    surroundings=around,
                    trusted=(server,),
                    https_port=first.port,
                )
                return dns.run(lab_net(), params)

        return {name: ask(at) for name, at in (("truth", TRUE), ("geography", NEARER), ("lie", FALSE))}


def stored(result: DnsResult, home: int, network: int, day: int) -> StoredMeasurement:
    """A home's signed measurement of it, with two words of a responder that say whose line it is."""
    at = START + timedelta(days=day, seconds=home)
    key = key_from(random.Random(f"home {home}"))
    path = LinePath(address_family="ipv4", asn=network, line_tag=sha256(b"%d" % home).digest()[:16])
    statement = Statement(
        pair_id=bytes(16), ticket_sha256=bytes(32), path=path, receipts=(), closed_at_us=unix_us(at)
    )
    witness: Signed = sign(RESPONDER, STATEMENT, statement)
    document = make_result_document(key, PLAN, "s1", at, result, witnesses=(witness, witness))
    raw = document.body_bytes()
    return StoredMeasurement(document_id(raw), unix_us(at), raw, document.key, document.signature)


def told(
    tmp_path: Path, here: DnsResult, elsewhere: DnsResult, capsys: Any, table: Path | None
) -> list[dict[str, Any]]:
    """What `isonomia-analysis direct` says of six lines of the provider and six of another, on two days."""
    rows = [stored(here, home, ISP, day) for home in range(6) for day in (0, 1)]
    rows += [stored(elsewhere, 10 + home, OTHER_ISP, day) for home in range(6) for day in (0, 1)]
    store = fill(tmp_path / "store", rows)
    (store / "plans").mkdir(exist_ok=True)
    (store / "plans" / "1.json").write_bytes(msgspec.json.encode(sign(OPERATOR, FOR_PLAN, PLAN)))
    more = [] if table is None else ["--mmdb", str(table)]
    assert 0 == main(["direct", "--store", str(store), "--json", *more])
    found = msgspec.json.decode(capsys.readouterr().out)
    assert 0 == main(["direct", "--store", str(store), "--lang", "fr", *more])
    assert ("AS64500)" in capsys.readouterr().out) == any(one["asns"] for one in found)
    return list(found)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """The laboratory's table of networks."""
    return write_mmdb(tmp_path / "networks.mmdb", TABLE)


def test_a_lie_that_is_the_providers_own(seen: Any, tmp_path: Path, capsys: Any, table: Path) -> None:
    """Certificate and network are not the service's: all that can be known today holds, and the table is named."""
    (found,) = told(tmp_path, seen["lie"], seen["geography"], capsys, table)
    assert ("false_address", FALSE, ISP, [ISP]) == tuple(
        found[name] for name in ("kind", "answer", "network", "asns")
    )
    assert (["router_models"], 1, 6, 6) == tuple(
        found[name] for name in ("missing", "grade", "lines", "elsewhere_lines")
    )
    assert sha256(table.read_bytes()).hexdigest() == found["mmdb_sha256"]


def test_without_a_table_it_is_half_known(seen: Any, tmp_path: Path, capsys: Any) -> None:
    """The certificate alone: seen, and no more than an observation that says what is missing."""
    (found,) = told(tmp_path, seen["lie"], seen["truth"], capsys, None)
    assert (["asn", "router_models"], 0, [], None) == tuple(
        found[name] for name in ("missing", "grade", "asns", "mmdb_sha256")
    )


@pytest.mark.parametrize("elsewhere", ["truth", "geography"])
def test_geography_accuses_nobody(
    elsewhere: str, seen: Any, tmp_path: Path, capsys: Any, table: Path
) -> None:
    """The innocent twin: other answers, in another network, with a certificate that is valid for the name."""
    assert ("other_address",) == readings(seen["geography"], open_networks(table).asn)
    assert [] == told(tmp_path, seen["geography"], seen[elsewhere], capsys, table)


def test_another_server_of_the_same_network(seen: Any, tmp_path: Path, capsys: Any) -> None:
    """A server of the service's own network whose certificate is wrong today: its operator's mistake, nobody's lie."""
    table = write_mmdb(tmp_path / "one.mmdb", {f"{TRUE}/32": (SERVICE, "CA"), f"{FALSE}/32": (SERVICE, "CA")})
    assert ("undecided",) == readings(seen["lie"], open_networks(table).asn)
    assert [] == told(tmp_path, seen["lie"], seen["truth"], capsys, table)


def test_an_address_that_no_table_has(seen: Any, tmp_path: Path, capsys: Any) -> None:
    """Not in the table is not known: the condition does not hold."""
    table = write_mmdb(tmp_path / "less.mmdb", {f"{TRUE}/32": (SERVICE, "CA")})
    (found,) = told(tmp_path, seen["lie"], seen["truth"], capsys, table)
    assert (["asn", "router_models"], 0) == (found["missing"], found["grade"])


def test_what_a_table_says_of_a_place(table: Path) -> None:
    """An address, a prefix by its first address; what was scrubbed, what is of the other family and what nobody knows have no network."""
    networks = open_networks(table)
    wide = open_networks(write_mmdb(table.parent / "w.mmdb", {"198.51.100.0/24": (ISP, "FR")}))
    assert (SERVICE, ISP) == (networks.asn(TRUE), wide.asn("198.51.100.0/24"))
    for place in ("<line>", "<special 10.0.0.0/8>", "2001:db8::1", "8.8.8.8"):
        assert networks.asn(place) is None


def injected(unasked: str, result: DnsResult, table: Path | None) -> Sight | None:
    """The sight where an address without a resolver answered so."""
    answer = DnsAnswer(server="unasked", transport="udp", failure="ok", rcode="NOERROR", addresses=(unasked,))
    document = make_result_document(
        key_from(random.Random(1)), PLAN, "s1", START, replace(result, unasked=answer)
    )
    raw = document.body_bytes()
    place = Place(line="a", tags=(), network=ISP, day=None)
    more = () if table is None else (open_networks(table).asn,)
    return next(sight_of(Resulted(document_id(raw), decode(raw)), place, *more), None)


def test_who_answers_on_the_way(seen: Any, tmp_path: Path, table: Path) -> None:
    """A box that redirects questions and tells the truth gives no false answer; one of the service's network none that is known."""
    honest = injected(TRUE, seen["truth"], None)
    assert honest is not None
    assert honest.kind is None
    liar = injected(FALSE, seen["truth"], table)
    assert liar is not None
    assert ("injected", FALSE, (ISP,), True) == (liar.kind, liar.answer, liar.asns, liar.foreign)
    same = write_mmdb(tmp_path / "one.mmdb", {"127.0.0.0/24": (SERVICE, "CA")})
    assert injected(NEARER, seen["truth"], same) is None


def test_a_file_that_is_no_table(tmp_path: Path, capsys: Any) -> None:
    """Exit 2, the file and what to do; a store is not read for nothing."""
    (tmp_path / "plans").mkdir()
    bad = tmp_path / "bad.mmdb"
    bad.write_bytes(b"nothing")
    for path in (bad, tmp_path / "absent.mmdb"):
        assert 2 == main(["direct", "--store", str(tmp_path), "--mmdb", str(path), "--lang", "en"])
        assert f"{path} does not read as a table of networks" in capsys.readouterr().err
