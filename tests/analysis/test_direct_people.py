"""A home with two keys is one home for results without pairs too, where the operator's roster says so: by each rule, in the report and its bundle."""

import json
import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from analysis.bundle import DIRECT, Bundle
from analysis.cli import main
from analysis.direct.contrary import against
from analysis.direct.packed import check_direct
from analysis.publish.beside import read_beside
from collector.data_folder import DataFolder
from collector.enrolment import Enrolled, inspect_enrolment
from collector.reader import StoredMeasurement
from collector.roster import Roster
from probe.measurement import signing
from probe.measurement.results import FetchResult, ReachabilityResult
from probe.measurement.signing import sign
from tests.analysis.test_bundle import refitted
from tests.analysis.test_direct import DENIED, HONEST, PLAN, START
from tests.analysis.test_direct_registered import LIES, NOW, TRUTH, registered, row
from tests.golden.chain import fill
from tests.support.documents import key_from, make_enrolment
from tests.support.plans import unix_us
from tests.support.results import LOOK

LONG_LIVED = key_from(random.Random(2026))
REACHED = ReachabilityResult(looks=(LOOK,))
UNREACHED = ReachabilityResult(looks=(replace(LOOK, failure="tls_reset"),))


def fetched(duration_us: int) -> FetchResult:
    """An object that came whole in so long, and its control in a tenth of a second."""
    whole = replace(LOOK, received_bytes=100_000, declared_bytes=100_000, whole=True, signs=())
    looks = (
        replace(whole, duration_us=duration_us),
        replace(whole, role="control", order=1, duration_us=100_000),
    )
    return FetchResult(looks=looks, gap_ms=0)


def rows() -> list[StoredMeasurement]:
    """On two days five keys of a network are denied a name, do not reach it and see it come slowly; five of another meet nothing."""
    return [
        row(home, network, START + timedelta(days=day, minutes=minute), result)
        for network, results in (
            (LIES, (DENIED, UNREACHED, fetched(200_000))),
            (TRUTH, (HONEST, REACHED, fetched(100_000))),
        )
        for home in range(5)
        for day in range(2)
        for minute, result in enumerate(results)
    ]


def enrol(store: Path, first: int, second: int) -> None:
    """The roster: of two keys on the lying network one is of this quarter and one of the next, of one long-lived key."""
    edge, after = datetime(2026, 12, 30, 20, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    with closing(Roster(DataFolder(store).roster, 100)) as roster:
        for home, moment in ((first, edge), (second, after)):
            made = msgspec.json.encode(make_enrolment(LONG_LIVED, key_of(home), moment))
            found = inspect_enrolment(made, "identity", unix_us(edge))
            assert isinstance(found, Enrolled)
            assert "accepted" == roster.add(found)


def key_of(home: int) -> Any:
    """The key of a home on the lying network, as ``row`` has it."""
    return key_from(random.Random(home * 7919 + LIES))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of ten keys, of which nobody knows yet that two are one home's."""
    store = fill(tmp_path / "data", rows())
    (store / "plans").mkdir()
    signed = msgspec.json.encode(sign(key_from(random.Random(4)), signing.PLAN, PLAN))
    (store / "plans" / "00000001.json").write_bytes(signed)
    return store


def lines(store: Path, registration: Path, capsys: Any) -> dict[str, int]:
    """How many lines each rule counts on the lying network, by ``direct --registration --json``."""
    words = ["--store", str(store), "--registration", str(registration), "--as-of", NOW]
    assert 0 == main(["direct", *words, "--json", "--bundle", str(store.parent / "direct.zip")])
    told = json.loads(capsys.readouterr().out)["told"]
    return {one["rule"]: one["lines"] for one in told if one["network"] == LIES}


def test_one_home_with_two_keys_is_no_fifth_line(store: Path, capsys: Any) -> None:
    """Five keys are five lines as tags go, and four once the roster tells: below what each rule wants."""
    registration = registered(store.parent / "q4.json")
    assert {"false_answer": 5, "unreached": 5, "fetch": 5} == lines(store, registration, capsys)
    enrol(store, 0, 4)
    assert {"false_answer": 4, "unreached": 4} == lines(store, registration, capsys)


def test_nothing_is_held_against_a_certificate_by_four_homes(store: Path) -> None:
    """What weighs against a certificate, and what boards show of reachability, counts homes in the same way."""
    assert {("false_answer", "s1", LIES), ("unreached", "s1", LIES)} == against(store, "2026Q4")
    assert 10 == len({visit.line for visit in read_beside(store).visits})
    enrol(store, 0, 4)
    assert frozenset() == against(store, "2026Q4")
    beside = read_beside(store)
    assert 9 == len({visit.line for visit in beside.visits}) == len({sight.line for sight in beside.sights})


def test_the_bundle_tells_which_keys_are_one_home(store: Path, capsys: Any) -> None:
    """It comes out again without a roster; one that keeps quiet of it contradicts itself."""
    registration = registered(store.parent / "q4.json")
    lines(store, registration, capsys)
    packed = store.parent / "direct.zip"
    assert check_direct(Bundle(packed)).holds
    before = Bundle(packed).decoded(DIRECT, dict[str, Any])
    enrol(store, 0, 4)
    lines(store, registration, capsys)
    assert check_direct(Bundle(packed)).holds
    report = Bundle(packed).decoded(DIRECT, dict[str, Any])
    keys = sorted(key_of(home).public_key().public_bytes_raw().hex() for home in (0, 4))
    assert ({}, dict.fromkeys(keys, keys[0])) == (before["joined"], report["joined"])
    assert report["finding_id"] != before["finding_id"]

    def quiet(content: bytes) -> bytes:
        return json.dumps({**json.loads(content), "joined": {}}).encode()

    found = check_direct(Bundle(refitted(packed, store.parent / "quiet.zip", DIRECT, quiet)))
    assert not found.holds
    assert any("lines" in one or "told" in one for one in found.differs)


def test_a_report_of_before_it_was_told_holds(store: Path, capsys: Any) -> None:
    """A report without the field, as earlier versions wrote it, is one in which nobody was joined."""
    lines(store, registered(store.parent / "q4.json"), capsys)

    def older(content: bytes) -> bytes:
        report = json.loads(content)
        assert {} == report.pop("joined")
        return json.dumps(report).encode()

    packed = refitted(store.parent / "direct.zip", store.parent / "older.zip", DIRECT, older)
    assert check_direct(Bundle(packed)).holds
