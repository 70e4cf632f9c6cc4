"""False answers by rule: counted by line and network, never accused of without every condition, and quiet on honest lines."""

import random
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from analysis.cli import main
from analysis.direct.command import _line
from analysis.direct.fetched import FetchContrast
from analysis.direct.place import place_of
from analysis.direct.rule import judge
from analysis.direct.sights import Sight, sight_of
from analysis.observe.opened import Resulted
from collector.data_folder import DataFolder
from collector.hot_files import hour_of, open_for_writing, path_of
from collector.reader import StoredMeasurement
from probe.measurement.envelope import decode
from probe.measurement.receipt import Path, Statement
from probe.measurement.results import DnsAnswer, FetchResult, Redirect
from probe.measurement.signing import STATEMENT, document_id, public_bytes, sign
from tests.golden.chain import fill
from tests.support.documents import key_from, make_plan
from tests.support.plans import unix_us
from tests.support.results import CERTIFICATE, LOOK, SAMPLES, make_result_document, with_results

RESPONDER, HOME = key_from(random.Random(1)), key_from(random.Random(2))
PLAN = with_results(make_plan(RESPONDER))
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
TRUSTED = DnsAnswer(server="lab", transport="dot", failure="ok", rcode="NOERROR", addresses=("8.8.8.8",))
HONEST: Any = replace(SAMPLES["dns"], answers=(*SAMPLES["dns"].answers, TRUSTED), certificates=())  # type: ignore[union-attr]
DENIED = replace(
    HONEST,
    answers=(replace(HONEST.answers[0], failure="dns_nxdomain", rcode="NXDOMAIN", addresses=()), TRUSTED),
)
PAGE: Any = FetchResult(
    looks=(replace(LOOK, status=451, signs=("status_451",)), replace(LOOK, role="control", order=1)), gap_ms=0
)


def witness(asn: int | None, at: datetime, line: bytes = bytes(16), key: Any = RESPONDER) -> Any:
    """A responder's word: the line is in this network."""
    path = Path(address_family="ipv4", asn=asn, line_tag=line)
    statement = Statement(
        pair_id=bytes(16), ticket_sha256=bytes(32), path=path, receipts=(), closed_at_us=unix_us(at)
    )
    return sign(key, STATEMENT, statement)


def sight(result: Any, *witnesses: Any) -> Sight | None:
    """The sight in a result with these witnesses."""
    document = make_result_document(HOME, PLAN, "s1", START, result, witnesses=witnesses)
    body = document.body_bytes()
    measurement = decode(body)
    where = place_of(measurement, frozenset({PLAN.responders[0].key}))
    found = list(sight_of(Resulted(document_id(body), measurement), where))
    return found[0] if found else None


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (HONEST, (None, "")),
        (DENIED, ("denied", "NXDOMAIN")),
        (replace(HONEST, unasked=replace(TRUSTED, server="unasked", addresses=("9.9.9.9",))), ("injected", "9.9.9.9")),
        (PAGE, ("page", "451")),
        (replace(PAGE, looks=tuple(replace(look, signs=()) for look in PAGE.looks)), (None, "")),
    ],
)  # fmt: skip
def test_what_a_result_shows(result: Any, told: tuple[str | None, str]) -> None:
    """A lie by its reading, a page by its signs; an honest answer and a whole object are honest sights."""
    seen = sight(result)
    assert seen is not None
    assert told == (seen.kind, seen.answer.split()[0] if seen.answer else "")


def test_what_shows_nothing() -> None:
    """No reference, a control that failed, an outage, another nettest: no sight at all, neither way."""
    control_gone = replace(PAGE, looks=(PAGE.looks[0], replace(PAGE.looks[1], failure="tls_reset")))
    outage = replace(PAGE, looks=(replace(PAGE.looks[0], failure="tls_reset", signs=()), PAGE.looks[1]))
    for result in (SAMPLES["dns"], control_gone, outage, SAMPLES["reachability"], SAMPLES["latency"]):
        assert sight(result) is None


@pytest.mark.parametrize(
    ("look", "vouched"),
    [
        ({"certificate": CERTIFICATE}, True),
        ({"certificate": CERTIFICATE, "redirects": (Redirect(302, "https", "A.example"),)}, True),
        ({"certificate": None}, False),
        ({"certificate": replace(CERTIFICATE, valid=False)}, False),
        ({"certificate": CERTIFICATE, "redirects": (Redirect(302, "https", "block.isp.example"),)}, False),
    ],
    ids=["its own", "its own, once redirected", "plain HTTP", "not valid", "redirected to a stranger"],
)
def test_whose_page_it_is(look: dict[str, Any], vouched: bool) -> None:
    """Under a valid certificate of the host that was asked, a page is the service's or its delivery network's own word."""
    seen = sight(replace(PAGE, looks=(replace(PAGE.looks[0], **look), PAGE.looks[1])))
    assert seen is not None
    assert ("page", vouched) == (seen.kind, seen.vouched)


def test_the_hash_of_a_part_is_no_page() -> None:
    """Probes once took the first part of a long object for the whole: its hash says nothing; that of the whole does."""
    for received, whole, kind in (
        (1_000_000, True, None),
        (1_000_000, False, None),
        (2_000_000, True, "page"),
    ):
        look = replace(
            LOOK,
            status=206,
            received_bytes=received,
            declared_bytes=2_000_000,
            whole=whole,
            signs=("hash_differs",),
        )
        seen = sight(replace(PAGE, looks=(look, PAGE.looks[1])))
        assert seen is not None
        assert kind == seen.kind


def test_whose_line_it_was_a_responder_says() -> None:
    """Two words that agree give network, line and day; words that differ, a stranger's or none give nothing."""
    later = START + timedelta(minutes=1)
    agreed = sight(DENIED, witness(64500, START), witness(64500, later))
    assert agreed is not None
    assert (64500, public_bytes(HOME).hex(), "2026-11-21") == (agreed.network, agreed.line, agreed.day)
    moved = sight(DENIED, witness(64500, START), witness(64501, later))
    stranger = sight(DENIED, witness(64500, START, key=HOME))
    for one in (moved, stranger, sight(DENIED)):
        assert one is not None
        assert one.network is None


def many(network: int, lines: int, days: int = 2, **terms: Any) -> list[Sight]:
    """Sights of so many lines of a network, on so many days."""
    return [
        Sight(measurement_id=f"{network}-{n}-{day}-{terms.get('kind')}", service="s1", line=f"{network}-{n}", network=network,
              day=f"2026-11-{20 + day}", **terms)
        for n in range(lines) for day in range(days)
    ]  # fmt: skip


LIE: dict[str, Any] = {"kind": "denied", "answer": "NXDOMAIN"}
CASES = {
    "five lines, two days, honest elsewhere": (many(1, 5, **LIE) + many(2, 5), ("router_models",)),
    "four lines": (many(1, 4, **LIE) + many(2, 5), ("lines", "router_models")),
    "one day": (many(1, 5, 1, **LIE) + many(2, 5), ("router_models", "days")),
    "nobody asked elsewhere": (many(1, 5, **LIE), ("router_models", "elsewhere_unseen")),
    "the same elsewhere": (
        many(1, 5, **LIE) + many(2, 5) + many(3, 1, **LIE),
        ("router_models", "elsewhere_too"),
    ),
}
BLOCKED: dict[str, Any] = {"kind": "page", "answer": "451 ab", "nettest": "fetch"}


@pytest.mark.parametrize(
    ("vouched", "missing", "grade"),
    [(False, ("router_models",), 1), (True, ("certificate", "router_models"), 0)],
)
def test_a_page_of_the_services_own_network(vouched: bool, missing: tuple[str, ...], grade: int) -> None:
    """The same page on five lines, none elsewhere: a network's page, unless the service's own certificate stands behind it."""
    (found,) = judge(many(1, 5, vouched=vouched, **BLOCKED) + many(2, 5, nettest="fetch"))
    assert ("blocking_http", missing, grade) == (found.mechanism, found.missing, found.grade)


@pytest.mark.parametrize("case", CASES)
def test_each_condition(case: str) -> None:
    """What is missing is named; grade 1 only where nothing is that can be known today."""
    sights, missing = CASES[case]
    random.Random(3).shuffle(sights)
    found = next(one for one in judge(sights) if one.network == 1)
    assert missing == found.missing
    assert ("blocking_dns", int(missing == ("router_models",))) == (found.mechanism, found.grade)


def test_one_line_with_many_keys_is_one_line() -> None:
    """Ten homes' keys on one line are one line; honest lines alone give no answer at all."""
    one_line = [replace(sight, line="1-0") for sight in many(1, 10, **LIE)]
    assert (1,) == tuple(found.lines for found in judge(one_line))
    assert () == judge(many(1, 10))


def test_the_command(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A store with a lie, an honest answer and a service that did not answer: a line each in French, and JSON with the ids behind it."""
    rows = []
    for result in (DENIED, HONEST, SAMPLES["reachability"]):
        document = make_result_document(HOME, PLAN, "s1", START, result, witnesses=(witness(64500, START),))
        body = document.body_bytes()
        rows.append(
            StoredMeasurement(document_id(body), unix_us(START), body, document.key, document.signature)
        )
    store = fill(tmp_path, rows)
    (store / "plans").mkdir(exist_ok=True)
    assert 0 == main(["direct", "--store", str(store), "--lang", "fr"])
    assert "s1 · réseau " in capsys.readouterr().out
    assert 0 == main(["direct", "--store", str(store), "--json"])
    told = {one["rule"]: one for one in msgspec.json.decode(capsys.readouterr().out)}
    assert {"false_answer", "unreached"} == set(told)
    assert [rows[0].measurement_id.hex()] == told["false_answer"]["measurements"]
    assert ("connect", 0) == (told["unreached"]["layer"], told["unreached"]["grade"])


def test_damaged_rows_are_told_and_quarters_kept_apart(
    tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row that cannot be read is named by file and id, in words and in JSON; results of another quarter are left out."""
    rows = []
    for result in (DENIED, HONEST):
        document = make_result_document(HOME, PLAN, "s1", START, result, witnesses=(witness(64500, START),))
        body = document.body_bytes()
        rows.append(
            StoredMeasurement(document_id(body), unix_us(START), body, document.key, document.signature)
        )
    store, broken = fill(tmp_path, rows), rows[1]
    path = path_of(DataFolder(store).hot, hour_of(broken.received_at_us))
    with closing(open_for_writing(path)) as db:
        db.execute(
            "update measurements set signature = ? where measurement_id = ?",
            (bytes(64), broken.measurement_id),
        )
    (store / "plans").mkdir(exist_ok=True)
    assert 0 == main(["direct", "--store", str(store), "--json"])
    told = {one["rule"]: one for one in msgspec.json.decode(capsys.readouterr().out)}
    assert {"false_answer", "damaged"} == set(told)
    assert broken.measurement_id.hex() in told["damaged"]["rows"][0]
    assert 0 == main(["direct", "--store", str(store), "--quarter", "2026Q3", "--lang", "en"])
    out = capsys.readouterr().out
    assert "nothing to tell" in out
    assert "1 damaged row(s) of the store, passed over" in out
    assert 2 == main(["direct", "--store", str(store), "--quarter", "2026", "--lang", "fr"])
    assert "écrivez par exemple 2026Q4" in capsys.readouterr().err


def test_words_say_what_was_measured() -> None:
    """A third slower is −39 % against elsewhere, not at −39 % of it; French has its decimal sign; nobody is called a cheat."""
    one = FetchContrast(
        service="film", network=64500, lines=6, other_networks=2, difference=-0.5, placebos=20, p=0.048,
        missing=(), grade=1, measurements=(),
    )  # fmt: skip
    french, english = _line(one, "fr"), _line(one, "en")
    assert "débit de l’objet : −39\u202f% par rapport à ailleurs" in french
    assert "p = 0,048 sur" in french
    assert "−39% against elsewhere" in english
    answer = judge(many(1, 5, **LIE) + many(2, 5))[0]
    assert "vu sans réponse fausse par 5 lignes" in _line(answer, "fr")


def test_a_filter_that_a_few_families_chose_is_not_the_networks():
    """Five of a hundred lines are told that there is no such name, the others see it: no grade, for want of a share of the lines."""
    told = [
        Sight(
            measurement_id=f"a{line}{day}", service="film", line=f"l{line}", network=64500, day=day,
            kind="denied", answer="NXDOMAIN",
        )
        for line in range(5) for day in ("2026-11-01", "2026-11-02")
    ]  # fmt: skip

    def honest(lines, network):
        return [
            Sight(measurement_id=f"{network}{n}", service="film", line=f"{network}h{n}", network=network, day="2026-11-01")
            for n in range(lines)
        ]  # fmt: skip

    few = judge([*told, *honest(95, 64500), *honest(5, 64511)])[0]
    assert (0, ("share", "router_models")) == (few.grade, few.missing)
    half = judge([*told, *honest(5, 64500), *honest(5, 64511)])[0]
    assert (1, ("router_models",)) == (half.grade, half.missing)
