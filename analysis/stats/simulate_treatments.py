"""What a network may do to the traffic of one name, as data, and what becomes of the runs that it does it to.

A run is a series of delivered payload rates in steps of 0.1 s with a round-trip time, a loss and a failure. Treatments
act on such series; how TCP answers them stands in `simulate_tcp`.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from analysis.stats import simulate_tcp as tcp
from analysis.stats.series import Floats
from analysis.stats.simulate_ticks import STEP_S

Kind = Literal[
    "none", "police", "shape", "burst_then_police", "after_then_police", "loss", "delay", "slow", "share",
    "blocked", "frozen", "favoured",
]  # fmt: skip


@dataclass(frozen=True)
class Treatment:
    """What is done to the traffic of a name. Fields that a kind does not use are ignored.

    police, shape: `rate_bit_s` on the wire once `bucket_bytes` are through, dropping or queueing the rest;
    burst_then_police: policed after the first `burst_bytes`; after_then_police: policed `after_s` into the run;
    loss: `loss_share` of packets; delay: `delay_ms` more of RTT; slow: `factor` times what would have come; share:
    `factor` times what the line has left (unseen below the pace); blocked: every run fails; frozen: nothing comes
    after `burst_bytes`; favoured: everything else is policed at `rate_bit_s` if that is given, else delayed by `delay_ms`
    where there is any, else slowed to `factor` where that is below 1, and above 1 the name gets `factor` times what the line has left.

    share_of_homes: homes it befalls; hours: local hours after midnight, half-open, None for all; carry_over: whether it
    also befalls the control that follows an original on the same line (a box that remembers the address).

    >>> Treatment("police", 1.5e6, bucket_bytes=16_000).acts_at(12.0)
    True
    """

    kind: Kind = "none"
    rate_bit_s: float = float("inf")
    bucket_bytes: float = 16_000.0
    burst_bytes: float = 0.0
    after_s: float = 0.0
    loss_share: float = 0.0
    delay_ms: float = 0.0
    factor: float = 1.0
    share_of_homes: float = 1.0
    hours: tuple[float, float] | None = None
    carry_over: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be: shares outside 0-1, negative sizes, a limiter without a rate."""
        shares = (self.loss_share, self.share_of_homes)
        sizes = (
            self.rate_bit_s,
            self.bucket_bytes,
            self.burst_bytes,
            self.after_s,
            self.delay_ms,
            self.factor,
        )
        limits = self.kind in ("police", "shape", "burst_then_police", "after_then_police")
        if not all(0 <= share <= 1 for share in shares) or min(sizes) < 0 or self.rate_bit_s == 0:
            msg = f"a treatment's shares lie in 0-1, its sizes are not negative, and its rate is above 0: {self}"
            raise ValueError(msg)
        if limits and np.isinf(self.rate_bit_s):
            msg = f"{self.kind} needs a rate_bit_s"
            raise ValueError(msg)

    def acts_at(self, hour: float) -> bool:
        """Whether it acts at a local hour; hours may pass midnight."""
        return bool(self.active(np.array([hour]))[0])

    def active(self, hours: Floats) -> NDArray[np.bool_]:
        """The same for many."""
        if self.hours is None:
            return np.ones(hours.shape, dtype=np.bool_)
        begin, end = self.hours
        if begin <= end:
            return np.asarray((begin <= hours) & (hours < end))
        return np.asarray((begin <= hours) | (hours < end))

    @property
    def on_original(self) -> "Treatment":
        """What befalls the original: all of it, but for what favours it at the expense of the others."""
        return NOTHING if self.kind == "favoured" else self

    @property
    def on_control(self) -> "Treatment":
        """What befalls every control, because it is not the name that is favoured."""
        if self.kind != "favoured":
            return NOTHING
        if not np.isinf(self.rate_bit_s):
            return replace(self, kind="police")
        if self.delay_ms > 0:
            return replace(self, kind="delay")
        return replace(self, kind="slow") if self.factor < 1 else NOTHING

    @property
    def gain(self) -> float:
        """Factor on what the line has left for the original."""
        return max(1.0, self.factor) if self.kind == "favoured" else 1.0


NOTHING = Treatment()


@dataclass(frozen=True)
class Boxes:
    """What a limiter's queue holds. Packets that a policer's queue adds to the RTT; a shaper's queue in packets.

    Without a number, shapers queue 20-150 ms, drawn for each run (detection.md 5.8).
    """

    policer_packets: float = 0.0
    shaper_packets: float | None = None


@dataclass(frozen=True)
class Runs:
    """Runs: delivered and left, payload bit/s, shape (runs, steps); failed, rtt_us, loss (share): shape (runs,)."""

    rate: Floats
    left: Floats
    failed: NDArray[np.bool_]
    rtt: Floats
    loss: Floats

    def take(self, which: Any) -> "Runs":
        """A copy of the runs of an index or mask."""
        return Runs(self.rate[which], self.left[which], self.failed[which], self.rtt[which], self.loss[which])

    def put(self, which: NDArray[np.bool_], runs: "Runs") -> None:
        """Replace the runs of a mask."""
        self.rate[which], self.failed[which] = runs.rate, runs.failed
        self.rtt[which], self.loss[which] = runs.rtt, runs.loss


def treat(
    runs: Runs, which: NDArray[np.bool_], treatment: Treatment, boxes: Boxes, rng: np.random.Generator
) -> None:
    """Let a treatment befall the runs of a mask, in place.

    >>> flat = np.full((1, 40), 20e6)
    >>> run = Runs(flat.copy(), flat * 4, np.array([False]), np.array([20_400.0]), np.zeros(1))
    >>> treat(run, np.array([True]), Treatment("police", 1.5e6), Boxes(0.75), np.random.default_rng(1))
    >>> [round(float(x), 2) for x in (run.rate[0, 5:].mean() / 1e6, run.loss[0], run.rtt[0] / 1000)]
    [1.42, 0.13, 26.46]
    """
    if treatment.kind != "none" and which.any():
        runs.put(which, _treated(runs.take(which), treatment, boxes, rng))


def _treated(runs: Runs, treatment: Treatment, boxes: Boxes, rng: np.random.Generator) -> Runs:
    if treatment.kind == "blocked":
        return replace(runs, failed=np.ones_like(runs.failed))
    if treatment.kind == "slow":
        return replace(runs, rate=runs.rate * treatment.factor)
    if treatment.kind == "share":
        return replace(runs, rate=np.minimum(runs.rate, runs.left * treatment.factor))
    if treatment.kind == "delay":
        return replace(runs, rtt=runs.rtt + treatment.delay_ms * 1000)
    if treatment.kind == "loss":
        # The formula is of a long flow's mean; 1.2 is what the lab found above it, and one flow differs from the next.
        fastest = tcp.mathis_rate_bit_s(treatment.loss_share, runs.rtt)
        between_runs = 1.2 * rng.lognormal(0.0, 0.1, fastest.shape)
        teeth = rng.lognormal(0.0, 0.2, runs.rate.shape)
        reached = np.minimum(runs.rate, (fastest * between_runs)[:, None] * teeth)
        return replace(runs, rate=reached, loss=runs.loss + treatment.loss_share)
    if treatment.kind == "frozen":
        sent = np.cumsum(runs.rate, axis=1) * (STEP_S / 8)
        return replace(runs, rate=np.where(sent > treatment.burst_bytes, 0.0, runs.rate))
    return _limited(runs, treatment, boxes, rng)


def _limited(runs: Runs, treatment: Treatment, boxes: Boxes, rng: np.random.Generator) -> Runs:
    """Behind a token bucket."""
    shaped = treatment.kind == "shape"
    rate = treatment.rate_bit_s
    extra_us = _queueing_us(treatment, boxes, runs.rtt.size, rng)
    rtt = runs.rtt + extra_us
    settled = (
        np.full(runs.rtt.shape, rate * tcp.PAYLOAD_SHARE)
        if shaped
        else tcp.policer_payload_bit_s(rate, treatment.bucket_bytes, rtt)
    )
    passed = _through_bucket(runs.rate, settled, treatment)
    held = passed < 0.98 * runs.rate
    if not shaped:
        passed = _ragged(passed, held, rng)
    later = slice(round(1.0 / STEP_S), None)  # the RTT is the median after the first second
    mostly = held[:, later].mean(axis=1) > 0.5
    loss = runs.loss
    if not shaped:
        in_held = np.where(held, passed, 0.0).sum(axis=1) / np.maximum(passed.sum(axis=1), 1.0)
        loss = loss + tcp.mathis_loss(settled, rtt) * in_held * rng.lognormal(0.0, 0.06, loss.shape)
    return replace(runs, rate=passed, rtt=np.where(mostly, rtt, runs.rtt), loss=np.minimum(loss, 1.0))


def _ragged(passed: Floats, held: NDArray[np.bool_], rng: np.random.Generator) -> Floats:
    """Without a queue arrivals are ragged, but their mean is the bucket's: .1 a step gives the lab's s of .052."""
    rough = np.where(held, passed * rng.lognormal(0.0, 0.1, passed.shape), 0.0)
    smooth = np.where(held, passed, 0.0).sum(axis=1, keepdims=True)
    mean = smooth / np.maximum(rough.sum(axis=1, keepdims=True), 1.0)
    return np.asarray(np.where(held, rough * mean * rng.lognormal(0.0, 0.003, mean.shape), passed))


def _queueing_us(treatment: Treatment, boxes: Boxes, runs: int, rng: np.random.Generator) -> Floats:
    """What a limiter's queue adds to the RTT of each run."""
    if treatment.kind != "shape":
        return np.full(runs, tcp.queue_us(boxes.policer_packets, treatment.rate_bit_s))
    if boxes.shaper_packets is None:
        return np.asarray(rng.uniform(20_000, 150_000, runs))
    filled = rng.normal(tcp.QUEUE_FILLED, 0.09, runs).clip(0.3, 1.0)
    return np.asarray(filled * tcp.queue_us(boxes.shaper_packets, treatment.rate_bit_s))


def _through_bucket(wanted: Floats, settled_bit_s: Floats, treatment: Treatment) -> Floats:
    """Delivered rates behind a token bucket of payload, after what passes freely."""
    passed = np.empty_like(wanted)
    bucket = treatment.bucket_bytes * 8 * tcp.PAYLOAD_SHARE
    tokens = np.full(wanted.shape[0], bucket)
    free = np.full(
        wanted.shape[0], treatment.burst_bytes * 8 if treatment.kind == "burst_then_police" else 0.0
    )
    starts = treatment.after_s if treatment.kind == "after_then_police" else 0.0
    for step in range(wanted.shape[1]):
        want = wanted[:, step] * STEP_S
        if (step + 0.5) * STEP_S < starts:
            passed[:, step] = wanted[:, step]
            continue
        freely = np.minimum(want, free)
        free -= freely
        tokens += settled_bit_s * STEP_S
        limited = np.minimum(want - freely, tokens)
        tokens = np.minimum(tokens - limited, bucket)
        passed[:, step] = (freely + limited) / STEP_S
    return passed
