"""Whether packets waited as a queue of a known rate would have made them wait.

The bytes missing in a token bucket are, for a queue of the same rate, the bytes in line: a drop-tail queue and a policer
drop the very same packets. They differ in what happens to those that pass. A policer forwards them at once; a queue makes
each wait for the line before it, deficit / rate. A shaper lets the first `allowance` bytes pass at once, then queues.
So the round trip's excess over its least is compared with max(0, deficit - allowance) / rate, for the best allowance.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.stats.deficit import Deficits, Floats, Trace

FEWEST: Final = 15
"""Round trips without which nothing is said."""
_ALLOWANCES: Final = 16
_NEAR_FULL: Final = 0.1
_STEP: Final = 0.02
_WIDEST: Final = 20.0
_CLOSE: Final = 0.02
"""A rate is as good as the best if it explains so little less."""


@dataclass(frozen=True)
class Waiting:
    """How round trips go with the deficit.

    explained: the share of the mean absolute deviation of the round trips that the queue's wait takes away, 1 at most,
    negative where they do not follow it; allowance_bytes: what passes before packets wait; brink: the quartiles of the
    excess where the bucket is nearly empty (the tenth of passes with the largest deficit), each over what a queue
    without allowance would have added there: 1 for a queue, 0 for a policer; would_s: that wait; largest_bytes: the
    95th percentile of the deficit.
    """

    explained: float
    allowance_bytes: float
    brink: tuple[float, float, float]
    would_s: float
    largest_bytes: float


def waiting(missing: Floats, rtt_s: Floats, rate_byte_s: float) -> Waiting | None:
    """Compare round trips of packets that passed with their deficits; None below FEWEST of them.

    >>> deficits = np.linspace(0, 10_000, 50)
    >>> queue, policer = (
    ...     waiting(deficits, 0.02 + deficits / 1e5, 1e5),
    ...     waiting(deficits, np.full(50, 0.02), 1e5),
    ... )
    >>> round(queue.explained, 2), round(queue.brink[1], 2), policer.explained, policer.brink[1]
    (1.0, 1.0, 0.0, 0.0)
    """
    if rtt_s.size < FEWEST:
        return None
    excess = rtt_s - rtt_s.min()
    flat = float(np.abs(excess - np.median(excess)).sum())
    best, allowance = -np.inf, 0.0
    largest = float(np.percentile(missing, 95))
    for candidate in np.unique(np.linspace(0, largest, _ALLOWANCES)).tolist():
        predicted = np.maximum(missing - candidate, 0) / rate_byte_s
        left = excess - predicted
        explained = 1 - float(np.abs(left - np.median(left)).sum()) / flat if flat > 0 else 0.0
        if explained > best:
            best, allowance = explained, candidate
    brink = missing >= np.percentile(missing, 100 * (1 - _NEAR_FULL))
    base = float(np.percentile(excess, 5))
    would = float(np.median(missing[brink]) - np.percentile(missing, 5)) / rate_byte_s
    if would <= 0:
        return None
    low, middle, high = ((np.percentile(excess[brink], (25, 50, 75)) - base) / would).tolist()
    return Waiting(best, allowance, (low, middle, high), would, largest)


@dataclass(frozen=True)
class QueueFit:
    """A queue fitted to round trips alone: rate_byte_s, the rates that explain as much but for _CLOSE, and the waiting.

    largest_wait_s: the 95th percentile of what the queue makes packets wait.
    """

    rate_byte_s: float
    rate_low: float
    rate_high: float
    waiting: Waiting
    largest_wait_s: float


def fit_queue(trace: Trace, rtt_s: Floats) -> QueueFit | None:
    """The rate of the queue that explains the round trips of the judged packets best.

    rtt_s: one a judged packet, NaN where there is none. None if nothing can be said.
    """
    seen = np.isfinite(rtt_s)
    at = trace.judged[seen]
    if at.size < FEWEST or trace.t_s[at[-1]] <= trace.t_s[at[0]]:
        return None
    goodput = float(trace.bytes[at].sum() / (trace.t_s[at[-1]] - trace.t_s[at[0]]))
    deficits = Deficits(Trace(trace.t_s, trace.bytes, trace.lost, at))
    rates = goodput * 0.8 * np.exp(np.arange(0, np.log(_WIDEST), _STEP))
    found = [waiting(deficits.at(rate), rtt_s[seen], rate) for rate in rates.tolist()]
    explained = np.array([-np.inf if one is None else one.explained for one in found])
    best = int(np.argmax(explained))
    chosen = found[best]
    if chosen is None:
        return None
    rate = float(rates[best])
    close = rates[explained >= explained[best] - _CLOSE]
    wait_s = np.maximum(deficits.at(rate) - chosen.allowance_bytes, 0) / rate
    return QueueFit(rate, float(close.min()), float(close.max()), chosen, float(np.percentile(wait_s, 95)))
