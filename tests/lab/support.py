"""What the lab's own tests share: a sender in the internet, a fetch from a home under a name, and what was seen of it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.network import Lab, wait_for_line
from tests.lab.privileges import LabUnavailableError, prepare

TRAFFIC = str(Path(__file__).with_name("traffic.py"))


def needs_lab() -> None:
    """Skip, with the reason, where no lab can be built."""
    try:
        prepare()
    except LabUnavailableError as error:
        pytest.skip(f"LAB NOT RUN: {error}")


PACE_MBIT_S = 20.0
WHOLE_MBIT_S = (0.85 * PACE_MBIT_S, 1.15 * PACE_MBIT_S)
"""What arrives of a pace that nothing limits. A machine whose neighbours stall it may send less for a moment: then a transfer is
tried again, for a stall passes and a limiter does not."""


def is_whole(*mbit_s: float) -> bool:
    """Whether the best of these rates is that of a sender at `PACE_MBIT_S` whom nothing limits."""
    return WHOLE_MBIT_S[0] < max(mbit_s) < WHOLE_MBIT_S[1]


def is_whole_once(tried: Iterable[Fetched]) -> bool:
    """Whether one of these transfers is whole; after the first that is no other is begun."""
    return any(is_whole(one.mbit_s) for one in tried)


@dataclass(frozen=True)
class Fetched:
    """What `traffic.py fetch` printed, and the rates by the application and by the lab's counter (None: too short to say)."""

    failure: str
    connect_ms: float
    received_bytes: int
    t0_unix_s: float
    t1_unix_s: float
    counter_mbit_s: float | None = None

    @property
    def mbit_s(self) -> float:
        """Payload rate as the application saw it."""
        return self.received_bytes * 8 / (self.t1_unix_s - self.t0_unix_s) / 1e6


def serve(lab: Lab, pace_mbit_s: float = 0.0, address: str = "10.77.10.1") -> None:
    """Start a sender in the internet and wait until it listens."""
    argv = [sys.executable, TRAFFIC, "serve", address, "443", "--pace-mbit-s", str(pace_mbit_s)]
    wait_for_line(lab.spawn("net", 0, argv, stdout=subprocess.PIPE), b"ready")


def fetch(lab: Lab, home: int, name: str, seconds: float = 2.0, address: str = "10.77.10.1") -> Fetched:
    """Fetch under a name from a home's probe."""
    argv = [sys.executable, TRAFFIC, "fetch", address, "443", name, str(seconds)]
    done = lab.run("probe", home, argv, timeout_s=30)
    assert done.returncode == 0, done.stderr
    seen = Fetched(**json.loads(done.stdout))
    if seen.t1_unix_s - seen.t0_unix_s < 0.5:
        return seen
    lab.counters.sample_now()
    rate = lab.counters.payload_rate_mbit_s(home, seen.t0_unix_s, seen.t1_unix_s)
    return dataclasses.replace(seen, counter_mbit_s=rate)


def rate_between(lab: Lab, home: int, seen: Fetched, from_s: float, to_s: float) -> float:
    """Return the counter's payload rate in a part of a fetch, seconds from its first byte, Mbit/s."""
    return lab.counters.payload_rate_mbit_s(home, seen.t0_unix_s + from_s, seen.t0_unix_s + to_s)
