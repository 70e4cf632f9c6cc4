"""What the feed makes of documents nobody foresaw: invented words, tickets used twice, old documents, and none at all."""

import json
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote

import pytest

from collector.hot_files import hour_of, insert_sql, open_for_writing, path_of
from collector.quarters import US_PER_DAY
from collector.stored import StoredMeasurement
from collector.timeseries import cursor as cursors
from collector.timeseries.policy import PRIVATE
from tests.support.databases import running
from tests.support.series import feed_once, golden_folder, golden_rows, timeseries

YEARS_US = 3 * 365 * US_PER_DAY


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One real InfluxDB."""
    with running("influx1", tmp_path_factory.mktemp("influx")) as one:
        yield one


def altered(row: StoredMeasurement, alter: Callable[[dict], None]) -> StoredMeasurement:
    """The row with another document in its place, which nobody signed: the feed reads what the collector has accepted."""
    document = json.loads(row.body)
    alter(document)
    body = json.dumps(document).encode()
    return replace(row, body=body, measurement_id=sha256(body).digest())


def opened_later(by_us: int) -> Callable[[dict], None]:
    """Moves the time at which the responder issued the ticket."""

    def alter(document: dict) -> None:
        document["pair"]["ticket"]["body"]["opened_at_us"] += by_us

    return alter


def invented(number: int) -> Callable[[dict], None]:
    """A document in which everything that a volunteer or a forged plan could make up is made up."""

    def alter(document: dict) -> None:
        opened_later(number * 1000)(document)
        for name in ("nettest", "variant", "service", "software_version", "address_family"):
            document[name] = f"invented-{name}-{number}"
        document["line"] = {name: f"{name} n° {number}, = " for name in document["line"]}
        for name in ("responder", "stratum"):
            document["pair"]["ticket"]["body"][name] = f"{name}-{number}"

    return alter


def ask(database, query: str) -> list[list[object]]:
    """The values of an answer."""
    answer = json.loads(database.ask(f"/query?db={PRIVATE.name}&q={quote(query)}"))
    return [row for one in answer["results"][0].get("series", ()) for row in one["values"]]


def counted(folder) -> dict[str, int]:
    """What the cursor counted as lost."""
    cursor = cursors.read(folder.root / "timeseries" / "main.json")
    assert cursor is not None
    return {
        "rejected": cursor.rejected,
        "unreadable": cursor.unreadable,
        "too_old": cursor.too_old,
    }


def keep(folder, *rows: StoredMeasurement, table: str = "measurements", pair_id: bytes | None = None) -> None:
    """Commit rows as the collector's writer does; it verified them when they came, and the feed does not do so again."""
    for row in rows:
        with closing(open_for_writing(path_of(folder.hot, hour_of(row.received_at_us)))) as db:
            values = (row.measurement_id, row.received_at_us, row.key, row.signature, pair_id, row.body)
            db.execute(insert_sql(table, 1), values)


NOTHING = {"rejected": 0, "unreadable": 0, "too_old": 0}


def test_invented_words_make_no_series(tmp_path, database):
    """200 services, brands and the rest, all invented, are one series, ``other``; each of the 200 documents is in it."""
    folder = golden_folder(tmp_path, "neutral")
    row = golden_rows("neutral")[0]
    keep(folder, altered(row, invented(0)))
    feed_once(folder, database.url, rebuild=True)
    before = ask(database, "SHOW SERIES CARDINALITY")
    exactly = ask(database, "SHOW SERIES EXACT CARDINALITY")
    keep(folder, *(altered(row, invented(number)) for number in range(1, 201)))
    assert 200 == feed_once(folder, database.url).rows
    assert (before, exactly) == (
        ask(database, "SHOW SERIES CARDINALITY"),
        ask(database, "SHOW SERIES EXACT CARDINALITY"),
    )
    others = "service = 'other' AND technology = 'other' AND responder = 'other' AND nettest = 'other'"
    assert 201 == ask(database, f"SELECT sum(count) FROM pair WHERE {others}")[0][1]  # noqa: S608 - a constant
    assert 213 == timeseries(folder, "check", database.url)[0]["points"]
    assert NOTHING == counted(folder)


def pair_of(row: StoredMeasurement) -> bytes:
    """The id of the row's pair, as the store has it."""
    return b64decode(json.loads(row.body)["pair"]["ticket"]["body"]["pair_id"])


def use_twice(folder, row: StoredMeasurement) -> None:
    """A second body with the ticket of the row, which the collector keeps among the conflicts."""
    second = altered(row, lambda document: document.update(service="other-body"))
    keep(folder, second, table="conflicts", pair_id=pair_of(row))


def test_a_ticket_used_twice_marks_both_bodies(tmp_path, database):
    """The first body came before anybody knew: the pass that brings the second one marks it in place, and no other."""
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, database.url, rebuild=True)
    marked = "SELECT sum(conflict), sum(count) FROM pair"
    assert [0, 12] == ask(database, marked)[0][1:]
    first = golden_rows("neutral")[3]
    use_twice(folder, first)
    assert 1 == feed_once(folder, database.url).rows
    assert [2, 13] == ask(database, marked)[0][1:]
    assert 13 == timeseries(folder, "check", database.url)[0]["points"]


def test_a_ticket_used_twice_long_ago_is_left_alone(tmp_path, database):
    """Of a pair past its retention nothing is written, so nothing is refused: the sweep passes over what the feed did."""
    folder = golden_folder(tmp_path, "neutral")
    old = altered(golden_rows("neutral")[0], opened_later(-YEARS_US))
    keep(folder, old, pair_id=pair_of(old))
    use_twice(folder, old)
    feed_once(folder, database.url, rebuild=True)
    assert {**NOTHING, "too_old": 2} == counted(folder)
    assert 12 == timeseries(folder, "check", database.url)[0]["points"]


def test_what_is_past_its_retention_is_counted_and_not_sent(tmp_path, database):
    """A document older than the bucket keeps is no refused line: it is counted, shown by ``status``, and ``check`` agrees."""
    folder = golden_folder(tmp_path, "neutral")
    keep(folder, *(altered(row, opened_later(-YEARS_US)) for row in golden_rows("neutral")[:3]))
    assert 15 == feed_once(folder, database.url, rebuild=True).rows
    assert {**NOTHING, "too_old": 3} == counted(folder)
    assert 3 == timeseries(folder, "status", database.url)[0]["too_old"]
    assert 12 == timeseries(folder, "check", database.url)[0]["points"]
    assert [[3]] == [row[1:] for row in ask(database, "SELECT last(too_old) FROM feed")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b'{"nettest": 1}',
        b'{"nettest":"n","variant":"v","service":"s","direction":"d","address_family":"f","started_at":"2026-11-21T00:00:00","software_version":"1"}',
    ],
    ids=["empty", "no text", "no object", "deep", "wrong type", "no zone"],
)
def test_what_cannot_be_read_is_counted_and_holds_nothing_up(tmp_path, database, body):
    """A document that this version cannot read costs itself: the others arrive, it is counted once, and ``check`` agrees."""
    folder = golden_folder(tmp_path, "neutral")
    row = golden_rows("neutral")[0]
    keep(folder, replace(row, body=body, measurement_id=sha256(body).digest()))
    assert 13 == feed_once(folder, database.url, rebuild=True).rows
    assert 0 == feed_once(folder, database.url).rows
    assert {**NOTHING, "unreadable": 1} == counted(folder)
    assert 12 == timeseries(folder, "check", database.url)[0]["points"]
