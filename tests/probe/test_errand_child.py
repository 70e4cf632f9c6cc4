"""An errand in a process of its own: its deadline, its end, and what it says of why it could not."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from probe.budget import Ledger
from probe.errands.child import run_in_child
from probe.nettests.base import CannotRun
from probe.nettests.dns import DnsParams
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject, Surroundings
from probe.nettests.fetch import FetchParams
from tests.probe.conftest import NAME, now_us
from tests.support.names import Names, serving


def children():
    """The command lines of this process's children."""
    folder = Path(f"/proc/{os.getpid()}/task")
    pids = {pid for task in folder.iterdir() for pid in (task / "children").read_text().split()}
    return [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids]


def test_a_child_that_is_late_is_ended(place):
    """At its deadline a child is killed, at once and for good; the reason says so."""
    _, _, _, authority = place
    silent = Names(silent=frozenset({NAME}))
    with serving(silent):
        params = DnsParams(
            endpoint=Endpoint(id="a", names=(NAME,)),
            surroundings=Surroundings(lab=True, resolver=("127.0.0.1", silent.port), ca_pem=authority.pem),
            trusted=(),
        )
        began_s = time.monotonic()
        with pytest.raises(CannotRun, match="deadline"):
            run_in_child("dns", params, True, 2.0)
    assert 5.0 > time.monotonic() - began_s
    assert [] == [line for line in children() if b"probe.errands.child" in line]


def test_a_crash_counts_as_spent(ready, place, tmp_path):
    """`kill -9` in the middle of a fetch: its declared cost is in the ledger, and the child ends by its own alarm."""
    silent = Names(silent=frozenset({NAME}))
    with serving(silent):
        path = tmp_path / "endpoints.toml"
        path.write_text(
            re.sub(r"resolver = .*", f'resolver = ["127.0.0.1", {silent.port}]', place[0].read_text())
        )
        command = [sys.executable, "-m", "probe", "once", "fetch", "--busy", "--json"]
        process = subprocess.Popen(
            [*command, "--endpoints", str(path), "--home", str(ready.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        for line in process.stdout:  # ends: with the event, or with the process
            if json.loads(line)["event"] == "errand_started":
                break
        _wait_until(lambda: silent.asked != [])
        process.kill()
        process.wait(10)
        process.stdout.close()
    assert 2_000_000 <= Ledger(ready.ledger, 10**10).spent_bytes(now_us())


def _wait_until(said):
    """Ends: when ``said`` is true; after a while the test has failed."""
    for _ in range(400):
        if said():
            return
        time.sleep(0.05)
    raise AssertionError("never")


def test_a_child_says_why_it_could_not(place):
    """What the nettest raised comes back; a child that ends otherwise is `crashed`."""
    pair = Fetched(
        original=FetchObject(url="https://a.example/"), control=FetchObject(url="https://b.example/")
    )
    params = FetchParams(endpoint=Endpoint(id="a", names=("a.example",), objects=(pair,)))
    with pytest.raises(CannotRun, match="endpoint:not_verified"):
        run_in_child("fetch", params, True, 30.0)
    with pytest.raises(CannotRun, match="crashed"):
        run_in_child("no_such_nettest", params, True, 30.0)
