"""From policies and a line to htb's classes: `tc -batch` lines for one customer's interface. Pure.

One root class as fast as the line, a class for each limiter, and one for the rest. Which packets go where is nft's work (`rules`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.lab.policies import HighPriority, Limiting, LowPriority, Policy, Shape, SharedCongestion, applies
from tests.lab.rules import limiting

LINE_BURST_BYTES = 15_000
"""Burst of the line's class: 2.4 ms at 50 Mbit/s, so that the kernel's timer need not fire for each packet."""
_BURST = f"burst {LINE_BURST_BYTES} cburst {LINE_BURST_BYTES} quantum 1514"


@dataclass(frozen=True)
class Line:
    """A home's access line in the down direction."""

    rate_bit_s: int
    queue_packets: int = 200


@dataclass(frozen=True)
class _Class:
    rate_bit_s: int
    ceil_bit_s: int
    bucket_bytes: int
    queue_packets: int
    priority: int = 0


def line_of(home: int, line: Line, policies: Sequence[Policy]) -> Line:
    """Return the line this home really has: the slowest congestion that applies to it, else the line itself."""
    slow = [p for p in policies if isinstance(p, SharedCongestion) and applies(p, home)]
    if not slow:
        return line
    worst = min(slow, key=lambda p: p.rate_bit_s)
    return Line(min(worst.rate_bit_s, line.rate_bit_s), worst.queue_packets)


def tc_line(name: str, home: int, line: Line, policies: Sequence[Policy]) -> list[str]:
    """Return the lines for interface `name`.

    The limiters' classes may always send at their own rate; the rest is given what remains and may borrow all of the line.
    """
    own = line_of(home, line, policies)
    limited = [(mark, _class_of(policy, own)) for mark, policy in limiting(policies, home)]
    rest = max(own.rate_bit_s - sum(one.rate_bit_s for _, one in limited), own.rate_bit_s // 10)
    add = f"class add dev {name}"
    lines = [
        f"qdisc replace dev {name} root handle 1: htb default 2",
        f"{add} parent 1: classid 1:1 htb rate {own.rate_bit_s}bit ceil {own.rate_bit_s}bit {_BURST}",
        f"{add} parent 1:1 classid 1:2 htb rate {rest}bit ceil {own.rate_bit_s}bit {_BURST}",
        f"qdisc add dev {name} parent 1:2 pfifo limit {own.queue_packets}",
    ]
    for mark, one in limited:
        bucket = f"burst {one.bucket_bytes} cburst {one.bucket_bytes} quantum 1514 prio {one.priority}"
        lines += [
            f"{add} parent 1:1 classid 1:{mark:x} htb rate {one.rate_bit_s}bit ceil {one.ceil_bit_s}bit {bucket}",
            f"qdisc add dev {name} parent 1:{mark:x} pfifo limit {one.queue_packets}",
        ]
    return lines


def _class_of(policy: Limiting, own: Line) -> _Class:
    if isinstance(policy, LowPriority):
        least = min(policy.least_bit_s, own.rate_bit_s)
        return _Class(least, own.rate_bit_s, LINE_BURST_BYTES, policy.queue_packets, priority=7)
    if isinstance(policy, HighPriority):
        most = min(policy.rate_bit_s, own.rate_bit_s * 9 // 10)  # the rest of the home keeps a tenth at least
        return _Class(most, own.rate_bit_s, LINE_BURST_BYTES, policy.queue_packets)
    rate = min(policy.rate_bit_s, own.rate_bit_s)
    if isinstance(policy, Shape):
        return _Class(rate, rate, policy.burst_bytes, policy.queue_packets)
    return _Class(rate, rate, policy.bucket_bytes, 1)


def tc_change(name: str, rate_bit_s: int) -> list[str]:
    """Return the lines that give a standing line another rate; limiters' classes stay as they are."""
    return [
        f"class change dev {name} parent 1: classid 1:1 htb rate {rate_bit_s}bit ceil {rate_bit_s}bit {_BURST}",
        f"class change dev {name} parent 1:1 classid 1:2 htb rate {rate_bit_s}bit ceil {rate_bit_s}bit {_BURST}",
    ]
