"""The ordinary troubles under real traffic: each does to every name alike what it says."""

from __future__ import annotations

import itertools
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.lab.disturb import Disturber, busy_command, only_of, probe_clock, probe_prefix
from tests.lab.matches import Everything
from tests.lab.network import Lab, wait_for_line
from tests.lab.policies import Delay, Loss, Police, SharedCongestion
from tests.lab.stage import REPOSITORY
from tests.lab.support import fetch, is_whole, needs_lab, serve
from tests.lab.troubles import (
    BusyProbe,
    ClockJump,
    ContentLimit,
    NetworkTrouble,
    ResponderDown,
    RewrittenPorts,
    RogueRouter,
    SecondDevice,
    SlowResponder,
    SmallMtu,
    VaryingLine,
    Wifi,
)

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Five homes, each with a trouble of its own, and a limit of the content side for all."""
    needs_lab()
    troubles: list[NetworkTrouble] = [
        RogueRouter(0, Police(1_500_000, 16_000, "rogue.example")),
        SmallMtu(1280, homes=(1,)),
        RewrittenPorts(homes=(1,)),
        VaryingLine((4_000_000, 16_000_000), 1.0, 1.0, homes=(2,)),
        Wifi(homes=(3,)),
        SecondDevice(3, 60.0, 0.0, homes=(4,)),
    ]
    with Lab(homes=5, line_bit_s=20_000_000, rtt_ms=20, troubles=troubles) as built:
        serve(built)
        yield built


def test_a_rogue_router_is_one_home_s_own(lab: Lab) -> None:
    """The name is slow in that home under that name, and nowhere else."""
    assert fetch(lab, 0, "rogue.example", 3.0).mbit_s < 1.7
    assert fetch(lab, 0, "other.example", 1.5).mbit_s > 15
    assert fetch(lab, 1, "rogue.example", 1.5).mbit_s > 15


def test_small_packets_arrive_whole(lab: Lab) -> None:
    """With an MTU of 1280 (and rewritten ports) the line is as fast, in packets of that size."""
    seen = fetch(lab, 1, "any.example", 2.0)
    assert seen.failure == "ok"
    assert seen.mbit_s > 14
    readings = [r for r in lab.counters.readings[1] if seen.t0_unix_s <= r.t_unix_s <= seen.t1_unix_s]
    size = (readings[-1].rx_bytes - readings[0].rx_bytes) / (readings[-1].rx_packets - readings[0].rx_packets)
    assert 1200 < size <= 1294


def test_a_line_jumps_between_its_levels(lab: Lab) -> None:
    """In half-second bins the rate is now the one level and now the other."""
    seen = fetch(lab, 2, "any.example", 6.0)
    bins = [
        lab.counters.payload_rate_mbit_s(2, seen.t0_unix_s + a, seen.t0_unix_s + b)
        for a, b in itertools.pairwise(0.5 + n / 2 for n in range(11))
    ]
    assert min(bins) < 5
    assert 12 < max(bins) < 17


def test_wifi_is_unsteady(lab: Lab) -> None:
    """The radio link's rate varies several times over within seconds."""
    seen = fetch(lab, 3, "any.example", 5.0)
    bins = [
        lab.counters.payload_rate_mbit_s(3, seen.t0_unix_s + a, seen.t0_unix_s + b)
        for a, b in itertools.pairwise(0.5 + n / 4 for n in range(18))
    ]
    assert statistics.pstdev(bins) > 0.15 * statistics.mean(bins)


def test_a_second_device_takes_its_share(lab: Lab) -> None:
    """Beside three flows of another device, one flow gets well below the line."""
    assert fetch(lab, 4, "any.example", 4.0).mbit_s < 12


def test_other_homes_devices_rest_and_go_on() -> None:
    """While one home measures another's device takes nothing of its line; afterwards, everything again."""
    needs_lab()
    with Lab(homes=2, line_bit_s=25_000_000, troubles=[SecondDevice(3, 60.0, 0.0)]) as lab:
        with only_of(lab.second_devices, [0]):
            time.sleep(2.0)
            assert (0.9, 0.05) == pytest.approx(_shares_of_lines(lab), abs=0.1)
        time.sleep(2.0)
        assert (0.9, 0.9) == pytest.approx(_shares_of_lines(lab), abs=0.1)


def _shares_of_lines(lab: Lab) -> tuple[float, ...]:
    """What of each home's line was used in the next two seconds."""
    t0_unix_s = time.time()
    time.sleep(2.0)
    rates = (lab.counters.payload_rate_mbit_s(home, t0_unix_s, time.time()) for home in range(lab.homes))
    return tuple(rate * 1e6 / lab.line.rate_bit_s for rate in rates)


def test_limits_on_everything_know_no_names() -> None:
    """A plan, a content side, loss and delay for all: two names fare alike."""
    needs_lab()
    plan, lossy = Police(6_000_000, 16_000, Everything()), Loss(0.02, Everything(), homes=(1,))
    with Lab(homes=2, line_bit_s=40_000_000, policies=[plan, lossy, Delay(30, Everything())]) as lab:
        serve(lab)
        planned = [fetch(lab, 0, name, 2.0) for name in ("one.example", "two.example")]
    assert max(seen.mbit_s for seen in planned) < 6.2
    assert min(seen.mbit_s for seen in planned) > 2
    assert min(seen.connect_ms for seen in planned) > 49
    with Lab(homes=2, line_bit_s=40_000_000, troubles=[ContentLimit(5_000_000)]) as lab:
        serve(lab)
        assert (
            max(fetch(lab, 0, name, 3.0).mbit_s for name in ("one.example", "two.example")) < 7.2
        )  # rate x 1 s of bucket besides


def test_a_deep_queue_fills_to_seconds() -> None:
    """1500 packets at 4 Mbit/s are four seconds; beside eight flows a new connection waits for a second at least."""
    needs_lab()
    deep = SharedCongestion(4_000_000, queue_packets=1500)
    with Lab(homes=1, policies=[deep], troubles=[SecondDevice(8, 60.0, 0.0)]) as lab:
        serve(lab)
        time.sleep(8.0)
        seen = [fetch(lab, 0, "any.example", 0.2) for _ in range(3)]
    # A connection that gives up after three seconds has waited, too.
    assert max(3000 if one.failure == "timeout" else one.connect_ms for one in seen) > 1000


def test_policies_may_be_replaced_while_all_runs() -> None:
    """A limit that is set up later holds from then on, and one that is taken away no longer."""
    needs_lab()
    with Lab(homes=1, line_bit_s=40_000_000) as lab:
        serve(lab, pace_mbit_s=20.0)
        assert is_whole(fetch(lab, 0, "late.example", 1.0).mbit_s)
        lab.set_policies([Police(2_000_000, 16_000, "late.example")])
        assert fetch(lab, 0, "late.example", 2.0).mbit_s < 2.2
        lab.set_policies([])
        assert is_whole(fetch(lab, 0, "late.example", 1.0).mbit_s)


def test_a_responder_is_stopped_and_killed_as_said() -> None:
    """A slow one stands still for moments and goes on; a killed one is gone, then there is another."""
    program = [
        sys.executable, "-u", "-c", "import time\nfor _ in range(300): print(time.monotonic()); time.sleep(.02)",
    ]  # fmt: skip
    started = [subprocess.Popen(program, stdout=subprocess.PIPE)]
    with Disturber([SlowResponder(0.5, 0.6)], lambda: started[-1], lambda: None):
        time.sleep(2.5)
    times = [float(line) for line in started[0].communicate()[0].split()]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert max(gaps) > 0.4
    assert times[-1] - times[0] > 5

    started = [subprocess.Popen(["sleep", "60"])]
    with Disturber(
        [ResponderDown(0.2, 0.2)],
        lambda: started[-1],
        lambda: started.append(subprocess.Popen(["sleep", "60"])),
    ):
        time.sleep(1.5)
    assert [-9, None] == [process.poll() for process in started]
    started[1].kill()
    started[1].wait()


def test_a_busy_probe_gets_little_of_its_core() -> None:
    """Beside one program that never rests, the probe's share of the core is well below a half."""
    core = max(os.sched_getaffinity(0))
    script = (
        "import time,os\ne=time.monotonic()+1.5\nwhile time.monotonic()<e: pass\nprint(sum(os.times()[:2]))"
    )
    busy = subprocess.Popen(busy_command(core))
    try:
        prefix = probe_prefix([BusyProbe()], 0, core)
        done = subprocess.run([*prefix, sys.executable, "-c", script], capture_output=True, check=True)
    finally:
        busy.kill()
        busy.wait()
    assert float(done.stdout) < 0.8
    assert [] == probe_prefix([BusyProbe(homes=(1,))], 0, core)


def test_a_probe_s_clock_jumps_and_its_stopwatch_does_not() -> None:
    """The wall clock gains an hour after the time given; the monotonic clock goes on evenly."""
    script = (
        "import time\nprint('ready',flush=True)\na,m=time.time(),time.monotonic()\ntime.sleep(2.2)\n"
        "print(time.time()-a-(time.monotonic()-m),flush=True)\n"
    )
    environment = {**os.environ, **probe_clock([ClockJump(3600.0, 0.0)], 0)}
    process = subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, cwd=REPOSITORY
    )
    wait_for_line(process, b"ready")
    assert process.stdout is not None
    assert float(process.stdout.readline()) == pytest.approx(3600.0, abs=0.1)
    process.wait()
    process.stdout.close()
