"""A visit and the last metre: a nettest has a deadline and a way out; link facts are the kernel's or absent."""

import asyncio
import threading
import time

import pytest

from probe import link
from probe.nettests.base import CannotRun
from probe.visit import apart, deadline_s


async def reason(work, limit_s=5.0, abandon=None, closing_s=0.0):
    """Why `work` could not run."""
    with pytest.raises(CannotRun) as caught:
        await apart(work, limit_s, abandon or asyncio.Event(), closing_s)
    return caught.value.reason


async def test_a_result_comes_through():
    """What the nettest returns is returned, from a thread of its own."""
    assert threading.current_thread() is not await apart(threading.current_thread, 5.0, asyncio.Event())


async def test_reasons_come_through():
    """A nettest's own reason, a bug, a deadline and a volunteer who stops: each says which."""

    def cannot():
        raise CannotRun("responder:open:tls_eof")

    def bug():
        raise RuntimeError("no such table")

    stopped = asyncio.Event()
    stopped.set()
    assert "responder:open:tls_eof" == await reason(cannot)
    assert "crashed: unknown_failure: RuntimeError no such table" == await reason(bug)
    assert "deadline" == await reason(lambda: time.sleep(0.5), 0.05)
    assert "stopped_by_volunteer" == await reason(lambda: time.sleep(0.5), 5.0, stopped)
    await asyncio.sleep(0.6)


async def test_a_pair_that_is_given_up_may_close():
    """Who stops a pair waits a moment for it to end by itself, so that it is aborted rather than missing."""

    def closing():
        time.sleep(0.2)
        return "closed"

    stopped = asyncio.Event()
    stopped.set()
    assert "closed" == await apart(closing, 5.0, stopped, 2.0)


def test_the_deadline_leaves_room_for_both_runs():
    """The guard never cuts a pair that keeps to its own limits."""
    assert deadline_s(4000, 2000) >= 4 + 2 + 4 + 60


def test_loopback_is_known_to_the_kernel():
    """The interface towards an address, its MTU and its counters, which grow and never raise."""
    found = link.survey("127.0.0.1")
    assert ("lo", False, "unknown") == (found.interface, found.link.tunnel, found.link.kind)
    assert found.link.mtu_bytes is not None
    assert found.counters is not None
    before, after = found.counters(), found.counters()
    assert after >= before


def test_what_cannot_be_told_is_absent():
    """An address that leads nowhere gives unknown facts and no counters, and raises nothing."""
    for address in ("::ffff:300.1.1.1", "not an address", "2001:db8::1"):
        found = link.survey(address)
        assert found == link.NOT_SUPPORTED or found.interface is not None
