"""Ticks: what one end of a run saw, at memoryless moments.

Columns of equal length, one entry a tick. ``t_us`` counts from the run's first byte of bulk at that end (the
responder's first write, the probe's first read). Poisson ticks see time averages (PASTA, Wolff 1982), and no
periodic limiter can hide between them; clamping keeps a run from having none.
"""

import random
from hashlib import sha256
from typing import Annotated

import msgspec

MEAN_S = 0.25
SHORTEST_S = 0.025
LONGEST_S = 0.65

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Counts = Annotated[tuple[Count, ...], msgspec.Meta(max_length=1000)]


class Ticks(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Cumulative bytes and a dozen fields of Linux's ``struct tcp_info`` at each tick.

    ``wire_bytes`` counts TCP payload: at the probe what was read from the socket, at the responder what was
    handed to it. The other names are the kernel's (linux/tcp.h) with their units. Columns that say nothing at
    an end (a receiver's retransmissions) or that its platform does not give are empty, and left out of the JSON:
    so a column that a later version adds does not change the digest of ticks that have none.
    """

    t_us: Counts = ()
    wire_bytes: Counts = ()
    rtt_us: Counts = ()
    rttvar_us: Counts = ()
    min_rtt_us: Counts = ()
    rcv_rtt_us: Counts = ()
    snd_cwnd: Counts = ()
    segs_out: Counts = ()
    segs_in: Counts = ()
    total_retrans: Counts = ()
    bytes_acked: Counts = ()
    bytes_retrans: Counts = ()
    bytes_received: Counts = ()
    notsent_bytes: Counts = ()
    busy_time_us: Counts = ()
    rwnd_limited_us: Counts = ()
    sndbuf_limited_us: Counts = ()
    rcv_ooopack: Counts = ()

    def __post_init__(self) -> None:
        lengths = set(map(len, msgspec.structs.astuple(self)))
        lengths.discard(0)
        if len(lengths) > 1:
            raise ValueError(f"columns of ticks differ in length: {sorted(lengths)}")


def digest(ticks: Ticks | None) -> bytes | None:
    """SHA-256 of the ticks' JSON as the responder sends it: what its receipt names."""
    return None if ticks is None else sha256(msgspec.json.encode(ticks)).digest()


def next_tick_s(rng: random.Random) -> float:
    """Seconds to the next tick: exponential with mean 250 ms, clamped to 25-650 ms (M-Lab's ndt7 rule)."""
    return min(LONGEST_S, max(SHORTEST_S, rng.expovariate(1 / MEAN_S)))
