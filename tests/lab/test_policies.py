"""The ways to discriminate, each under real traffic: it does what it says to the name it names, and nothing to the others."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import pytest

from tests.lab.matches import Address, AllBut, Names, Payload, Port
from tests.lab.network import Lab
from tests.lab.policies import (
    Delay,
    ForgedReset,
    Freeze,
    Late,
    Loss,
    LowPriority,
    Police,
    Policy,
    Shape,
    TlsAlert,
)
from tests.lab.stage import REPOSITORY
from tests.lab.support import PACE_MBIT_S, fetch, is_whole, is_whole_once, needs_lab, rate_between, serve
from tests.lab.troubles import SecondDevice

pytestmark = pytest.mark.lab

LINE_MBIT_S = 40.0


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """One home, a sender paced at 20 Mbit/s, and one policy for each name."""
    needs_lab()
    policies: list[Policy] = [
        Police(2_000_000, 16_000, "bytes.example", late=Late(after_bytes=3_000_000)),
        Police(2_000_000, 16_000, "age.example", late=Late(after_s=2.0)),
        Shape(2_000_000, "shaped-late.example", late=Late(after_bytes=3_000_000)),
        Police(2_000_000, 16_000, "remembered.example", late=Late(remembers_s=2.0)),
        Loss(0.03, "lossy.example"),
        Delay(40, "delayed.example"),
        Freeze(16_000, "frozen.example"),
        TlsAlert("alerted.example"),
        ForgedReset("forged.example"),
        Police(1_500_000, 16_000, Address("10.77.10.2")),
        Police(4_000_000, 2_000_000, Names(("one.example", "two.example"))),
    ]
    with Lab(homes=1, line_bit_s=int(LINE_MBIT_S * 1e6), rtt_ms=20, policies=policies) as built:
        serve(built, pace_mbit_s=20.0)
        serve(built, pace_mbit_s=20.0, address="10.77.10.2")
        yield built


def test_a_name_that_no_policy_means_is_whole(lab: Lab) -> None:
    """Past eleven policies for others, a neutral name arrives at the sender's pace."""
    assert is_whole_once(fetch(lab, 0, "neutral.example") for _ in range(3))


@pytest.mark.parametrize("name", ["bytes.example", "shaped-late.example"])
def test_a_limit_may_begin_after_three_megabytes_of_a_connection(lab: Lab, name: str) -> None:
    """3 MB take 1.2 s at the pace; from then on the limiter's rate holds, and each connection begins anew."""
    for _ in range(2):
        seen = fetch(lab, 0, name, 4.0)
        assert (
            rate_between(lab, 0, seen, 0.2, 0.9) > 0.7 * PACE_MBIT_S
        )  # of 0.7 s; the limit is a tenth of it
        assert rate_between(lab, 0, seen, 2.5, 4.0) < 2.2
        time.sleep(0.5)


def test_a_limit_may_begin_after_seconds_of_a_connection(lab: Lab) -> None:
    """Two seconds after the first packet the limiter begins."""
    seen = fetch(lab, 0, "age.example", 4.0)
    assert is_whole(rate_between(lab, 0, seen, 0.2, 1.7))
    assert rate_between(lab, 0, seen, 2.7, 4.0) < 2.2


def test_a_box_may_hold_a_grudge_against_the_home(lab: Lab) -> None:
    """Once the name was seen, whatever comes from anywhere is slow, until two seconds after its last packet."""
    assert fetch(lab, 0, "remembered.example").mbit_s < 2.2
    assert fetch(lab, 0, "neutral.example", 1.0, "10.77.10.2").mbit_s < 2.2
    time.sleep(3.0)
    assert is_whole_once(fetch(lab, 0, "neutral.example", 1.0) for _ in range(3))


def test_loss_of_a_share_hurts_its_name(lab: Lab) -> None:
    """3 % random loss at 20 ms holds cubic well below the pace."""
    assert fetch(lab, 0, "lossy.example", 3.0).mbit_s < 12


def test_a_longer_way_delays_its_name_only(lab: Lab) -> None:
    """The answer to the first segment with the name takes 40 ms longer; the handshake before it does not.

    The least of five is compared: a busy machine adds to a time and takes nothing away.
    """
    delayed = [_times_ms(lab, "delayed.example") for _ in range(5)]
    direct = [_times_ms(lab, "neutral.example") for _ in range(5)]
    assert (
        abs(min(connect_ms for connect_ms, _ in delayed) - min(connect_ms for connect_ms, _ in direct)) < 10
    )
    assert 38 < min(answer_ms for _, answer_ms in delayed) - min(answer_ms for _, answer_ms in direct) < 48


def _times_ms(lab: Lab, name: str) -> tuple[float, float]:
    """Return how long connecting took, and from the first segment to the server's first byte; nothing more is asked for."""
    script = (
        "import socket,time,sys\nsys.path.insert(0,'.')\nfrom tests.lab.traffic import client_hello\n"
        "t0=time.monotonic();s=socket.create_connection(('10.77.10.1',443));t1=time.monotonic()\n"
        f"s.sendall(client_hello({name!r},0));s.recv(1);print((t1-t0)*1000,(time.monotonic()-t1)*1000)\n"
    )
    connect_ms, answer_ms = lab.run("probe", 0, [sys.executable, "-c", script], cwd=REPOSITORY).stdout.split()
    return float(connect_ms), float(answer_ms)


def test_a_frozen_connection_stops_after_its_bytes(lab: Lab) -> None:
    """About 16 KB come, then nothing, and nobody is told."""
    seen = fetch(lab, 0, "frozen.example", 2.0)
    assert 8_000 < seen.received_bytes < 17_000
    assert fetch(lab, 0, "neutral.example", 0.6).mbit_s > 15


def test_a_forged_reset_ends_the_connection(lab: Lab) -> None:
    """The client sees a reset, and only under the name."""
    assert fetch(lab, 0, "forged.example").failure == "reset"
    assert fetch(lab, 0, "other.example", 0.6).failure == "ok"


def test_a_forged_alert_is_what_arrives(lab: Lab) -> None:
    """The seven bytes of a fatal alert come in the server's name, then the end, and nothing of the server's."""
    seen = fetch(lab, 0, "alerted.example", 2.0)
    assert (seen.failure, 6) == (
        "ok",
        seen.received_bytes,
    )  # fetch takes the first of the seven for the server's word


def test_an_address_may_be_slowed_whatever_the_name(lab: Lab) -> None:
    """One address is slow under any name; its neighbour is not."""
    assert fetch(lab, 0, "neutral.example", 2.0, "10.77.10.2").mbit_s < 1.7
    assert is_whole_once(fetch(lab, 0, "neutral.example", 1.0, "10.77.10.1") for _ in range(3))


def test_names_of_one_policy_share_its_bucket(lab: Lab) -> None:
    """A 2 MB bucket that one name emptied is empty for the other."""
    time.sleep(4.5)
    first = fetch(lab, 0, "one.example", 2.0)
    second = fetch(lab, 0, "two.example", 2.0)
    assert first.mbit_s > 9
    assert second.mbit_s < 5.5


def test_a_port_or_a_kind_of_content_may_be_slowed() -> None:
    """All that comes from a port; and connections in whose first packets the content shows, whatever their name."""
    needs_lab()
    policies = [Police(2_000_000, 16_000, Payload(b"kind.exam")), Police(1_000_000, 16_000, Port(444))]
    with Lab(homes=1, line_bit_s=40_000_000, policies=policies) as lab:
        serve(lab, pace_mbit_s=20.0)
        assert fetch(lab, 0, "kind.example").mbit_s < 2.1
        assert is_whole_once(fetch(lab, 0, "other.example") for _ in range(3))
    with Lab(homes=1, line_bit_s=40_000_000, policies=[Police(2_000_000, 16_000, Port(443))]) as lab:
        serve(lab, pace_mbit_s=20.0)
        assert fetch(lab, 0, "other.example").mbit_s < 2.1


def test_a_whitelist_slows_every_name_that_is_not_on_it() -> None:
    """Unknown names get the limit; a listed one, and what is no TLS, do not."""
    needs_lab()
    policy = Police(2_000_000, 16_000, AllBut(("listed.example",)))
    with Lab(homes=1, line_bit_s=40_000_000, policies=[policy]) as lab:
        serve(lab, pace_mbit_s=20.0)
        assert fetch(lab, 0, "unknown.example").mbit_s < 2.1
        assert is_whole_once(fetch(lab, 0, "listed.example") for _ in range(3))


@pytest.mark.calm
def test_low_priority_shows_under_load_only() -> None:
    """Without load a low-priority name is whole; beside another device it is left its least rate, and others are not.

    Beside three busy connections a fourth has its fair share or a third of it, as its first losses fall: so one of three is asked for,
    which at the least rate none would reach.
    """
    needs_lab()
    policy = LowPriority(1_000_000, "low.example")
    with Lab(homes=1, line_bit_s=40_000_000, policies=[policy]) as calm:
        serve(calm, pace_mbit_s=10.0)
        assert fetch(calm, 0, "low.example").mbit_s > 9
    with Lab(homes=1, line_bit_s=40_000_000, policies=[policy], troubles=[SecondDevice(3, 60, 0)]) as busy:
        serve(busy, pace_mbit_s=10.0)
        time.sleep(2.0)
        assert fetch(busy, 0, "low.example", 4.0).mbit_s < 1.5
        assert any(fetch(busy, 0, "neutral.example", 4.0).mbit_s > 4 for _ in range(3))
