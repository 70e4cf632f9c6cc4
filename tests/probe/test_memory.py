"""What a router must spare: the agent between two visits, and a light nettest's child at its peak (issue 4's gates).

QUIC's child is held to 110 MB in ``replay/test_quic.py``.
"""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from probe.errands.child import run_in_child
from probe.nettests.dns import DnsParams
from probe.nettests.endpoint import Endpoint, Fetched, FetchObject, Surroundings
from probe.nettests.fetch import FetchParams
from probe.nettests.reachability import ReachabilityParams
from tests.probe.conftest import NAME

IDLE_BYTES = 55_000_000
CHILD_BYTES = 95_000_000


def resident_bytes(pid):
    """VmRSS of a process."""
    rows = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(row.split()[1]) * 1024 for row in rows if row.startswith("VmRSS:"))


@pytest.mark.timeout(300)
def test_an_idle_agent(ready, collector, place):
    """After a whole visit of real runs (a pair, echoes, dns, fetch, reachability, uploads), while it rests: 55 MB at most."""
    short = tuple(msgspec.structs.replace(n, duration_ms=400) for n in collector.plan.nettests)
    collector.plan = msgspec.structs.replace(collector.plan, nettests=short)
    command = [sys.executable, "-m", "probe", "run", "--home", str(ready.folder), "--json", "--pairs", "2"]
    timings = ["--between-pairs-s", "600", "--gap-ms", "0", "--endpoints", str(place[0])]
    with subprocess.Popen([*command, *timings], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        events = []
        for line in process.stdout:  # ends: when it rests, or with the process
            events.append(json.loads(line)["event"])
            if events[-1] == "waiting":
                break
        idle_bytes = resident_bytes(process.pid)
        process.terminate()
        process.communicate()
    assert (1, 4) == (events.count("pair"), events.count("result"))
    assert IDLE_BYTES >= idle_bytes > 20_000_000


def test_a_childs_peak(place):
    """dns, reachability and a fetch of the whole 2 MB, each in its own child: 95 MB at most."""
    _, service, names, authority = place
    around = Surroundings(lab=True, resolver=("127.0.0.1", names.port), ca_pem=authority.pem)
    page = FetchObject(url=f"https://{NAME}:{service.port}/a")
    objects = (Fetched(original=page, control=page),)
    endpoint = Endpoint(id="a", names=(NAME,), objects=objects, verified=True)
    terms = {
        "dns": DnsParams(endpoint=endpoint, surroundings=around, trusted=()),
        "reachability": ReachabilityParams(endpoint=endpoint, surroundings=around, https_port=service.port),
        "fetch": FetchParams(endpoint=endpoint, surroundings=around, gap_ms=0),
    }
    peaks = {name: run_in_child(name, params, True, 100.0).peak_bytes for name, params in terms.items()}
    assert {} == {name: peak for name, peak in peaks.items() if not CHILD_BYTES >= peak > 10_000_000}
