"""A token bucket fitted to fates: exact on exact buckets, honest about what fates do not fix, blind to random loss."""

import numpy as np
import pytest

from analysis.stats.deficit import Deficits, Trace, deficit
from analysis.stats.queueing import fit_queue, waiting
from analysis.stats.token_bucket import fit_bucket
from tests.analysis.trace.limiters import Policer, Queue

SIZE = 1514.0


def offered(limiter, rate, count=3000, seed=1):
    """Packets at ``rate`` on average, in bursts of random length, through a limiter; trace and time held."""
    rng = np.random.default_rng(seed)
    gaps = np.where(rng.random(count) < 0.1, rng.exponential(10 * SIZE / rate, count), 12e-6)
    t_s = np.cumsum(gaps)
    held = [limiter.held_s(float(at), int(SIZE)) for at in t_s]
    lost = np.array([one is None for one in held])
    waits = np.array([np.nan if one is None else one for one in held])
    return Trace(t_s, np.full(count, SIZE), lost, np.arange(count)), waits


def test_deficit_is_what_the_bucket_misses():
    """The recursion gives, packet by packet, what a simulated bucket misses."""
    policer = Policer(3e5, 3e4)
    trace, _ = offered(policer, 4e5, 500)
    again, missing = Policer(3e5, 3e4), []
    for at in trace.t_s.tolist():
        missing.append(30000 - min(30000, again.tokens + 3e5 * (at - again.last_s)))
        again.held_s(at, int(SIZE))
    assert missing == pytest.approx(deficit(trace, 3e5).tolist(), abs=1e-6)


def test_the_hull_of_the_past_is_enough():
    """Of the packets before those judged some corners are kept, and no deficit changes, at any rate."""
    trace, _ = offered(Policer(3e5, 3e4), 4e5, 2000)
    late = Trace(trace.t_s, trace.bytes, trace.lost, np.arange(1500, 2000, 3))
    deficits = Deficits(late)
    for rate in (1e4, 1e5, 2.9e5, 3e5, 1e6, 1e8):
        assert deficit(trace, rate)[late.judged].tolist() == pytest.approx(
            deficits.at(rate).tolist(), abs=1e-6
        )


@pytest.mark.parametrize(("rate", "bucket"), [(2.5e5, 6e4), (1e6, 3e5), (6e4, 2e4)])
def test_rate_and_bucket_of_a_policer(rate, bucket):
    """Rate within 0.5 % and bucket within a packet; both inside their intervals, and the loss explained."""
    trace, _ = offered(Policer(rate, bucket), 1.5 * rate)
    fit = fit_bucket(trace)
    assert fit is not None
    assert rate == pytest.approx(fit.rate_byte_s, rel=0.005)
    assert bucket == pytest.approx(fit.bucket_bytes, abs=SIZE)
    assert fit.rate_low * 0.998 <= rate <= fit.rate_high * 1.002
    assert fit.explained > 0.85


def test_a_tiny_bucket_leaves_its_rate_open():
    """Five packets' worth emptied by each burst: the interval is wide, and holds the truth."""
    trace, _ = offered(Policer(5e5, 8000), 2e5)
    fit = fit_bucket(trace)
    assert fit is not None
    assert fit.rate_low <= 5e5 <= fit.rate_high
    assert fit.rate_high > 1.1 * fit.rate_low


def test_random_loss_has_no_bucket():
    """Losses thrown by dice: the best bucket explains less than a quarter, in each of ten tries."""
    for seed in range(10):
        trace, _ = offered(Policer(1e12, 1e12), 2e5, 1500, seed)
        lost = np.random.default_rng(seed + 100).random(trace.lost.size) < 0.03
        fit = fit_bucket(Trace(trace.t_s, trace.bytes, lost, trace.judged))
        assert fit is not None
        assert fit.explained < 0.25


def test_nothing_to_fit():
    """Without losses, without passes or without duration there is no fit."""
    t_s, sizes = np.linspace(0, 1, 40), np.full(40, SIZE)
    none, every = np.zeros(40, dtype=bool), np.ones(40, dtype=bool)
    half = np.arange(40) % 2 == 0
    assert [None] * 3 == [
        fit_bucket(Trace(times, sizes, lost, np.arange(40)))
        for times, lost in ((t_s, none), (t_s, every), (np.zeros(40), half))
    ]


def test_a_queue_loses_the_same_packets_but_makes_the_others_wait():
    """Policer and drop-tail queue of one rate and size: identical fates, and waiting alone tells them apart."""
    policed, _ = offered(Policer(2.5e5, 6e4), 4e5)
    queued, waits = offered(Queue(2.5e5, 6e4), 4e5)
    assert policed.lost.tolist() == queued.lost.tolist()
    fit = fit_bucket(queued)
    assert fit is not None
    passed = ~queued.lost
    of_queue = waiting(fit.deficit[passed], 0.05 + waits[passed], fit.rate_byte_s)
    of_policer = waiting(fit.deficit[passed], np.full(int(passed.sum()), 0.05), fit.rate_byte_s)
    assert of_queue is not None
    assert of_policer is not None
    assert 1.0 == pytest.approx(of_queue.brink[1], abs=0.05)
    assert (0.0, 0.0, 0.0) == of_policer.brink


def test_the_rate_of_a_queue_without_losses():
    """Round trips alone give the rate within 2 %, and the allowance of a shaper within two packets."""
    trace, waits = offered(Queue(2.5e5, 1e9, allowance=9e4), 2.4e5)
    assert not trace.lost.any()
    found = fit_queue(trace, 0.03 + waits)
    assert found is not None
    assert 2.5e5 == pytest.approx(found.rate_byte_s, rel=0.02)
    assert found.waiting.explained > 0.9
    assert 9e4 == pytest.approx(found.waiting.allowance_bytes, abs=12_000)


def test_too_few_round_trips():
    """Below fifteen round trips nothing is said of waiting."""
    assert waiting(np.arange(14.0), np.arange(14.0), 1.0) is None
