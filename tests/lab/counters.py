"""The lab's own truth: bytes that came out past the limiter, as the home's WAN interface counted them, either way.

/proc/thread-self/net/dev is opened once by a thread inside each home's namespace; the open file stays bound to that namespace and
can then be read from any thread. Each reading is a system call and a line to parse (about 20 us), so 30 homes at 50 Hz take 3 % of a core.
"""

from __future__ import annotations

import bisect
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from tests.lab.namespaces import inside

ETHERNET_HEADER_BYTES = 14
PAYLOAD_SHARE = 1448 / 1500
"""TCP payload per IP byte in full packets with time stamps."""


@dataclass(frozen=True)
class Reading:
    """A home's WAN counters at a time."""

    t_unix_s: float
    rx_bytes: int
    rx_packets: int
    tx_bytes: int = 0
    tx_packets: int = 0

    @property
    def ip_bytes(self) -> int:
        """Return the received bytes less Ethernet headers."""
        return self.rx_bytes - ETHERNET_HEADER_BYTES * self.rx_packets

    @property
    def sent_ip_bytes(self) -> int:
        """Return the sent bytes less Ethernet headers: counted where they leave the interface's queue."""
        return self.tx_bytes - ETHERNET_HEADER_BYTES * self.tx_packets


def _open_counters() -> int:
    return os.open("/proc/thread-self/net/dev", os.O_RDONLY | os.O_CLOEXEC)


class Counters:
    """A sampler of all homes' WAN interfaces; a context manager."""

    def __init__(
        self, home_namespaces: Sequence[str], period_s: float = 0.02, interface: str = "wan0"
    ) -> None:
        self.period_s = period_s
        self.readings: list[list[Reading]] = [[] for _ in home_namespaces]
        self._label = f"{interface}:".encode()
        self._files = [inside(namespace, _open_counters) for namespace in home_namespaces]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="lab counters", daemon=True)

    def __enter__(self) -> Self:
        self.sample_now()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Take a last reading, end the sampler and close the files, which hold the namespaces alive. Safe to call again."""
        if self._thread.is_alive():
            self._stop.set()
            self._thread.join()
            self.sample_now()
        for file in self._files:
            os.close(file)
        self._files = []

    def _sample(self) -> None:
        """Read all homes once a period; ends by `close`."""
        while not self._stop.wait(self.period_s):
            self.sample_now()

    def sample_now(self) -> None:
        """Read all homes once."""
        for file, readings in zip(self._files, self.readings, strict=False):
            t_unix_s = time.time()
            content = os.pread(file, 4096, 0)
            values = content.partition(self._label)[2].split(None, 10)
            readings.append(Reading(t_unix_s, *(int(values[place]) for place in (0, 1, 8, 9))))

    def ip_bytes(self, home: int, t0_unix_s: float, t1_unix_s: float, direction: str = "down") -> float:
        """Return the IP bytes a home received, or sent, between two Unix times, by linear interpolation between readings.

        Raises ValueError if the window is not within the readings (one period of grace at each end).
        """
        readings = list(self.readings[home])
        first, last = (_at(readings, t, self.period_s, direction) for t in (t0_unix_s, t1_unix_s))
        return last - first

    def payload_rate_mbit_s(
        self, home: int, t0_unix_s: float, t1_unix_s: float, direction: str = "down"
    ) -> float:
        """Return the TCP payload rate in a window, Mbit/s: IP bytes x 1448/1500, as all packets of a bulk transfer are full."""
        seconds = t1_unix_s - t0_unix_s
        return self.ip_bytes(home, t0_unix_s, t1_unix_s, direction) * PAYLOAD_SHARE * 8 / seconds / 1e6


def _counted(reading: Reading, direction: str) -> int:
    return reading.sent_ip_bytes if direction == "up" else reading.ip_bytes


def _at(readings: list[Reading], t_unix_s: float, period_s: float, direction: str) -> float:
    grace_s = max(period_s, 0.2)  # a busy machine may delay a reading
    if not readings or not readings[0].t_unix_s - grace_s <= t_unix_s <= readings[-1].t_unix_s + grace_s:
        raise ValueError(f"no readings around {t_unix_s:.3f}")
    after = bisect.bisect_left(readings, t_unix_s, key=lambda r: r.t_unix_s)
    if after == 0:
        return _counted(readings[0], direction)
    if after == len(readings):
        return _counted(readings[-1], direction)
    low, high = readings[after - 1], readings[after]
    share = (t_unix_s - low.t_unix_s) / (high.t_unix_s - low.t_unix_s)
    before, then = _counted(low, direction), _counted(high, direction)
    return before + share * (then - before)
