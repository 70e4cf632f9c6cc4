"""What is missing in a token bucket before each packet: for any rate, from the trace alone.

Only packets that passed use tokens, and a full bucket takes no more: a queue that drains at the bucket's rate (Lindley's
recursion). With U(t) the bytes passed before t, the deficit is U(t) - R t less its least value so far. Of what came
before the packets judged only that least value matters, and for every R it lies on the lower convex hull of the points
(t, U): some dozens of them instead of tens of thousands.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Trace:
    """What went through, or into, one limiter, in order of time.

    t_s: seconds, never falling; bytes: each packet's, as the limiter counts them; lost: whether it was dropped;
    judged: positions of the packets whose fate is to be explained, rising. The others only use tokens.
    """

    t_s: Floats
    bytes: Floats
    lost: Bools
    judged: Ints


def deficit(trace: Trace, rate_byte_s: float) -> Floats:
    """Bytes missing in the bucket before each packet, if it was full before the first.

    >>> three = Trace(np.array([0.0, 0.1, 1.0]), np.full(3, 1000.0), np.zeros(3, dtype=bool), np.arange(3))
    >>> deficit(three, 5000.0).tolist()
    [0.0, 500.0, 0.0]
    """
    before = passed_before(trace) - rate_byte_s * (trace.t_s - trace.t_s[0])
    return np.asarray(before - np.minimum(np.minimum.accumulate(before), 0.0))


def passed_before(trace: Trace) -> Floats:
    """Bytes that passed before each packet."""
    used = np.cumsum(np.where(trace.lost, 0.0, trace.bytes))
    return np.concatenate(([0.0], used[:-1]))


class Deficits:
    """The deficits before the judged packets of one trace, at many rates."""

    def __init__(self, trace: Trace) -> None:
        first, last = int(trace.judged[0]), int(trace.judged[-1]) + 1
        passed, elapsed_s = passed_before(trace), trace.t_s - trace.t_s[0]
        self._hull_s, self._hull_bytes = _lower_hull(elapsed_s[:first], passed[:first])
        self._elapsed_s, self._passed = elapsed_s[first:last], passed[first:last]
        self._at = trace.judged - first

    def at(self, rate_byte_s: float) -> Floats:
        """As ``deficit``, of the judged packets only."""
        before = self._passed - rate_byte_s * self._elapsed_s
        least = min(0.0, float((self._hull_bytes - rate_byte_s * self._hull_s).min(initial=0.0)))
        return np.asarray((before - np.minimum(np.minimum.accumulate(before), least))[self._at])


def _lower_hull(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The lower convex hull of points with rising x (Andrew's monotone chain)."""
    hull: list[tuple[float, float]] = []
    for point in zip(x.tolist(), y.tolist(), strict=True):
        while len(hull) > 1 and _turns_right(hull[-2], hull[-1], point):  # ends: the hull gets shorter
            hull.pop()
        hull.append(point)
    corners = np.array(hull, dtype=np.float64).reshape(-1, 2)
    return corners[:, 0], corners[:, 1]


def _turns_right(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) <= 0
