"""Corroborated: whether a run that went well was seen by the responder as the probe tells it (integrity.md 1). Pure.

A probe's word alone makes no finding. The responder saw the name, the ClientHello and the address that the run claims,
and its own ticks, named by the receipt it signed, tell how many bytes it handed over and how many were acknowledged.
What was read at the receiver must be the acknowledged bytes: after each tick, within the tolerance and the time in
which an acknowledgement travels. Downwards the receiver is the probe, upwards the responder. The label is not looked at.
"""

from bisect import bisect_left, bisect_right
from typing import Final

import msgspec
import numpy as np

from analysis.observe.block import Block
from analysis.observe.facts import RunFacts
from analysis.observe.flat import Flat
from analysis.observe.packed import NONE

TOLERANCE: Final = 0.02
"""Of the bytes of a run; the lab's runs differ by at most 0.2 %."""
TOLERANCE_BYTES: Final = 65_536
"""What a receiver may hold unread when it stops, whatever the rate."""
TRAVEL_US: Final = 150_000
"""How far the two ends' clocks of a run may lie apart, besides three times the TCP handshake."""
LIMITS: Final = f"{TOLERANCE} of bytes + {TOLERANCE_BYTES} bytes, {TRAVEL_US} us + 3 handshakes"


class Course(msgspec.Struct, frozen=True, gc=False):
    """What is left to compare of a run: the counts at its two ends, within bytes and time. ``at``: its place in the block."""

    at: int
    tolerance: int
    travel_us: int


class Totals(msgspec.Struct, frozen=True, gc=False):
    """What the last ticks of a run say, NONE where they say nothing: bytes that arrived, were acknowledged, were handed over."""

    arrived: int
    acked: int
    handed: int


def corroborated(block: Block) -> list[bool]:
    """Of each run of a block: whether receipt and responder's ticks bear it out, or it did not reach its end. Found out once."""
    if block.borne_out is None:
        block.borne_out = _borne_out(block)
    return block.borne_out


def _borne_out(block: Block) -> list[bool]:
    found: list[bool] = []
    courses: list[Course] = []
    totals = map(
        Totals,
        block.received.last("wire_bytes").tolist(),
        block.sent.last("bytes_acked").tolist(),
        block.sent.last("wire_bytes").tolist(),
    )
    for run, last in zip(block.runs, totals, strict=True):
        if not run.ok:
            found.append(True)
            continue
        tolerance = _tolerance_if_bytes_agree(run, last) if run.identified else None
        found.append(tolerance is not None)
        if tolerance is not None:
            courses.append(Course(run.at, tolerance, TRAVEL_US + 3 * (run.record.connect_us or 0)))
    for course, same in zip(courses, _same_courses(block, courses), strict=True):
        found[course.at] = same
    return found


def _tolerance_if_bytes_agree(run: RunFacts, last: Totals) -> int | None:
    """The tolerance in bytes; ``None`` where the totals do not agree.

    For a download: no more than was handed over, and what was acknowledged. For an upload: no more arrived than was handed
    over, and what was acknowledged arrived; what arrived after the last acknowledgement was in a queue when the run ended, and
    may be much.
    """
    probe_bytes, receipt_bytes = run.probe_bytes, run.receipt_bytes
    if receipt_bytes is None or run.near is None or last.acked == NONE:
        return None
    if run.upwards:
        tolerance = round(receipt_bytes * TOLERANCE) + TOLERANCE_BYTES
        if last.handed == NONE or last.arrived != receipt_bytes:
            return None
        if receipt_bytes > last.handed + TOLERANCE_BYTES or probe_bytes > receipt_bytes + tolerance:
            return None
        return tolerance
    tolerance = round(probe_bytes * TOLERANCE) + TOLERANCE_BYTES
    if probe_bytes > receipt_bytes or abs(probe_bytes - last.acked) > tolerance:
        return None
    return tolerance


def _same_courses(block: Block, courses: list[Course]) -> list[bool]:
    """``same_course`` of each: all at once where times run forward, as they do."""
    near, far = block.near, block.far
    searchable = ((near.sizes > 0) & (far.sizes > 0)).tolist()
    together = [course for course in courses if searchable[course.at]]
    quick = iter(_together(block, near, far, together))
    return [next(quick) if searchable[one.at] else same_course(block.runs[one.at], one) for one in courses]


def _together(block: Block, near: Flat, far: Flat, courses: list[Course]) -> list[bool]:
    if not courses:
        return []
    number = np.full(near.sizes.size, -1)
    number[[one.at for one in courses]] = np.arange(len(courses))
    mine = number[near.run] >= 0
    run, t_us, count = near.run[mine], near.t_us[mine], block.arrived[mine]
    of = number[run]
    tolerance = np.array([one.tolerance for one in courses])[of]
    travel_us = np.array([one.travel_us for one in courses])[of]
    before = far.before(run, t_us - travel_us, "right") - 1
    after = far.before(run, t_us + travel_us, "left")
    starts, last = far.starts[run], far.sizes[run] - 1
    acked = block.acked
    least = np.where(before >= 0, acked[starts + np.maximum(before, 0)], 0)
    most = acked[starts + np.minimum(after, last)]
    wrong = (count < least - tolerance) | ((after <= last) & (count > most + tolerance))
    refuted = np.bincount(of[wrong], minlength=len(courses))
    same: list[bool] = (refuted == 0).tolist()
    return same


def same_course(run: RunFacts, course: Course) -> bool:
    """Whether each count at the receiver (``near``) lies between what was acknowledged to the sender before and after it.

    Before and after are ``travel_us`` apart from it. Between two ticks of the sender nothing is interpolated: the count was at least that of the one, at most that of
    the other. Clocks count from each end's own first byte, so they may lie apart by a round trip either way.
    """
    near, far = run.near, run.far
    if near is None or far is None:
        return False
    last = len(far.t_us) - 1
    for t_us, count in zip(near.t_us, near.wire_bytes, strict=False):
        before = bisect_right(far.t_us, t_us - course.travel_us) - 1
        after = bisect_left(far.t_us, t_us + course.travel_us)
        least = far.bytes_acked[before] if before >= 0 else 0
        if count < least - course.tolerance:
            return False
        if after <= last and count > far.bytes_acked[after] + course.tolerance:
            return False
    return True
