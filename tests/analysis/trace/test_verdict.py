"""Verdicts on simulated paths: policers found with rate and bucket, and no other path ever called one."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from analysis.trace.capture import Read, packets
from analysis.trace.chunks import chunks_of
from analysis.trace.connections import followed
from analysis.trace.judge import judge_capture
from analysis.trace.verdict import AS_THE_OTHERS, RULES
from tests.analysis.trace.flach import Says, detect
from tests.analysis.trace.limiters import (
    Chain,
    CoDel,
    Jitter,
    Limiter,
    Policer,
    Queue,
    Radio,
    RandomLoss,
    Red,
)
from tests.analysis.trace.pcaps import write_pcap
from tests.analysis.trace.tcp import Flow, run

POLICED: dict[str, tuple[Callable[[], Limiter], float, int]] = {
    "2 Mbit/s, 50 kB": (lambda: Policer(2.5e5, 5e4), 2.0, 50_000),
    "8 Mbit/s, 200 kB": (lambda: Policer(1e6, 2e5), 8.0, 200_000),
    "behind a faster queue": (lambda: Chain((Policer(5e5, 5e4), Queue(5e6, 2e5))), 4.0, 50_000),
    "behind jitter": (lambda: Chain((Jitter(0.004, Random(2)), Policer(5e5, 5e4))), 4.0, 50_000),
    "with random loss": (lambda: Chain((Policer(2.5e5, 5e4), RandomLoss(0.001, Random(5)))), 2.0, 50_000),
}
INNOCENT = {
    "queue": lambda: Queue(2.5e5, 6e4),
    "small queue": lambda: Queue(1e6, 15e3),
    "queue before jitter": lambda: Chain((Queue(5e5, 5e4), Jitter(0.004, Random(6)))),
    "shaper": lambda: Queue(2.5e5, 6e4, allowance=3e5),
    "random loss": lambda: RandomLoss(0.03, Random(7)),
    "line with random loss": lambda: Chain((Queue(1e6, 1e5), RandomLoss(0.02, Random(8)))),
    "small queue hidden in noise": lambda: Chain((Queue(2e6, 2e4), Jitter(0.03, Random(9)))),
    "nothing": lambda: Queue(1e8, 1e9),
    "CoDel": lambda: CoDel(6.25e5),
    "RED": lambda: Red(6.25e5, 1e4, 6e4, Random(10)),
    "radio": lambda: Radio(6.25e5, 4e4),
}


def judged(tmp_path, flows, limiter):
    """The chunks of a simulated capture."""
    return judge_capture(write_pcap(tmp_path / "sim.pcap", run(flows, limiter))).chunks


@pytest.mark.parametrize("name", POLICED)
def test_a_policer_is_found(tmp_path, name):
    """Every chunk with enough losses; rate within 1 %, bucket within two packets, the rate inside its interval."""
    limiter, rate, bucket = POLICED[name]
    chunks = judged(tmp_path, [Flow(40000, 900, 2)], limiter())
    lossy = [chunk for chunk in chunks if chunk.losses >= 15]
    assert lossy
    assert {"policer"} == {chunk.mechanism for chunk in lossy}
    for chunk in lossy:
        assert rate == pytest.approx(chunk.rate_mbit_s, rel=0.01)
        assert chunk.rate_low_mbit_s <= rate <= chunk.rate_high_mbit_s
        assert bucket == pytest.approx(chunk.bucket_bytes, abs=3028)


@pytest.mark.parametrize("name", INNOCENT)
def test_no_other_path_is_called_a_policer(tmp_path, name):
    """Queues, shapers, loss, noise: nothing but their own names, or undetermined."""
    chunks = judged(tmp_path, [Flow(40000, 900, 2)], INNOCENT[name]())
    assert chunks
    assert "policer" not in {chunk.mechanism for chunk in chunks}


def test_a_queue_and_a_shaper_have_their_own_names_and_rates(tmp_path):
    """A drop-tail queue is a queue; with an allowance it is a shaper; both at 2 Mbit/s within 2 %."""
    for limiter, name in ((Queue(2.5e5, 6e4), "queue"), (Queue(2.5e5, 6e4, allowance=3e5), "shaper")):
        first = judged(tmp_path, [Flow(40000, 900, 1)], limiter)[0]
        assert name == first.mechanism
        assert 2.0 == pytest.approx(first.rate_mbit_s, rel=0.02)


def test_two_flows_through_one_policer(tmp_path):
    """Neither flow alone shows the rate; together they do, and both are found."""
    flows = [Flow(40000, 900, 1), Flow(40001, 900, 1, start_s=0.3)]
    chunks = [chunk for chunk in judged(tmp_path, flows, Policer(5e5, 5e4)) if chunk.losses >= 15]
    assert 2 == len(chunks)
    assert {("policer", True)} == {(chunk.mechanism, chunk.together) for chunk in chunks}
    for chunk in chunks:
        assert 4.0 == pytest.approx(chunk.rate_mbit_s, rel=0.01)


def test_the_published_detector_agrees_where_it_can(tmp_path):
    """Flach et al.: a policer's chunk is policed, its rate 0.95 of ours for it counts payload; a queue's and dice's are not."""
    said = {}
    limiters: dict[str, Limiter] = {
        "policer": Policer(2.5e5, 3e5),
        "queue": Queue(2.5e5, 6e4),
        "loss": RandomLoss(0.03, Random(7)),
    }
    for name, limiter in limiters.items():
        path = write_pcap(tmp_path / f"{name}.pcap", run([Flow(40000, 900, 1)], limiter))
        direction = next(d for d in followed(packets(path, Read()), path) if d.source[1] == 80)
        (chunk,) = chunks_of(direction)
        sent = direction.sent
        says, rate = detect(sent.t_s, sent.payload_bytes.astype(float), sent.lost, sent.rtt_s)
        said[name] = says
        if says is Says.POLICED:
            ours = judge_capture(path).chunks[0]
            assert rate is not None
            assert ours.rate_mbit_s is not None
            assert 1448 / 1514 == pytest.approx(rate / 1e6 / ours.rate_mbit_s, abs=0.03)
            assert chunk.last == sent.t_s.size
    assert Says.POLICED is said["policer"]
    assert Says.POLICED is not said["queue"]
    assert Says.POLICED is not said["loss"]


def test_a_capture_behind_the_policer_says_so(tmp_path):
    """What was lost before the capture cannot be timed: undetermined, with the reason."""
    shown = [packet for packet in run([Flow(40000, 900, 1)], Policer(2.5e5, 5e4)) if not packet.lost]
    chunk = judge_capture(write_pcap(tmp_path / "behind.pcap", shown)).chunks[0]
    assert ("unknown", "behind_the_loss") == (chunk.mechanism, chunk.rule)


@pytest.mark.parametrize("name", POLICED)
def test_a_capture_without_sack_blocks_still_finds_the_policer(tmp_path, name):
    """Cut after 68 bytes no SACK is left: what waited behind a hole has no known round trip, and is not taken for queueing."""
    limiter, rate, _ = POLICED[name]
    shown = run([Flow(40000, 900, 1)], limiter())
    chunks = judge_capture(write_pcap(tmp_path / "short.pcap", shown, snap=68)).chunks
    (lossy,) = [chunk for chunk in chunks if chunk.losses >= 15]
    assert "policer" == lossy.mechanism
    assert rate == pytest.approx(lossy.rate_mbit_s, rel=0.05)


@pytest.mark.parametrize("clock_s", [0.001, 0.0156])
def test_a_coarse_clock_accuses_nobody(tmp_path, clock_s):
    """A queue whose wait is below the capture's clock shows no wait; that proves nothing."""
    limiter = Chain((Queue(1e7, 1.5e4), RandomLoss(0.0, Random(3))))
    shown = run([Flow(40000, 900, 1, most_packets=60)], limiter)
    coarse = [packet._replace(t_s=int(packet.t_s / clock_s) * clock_s) for packet in shown]
    chunks = judge_capture(write_pcap(tmp_path / "coarse.pcap", coarse)).chunks
    assert "policer" not in {chunk.mechanism for chunk in chunks}


def test_a_capture_of_one_direction_says_so(tmp_path):
    """Without acknowledgements there is no round trip, and no verdict."""
    shown = [packet for packet in run([Flow(40000, 900, 1)], Policer(2.5e5, 5e4)) if packet.from_server]
    chunk = judge_capture(write_pcap(tmp_path / "half.pcap", shown)).chunks[0]
    assert ("unknown", "no_answers") == (chunk.mechanism, chunk.rule)


def test_every_rule_has_words():
    """Each rule's sentence exists, in both languages, and the last rule always holds."""
    from analysis.messages import MESSAGES

    assert all(f"trace.rule.{rule.id}" in MESSAGES for rule in (*RULES, AS_THE_OTHERS))
    assert RULES[-1].holds(None)  # type: ignore[arg-type]


def test_the_same_capture_gives_the_same_report(tmp_path):
    """Twice judged, byte for byte the same; and every number is finite."""
    path = write_pcap(tmp_path / "same.pcap", run([Flow(40000, 300, 1)], Policer(2.5e5, 5e4)))
    first, second = judge_capture(path), judge_capture(path)
    assert first == second
    numbers = [v for c in first.chunks for v in (c.start, c.rate_mbit_s, c.explained) if v is not None]
    assert np.isfinite(numbers).all()
