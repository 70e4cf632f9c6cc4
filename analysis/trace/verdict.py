"""What limited a chunk: facts from two fits, then rules in order; the first that holds names the mechanism.

The bounds are halves where physics gives 0 and 1 (a law explains the losses or does not, packets wait or do not), not
optima over captures; docs/notes/007-trace.md says how far real captures stay from them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.stats.deficit import Trace
from analysis.stats.queueing import QueueFit, Waiting, fit_queue, waiting
from analysis.stats.token_bucket import BucketFit, fit_bucket
from analysis.trace.chunks import Chunk, Home, alone, together

FEWEST_LOSSES: Final = 15
FEWEST_PASSES: Final = 15
FEWEST_MOMENTS: Final = 3
"""Round trips with a loss (Flach et al.): one burst of losses looks alike whatever caused it ..."""
FEWEST_TURNS: Final = 15
"""... unless losses and passes took turns so often within it: that is as many tests of the law."""
EXPLAINS: Final = 0.5
UNRELATED: Final = 0.25
WAITS: Final = 0.5
"""Of a queue's wait, the lower quartile at the brink: packets queue."""
PASSES_AT_ONCE: Final = 0.3
"""Of a queue's wait, the upper quartile at the brink: packets do not queue, and noise is too small to hide it."""
ALLOWED_PACKETS: Final = 10
ALLOWED_SHARE: Final = 0.25
"""A line has no allowance: one this large, in packets and of the largest deficit, is a shaper's bucket."""
NOTICEABLE_S: Final = 0.005
CLOCK_NOISE_S: Final = 5e-7
"""What seconds since 1970 in 64 bits cannot tell apart."""
TICKS: Final = 3
"""A wait shorter than so many ticks of the capture's clock does not show: its absence proves nothing."""
BEHIND_SHARE: Final = 0.5
"""Holes that were filled by packets never seen before, of all losses and holes: the capture stands behind the loss."""


@dataclass(frozen=True)
class Facts:
    """What the rules see of a chunk.

    moments: round trips with a loss; turns: runs of losses between passes; together: whether the fit counts the whole home's load; bucket, waits: the token
    bucket fitted to the losses, and the waiting at its rate; queue: the queue fitted to the round trips alone; tick_s: the least time
    that the capture's clock tells apart.
    """

    packets: int
    bytes: int
    losses: int
    passes: int
    moments: int
    turns: int
    acknowledged: bool
    behind: bool
    together: bool
    bucket: BucketFit | None
    waits: Waiting | None
    queue: QueueFit | None
    tick_s: float = 0.0

    @property
    def enough(self) -> bool:
        """Whether there are losses and passes enough to fit a bucket."""
        return self.losses >= FEWEST_LOSSES and self.passes >= FEWEST_PASSES

    @property
    def explained(self) -> bool:
        """Whether a token bucket explains the losses, and they are more than one event."""
        bucket = self.bucket
        if bucket is None or bucket.explained < EXPLAINS:
            return False
        return self.moments >= FEWEST_MOMENTS or self.turns >= FEWEST_TURNS

    @property
    def at_once(self) -> bool:
        """Whether packets that passed did not wait for those before them."""
        waits = self.waits
        if waits is None or waits.would_s < TICKS * self.tick_s:
            return False
        return waits.brink[2] < PASSES_AT_ONCE and waits.explained < EXPLAINS

    @property
    def waited(self) -> bool:
        """Whether packets waited as in a queue of the bucket's rate."""
        waits = self.waits
        return waits is not None and (waits.brink[0] >= WAITS or waits.explained >= EXPLAINS)

    @property
    def unrelated(self) -> bool:
        """Whether losses neither follow a bucket nor come where packets wait."""
        waited = self.waits is not None and self.waits.brink[1] >= PASSES_AT_ONCE
        return self.bucket is not None and self.bucket.explained < UNRELATED and not waited

    @property
    def queued(self) -> bool:
        """Whether a queue of some rate explains the round trips, and the wait is worth the name."""
        queue = self.queue
        return (
            queue is not None and queue.waiting.explained >= EXPLAINS and queue.largest_wait_s >= NOTICEABLE_S
        )

    @property
    def allowed(self) -> bool:
        """Whether the queue let a burst pass at once before it began to queue."""
        waits = self.waits if self.explained else self.queue.waiting if self.queue else None
        if waits is None:
            return False
        return waits.allowance_bytes >= max(ALLOWED_PACKETS * 1500, ALLOWED_SHARE * waits.largest_bytes)


@dataclass(frozen=True)
class Rule:
    """If ``holds``, the mechanism is ``mechanism``; ``rate`` tells which fit gives rate and size, if any."""

    id: str
    mechanism: str
    holds: Callable[[Facts], bool]
    rate: str | None


RULES: Final[tuple[Rule, ...]] = (
    Rule("behind_the_loss", "unknown", lambda f: f.behind, None),
    Rule("no_answers", "unknown", lambda f: not f.acknowledged, None),
    Rule("bucket_then_queue", "shaper", lambda f: f.enough and f.explained and f.waited and f.allowed, "bucket"),
    Rule("bucket_is_a_queue", "queue", lambda f: f.enough and f.explained and f.waited, "bucket"),
    Rule("empty_bucket", "policer", lambda f: f.enough and f.explained and f.at_once, "bucket"),
    Rule("one_moment", "unknown", lambda f: f.enough and not f.explained and _would_explain(f), None),
    Rule("noise_hides_waiting", "unknown", lambda f: f.enough and f.explained, None),
    Rule("allowance_then_queue", "shaper", lambda f: f.queued and f.allowed, "queue"),
    Rule("constant_rate_queue", "queue", lambda f: f.queued, "queue"),
    Rule("few_losses", "unknown", lambda f: not f.enough, None),
    Rule("unrelated_losses", "loss", lambda f: f.unrelated, None),
    Rule("otherwise", "unknown", lambda _: True, None),
)  # fmt: skip
"""In order; the first that holds. Waiting comes before its absence: doubt favours the network."""


AS_THE_OTHERS: Final = Rule(
    "as_the_others", "policer", lambda f: f.enough and _would_explain(f) and f.at_once, "bucket"
)
"""For ``one_moment``, where other chunks of the home fix rate and bucket by themselves, and this one agrees with both."""


def _would_explain(facts: Facts) -> bool:
    return facts.bucket is not None and facts.bucket.explained >= EXPLAINS


@dataclass(frozen=True)
class Verdict:
    """A chunk, its facts, the rule that held."""

    chunk: Chunk
    facts: Facts
    rule: Rule


def verdict(chunk: Chunk, home: Home) -> Verdict:
    """Judge one chunk."""
    facts = facts_of(chunk, home)
    return Verdict(chunk, facts, next(rule for rule in RULES if rule.holds(facts)))


def facts_of(chunk: Chunk, home: Home) -> Facts:
    """The facts of a chunk; fits only where something can be fitted."""
    sent = chunk.direction.sent
    lost, known = sent.lost[chunk.span], sent.known[chunk.span]
    losses, passes = int((lost & known).sum()), int((~lost & known).sum())
    rtt_s = np.where(lost, np.nan, sent.rtt_s[chunk.span])[known]
    behind = chunk.direction.holes_filled > BEHIND_SHARE * (
        chunk.direction.holes_filled + int(sent.lost.sum())
    )
    trace, shared, bucket, waits, queue = alone(chunk), False, None, None, None
    home_trace = together(chunk, home)
    if losses >= FEWEST_LOSSES and passes >= FEWEST_PASSES:
        trace, shared, bucket = _better(trace, home_trace)
        waits = _waits(bucket, rtt_s)
    if bucket is None or bucket.explained < EXPLAINS:
        queue = fit_queue(home_trace or trace, rtt_s)
    return Facts(
        packets=chunk.last - chunk.first,
        bytes=int(sent.payload_bytes[chunk.span][~lost].sum()),
        losses=losses,
        passes=passes,
        moments=_moments(sent.t_s[chunk.span][lost], rtt_s),
        turns=int(np.count_nonzero(np.diff(np.concatenate(([0], lost[known].astype(np.int8)))) == 1)),
        acknowledged=chunk.direction.acknowledged,
        behind=behind,
        together=shared,
        bucket=bucket,
        waits=waits,
        queue=queue,
        tick_s=_tick(sent.t_s[chunk.span], sent.rtt_s[chunk.span]),
    )


def _tick(t_s: np.ndarray, rtt_s: np.ndarray) -> float:
    """The least time between two moments at which the chunk's packets were sent or acknowledged, s."""
    apart = np.diff(np.unique(np.concatenate((t_s, (t_s + rtt_s)[np.isfinite(rtt_s)]))))
    apart = apart[apart > CLOCK_NOISE_S]
    return float(apart.min()) if apart.size else 0.0


def _better(own: Trace, home: Trace | None) -> tuple[Trace, bool, BucketFit | None]:
    """The home's load if that explains the losses; else the direction's own, if it does so better."""
    of_home = None if home is None else fit_bucket(home)
    if home is not None and of_home is not None and of_home.explained >= EXPLAINS:
        return home, True, of_home
    of_own = fit_bucket(own)
    if home is not None and of_home is not None and (of_own is None or of_own.explained < of_home.explained):
        return home, True, of_home
    return own, False, of_own


def _waits(bucket: BucketFit | None, rtt_s: np.ndarray) -> Waiting | None:
    if bucket is None:
        return None
    seen = np.isfinite(rtt_s)
    return waiting(bucket.deficit[seen], rtt_s[seen], bucket.rate_byte_s)


def _moments(lost_at_s: np.ndarray, rtt_s: np.ndarray) -> int:
    """Losses that lie a typical round trip apart."""
    if not lost_at_s.size or not np.isfinite(rtt_s).any():
        return 0
    apart, count, last = float(np.nanmedian(rtt_s)), 0, -np.inf
    for t_s in lost_at_s.tolist():
        if t_s > last + apart:
            count, last = count + 1, t_s
    return count
