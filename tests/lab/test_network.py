"""The lab under real traffic: each policy does what it says to the name it names."""

from __future__ import annotations

import itertools
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.counters import Reading
from tests.lab.network import Lab, wait_for_line
from tests.lab.policies import BlockReset, Drop, Police, Policy, Shape, SharedCongestion
from tests.lab.privileges import EXIT_UNAVAILABLE, prepare
from tests.lab.support import Fetched, fetch, is_whole, needs_lab, serve

pytestmark = [pytest.mark.lab, pytest.mark.calm]

REPOSITORY = Path(__file__).resolve().parents[2]
LINE_MBIT_S = 40.0
SMALL = Police(1_500_000, 16_000, "small.example")
LARGE = Police(2_000_000, 500_000, "large.example")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One lab with all policies at the same time, for most tests of this file."""
    needs_lab()
    policies: list[Policy] = [
        SMALL,
        LARGE,
        Shape(4_000_000, "shaped.example"),
        BlockReset("reset.example"),
        Drop("dropped.example", homes=(0,)),
        SharedCongestion(8_000_000, homes=(1,)),
    ]
    with Lab(homes=2, line_bit_s=int(LINE_MBIT_S * 1e6), rtt_ms=20, policies=policies) as built:
        serve(built)
        yield built


def test_a_name_nobody_matches_gets_the_line(lab: Lab) -> None:
    """A neutral name is carried at nearly the line rate, past five policies for other names."""
    answer = fetch(lab, 0, "neutral.example")
    assert answer.failure == "ok"
    assert 0.88 * LINE_MBIT_S < answer.mbit_s < LINE_MBIT_S


@pytest.mark.parametrize(("policy", "limit_mbit_s"), [(SMALL, 1.5), (LARGE, 2.0)])
def test_a_policer_is_the_token_bucket_it_says(lab: Lab, policy: Police, limit_mbit_s: float) -> None:
    """No stretch of time carries more than rate x time + the real bucket, and the bucket is really there to be emptied."""
    seconds = 4.0
    answer, excess = limited(lab, policy, seconds)
    for _ in range(2):
        # A reader that was not run for a while counts what had passed already in the stretch before it: a limiter
        # that lets too much through does so every time.
        if excess >= most_of(policy):
            answer, excess = limited(lab, policy, seconds)
    assert policy.bucket_bytes * 0.9 < excess < most_of(policy)
    expected = limit_mbit_s + policy.bucket_bytes * 8 / seconds / 1e6
    assert 0.85 * expected < answer.mbit_s < 1.03 * expected


def limited(lab: Lab, policy: Police, seconds: float) -> tuple[Fetched, float]:
    """A fetch through the policer, and the most it let through above its rate, IP bytes."""
    time.sleep(0.5)  # what the last fetch left in the line's queue is not this one's
    answer = fetch(lab, 0, str(policy.match), seconds)
    window = [r for r in lab.counters.readings[0] if answer.t0_unix_s - 0.1 <= r.t_unix_s <= answer.t1_unix_s]
    return answer, largest_excess_bytes(window, policy.rate_bit_s)


def most_of(policy: Police) -> float:
    """The bucket as it really is, and two packets in flight between limiter and counter."""
    return policy.real_bucket_bytes * 1.03 + 3_000


def largest_excess_bytes(readings: list[Reading], rate_bit_s: int) -> float:
    """Return the most IP bytes above rate x time in any stretch: the level of a bucket that leaks at the rate."""
    level = most = 0.0
    for before, after in itertools.pairwise(readings):
        leaked = rate_bit_s / 8 * (after.t_unix_s - before.t_unix_s)
        level = max(0.0, level - leaked) + after.ip_bytes - before.ip_bytes
        most = max(most, level)
    return most


def test_a_shaper_slows_its_name_only(lab: Lab) -> None:
    """The shaped name gets the shaper's rate; another name, right after it, gets the line."""
    answer = fetch(lab, 0, "shaped.example", 3.0)
    assert 3.4 < answer.mbit_s < 4.0
    assert fetch(lab, 0, "neutral.example").mbit_s > 0.88 * LINE_MBIT_S


def test_limiters_are_each_home_s_own(lab: Lab) -> None:
    """Two homes that fetch the shaped name at the same time get the shaped rate each, not half of it."""
    answers: dict[int, float] = {}

    def one(home: int) -> None:
        answers[home] = fetch(lab, home, "shaped.example", 2.5).mbit_s

    threads = [threading.Thread(target=one, args=(home,)) for home in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 3.3 < min(answers.values())
    assert max(answers.values()) < 4.0


def test_a_blocked_name_is_reset_and_its_neighbour_is_not(lab: Lab) -> None:
    """The reset comes after the connection stands, on the first segment with the name."""
    answer = fetch(lab, 0, "reset.example")
    assert answer.failure == "reset"
    assert answer.connect_ms > 15
    assert fetch(lab, 0, "other.example", 0.6).failure == "ok"


def test_a_policy_may_hold_for_some_homes(lab: Lab) -> None:
    """A name dropped for home 0 is served to home 1."""
    assert fetch(lab, 0, "dropped.example").failure == "timeout"
    assert fetch(lab, 1, "dropped.example", 0.6).failure == "ok"


def test_congestion_knows_no_names(lab: Lab) -> None:
    """A congested home is slow under any name; the home beside it is not."""
    rates = [fetch(lab, 1, name).mbit_s for name in ("one.example", "two.example")]
    assert min(rates) > 6.4
    assert max(rates) < 8.0


def test_the_round_trip_is_what_was_asked_for(lab: Lab) -> None:
    """Connecting takes the delay line's round trip, and little more."""
    answers = [fetch(lab, 0, "neutral.example", 0.1) for _ in range(16)]
    # A machine that is busy with other tests may let one run into its time-out; it then has no time to tell.
    times = [answer.connect_ms for answer in answers if answer.failure == "ok"]
    assert 14 <= len(times), [answer.failure for answer in answers]
    # What a busy machine adds, it adds to most and by chance: a delay line that added anything would add it to the quickest, too.
    assert 20.0 <= min(times) < 23.0
    assert statistics.quantiles(times, n=4)[0] < 27.0


def test_each_home_has_a_delay_line_of_its_own(lab: Lab) -> None:
    """What goes to a home, and what it sends, takes its own way: the other home's counts nothing of it."""
    read = "import pathlib;print(*[l.split()[:2] for l in pathlib.Path('/proc/net/dev').read_text().splitlines() if ' up' in l])"

    def received() -> dict[str, int]:
        said = lab.run("isp", 0, [sys.executable, "-c", read]).stdout.decode()
        return {name: int(count) for name, count in re.findall(r"'(up\d+):', '(\d+)'", said)}

    before = received()
    fetch(lab, 0, "neutral.example", 1.0)
    after = received()
    assert after["up0"] - before["up0"] > 1_000_000
    assert after["up1"] - before["up1"] < 10_000


def test_the_counter_agrees_with_the_application(lab: Lab) -> None:
    """Payload by the home's WAN counter and by the receiver agree within 2 %, paced, over 4 s."""
    with Lab(homes=1, rtt_ms=20, line_bit_s=50_000_000) as paced:
        serve(paced, pace_mbit_s=20.0)
        answer = fetch(paced, 0, "neutral.example", 4.0)
    assert is_whole(answer.mbit_s)
    assert answer.counter_mbit_s == pytest.approx(answer.mbit_s, rel=0.02)


def test_the_python_delay_line_does_the_same(lab: Lab) -> None:
    """Without a C compiler the delay is the same and the paced rate arrives whole."""
    with Lab(homes=1, rtt_ms=30, line_bit_s=50_000_000, delay_line="python") as other:
        assert other.delay_line == "python"
        serve(other, pace_mbit_s=20.0)
        answer = fetch(other, 0, "neutral.example", 2.0)
    assert 30.0 <= answer.connect_ms < 36.0
    assert is_whole(answer.mbit_s)


def test_homes_have_addresses_of_their_own(lab: Lab) -> None:
    """The internet sees each home under its own /24, not the probe's private address."""
    script = (
        "import socket\ns=socket.create_server(('10.77.10.2',80))\nprint('ready',flush=True)\n"
        "for _ in range(2): print(s.accept()[1][0],flush=True)\n"
    )
    server = lab.spawn("net", 0, [sys.executable, "-c", script], stdout=subprocess.PIPE)
    wait_for_line(server, b"ready")
    for home in (0, 1):
        lab.run(
            "probe", home, [sys.executable, "-c", "import socket;socket.create_connection(('10.77.10.2',80))"]
        )
    assert server.stdout is not None
    assert [b"10.77.100.2\n", b"10.77.101.2\n"] == [server.stdout.readline() for _ in range(2)]


def test_eight_homes_are_built_in_two_seconds() -> None:
    """Orders are given in batches, so that a lab of eight homes stands soon."""
    needs_lab()
    begin_s = time.monotonic()
    with Lab(homes=8, policies=[SMALL, LARGE]):
        assert time.monotonic() - begin_s < 2.0


def test_the_lab_works_without_root() -> None:
    """A plain user gets the same lab in a user namespace: a policed and a neutral name, with real traffic."""
    needs_lab()
    python = "/usr/bin/python3"
    if os.geteuid() != 0 or prepare() != "root":
        pytest.skip(
            "LAB NOT RUN: becoming a plain user needs root (this lab runs in a user namespace already)"
        )
    if not Path(python).exists():
        pytest.skip(f"LAB NOT RUN: {python}, which a plain user can read, is not installed")
    script = textwrap.dedent("""
        import json, subprocess, sys
        from tests.lab.network import Lab, wait_for_line
        from tests.lab.policies import Police
        traffic = [sys.executable, "tests/lab/traffic.py"]
        rates = []
        with Lab(policies=[Police(1_500_000, 16_000, "small.example")]) as lab:
            serve = [*traffic, "serve", "10.77.10.1", "443", "--pace-mbit-s", "20"]
            wait_for_line(lab.spawn("net", 0, serve, stdout=subprocess.PIPE), b"ready")
            for name in ("small.example", "neutral.example"):
                done = lab.run("probe", 0, [*traffic, "fetch", "10.77.10.1", "443", name, "2"])
                rates.append(json.loads(done.stdout)["received_bytes"] * 8 / 2e6)
        print(json.dumps({"mode": lab.mode, "rates": rates}))
    """)
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, 65534, 65534)
        user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", f"TMPDIR={folder}"]
        command = [*user, python, "-m", "tests.lab.privileges", python, "-c", script]
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=False
        )
    if done.returncode == EXIT_UNAVAILABLE:
        pytest.skip(f"LAB NOT RUN: {done.stderr}")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["mode"] == "userns"
    assert 1.2 < answer["rates"][0] < 1.65
    assert 18 < answer["rates"][1] < 20.5


def test_where_the_lab_cannot_run_the_line_to_run_as_root_is_printed() -> None:
    """Without root and with user namespaces switched off, the answer is exit 3 and the exact switch."""
    needs_lab()
    inner = 'echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-all "$@"'
    command = [sys.executable, "-m", "tests.lab.privileges", "true"]
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", inner, "sh", *command],
        cwd=REPOSITORY,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == EXIT_UNAVAILABLE, done.stderr
    assert "sysctl -w user.max_user_namespaces=15000" == done.stderr.strip().splitlines()[-1].strip()
