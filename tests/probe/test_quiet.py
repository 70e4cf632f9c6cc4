"""A line in use is left alone: other people's bytes, a slow handshake, the week's best."""

import time

from probe.errands.idle_rtt import WEEK_US, IdleRtt, measure_us
from probe.errands.quiet import CROSS_TRAFFIC, SLOW_LINE, Quiet
from tests.support import web
from tests.support.responder import lab_net


def counters_of(*readings):
    """Counters that read so, one after the other."""
    left = list(readings)
    return lambda: left.pop(0)


def test_somebody_elses_traffic_postpones(tmp_path):
    """25 kB/s of others' bytes, either way, and the errand waits; less, or unreadable counters, and it does not."""
    slept: list[float] = []
    quiet = Quiet(lab_net(sleep_s=slept.append), IdleRtt(tmp_path / "rtt.json"), tries=3)
    busy = counters_of((0, 0), (30_000, 0), (30_000, 0), (30_000, 30_000), (0, 0), (10_000, 10_000))
    assert None is quiet.wait(busy, None, lambda: False)
    assert [1.0, 15.0, 1.0, 15.0, 1.0] == slept
    assert CROSS_TRAFFIC == quiet.wait(counters_of(*[(n * 10**6, 0) for n in range(6)]), None, lambda: False)
    assert None is quiet.wait(None, None, lambda: False)


def test_the_weeks_minimum(tmp_path):
    """Over three times the week's minimum is busy; older minima are forgotten; a first one is never busy."""
    memory = IdleRtt(tmp_path / "rtt.json")
    assert not memory.busy("r1", 900_000, WEEK_US)
    memory.add("r1", 20_000, 0)
    memory.add("r1", 40_000, WEEK_US // 2)
    assert (False, True) == tuple(memory.busy("r1", rtt, WEEK_US - 1) for rtt in (60_000, 60_001))
    assert (False, True) == tuple(memory.busy("r1", rtt, WEEK_US) for rtt in (120_000, 120_001))
    assert not memory.busy("r2", 900_000, WEEK_US)
    assert 20_000 == IdleRtt(tmp_path / "rtt.json").weekly_minimum_us("r1", 1)
    memory.add("fast", 100, 0)
    assert not memory.busy("fast", 15_000, 1)


def test_a_slow_line_postpones(tmp_path):
    """A handshake over three times the week's best, again and again, is a reason; a responder that is away is none."""
    with web.box(web.silence, "0.0.0.0") as port:
        near, beside = (("127.0.0.1", port), ("127.0.0.2", port))
        assert 100_000 > (measure_us(lab_net(), near) or 10**9)

        def slow(address, timeout_s):
            time.sleep(0.05)
            return lab_net().connect(address, timeout_s)

        memory = IdleRtt(tmp_path / "rtt.json")
        quiet = Quiet(lab_net(sleep_s=lambda _: None), memory, tries=2)
        assert None is quiet.wait(None, near, lambda: False)
        late = Quiet(lab_net(connect=slow, sleep_s=lambda _: None), memory, tries=2)
        assert SLOW_LINE == late.wait(None, near, lambda: False)
        assert None is late.wait(None, beside, lambda: False)  # another address, another way
    assert None is quiet.wait(None, near, lambda: False)
