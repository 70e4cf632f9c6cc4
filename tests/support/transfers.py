"""Transfers: realistic ticks of one run at both ends, as the network let it through."""

import random
from dataclasses import dataclass

from probe.measurement.ticks import Ticks, next_tick_s

SEGMENT_BYTES = 1448


@dataclass(frozen=True)
class Transfer:
    """One run as the network let it through: its ticks at both ends, and its length."""

    ticks: Ticks
    responder_ticks: Ticks
    duration_us: int
    wire_bytes: int


def make_transfer(
    rng: random.Random,
    rate_bit_s: float,
    duration_us: int,
    *,
    pace_bit_s: float = 20e6,
    bucket_bytes: int = 0,
    rtt_us: int = 20_000,
    noise: float = 0.02,
) -> Transfer:
    """Bytes that grow at ``rate_bit_s``, on memoryless ticks, in whole segments.

    The first ``bucket_bytes`` pass at the pace, as through a full token bucket. A rate below the pace costs
    retransmissions, as a policer's does. ``noise`` is the standard deviation of the rate between two ticks.
    """
    rate_bit_s = min(rate_bit_s, pace_bit_s)
    times, carried = [0], [0.0]
    while times[-1] < duration_us:
        step_us = min(int(next_tick_s(rng) * 1e6), duration_us - times[-1])
        speed = pace_bit_s if carried[-1] < bucket_bytes else rate_bit_s
        jitter = max(0.0, 1 + noise * rng.gauss(0, 1))
        times.append(times[-1] + max(1, step_us))
        carried.append(carried[-1] + speed * jitter / 8e6 * step_us)
    received = tuple(int(c) // SEGMENT_BYTES * SEGMENT_BYTES for c in carried)
    lossy = rate_bit_s < 0.95 * pace_bit_s
    lost = tuple(int(r / SEGMENT_BYTES * 0.03) if lossy else 0 for r in received)
    sent = tuple(r + 10 * SEGMENT_BYTES * (n > 0) for n, r in enumerate(received))
    rtts = tuple(int(rtt_us * (1 + 0.05 * rng.random())) for _ in times)
    zeros = (0,) * len(times)
    probe_end = Ticks(
        t_us=tuple(times),
        wire_bytes=received,
        rtt_us=rtts,
        rttvar_us=tuple(r // 10 for r in rtts),
        min_rtt_us=(rtt_us,) * len(times),
        rcv_rtt_us=rtts,
        snd_cwnd=(10,) * len(times),
        segs_out=tuple(r // SEGMENT_BYTES // 2 for r in received),
        segs_in=tuple(r // SEGMENT_BYTES for r in received),
        total_retrans=zeros,
        bytes_acked=(600,) * len(times),
        bytes_retrans=zeros,
        bytes_received=received,
        notsent_bytes=zeros,
        rcv_ooopack=lost,
    )
    responder_end = Ticks(
        t_us=tuple(t + rtt_us // 2 for t in times),
        wire_bytes=sent,
        rtt_us=rtts,
        rttvar_us=tuple(r // 10 for r in rtts),
        min_rtt_us=(rtt_us,) * len(times),
        snd_cwnd=tuple(10 + n * 2 for n in range(len(times))),
        segs_out=tuple(s // SEGMENT_BYTES + n for s, n in zip(sent, lost, strict=True)),
        segs_in=tuple(s // SEGMENT_BYTES // 2 for s in sent),
        total_retrans=lost,
        bytes_acked=received,
        bytes_retrans=tuple(n * SEGMENT_BYTES for n in lost),
        notsent_bytes=(64_000,) * len(times),
        busy_time_us=tuple(times),
        rwnd_limited_us=zeros,
        sndbuf_limited_us=zeros,
    )
    return Transfer(probe_end, responder_end, times[-1], received[-1])


def upwards(transfer: Transfer) -> Transfer:
    """The same transfer with the probe as its sender: what the responder saw is the probe's, and the other way round."""
    return Transfer(
        transfer.responder_ticks,
        transfer.ticks,
        transfer.duration_us,
        transfer.responder_ticks.bytes_acked[-1],
    )
