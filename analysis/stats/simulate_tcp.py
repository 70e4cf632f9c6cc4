"""What TCP makes of a limiter: published closed forms, and what the lab measured beside them.

No packet is simulated. A transfer behind a policer, a shaper or random loss settles at a rate, a loss and a round-trip
time, and these formulas say at which. Measured in the lab (build/demo of 2026-11-21: htb, 20 ms RTT, cubic, 32 pairs
each; tests/lab/README.md): a policer of 1.5 Mbit/s with 16 kB delivered 1.437 Mbit/s of payload at a loss of .133 and an
RTT of 26.4 ms; a shaper of 4 Mbit/s with a queue of 100 packets 3.822 Mbit/s, without loss, at 235 ms.
"""

import numpy as np
from numpy.typing import ArrayLike

from analysis.stats.series import Floats

FRAME_BYTES = 1514.0
SEGMENT_BYTES = 1448.0
PAYLOAD_SHARE = SEGMENT_BYTES / FRAME_BYTES
"""Payload of a full Ethernet frame: 1500 of IP, less 40 of headers and 12 of time stamps (RFC 7323)."""

CUBIC_BETA = 0.7
"""What CUBIC keeps of its window at a loss (RFC 9438, 4.6)."""
MOST_LOSS = 0.35
"""Above this a flow lives by time-outs and Mathis' formula says nothing; lab.md saw 33-41 % behind nft policers."""
QUEUE_FILLED = 0.7
"""Median share of a shaper's queue that stands: 215 ms of 303 were measured; CUBIC swings between .7 and 1."""


def mathis_loss(rate_bit_s: ArrayLike, rtt_us: ArrayLike) -> Floats:
    """The loss at which a flow settles at `rate_bit_s` of payload (Mathis et al., CCR 27(3) 1997, C^2 = 3/2).

    RFC 9438 makes CUBIC as fast as Reno at these windows. The lab's policer, with .133 measured:

    >>> round(float(mathis_loss(1.437e6, 26_400)), 3)
    0.14
    """
    segments_per_rtt = np.asarray(rate_bit_s) * np.asarray(rtt_us) / 1e6 / (8 * SEGMENT_BYTES)
    return np.asarray(np.minimum(MOST_LOSS, 1.5 / segments_per_rtt**2))


def mathis_rate_bit_s(loss: float, rtt_us: ArrayLike) -> Floats:
    """Payload rate under random loss by the same formula. lab.md measured 6.0 Mbit/s at 2 % and 20 ms, 1.2 times this.

    >>> round(float(mathis_rate_bit_s(0.02, 20_400)) / 1e6, 2)
    4.92
    """
    return np.asarray(8 * SEGMENT_BYTES * np.sqrt(1.5 / loss) / (np.asarray(rtt_us) / 1e6))


def policer_payload_bit_s(rate_bit_s: float, bucket_bytes: float, rtt_us: ArrayLike) -> Floats:
    """Payload that passes a policer once its bucket is empty.

    A sawtooth between beta W and W fills a pipe without a buffer to (1 + beta) / 2, and one whose buffer holds the swing,
    (1 / beta - 1) of rate x RTT, wholly (Appenzeller et al., SIGCOMM 2004, with CUBIC's beta); a bucket serves as buffer.

    >>> [round(float(policer_payload_bit_s(r, 16_000, 20_400)) / 1e6, 2) for r in (1.5e6, 15e6, 40e6)]
    [1.43, 14.29, 34.62]
    """
    swing_bytes = (1 / CUBIC_BETA - 1) * rate_bit_s / 8 * np.asarray(rtt_us) / 1e6
    held = np.minimum(1.0, bucket_bytes / swing_bytes)
    used = (1 + CUBIC_BETA) / 2 * (1 - held) + held
    return np.asarray(rate_bit_s * PAYLOAD_SHARE * used)


def queue_us(packets: float, rate_bit_s: float) -> float:
    """How long a queue of full frames takes at a rate.

    >>> round(QUEUE_FILLED * queue_us(100, 4e6))
    211960
    """
    return packets * FRAME_BYTES * 8 / rate_bit_s * 1e6
