"""What the emulated ISP does to its subscribers' traffic, as data.

Several policies may hold on one ISP at the same time. Each is applied to each home by itself, as per-subscriber limiters are:
two homes never share a bucket. `homes` restricts a policy to some homes (None: all of them). Rates are bit/s on the wire between
ISP and home and count Ethernet headers (htb) or IP bytes (nft); buckets are bytes. `match` says which connections (`matches`).

All act downstream, but for the limiters that say `upward`. A limiter may begin late in a connection (`after_bytes`, `after_s`) or outlive it (`remembers_s`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tests.lab.matches import Match, by_mark, check_match, check_named

_LEAST_RATE_BIT_S = 8_000
_LEAST_BUCKET_BYTES = 1_600
PACKET_BYTES = 1_514
"""A full Ethernet frame."""


def _check_rate(rate_bit_s: int) -> None:
    if rate_bit_s < _LEAST_RATE_BIT_S:
        raise ValueError(f"rate_bit_s: {rate_bit_s} is below {_LEAST_RATE_BIT_S}")


def _check_share(share: float) -> None:
    if not 0.001 <= share < 1:
        raise ValueError(f"share: {share} is not within 0.001..1")


@dataclass(frozen=True)
class Neutral:
    """Nothing but the line itself."""


@dataclass(frozen=True, kw_only=True)
class Late:
    """When a limiter holds: from `after_bytes` of the connection on, from `after_s` after its first packet on.

    `remembers_s`: a box that, once it has seen the name, slows whatever that home receives from anywhere until so many seconds
    after the last packet of a matching connection.
    """

    after_bytes: int = 0
    after_s: float = 0.0
    remembers_s: float = 0.0


@dataclass(frozen=True)
class Police:
    """A token bucket without a queue: what does not conform is dropped. `upward`: of what the home sends.

    A bucket below one second of the rate is an htb class with a one-packet queue; nft cannot do less than that second, its real
    bucket being rate x 1 s + burst (lab.md, trap 4), so from there on it is `nft limit rate over` with burst = bucket - rate x 1 s.
    """

    rate_bit_s: int
    bucket_bytes: int
    match: Match
    homes: tuple[int, ...] | None = None
    late: Late = Late()
    upward: bool = False

    def __post_init__(self) -> None:
        check_match(self.match)
        _check_upward(self)
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
    """A token bucket with a queue: what does not conform waits, and is dropped only when the queue is full. `upward`: as above.

    Its bucket is emptied at once, not at the line's pace, as that of a small htb policer is.
    """

    rate_bit_s: int
    match: Match
    queue_packets: int = 100
    burst_bytes: int = 6_000
    homes: tuple[int, ...] | None = None
    late: Late = Late()
    upward: bool = False

    def __post_init__(self) -> None:
        check_match(self.match)
        _check_upward(self)
        _check_rate(self.rate_bit_s)
        if self.queue_packets < 1:
            raise ValueError("queue_packets: at least 1")


@dataclass(frozen=True)
class LowPriority:
    """A matching connection gets what all else of the home leaves, and at least `least_bit_s`. Without load nothing is seen."""

    least_bit_s: int
    match: Match
    queue_packets: int = 200
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_match(self.match)
        _check_rate(self.least_bit_s)


@dataclass(frozen=True)
class HighPriority:
    """A matching connection is served before all else of the home, up to `rate_bit_s`. Without load nothing is seen."""

    rate_bit_s: int
    match: Match
    queue_packets: int = 200
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_match(self.match)
        _check_rate(self.rate_bit_s)


@dataclass(frozen=True)
class Loss:
    """A share of the packets, drawn one by one, disappears."""

    share: float
    match: Match
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_match(self.match)
        _check_share(self.share)


@dataclass(frozen=True)
class Delay:
    """Packets take a longer way, through a second delay line. One such policy a lab."""

    delay_ms: float
    match: Match
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_match(self.match)
        if not 1 <= self.delay_ms <= 1000:
            raise ValueError(f"delay_ms: {self.delay_ms} is not within 1..1000")
        if self.homes is not None and not by_mark(self.match):
            raise ValueError("homes: a delay of some homes is found by a name")


@dataclass(frozen=True)
class Freeze:
    """After so many bytes down (IP headers and handshake included) nothing more of the connection comes."""

    after_bytes: int
    match: Match
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_match(self.match)


@dataclass(frozen=True)
class BlockReset:
    """Each packet of a matching connection is answered with a TCP reset and goes no further."""

    match: Match
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_named(self.match)


@dataclass(frozen=True)
class Drop:
    """Each packet of a matching connection disappears."""

    match: Match
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_named(self.match)


@dataclass(frozen=True)
class TlsAlert:
    """A box answers the ClientHello itself, in the server's name, with a fatal TLS alert; the connection goes no further."""

    match: Match
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_named(self.match)


@dataclass(frozen=True)
class ForgedReset:
    """A box beside the path sends forged TCP resets to both ends, as soon as it has seen the ClientHello; it drops nothing."""

    match: Match
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_named(self.match)


@dataclass(frozen=True)
class HttpBox:
    """A transparent proxy takes all plain HTTP of port 80, and does something to one Host: `header`, `content` or `page` (`http_box`).

    Other Hosts pass through it untouched. `kind` "nothing": it only stands there, for every name alike.
    """

    kind: Literal["header", "content", "page", "nothing"]
    match: str
    homes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        check_named(self.match)


@dataclass(frozen=True)
class FalseDns:
    """What becomes of questions about one name (`dns_world`); no packet of the name's own traffic is touched.

    `resolver`: the ISP's resolver, which homes are told to ask, has the name on a blocklist. `redirected`: whomever homes ask, that
    resolver answers. `injected`: a box answers before the true answer comes. `nearer` is innocent: the ISP's resolver
    gives the address of a nearer server of the service itself, as those of delivery networks do.
    """

    kind: Literal["resolver", "redirected", "injected", "nearer"]
    match: str

    def __post_init__(self) -> None:
        check_named(self.match)


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


Injecting = TlsAlert | ForgedReset
Limiting = Police | Shape | LowPriority | HighPriority
Matching = Limiting | Loss | Delay | Freeze | BlockReset | Drop | Injecting | HttpBox
Policy = Neutral | Matching | SharedCongestion | FalseDns


def is_upward(policy: Policy) -> bool:
    """Tell whether the policy is about what homes send."""
    return isinstance(policy, Police | Shape) and policy.upward


def _check_upward(policy: Police | Shape) -> None:
    if policy.upward and (policy.late != Late() or not by_mark(policy.match)):
        raise ValueError(
            "upward: a limiter of what homes send goes by what a connection shows, from the start"
        )


def applies(policy: Matching | SharedCongestion, home: int) -> bool:
    """Tell whether the policy holds for this home (0-based)."""
    return policy.homes is None or home in policy.homes
