"""What the lab can carry on this machine: rates reached and round trips, by the number of homes. `python -m tests.lab limits`.

Three things for each number of homes: round trips while nothing else moves; the same while every home is sent 20 Mbit/s, with the
rates that the slowest home and all together got; and what one home's unpaced flow reaches on a line of 1 Gbit/s.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

from tests.lab.network import Lab, wait_for_line
from tests.lab.support import Fetched, fetch, serve

HOMES = (1, 5, 10, 20, 30)
PACE_MBIT_S = 20.0
LINE_BIT_S = 50_000_000
RTT_MS = 20.0
LOADED_S = 6.0
TRIPS = 150
_EVERY_S = 0.02
_ECHO = ("10.77.10.5", "7")
_PROGRAM = str(Path(__file__).with_name("echo.py"))
_TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Trips:
    """Round trips in ms, and how many were lost."""

    least: float
    median: float
    p99: float
    lost: int


@dataclass(frozen=True)
class Limit:
    """A number of homes: round trips idle and loaded; payload rates by the lab's counters; the delay lines' share of a core."""

    homes: int
    delay_line: str
    idle: Trips
    loaded: Trips
    slowest_mbit_s: float
    all_mbit_s: float
    delay_line_cpu: float


def measure(homes: int, delay_line: str = "auto") -> Limit:
    """Build a lab of so many homes and measure it. Raises what `Lab` raises."""
    with Lab(homes=homes, line_bit_s=LINE_BIT_S, rtt_ms=RTT_MS, delay_line=delay_line) as lab:
        argv = [sys.executable, _PROGRAM, "serve", *_ECHO]
        wait_for_line(lab.spawn("net", 0, argv, stdout=subprocess.PIPE), b"ready")
        serve(lab, pace_mbit_s=PACE_MBIT_S)
        idle = _trips(lab)
        with ThreadPoolExecutor(max_workers=homes + 1) as pool:
            before_s = _cpu_s(lab.delay_pids)
            fetches = [pool.submit(fetch, lab, n, "any.example", LOADED_S) for n in range(homes)]
            loaded = pool.submit(_trips, lab).result()
            seen = [one.result() for one in fetches]
            cpu = (_cpu_s(lab.delay_pids) - before_s) / LOADED_S
        rates = [_settled_mbit_s(lab, n, one) for n, one in enumerate(seen)]
        return Limit(
            homes, lab.delay_line, idle, loaded, round(min(rates), 2), round(sum(rates), 1), round(cpu, 3)
        )


def one_flow_mbit_s(delay_line: str = "auto") -> float:
    """Return what one unpaced flow reaches on a line of 1 Gbit/s."""
    with Lab(
        homes=1, line_bit_s=1_000_000_000, rtt_ms=RTT_MS, delay_line=delay_line, line_queue_packets=1000
    ) as lab:
        serve(lab)
        return round(_settled_mbit_s(lab, 0, fetch(lab, 0, "any.example", LOADED_S)), 1)


def _settled_mbit_s(lab: Lab, home: int, seen: Fetched) -> float:
    """Return the counter's payload rate after the first second."""
    return lab.counters.payload_rate_mbit_s(home, seen.t0_unix_s + 1, seen.t1_unix_s)


def _trips(lab: Lab) -> Trips:
    argv = [sys.executable, _PROGRAM, "ask", *_ECHO, str(TRIPS), str(_EVERY_S)]
    trips: list[float | None] = json.loads(lab.run("probe", 0, argv, timeout_s=TRIPS * 1.1 + 30).stdout)
    known = [trip for trip in trips if trip is not None] or [float("nan")] * 2
    high = quantiles(known, n=100)[98]
    return Trips(round(min(known), 1), round(median(known), 1), round(high, 1), trips.count(None))


def _cpu_s(pids: Sequence[int]) -> float:
    fields = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids)
    return sum(int(one[11]) + int(one[12]) for one in fields) / _TICKS_S


def report(*, as_json: bool, delay_line: str, homes: Sequence[int]) -> int:
    """Measure, print a line each, and return 0: what a machine can carry is no failure."""
    limits = [measure(count, delay_line) for count in homes]
    flow = one_flow_mbit_s(delay_line)
    if as_json:
        print(json.dumps({"limits": [asdict(one) for one in limits], "one_flow_mbit_s": flow}))
        return 0
    print(
        "homes  idle ms min/median/p99   loaded ms min/median/p99 (lost)   slowest, all Mbit/s   delay lines CPU"
    )
    for one in limits:
        idle, loaded = one.idle, one.loaded
        print(
            f"{one.homes:5}  {idle.least:7.1f} {idle.median:6.1f} {idle.p99:6.1f}"
            f"      {loaded.least:7.1f} {loaded.median:6.1f} {loaded.p99:6.1f} ({loaded.lost})"
            f"            {one.slowest_mbit_s:6.2f} {one.all_mbit_s:6.1f}            {one.delay_line_cpu:.0%}"
        )
    print(f"one flow, line of 1 Gbit/s: {flow} Mbit/s ({limits[0].delay_line if limits else delay_line})")
    return 0
