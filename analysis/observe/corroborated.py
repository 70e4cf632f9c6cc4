"""Corroborated: whether a run that went well was seen by the responder as the probe tells it (integrity.md 1). Pure.

A probe's word alone makes no finding. The responder saw the name, the ClientHello and the address that the run claims,
and its own ticks, named by the receipt it signed, tell how many bytes it handed over and how many were acknowledged.
What was read at the receiver must be the acknowledged bytes: after each tick, within the tolerance and the time in
which an acknowledgement travels. Downwards the receiver is the probe, upwards the responder. The label is not looked at.
"""

from bisect import bisect_left, bisect_right
from typing import Final

from probe.measurement.receipt import Receipt
from probe.measurement.run import Run
from probe.measurement.ticks import Ticks, digest

TOLERANCE: Final = 0.02
"""Of the bytes of a run; the lab's runs differ by at most 0.2 %."""
TOLERANCE_BYTES: Final = 65_536
"""What a receiver may hold unread when it stops, whatever the rate."""
TRAVEL_US: Final = 150_000
"""How far the two ends' clocks of a run may lie apart, besides three times the TCP handshake."""
LIMITS: Final = f"{TOLERANCE} of bytes + {TOLERANCE_BYTES} bytes, {TRAVEL_US} us + 3 handshakes"


def corroborated(run: Run, receipt: Receipt | None, direction: str) -> bool:
    """Whether ``receipt`` and the responder's ticks bear out a run that reached its end."""
    if receipt is None or not receipt.seen:
        return False
    if (
        run.http is not None
    ):  # plain HTTP: the run is bound by its token; what was altered is a result, no doubt
        same: tuple[tuple[object, object], ...] = (
            (run.address_index, receipt.address_index),
            (True, receipt.http is not None),
        )
    elif run.client_hello is None:
        return False
    else:
        same = _as_shown(run, receipt, run.client_hello.sha256)
    if any(told != seen for told, seen in same):
        return False
    ticks = run.responder_ticks
    if ticks is None or digest(ticks) != receipt.ticks_sha256:
        return False
    return _bytes_agree(run, receipt, ticks, direction)


def _as_shown(run: Run, receipt: Receipt, hello_sha256: bytes) -> tuple[tuple[object, object], ...]:
    """Pairs of what the run claims and what the responder saw."""
    return (
        (run.name, receipt.name_seen),
        (run.address_index, receipt.address_index),
        (hello_sha256, receipt.client_hello_sha256),
    )


def _upload_agrees(run: Run, sent: Ticks, arrived_bytes: int, received: Ticks) -> bool:
    """No more arrived than was handed over, what was acknowledged arrived, and the two courses are one.

    What arrived after the last acknowledgement was in a queue when the run ended, and may be much.
    """
    if not (sent.wire_bytes and sent.bytes_acked and received.wire_bytes):
        return False
    tolerance = round(arrived_bytes * TOLERANCE) + TOLERANCE_BYTES
    if received.wire_bytes[-1] != arrived_bytes or arrived_bytes > sent.wire_bytes[-1] + TOLERANCE_BYTES:
        return False
    if run.wire_bytes > arrived_bytes + tolerance:
        return False
    return _same_course(received, sent, tolerance, TRAVEL_US + 3 * (run.connect_us or 0))


def _bytes_agree(run: Run, receipt: Receipt, ticks: Ticks, direction: str) -> bool:
    """For a download: no more than was handed over, and what was acknowledged. For an upload: see ``_upload_agrees``."""
    if receipt.wire_bytes is None or run.ticks is None:
        return False
    if direction == "up":
        return _upload_agrees(run, run.ticks, receipt.wire_bytes, ticks)
    tolerance = round(run.wire_bytes * TOLERANCE) + TOLERANCE_BYTES
    if run.wire_bytes > receipt.wire_bytes or not ticks.bytes_acked:
        return False
    if abs(run.wire_bytes - ticks.bytes_acked[-1]) > tolerance:
        return False
    return _same_course(run.ticks, ticks, tolerance, TRAVEL_US + 3 * (run.connect_us or 0))


def _same_course(near: Ticks, far: Ticks, tolerance: int, travel_us: int) -> bool:
    """Whether each count at the receiver (``near``) lies between what was acknowledged to the sender before and after it.

    Before and after are ``travel_us`` apart from it. Between two ticks of the sender nothing is interpolated: the count was at least that of the one, at most that of
    the other. Clocks count from each end's own first byte, so they may lie apart by a round trip either way.
    """
    last = len(far.t_us) - 1
    for t_us, count in zip(near.t_us, near.wire_bytes, strict=False):
        before = bisect_right(far.t_us, t_us - travel_us) - 1
        after = bisect_left(far.t_us, t_us + travel_us)
        least = far.bytes_acked[before] if before >= 0 else 0
        if count < least - tolerance:
            return False
        if after <= last and count > far.bytes_acked[after] + tolerance:
            return False
    return True
