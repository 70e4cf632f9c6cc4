"""The feed into real databases, InfluxDB 1.6 and 2: whatever becomes of one, it comes to hold what the store holds.

Of 2 an ``influxd`` on the PATH, or what ``INFLUX_URL`` names; without either each test is counted as not run for it.
"""

import json
import signal
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from contextlib import closing
from datetime import UTC, datetime

import pytest

from collector.homes.book import HomeBook
from collector.timeseries import cursor as cursors
from collector.timeseries.servers import TIMEOUT_S
from tests.collector.timeseries.damage import back_up, lose, owned, restore
from tests.golden.chain import fill
from tests.support.databases import running
from tests.support.sealing import Sealing
from tests.support.series import command, feed_once, golden_folder, golden_rows, timeseries


@pytest.fixture(scope="module", params=["influx1", "influx2"])
def database(request, tmp_path_factory):
    """One database of a kind for the module; each test takes an own bucket's worth of it by rebuilding."""
    with running(request.param, tmp_path_factory.mktemp("influx")) as one:
        yield one


def equal(folder, database) -> int:
    """How many points both hold; fails where they differ."""
    (said,) = timeseries(folder, "check", database.url)
    assert "ts_equal" == said["event"]
    points = said["points"]
    assert isinstance(points, int)
    return points


def test_a_rebuild_equals_the_store(tmp_path, database):
    """Counts and sums per hour and tag set are equal after ``rebuild``, for all golden scenarios; a second feed adds nothing."""
    folder = golden_folder(tmp_path)
    first, second = timeseries(folder, "rebuild", database.url)
    assert (66, "ts_equal", 66) == (first["rows"], second["event"], second["points"])
    assert 0 == feed_once(folder, database.url).rows


def test_hot_then_sealed_feeds_nothing_twice(tmp_path, database):
    """Rows fed while they were hot are passed over once they are sealed, by the index alone; late ones are fed."""
    folder = golden_folder(tmp_path, "neutral")
    assert 12 == feed_once(folder, database.url, rebuild=True).rows
    sealing = Sealing(folder, now_hour=golden_rows("reset")[-1].received_at_us // 3_600_000_000 + 720)
    assert sealing.run().sealed >= 1
    assert 0 == feed_once(folder, database.url).rows
    fill(folder.root, golden_rows("reset"))
    assert sealing.run().sealed >= 1
    assert 18 == feed_once(folder, database.url).rows
    assert 30 == equal(folder, database)


def test_a_home_that_withdraws_leaves_the_database_too(tmp_path, database):
    """At the next pass the bucket is made anew without its rows, archive or not; another pass adds nothing."""
    folder = golden_folder(tmp_path, "neutral")
    whole = feed_once(folder, database.url, rebuild=True).rows
    key = golden_rows("neutral")[0].key
    mine = sum(row.key == key for row in golden_rows("neutral"))
    with closing(HomeBook(folder.homes)) as book:
        book.withdraw(bytes(32), [key], 1)
    again = feed_once(folder, database.url)
    assert again.began_again
    assert whole - mine == equal(folder, database) > 0
    assert 0 == feed_once(folder, database.url).rows


def test_an_emptied_database_is_filled_again(tmp_path, database):
    """A database that lost its data gets everything anew at the next pass, and the feed says so."""
    folder = golden_folder(tmp_path, "policed-1.5")
    feed_once(folder, database.url, rebuild=True)
    lose(database)
    assert "empty" == timeseries(folder, "status", database.url, code=3)[0]["server"]
    done = feed_once(folder, database.url)
    assert (12, True) == (done.rows, done.began_again)
    assert 12 == equal(folder, database)


def test_an_old_backup_is_brought_up_to_date(tmp_path, database):
    """A database restored from a copy made before the last rows is found to be behind by its own mark."""
    folder = golden_folder(tmp_path, "policed-1.5")
    feed_once(folder, owned(database).url, rebuild=True)
    back_up(database, tmp_path / "copy")
    fill(folder.root, golden_rows("reset"))
    assert 18 == feed_once(folder, database.url).rows
    restore(database, tmp_path / "copy")
    done = feed_once(folder, database.url)
    assert (30, True) == (done.rows, done.began_again)
    assert 30 == equal(folder, database)


def test_a_shard_that_died_alone_is_fed_again(tmp_path, database):
    """The mark of the present survives in its own shard; that of the week of the pairs went with them, and tells; so does ``status``."""
    if database.kind != "influx1":
        pytest.skip("only InfluxDB 1 drops a shard by itself on request")
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, database.url, rebuild=True)
    whole = timeseries(folder, "status", database.url)
    assert [("influx1", 1, 0)] == [(one["server"], one["parts"], one["parts_bad"]) for one in whole]
    at = datetime.fromtimestamp(golden_rows("neutral")[0].received_at_us / 1e6, UTC)
    drop_shards(database, at)
    shown, lost = timeseries(folder, "status", database.url, code=3)
    assert ("influx1", 1, 1) == (shown["server"], shown["parts"], shown["parts_bad"])
    assert ("ts_part_lost", 12, None) == (lost["event"], lost["fed"], lost["has"])
    assert str(lost["first"]) <= at.date().isoformat() <= str(lost["last"])
    done = feed_once(folder, database.url)
    assert (12, True) == (done.rows, done.began_again)
    assert 12 == equal(folder, database)
    assert 1 == len(timeseries(folder, "status", database.url))


def drop_shards(database, at: datetime) -> None:
    """The database loses the shard of that week, and no other."""

    def asked(text: str) -> list[list[object]]:
        address = f"{database.url}/query?{urllib.parse.urlencode({'q': text})}"
        request = urllib.request.Request(address, method="POST")  # noqa: S310 - our own database on loopback
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - ″
            series = json.load(answer)["results"][0].get("series", [])
        return [row for one in series for row in one["values"]]

    week = f"{at:%G-%V}"
    if week == f"{datetime.now(UTC):%G-%V}":
        pytest.skip("the golden pairs are of this week: they and the mark have one shard")
    for number, bucket, _, _, begin, *_ in asked("SHOW SHARDS"):
        if bucket == "isonomia_private" and f"{datetime.fromisoformat(str(begin)):%G-%V}" == week:
            asked(f"DROP SHARD {number}")


def test_a_database_that_is_down_is_waited_for(tmp_path, database):
    """The command waits while nobody answers, killed in mid-flight or not started yet, and ends once it came through."""
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, owned(database).url, rebuild=True)
    fill(folder.root, golden_rows("reset"))
    database.kill()
    starter = threading.Timer(3.0, database.start)
    starter.start()
    said = timeseries(folder, "feed", database.url)
    starter.join()
    assert ["ts_waiting", "ts_fed"] == sorted({str(one["event"]) for one in said}, reverse=True)
    assert 30 == equal(folder, database)


def test_a_slow_database_holds_nobody_up(tmp_path, database):
    """While the database is frozen (SIGSTOP) the store takes rows as ever; SIGTERM ends the feed, and the next one goes on."""
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, owned(database).url, rebuild=True)
    database._process.send_signal(signal.SIGSTOP)
    try:
        with subprocess.Popen(
            command(folder, "feed", database.url, "--every", "1", "--kind", database.kind),
            stdout=subprocess.PIPE,
        ) as feed:
            begun = time.monotonic()
            fill(folder.root, golden_rows("reset"))
            took_s = time.monotonic() - begun
            time.sleep(1.0)
            feed.terminate()
            begun = time.monotonic()
            feed.wait(60)
            ended_s = time.monotonic() - begun
    finally:
        database._process.send_signal(signal.SIGCONT)
    assert ended_s < TIMEOUT_S / 2  # it has nothing to wait for: what was under way is fed again
    assert took_s < TIMEOUT_S  # who waited for the database would wait as long as the feed does
    assert 18 == feed_once(folder, database.url).rows
    assert 30 == equal(folder, database)


def test_a_lost_cursor_begins_again(tmp_path, database):
    """Without its cursor the feed writes everything once more, over what is there."""
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, database.url, rebuild=True)
    path = folder.root / "timeseries" / "main.json"
    path.unlink()
    assert 12 == feed_once(folder, database.url).rows
    assert 12 == equal(folder, database)
    path.write_bytes(b"{")
    assert (
        "cursor"
        in subprocess.run(
            command(folder, "feed", database.url), capture_output=True, text=True, check=False
        ).stderr
    )
    assert cursors.read(path.with_name("none.json")) is None


def test_two_feeds_of_one_name_are_refused(tmp_path, database, capsys):
    """The second feed of a name says that another runs, and exits 3."""
    folder = golden_folder(tmp_path, "neutral")
    with subprocess.Popen(
        command(folder, "feed", database.url, "--every", "1", "--json"), stdout=subprocess.PIPE
    ) as feed:
        assert feed.stdout is not None
        feed.stdout.readline()
        timeseries(folder, "feed", database.url, code=3)
        feed.terminate()
        feed.wait(30)
    assert "another feed" in capsys.readouterr().err
