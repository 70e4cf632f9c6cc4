"""A small TCP with SACK over a simulated path, and the packets that a capture beside the sender would show.

Slow start, halving once a round trip, recovery by what was acknowledged behind (RFC 6675 in spirit), a time-out after
0.4 s of silence. Enough to load a limiter as TCP does; no model of any kernel.
"""

import heapq
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.analysis.trace.limiters import Limiter

SEGMENT, HEADERS, TIMEOUT_S = 1448, 66, 0.4
CLIENT, SERVER = "10.0.0.1", "10.0.0.4"


class Shown(NamedTuple):
    """A packet of the capture. sacks: (left, right) blocks; request: whether the client asks; lost: the truth."""

    t_s: float
    from_server: bool
    port: int
    seq: int
    ack: int
    length: int
    sacks: tuple[tuple[int, int], ...] = ()
    syn: bool = False
    lost: bool = False


@dataclass
class Flow:
    """One connection that fetches ``chunks`` of ``chunk_packets`` packets, ``pause_s`` apart."""

    port: int
    chunk_packets: int
    chunks: int
    rtt_s: float = 0.05
    pause_s: float = 0.5
    start_s: float = 0.0
    most_packets: int = 400
    window: float = 10.0
    threshold: float = 1e9
    next_new: int = 0
    goal: int = 0
    under_way: dict[int, float] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    arrived: set[int] = field(default_factory=set)
    got: set[int] = field(default_factory=set)
    upto: int = 0
    halved_s: float = -1.0
    waits: int = 0
    asked: int = 0


@dataclass
class Line:
    """The server's own line, 1 Gbit/s: one packet after the other, whichever flow it is of."""

    free_s: float = 0.0

    def next_s(self, t_s: float) -> float:
        """When a packet that is ready at ``t_s`` leaves."""
        at = max(t_s, self.free_s)
        self.free_s = at + 12e-6
        return at


def run(flows: list[Flow], limiter: Limiter, longest_s: float = 120.0) -> list[Shown]:
    """Let the flows run through one limiter; the capture, in order of time."""
    shown: list[Shown] = []
    events: list[tuple[float, int, str, Flow, int]] = []
    count = 0
    line = Line()

    def at(t_s, kind, flow, number=0):
        nonlocal count
        count += 1
        heapq.heappush(events, (t_s, count, kind, flow, number))

    for flow in flows:
        shown.append(Shown(flow.start_s, False, flow.port, 0, 0, 0, syn=True))
        shown.append(Shown(flow.start_s, True, flow.port, 0, 0, 0, syn=True))
        at(flow.start_s + flow.rtt_s, "ask", flow)
    while events:  # ends: at longest_s, or when all is acknowledged
        t_s, _, kind, flow, number = heapq.heappop(events)
        if t_s > longest_s:
            break
        if kind == "ask":
            shown.append(Shown(t_s, False, flow.port, 1 + 8 * flow.asked, 1 + flow.upto * SEGMENT, 8))
            flow.asked += 1
            flow.goal += flow.chunk_packets
            flow.window = 10.0
            _send(flow, t_s, limiter, shown, at, line)
        elif kind == "arrive":
            _receive(flow, t_s, number, at)
        elif kind == "ack":
            _acknowledged(flow, t_s, number, shown)
            if flow.upto == flow.goal and not flow.under_way and flow.asked < flow.chunks:
                at(t_s + flow.pause_s, "ask", flow)
            _send(flow, t_s, limiter, shown, at, line)
        elif flow.waits == number:
            flow.waits += 1
            if flow.under_way:
                flow.missing |= set(flow.under_way)
                flow.under_way.clear()
                flow.threshold, flow.window = max(2.0, flow.window / 2), 2.0
            _send(flow, t_s, limiter, shown, at, line)
    return sorted(shown, key=lambda packet: packet.t_s)


def _send(flow, t_s, limiter, shown, at, line):
    while len(flow.under_way) < min(int(flow.window), flow.most_packets) and (
        flow.missing or flow.next_new < flow.goal
    ):  # ends: the window fills, or there is nothing to send
        number = min(flow.missing) if flow.missing else flow.next_new
        flow.missing.discard(number)
        flow.next_new = max(flow.next_new, number + 1)
        flow.under_way[number] = t_s
        t_s = line.next_s(t_s)
        held = limiter.held_s(t_s, SEGMENT + HEADERS)
        shown.append(Shown(t_s, True, flow.port, 1 + number * SEGMENT, 1, SEGMENT, lost=held is None))
        if held is not None:
            at(t_s + held + flow.rtt_s / 2, "arrive", flow, number)
    flow.waits += 1  # an earlier time-out is no longer waited for
    if flow.under_way or flow.missing:
        at(t_s + TIMEOUT_S, "silence", flow, flow.waits)


def _receive(flow, t_s, number, at):
    flow.got.add(number)
    at(t_s + flow.rtt_s / 2, "ack", flow, number)


def _acknowledged(flow, t_s, number, shown):
    duplicate = number in flow.arrived or number < flow.upto
    flow.arrived.add(number)
    sent_s = flow.under_way.pop(number, None)
    flow.missing.discard(number)
    while flow.upto in flow.arrived:  # ends: arrived is finite
        flow.arrived.discard(flow.upto)
        flow.upto += 1
    blocks = [_block(number, number + 1)] if duplicate else []
    if number >= flow.upto:
        blocks.append(_block(*_run_around(flow.arrived, number)))
    shown.append(Shown(t_s, False, flow.port, 1 + 8 * flow.asked, 1 + flow.upto * SEGMENT, 0, tuple(blocks)))
    if sent_s is None:
        return
    overdue = [one for one, when in flow.under_way.items() if when < sent_s - 1e-9 and one < number]
    if overdue and t_s - sent_s >= flow.rtt_s * 0.9:
        flow.missing |= set(overdue)
        for one in overdue:
            del flow.under_way[one]
        if t_s - flow.halved_s > flow.rtt_s:
            flow.threshold = flow.window = max(2.0, flow.window * 0.7)
            flow.halved_s = t_s
    else:
        flow.window += 1 if flow.window < flow.threshold else 1 / flow.window


def _block(first, last):
    return (1 + first * SEGMENT, 1 + last * SEGMENT)


def _run_around(arrived, number):
    first = last = number
    while first - 1 in arrived:  # ends: arrived is finite
        first -= 1
    while last + 1 in arrived:  # ends: arrived is finite
        last += 1
    return first, last + 1
