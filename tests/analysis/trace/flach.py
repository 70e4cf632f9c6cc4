"""The published policing detector, as an oracle: Flach et al., SIGCOMM 2016, section 3 and its constants.

Written after reading the paper, ../shared/notes/peers-wehe.md 4.3 and the authors' public policing_detector.py and its
README; no code of theirs is copied. It sees one connection's chunk: when each data packet was sent, its payload, its fate, its round trip.
"""

from enum import IntEnum

import numpy as np

FEWEST, SLICES, LATE_BYTES = 15, 3, 2e6
LOSS_RTTS, PASS_RTTS, LOSS_OUTSIDE, PASS_OUTSIDE = 2.0, 0.75, 0.10, 0.03
INFLATED, INFLATED_S, INFLATED_SHARE = 1.3, 0.020, 0.2


class Says(IntEnum):
    """Which test ruled policing out; POLICED if none did."""

    POLICED = 0
    FEW_LOSSES = 1
    LATE_LOSS = 2
    NEGATIVE_FILL = 3
    FULLER_ON_LOSS = 4
    LOSS_OUT_OF_RANGE = 5
    PASS_OUT_OF_RANGE = 6
    INFLATED_RTT = 7


def detect(t_s, payload, lost, rtt_s, skip: int = 0) -> tuple[Says, float | None]:
    """The verdict and the estimated rate in bit/s of payload; ``skip`` losses at both ends are ignored (its 2nd run: 2)."""
    at = np.flatnonzero(lost)
    if at.size < 2 * skip + 2 or not np.isfinite(rtt_s).any():
        return Says.FEW_LOSSES, None
    first, last = int(at[skip]), int(at[-1 - skip])
    passed = np.where(lost, 0.0, payload)
    before = np.concatenate(([0.0], np.cumsum(payload)[:-1]))
    if before[first] > LATE_BYTES:
        return Says.LATE_LOSS, None
    rate = passed[first:last].sum() / (t_s[last] - t_s[first]) if t_s[last] > t_s[first] else 0.0
    rtt = float(np.nanmedian(rtt_s))
    if before[first] - rate * (t_s[first] - t_s[0]) < -PASS_RTTS * rtt * rate:
        return Says.NEGATIVE_FILL, None
    used = np.concatenate(([0.0], np.cumsum(passed[first:])[:-1]))
    tokens = rate * (t_s[first:] - t_s[first]) - used
    on_loss, on_pass = tokens[lost[first:]], tokens[~lost[first:]]
    if _slices(t_s[first:][lost[first:]], rtt) < SLICES or min(on_loss.size, on_pass.size) < FEWEST:
        return Says.FEW_LOSSES, None
    if on_loss.mean() >= on_pass.mean() or np.median(on_loss) >= np.median(on_pass):
        return Says.FULLER_ON_LOSS, None
    empty = np.median(on_loss)
    if (np.abs(on_loss - empty) > LOSS_RTTS * rtt * rate).mean() > LOSS_OUTSIDE:
        return Says.LOSS_OUT_OF_RANGE, None
    if (on_pass - empty < -PASS_RTTS * rtt * rate).mean() > PASS_OUTSIDE:
        return Says.PASS_OUT_OF_RANGE, None
    if _inflated(lost, rtt_s, first) > INFLATED_SHARE:
        return Says.INFLATED_RTT, None
    return Says.POLICED, rate * 8


def _slices(lost_s, rtt):
    count, end = 1, lost_s[0] + rtt
    for t_s in lost_s.tolist():
        if t_s > end:
            count, end = count + 1, t_s + rtt
    return count


def _inflated(lost, rtt_s, first):
    """Share of losses before which the last round trip but one was inflated."""
    inflated = 0
    seen: list[float] = []
    for i in range(lost.size):
        if np.isfinite(rtt_s[i]):
            seen.append(float(rtt_s[i]))
        if lost[i] and i >= first and len(seen) > 1:
            low, middle = np.percentile(seen, (10, 50))
            inflated += seen[-2] >= middle and seen[-2] > INFLATED * low and seen[-2] >= INFLATED_S
    return inflated / max(1, int(lost[first:].sum()))
