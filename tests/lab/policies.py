"""What the emulated ISP does to its subscribers' traffic, as data.

Several policies may hold on one ISP at the same time. Each is applied to each home by itself, as per-subscriber limiters are:
two homes never share a bucket. `homes` restricts a policy to some homes (None: all of them). Rates are bit/s on the wire between
ISP and home and count Ethernet headers (htb) or IP bytes (nft); buckets are bytes.

Name matching is that of per-packet inspection: the name appears, in one piece, in one of a TCP connection's first eight packets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{1,126}[A-Za-z0-9]")
_LEAST_RATE_BIT_S = 8_000
_LEAST_BUCKET_BYTES = 1_600
PACKET_BYTES = 1_514
"""A full Ethernet frame."""


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"match_sni: {name!r} is not a host name of 3 to 128 letters, digits, dots and hyphens"
        )


def _check_rate(rate_bit_s: int) -> None:
    if rate_bit_s < _LEAST_RATE_BIT_S:
        raise ValueError(f"rate_bit_s: {rate_bit_s} is below {_LEAST_RATE_BIT_S}")


@dataclass(frozen=True)
class Neutral:
    """Nothing but the line itself."""


@dataclass(frozen=True)
class Police:
    """A token bucket without a queue: what does not conform is dropped.

    A bucket below one second of the rate is an htb class with a one-packet queue; nft cannot do less than that second, its real
    bucket being rate x 1 s + burst (lab.md, trap 4), so from there on it is `nft limit rate over` with burst = bucket - rate x 1 s.
    """

    rate_bit_s: int
    bucket_bytes: int
    match_sni: str
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _check_name(self.match_sni)
        _check_rate(self.rate_bit_s)
        if self.bucket_bytes < _LEAST_BUCKET_BYTES:
            raise ValueError(f"bucket_bytes: {self.bucket_bytes} is below {_LEAST_BUCKET_BYTES}, one packet")

    @property
    def rate_bytes_s(self) -> int:
        """Return the rate in bytes per second."""
        return self.rate_bit_s // 8

    @property
    def limiter(self) -> str:
        """Return "htb" or "nft", whichever can hold a bucket of this size."""
        return "nft" if self.bucket_bytes > self.rate_bytes_s else "htb"

    @property
    def nft_burst_bytes(self) -> int:
        """Return the burst to write in nft's rule, which adds one second of the rate to it."""
        return max(1, self.bucket_bytes - self.rate_bytes_s)

    @property
    def real_bucket_bytes(self) -> int:
        """Return the most that any stretch of time passes above rate x time, bytes.

        With nft that is exact (IP bytes). htb adds a packet of debt and the queued one; 1 to 5 kB more than the bucket were measured.
        """
        if self.limiter == "nft":
            return self.rate_bytes_s + self.nft_burst_bytes
        return self.bucket_bytes + 2 * PACKET_BYTES


@dataclass(frozen=True)
class Shape:
    """A token bucket with a queue: what does not conform waits, and is dropped only when the queue is full."""

    rate_bit_s: int
    match_sni: str
    queue_packets: int = 100
    burst_bytes: int = 6_000
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _check_name(self.match_sni)
        _check_rate(self.rate_bit_s)
        if self.queue_packets < 1:
            raise ValueError("queue_packets: at least 1")


@dataclass(frozen=True)
class BlockReset:
    """Each packet of a matching connection is answered with a TCP reset and goes no further."""

    match_sni: str
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _check_name(self.match_sni)


@dataclass(frozen=True)
class Drop:
    """Each packet of a matching connection disappears."""

    match_sni: str
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        _check_name(self.match_sni)


@dataclass(frozen=True)
class SharedCongestion:
    """The whole access of a home is slow, whatever the name: a smaller line with a queue of its own. Not discrimination."""

    rate_bit_s: int
    homes: tuple[int, ...] | None = None
    queue_packets: int = 60

    def __post_init__(self) -> None:
        _check_rate(self.rate_bit_s)
        if self.queue_packets < 1:
            raise ValueError("queue_packets: at least 1")


Matching = Police | Shape | BlockReset | Drop
Policy = Neutral | Matching | SharedCongestion


def applies(policy: Matching | SharedCongestion, home: int) -> bool:
    """Tell whether the policy holds for this home (0-based)."""
    return policy.homes is None or home in policy.homes
