"""What the wire's test can tell, on made captures: a planted millisecond or byte is caught, equal runs are not told apart."""

from __future__ import annotations

import numpy as np
import pytest

from tests.lab.wire import Seen, told_apart
from tests.lab.wire_capture import QUIC, connections

PAIRS, TIMES = 50, 40
QUARTILES_OF_NORMAL = 1.349
"""Between the quartiles of a normal law, in its standard deviations."""


def runs(rng: np.random.Generator, noise_ms: float, *, late_ms: float = 0.0, longer: int = 0) -> list[Seen]:
    """So many runs: seven first packets and thirty of bulk; `noise_ms` lies between the quartiles of each gap, with a heavy tail."""
    made = []
    for _ in range(PAIRS):
        gaps = 2.0 + noise_ms / QUARTILES_OF_NORMAL * rng.standard_normal(37)
        gaps += (rng.random(37) < 0.1) * rng.exponential(10.0, 37)  # now and then the machine is elsewhere
        gaps[2] += late_ms  # between SYN-ACK and hello: the second gap between packets
        at_s = np.cumsum(np.abs(gaps)) / 1e3
        ups = [True, False, True, False, True, True, *[False] * 31]
        sizes = [0, 0, 517 + longer, 1448, 80, 60, *[1448] * 31]
        made.append(Seen("x.example", [(float(t), u, n) for t, u, n in zip(at_s, ups, sizes, strict=True)]))
    return made


@pytest.mark.parametrize("noise_ms", [0.1, 0.4, 0.7])
def test_a_millisecond_is_caught_where_the_noise_allows(noise_ms: float) -> None:
    """Up to the noise at which the lab's test gives up, 1 ms in 50 pairs is told apart nearly each time, by its own gap."""
    rng = np.random.default_rng(1)
    told = [
        "gap 1" in told_apart(runs(rng, noise_ms, late_ms=1.0), runs(rng, noise_ms), Seen.times)
        for _ in range(TIMES)
    ]
    assert sum(told) >= TIMES - 1


def test_a_byte_is_caught() -> None:
    """One byte more in the hello, and nothing else, whatever the noise in time."""
    rng = np.random.default_rng(2)
    assert ["up 0"] == list(told_apart(runs(rng, 9.0, longer=1), runs(rng, 9.0), Seen.sizes))


def test_equal_runs_are_seldom_told_apart() -> None:
    """The level is 1 % over all features: of 100 captures of nothing, hardly any is told apart."""
    rng = np.random.default_rng(3)
    told = [bool(told_apart(runs(rng, 0.7), runs(rng, 0.7), Seen.times)) for _ in range(100)]
    assert sum(told) <= 5


def test_a_port_that_is_used_again_is_another_connection() -> None:
    """Of QUIC, which has no SYN: an Initial without a token, after one with it, begins anew; the server's have none either and do not."""

    def packet(port: int, name: str, length: str, token: str) -> str:
        return "\t".join(
            ("1.0", "0", str(port), "1208", "", name, "ja3", length, token, "64", "0", "1", "8", "8")
        )

    run = [
        packet(5000, "a.example", "500", "0"),
        packet(443, "", "", ""),
        packet(5000, "", "500", "52"),
        packet(443, "", "151", "0"),
    ]
    found = connections([*run, *(line.replace("a.example", "b.example") for line in run)], QUIC)
    assert ["a.example", "b.example"] == [one.name for one in found]
    assert [[500, 500], [500, 500]] == [one.lengths for one in found]
    assert [1200, 1200] == found[0].payload(upwards=True)
