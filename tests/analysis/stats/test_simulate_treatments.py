"""What networks do to runs: sizes checked by hand, and against what the lab measured."""

import numpy as np
import pytest

from analysis.stats.simulate_treatments import Boxes, Runs, Treatment, treat

LAB = Boxes(policer_packets=0.75, shaper_packets=100)


def treated(treatment, seconds=4.0, runs=40, rate=20e6, boxes=LAB):
    """Flat runs of a 50 Mbit/s line, 20.38 ms, after a treatment."""
    shape = (runs, round(seconds * 10))
    made = Runs(
        np.full(shape, rate), np.full(shape, 50e6), np.zeros(runs, bool), np.full(runs, 20_380.0), np.zeros(runs)
    )  # fmt: skip
    treat(made, np.ones(runs, bool), treatment, boxes, np.random.default_rng(1))
    return made


def test_the_labs_policer_and_shaper_are_met():
    """1.437 Mbit/s at a loss of .133 and 26.4 ms; 3.822 Mbit/s without loss at 235 ms (build/demo of 2026-11-21)."""
    police = treated(Treatment("police", 1.5e6, 16_000))
    assert 1.437 == pytest.approx(police.rate[:, 10:].mean() / 1e6, rel=0.01)
    assert 0.133 == pytest.approx(np.median(police.loss), rel=0.1)
    assert 26_400 == pytest.approx(np.median(police.rtt), rel=0.02)
    shape = treated(Treatment("shape", 4e6, 6_000))
    assert 3.822 == pytest.approx(shape.rate[:, 10:].mean() / 1e6, rel=0.01)
    assert 235_000 == pytest.approx(np.median(shape.rtt), rel=0.05)
    assert shape.loss.max() == 0


def test_a_bucket_lets_its_bytes_through_first():
    """2 MB at 20 Mbit/s against 4: the bucket is empty after 2e6 x .956 x 8 / (20 - 3.83) Mbit/s = 0.95 s."""
    run = treated(Treatment("police", 4e6, 2e6)).rate.mean(axis=0) / 1e6
    assert run[:9] == pytest.approx(20.0)
    assert run[10:].mean() == pytest.approx(3.83, rel=0.02)


def test_bursts_and_late_throttles_begin_when_they_say():
    """3 MB pass freely in 1.2 s; a throttle after 5 s leaves the first 5 s alone, and a 4 s run wholly."""
    burst = treated(Treatment("burst_then_police", 4e6, burst_bytes=3e6)).rate.mean(axis=0) / 1e6
    assert burst[:12] == pytest.approx(20.0)
    assert burst[14:].mean() == pytest.approx(3.83, rel=0.03)
    late = Treatment("after_then_police", 4e6, after_s=5.0)
    assert treated(late, seconds=10.0).rate[:, :50] == pytest.approx(20e6)
    assert treated(late, seconds=10.0).rate[:, 52:].mean() == pytest.approx(3.83e6, rel=0.02)
    assert treated(late).rate == pytest.approx(20e6)


@pytest.mark.parametrize(
    ("treatment", "rate", "rtt_ms", "loss"),
    [
        (Treatment("slow", factor=0.8), 16.0, 20.4, 0.0),
        (Treatment("share", factor=0.5), 20.0, 20.4, 0.0),  # half of 50 is above the pace: unseen
        (Treatment("share", factor=0.3), 15.0, 20.4, 0.0),
        (Treatment("delay", delay_ms=40), 20.0, 60.4, 0.0),
        (Treatment("loss", loss_share=0.02), 6.0, 20.4, 0.02),  # lab.md: 6.0 Mbit/s under cubic
        (Treatment("frozen", burst_bytes=16_000), 0.0, 20.4, 0.0),
        (Treatment("police", 25e6), 20.0, 20.4, 0.0),  # above the pace: unseen
    ],
)
def test_each_kind_does_what_it_says(treatment, rate, rtt_ms, loss):
    """Mean rate in Mbit/s, round-trip time and loss of a 20 Mbit/s run."""
    run = treated(treatment)
    assert run.rate.mean() / 1e6 == pytest.approx(rate, rel=0.05, abs=0.1)
    assert np.median(run.rtt) / 1e3 == pytest.approx(rtt_ms, rel=0.01)
    assert run.loss.mean() == pytest.approx(loss)
    assert not run.failed.any()


def test_blocking_fails_every_run_and_only_those_it_befalls():
    """The mask decides."""
    made = treated(Treatment())
    which = np.arange(40) < 7
    treat(made, which, Treatment("blocked"), LAB, np.random.default_rng(1))
    assert which.tolist() == made.failed.tolist()


def test_hours_are_half_open_and_may_pass_midnight():
    """18-23 h; 22-2 h."""
    assert [False, True, True, False] == [
        Treatment("slow", hours=(18, 23)).acts_at(h) for h in (17.9, 18, 22.9, 23)
    ]
    assert [True, True, False] == [Treatment("slow", hours=(22, 2)).acts_at(h) for h in (23, 1, 2)]


def test_favouring_is_done_to_the_others_or_by_giving_more():
    """At 4 Mbit/s the controls are policed; below 1 they are slowed; above 1 the original gets more."""
    assert ("none", "police", 1.0) == _parts(Treatment("favoured", 4e6))
    assert ("none", "slow", 1.0) == _parts(Treatment("favoured", factor=0.67))
    assert ("none", "none", 1.5) == _parts(Treatment("favoured", factor=1.5))
    assert ("police", "none", 1.0) == _parts(Treatment("police", 4e6))


def _parts(treatment):
    return treatment.on_original.kind, treatment.on_control.kind, treatment.gain


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "police"},
        {"kind": "loss", "loss_share": 1.5},
        {"kind": "slow", "factor": -1},
        {"kind": "shape", "rate_bit_s": 0},
    ],
)
def test_what_cannot_be_is_refused(wrong):
    """A limiter without a rate, shares beyond 1, negative sizes."""
    with pytest.raises(ValueError, match=r"rate_bit_s|shares"):
        Treatment(**wrong)
