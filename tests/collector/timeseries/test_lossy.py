"""VictoriaMetrics as a lossy copy, a real one: killed, emptied, written to by the feed over ``/write``, InfluxDB 1's API."""

import json
import time
import urllib.parse

import pytest

from tests.support.databases import running
from tests.support.series import feed_once, golden_folder, timeseries


@pytest.fixture
def database(tmp_path):
    """A VictoriaMetrics."""
    with running("victoria", tmp_path / "victoria") as one:
        yield one


def counted(database, label: str = 'db="isonomia_private"') -> int:
    """The sum of ``pair_count`` over all samples it exports."""
    match = urllib.parse.quote(f"pair_count{{{label}}}")
    database.ask("/internal/force_flush")
    lines = database.ask(f"/api/v1/export?match[]={match}").splitlines()
    return sum(sum(json.loads(line)["values"]) for line in lines)


def test_every_pair_is_copied_without_its_texts(tmp_path, database):
    """All 66 pairs arrive, texts do not; a second pass adds nothing; a graceful end and a start lose nothing."""
    folder = golden_folder(tmp_path)
    assert 66 == feed_once(folder, database.url).rows
    assert 66 == counted(database)
    names = json.loads(database.ask("/api/v1/label/__name__/values"))["data"]
    assert [] == [name for name in names if name.endswith(("_home", "_brand", "_failure"))]
    database.stop()
    database.start()
    assert 0 == feed_once(folder, database.url).rows
    assert 66 == counted(database)


def test_killed_and_emptied_it_is_made_anew(tmp_path, database):
    """Emptied, it gets everything at the next pass; ``rebuild`` makes it anew without a sample twice."""
    folder = golden_folder(tmp_path, "neutral")
    feed_once(folder, database.url)
    database.lose_everything()
    done = feed_once(folder, database.url)
    assert (12, True) == (done.rows, done.began_again)
    time.sleep(1.1)
    assert 12 == counted(database)
    assert "ts_fed" == timeseries(folder, "rebuild", database.url)[0]["event"]
    assert 12 == counted(database)
