"""Results without pairs by a registration: what was fixed before counts, and whoever has the bundle recomputes every line of the report."""

import json
import random
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from analysis import registration
from analysis.bundle import DIRECT, DIRECT_FILES, MEASUREMENTS, Bundle
from analysis.cli import main
from analysis.direct.packed import check_direct
from analysis.direct.registered import thresholds
from collector.reader import StoredMeasurement
from probe.measurement.signing import document_id
from tests.analysis.test_bundle import altered, refitted
from tests.analysis.test_direct import DENIED, HONEST, PLAN, RESPONDER, START, witness
from tests.golden.chain import fill
from tests.support.documents import key_from
from tests.support.mmdb import write_mmdb
from tests.support.plans import unix_us
from tests.support.results import SAMPLES, make_result_document

LIES, TRUTH = 64500, 64501
MADE_AT = datetime(2026, 11, 20, tzinfo=UTC)
NOW = "2026-12-28T12:00:00+00:00"


def row(
    home: int, network: int, at: datetime, result: Any, service: str = "s1", key: Any = RESPONDER
) -> StoredMeasurement:
    """A stored result of a home, with a responder's word on its network."""
    line = bytes([home % 256, network % 256]) * 8
    document = make_result_document(
        key_from(random.Random(home * 7919 + network)), PLAN, service, at, result,
        witnesses=(witness(network, at, line, key),),
    )  # fmt: skip
    body = document.body_bytes()
    return StoredMeasurement(document_id(body), unix_us(at), body, document.key, document.signature)


def rows() -> list[StoredMeasurement]:
    """Five lines of a network that denies the name, five of one that does not, two days each; and what must be left out."""
    days = (START, START + timedelta(days=1))
    return [
        *(row(n, LIES, at, DENIED) for n in range(5) for at in days),
        *(row(n, TRUTH, at, HONEST) for n in range(5) for at in days),
        row(9, LIES, MADE_AT - timedelta(days=2), DENIED),
        row(8, LIES, START, DENIED, service="unheard-of"),
        row(7, LIES, START, SAMPLES["reachability"], key=key_from(random.Random(99))),
    ]


def registered(path: Path, **more: Any) -> Path:
    """A registration of the plan's services on the network that lies."""
    terms: dict[str, Any] = {
        "brands": ["FAI Labo"], "technologies": ["fibre"], "plan_classes": ["ordinary"], "directions": ["down"],
        "made_at": MADE_AT, "asns": {"FAI Labo": [LIES]}, "report_dates": [NOW[:10]], "direct": thresholds(), **more,
    }  # fmt: skip
    registration.write(registration.draft(PLAN, **terms), path)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], Path]:
    """A store, the words that name it and its registration, and the bundle of the report."""
    folder = tmp_path_factory.mktemp("direct")
    store = fill(folder / "data", rows())
    words = ["--store", str(store), "--registration", str(registered(folder / "q4.json")), "--as-of", NOW]
    assert 0 == main(["direct", *words, "--bundle", str(folder / "d.zip"), "--lang", "en"])
    return folder, words, folder / "d.zip"


def test_what_was_registered_counts_and_nothing_else(made: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The lie of the registered network at grade 1, every result used by id; older ones, other services and strangers' witnesses stay out."""
    _, words, _ = made
    assert 0 == main(["direct", *words, "--json"])
    report = json.loads(capsys.readouterr().out)
    (one,) = report["told"]
    assert ("false_answer", "s1", LIES, 1, 5, 2, 5) == tuple(
        one[name] for name in ("rule", "service", "network", "grade", "lines", "days", "elsewhere_lines")
    )
    ids = {each.measurement_id.hex() for each in rows()[:20]} | {rows()[-1].measurement_id.hex()}
    assert ids == {used["measurement_id"] for used in report["used"]}
    assert (1, 1, True) == (report["before_registration"], report["other_services"], report["report_date"])
    assert thresholds() == report["thresholds"]
    for language, word in (("fr", "Dépôt"), ("en", "Registration")):
        assert 0 == main(["direct", *words, "--lang", language])
        assert capsys.readouterr().out.startswith(word)


def test_an_engineer_recomputes_it_without_the_store(made: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """From the bundle alone every line comes out again; with another registration it is said that this is not the one."""
    folder, _, packed = made
    with zipfile.ZipFile(packed) as opened:
        assert {"manifest.json", *DIRECT_FILES} == set(opened.namelist())
    assert check_direct(Bundle(packed)).holds
    for language, word in (("fr", "tient : 1 observations"), ("en", "holds: 1 observations")):
        assert 0 == main(["verify", str(packed), "--lang", language])
        assert word in capsys.readouterr().out
    other = registered(folder / "other.json", brands=["FAI Voisin"], asns={})
    assert 1 == main(["verify", str(packed), "--registration", str(other), "--lang", "en"])
    assert 0 == main(["verify", str(packed), "--json"])


@pytest.mark.parametrize("name", ["manifest.json", *DIRECT_FILES])
def test_a_changed_byte_is_found(made: Any, tmp_path: Path, name: str) -> None:
    """One byte more in any file, and the file is named."""
    found = check_direct(Bundle(altered(made[2], tmp_path / "a.zip", name, lambda content: content + b" ")))
    assert (False, [name]) == (found.holds, list(found.damaged))


def test_what_was_made_to_fit_is_found(made: Any, tmp_path: Path) -> None:
    """A line of the report, a result taken out, one put in, one forged: nothing comes out again, whatever the manifest says."""

    def harsher(content: bytes) -> bytes:
        report = json.loads(content)
        report["told"][0]["lines"] = 50
        return json.dumps(report).encode()

    def without(content: bytes) -> bytes:
        return b"".join(content.splitlines(keepends=True)[1:])

    def forged(content: bytes) -> bytes:
        first, *rest = content.splitlines(keepends=True)
        document = json.loads(first)
        document["signature"] = json.loads(rest[0])["signature"]
        return json.dumps(document).encode() + b"\n" + b"".join(rest)

    for name, change in ((DIRECT, harsher), (MEASUREMENTS, without), (MEASUREMENTS, forged)):
        found = check_direct(Bundle(refitted(made[2], tmp_path / f"{change.__name__}.zip", name, change)))
        assert (False, {}) == (found.holds, found.damaged)
        assert found.differs


def test_a_table_of_networks_must_be_the_same(
    made: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A report that asked one cannot be verified without it, nor with another; with it, it holds."""
    _, words, _ = made
    table = write_mmdb(tmp_path / "networks.mmdb", {"8.8.8.0/24": (15169, "US")})
    other = write_mmdb(tmp_path / "other.mmdb", {"8.8.8.0/24": (15170, "US")})
    packed = tmp_path / "table.zip"
    assert 0 == main(["direct", *words, "--mmdb", str(table), "--bundle", str(packed)])
    capsys.readouterr()
    for more, code, said in (
        ([], 1, "NOT VERIFIED"), (["--mmdb", str(other)], 1, "NOT VERIFIED"), (["--mmdb", str(table)], 0, "holds"),
    ):  # fmt: skip
        assert code == main(["verify", str(packed), *more, "--lang", "en"])
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"direct": {}}, "does not fix the thresholds"),
        (
            {"direct": {**thresholds(), "fetch.p": 0.5}},
            "other thresholds were registered than those of this code (fetch.p)",
        ),
    ],
)
def test_what_was_not_fixed_is_refused(
    made: Any, tmp_path: Path, change: Any, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A registration of before, or by other thresholds, judges nothing; a bundle without a registration is no bundle."""
    store = made[1][1]
    path = registered(tmp_path / "q4.json", **change)
    assert 2 == main(["direct", "--store", store, "--registration", str(path), "--lang", "en"])
    assert said in capsys.readouterr().err
    assert 2 == main(["direct", "--store", store, "--bundle", str(tmp_path / "x.zip"), "--lang", "en"])
    assert "go with --registration" in capsys.readouterr().err


def test_register_fixes_them() -> None:
    """The command that registers writes every threshold; none is left out, none is not a number."""
    found = msgspec.json.decode(registration.canonical(registration.draft(
        PLAN, brands=["b"], technologies=["fibre"], plan_classes=["ordinary"], directions=["down"], made_at=MADE_AT,
        direct=thresholds(),
    )))["direct"]  # fmt: skip
    assert thresholds() == found
    assert all(isinstance(value, int | float) for value in found.values())
