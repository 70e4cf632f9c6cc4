"""A run that is stopped, given up or killed: it sums up, says so, loses nothing, and rests as it should afterwards."""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from probe.measurement.signing import MEASUREMENT, Signed, verify
from probe.spool import Spool
from tests.probe.conftest import offer, with_services
from tests.probe.test_run import named

CHILD = """
import sys
from probe.nettests.table import NETTESTS
NETTESTS.update(replay_tls="tests.probe.paper_replay", capacity="tests.probe.paper_capacity")
from probe.cli import main
sys.exit(main(sys.argv[1:]))
"""


def child(home, *more):
    """A run in a process of its own."""
    command = [sys.executable, "-c", CHILD, "run", "--home", str(home.folder), "--json", *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def until(process, name):
    """Read events until one of that name, which is returned."""
    for line in process.stdout:
        if (event := json.loads(line))["event"] == name:
            return event
    raise AssertionError(f"no {name}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_resting_run_cleanly(joined, collector, number):
    """Stopped while it rests, a run sums up, uploads what it has and exits 0."""
    with child(joined, "--service", "s1", "--pairs", "9", "--between-pairs-s", "60") as process:
        until(process, "waiting")
        process.send_signal(number)
        events = [json.loads(line) for line in process.stdout]
        assert 0 == process.wait(10)
    assert [1] == [event["pairs"] for event in named(events, "summary")]
    assert 1 == len(collector.documents)


def test_twice_gives_the_running_pair_up(joined, collector):
    """A second signal ends a pair that hangs: a signed `skipped` says so, and the process is gone at once."""
    offer(joined, collector, with_services(collector.plan, "hang"))
    with child(joined) as process:
        until(process, "pair_started")
        process.send_signal(signal.SIGINT)
        until(process, "stopping")
        process.send_signal(signal.SIGINT)
        events = [json.loads(line) for line in process.stdout]
        assert 1 == process.wait(10)
    assert ["stopped_by_volunteer"] == [event["reason"] for event in named(events, "skipped")]
    assert 1 == Spool(joined.spool).waiting().documents + len(collector.documents)


def test_kill_9_of_a_run_loses_no_spooled_measurement(joined, collector):
    """Killed at random moments, every pair that was announced is in the spool or at the collector, whole."""
    said: set[str] = set()
    for _ in range(6):
        collector.script.extend(["500"] * 3)
        with child(joined, "--pairs", "500", "--between-pairs-s", "0", "--variant", "paced") as process:
            said |= {until(process, "pair")["id"] for _ in range(2)}
            time.sleep(random.uniform(0, 0.2))
            process.kill()
            lines = [line for line in process.stdout if line.endswith("\n")]
        said |= {event["id"] for event in map(json.loads, lines) if event["event"] == "pair"}
    spool = Spool(joined.spool)
    spool.open()
    assert len(said) >= 12
    assert set() == said - set(spool.pending()) - set(collector.documents)
    for identifier in spool.pending():
        document = spool.read(identifier)
        assert document is not None
        verify(msgspec.json.decode(document, type=Signed), MEASUREMENT)
    assert [] == spool.rejected()


def test_a_process_that_dies_within_a_pair_restarts_no_sooner(joined, collector):
    """Killed while a pair runs, a service rests after the restart as it does after a failure: twice ten minutes."""
    offer(joined, collector, with_services(collector.plan, "hang"))
    with child(joined, "--variant", "paced", "--gap-ms", "2000") as process:
        until(process, "pair_started")
        process.kill()
        process.wait(10)
    with child(joined, "--variant", "paced", "--gap-ms", "2000") as process:
        events = map(json.loads, process.stdout)
        first = next(event for event in events if event["event"] in ("waiting", "pair_started"))
        process.kill()
    assert "waiting" == first["event"]
    assert 1100 < first["wait_s"] <= 1200
