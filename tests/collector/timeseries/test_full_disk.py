"""A database whose disk is really full (a tmpfs of 16 MB in a mount namespace of its own): waited for, caught up, nothing lost.

InfluxDB 1.6 goes on to say that there is no room for the shard's log once there is (its buffered writer keeps its first error): it
has to be started again. A test that fails on fewer waits says that an InfluxDB heals by itself, and docs/boards.md may too.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tests.collector.timeseries.full_disk import RESTART_AFTER
from tests.support.sealing import ROOT

MOUNT = 'mount -t tmpfs -o size=16m none "$1/small" && exec "$2" -m tests.collector.timeseries.full_disk "$1"'


def on_a_small_disk(root) -> dict:
    """Run the story with the database on a small disk that nobody else sees; what it printed."""
    namespace = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    if shutil.which("unshare") is None or subprocess.run([*namespace, "true"], check=False).returncode != 0:
        pytest.skip(f"no mount namespace here ({' '.join(namespace)}): a database's full disk was NOT tested")
    if shutil.which("influxd") is None:
        pytest.skip("NOT RUN AGAINST A REAL DATABASE: influxd (influxdb) is not installed")
    (root / "small").mkdir()
    done = subprocess.run(
        [*namespace, "sh", "-c", MOUNT, "sh", str(root), sys.executable],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    said: dict = json.loads(done.stdout.splitlines()[-1])
    return said


@pytest.mark.timeout(300)
def test_a_database_whose_disk_is_full_is_waited_for(tmp_path):
    """It answers 500: the feed says so, waits and loses nothing; with room and a restart of the database it catches up by itself.

    No line counts as refused. Killed afterwards, the database has what it took, or the feed finds that it has not.
    """
    said = on_a_small_disk(tmp_path)
    status, words = said["refused"]
    assert (500, True) == (status, "no space left" in words)
    *waits, fed = said["fed"]
    assert {"ts_waiting"} == {one["event"] for one in waits}
    assert len(waits) >= RESTART_AFTER
    assert "no space left" in waits[0]["detail"]
    assert ("ts_fed", 18, 0) == (fed["event"], fed["rows"], fed["rejected"])
    for moment, points in (("before", 12), ("after", 30), ("restarted", 30)):
        assert ("ts_equal", points) == (said[moment]["event"], said[moment]["points"])
