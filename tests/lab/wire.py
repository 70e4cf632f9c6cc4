"""What was seen of runs on the wire, as numbers: sizes and times of packets, the hello's fingerprint, and a test that tells two kinds apart.

Packets of a run depend on each other, runs do not: so the features are one number a run each, and two kinds of runs are told apart
if a two-sample Kolmogorov-Smirnov test of any feature says so at 1 % over all features (Bonferroni). `wire_capture` fills it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import ks_2samp

FIRST = 7
"""Packets of handshake and start. Of TCP: SYN, SYN-ACK, hello, the server's flight, the client's Finished and first frame."""
UPWARDS = 3
DOWNWARDS = 4
ALPHA = 0.01


@dataclass
class Seen:
    """One connection: (time s, upwards, payload bytes) of its SYNs and of whatever carries payload; the client's constants.

    `lengths`: what the client's first packets say of their own length, where that can differ from their size (QUIC pads its Initials).
    """

    name: str = ""
    packets: list[tuple[float, bool, int]] = field(default_factory=list)
    constants: set[tuple[str, ...]] = field(default_factory=set)
    lengths: list[int] = field(default_factory=list)

    def payload(self, *, upwards: bool) -> list[int]:
        """Return the sizes of what carries payload one way, in order."""
        return [size for _, way, size in self.packets if way == upwards and size]

    @property
    def bulk_upwards(self) -> bool:
        """Tell which way the most went."""
        return sum(self.payload(upwards=True)) > sum(self.payload(upwards=False))

    def sizes(self) -> dict[str, float]:
        """Payload of the first packets each way, how much there was of the bulk, and the first packets' own lengths."""
        up, down = self.payload(upwards=True), self.payload(upwards=False)
        told = {f"up {n}": float(size) for n, size in enumerate(up[:UPWARDS])}
        told |= {f"down {n}": float(size) for n, size in enumerate(down[:DOWNWARDS])}
        told |= {f"length {n}": float(length) for n, length in enumerate(self.lengths)}
        bulk = up if self.bulk_upwards else down
        return {**told, "packets": float(len(bulk)), "bytes": float(sum(bulk))}

    def times(self) -> dict[str, float]:
        """ms between the first packets; mean, 90th percentile and longest between those of bulk."""
        at_s = [t for t, _, _ in self.packets]
        told = {f"gap {n}": float(gap) * 1e3 for n, gap in enumerate(np.diff(at_s[:FIRST]))}
        way = self.bulk_upwards
        bulk = np.diff([t for t, upwards, _ in self.packets[FIRST:] if upwards == way]) * 1e3
        of_bulk = {"mean": bulk.mean(), "p90": np.percentile(bulk, 90), "longest": bulk.max()}
        return {**told, **{f"bulk {name}": float(value) for name, value in of_bulk.items()}}


def told_apart(
    ones: Sequence[Seen], others: Sequence[Seen], features: Callable[[Seen], Mapping[str, float]]
) -> dict[str, float]:
    """The features by which the two kinds differ at 1 % over all features, each with its p; empty: not told apart."""
    left, right = [features(one) for one in ones], [features(one) for one in others]
    names = set.intersection(*(set(told) for told in (*left, *right)))
    found = {}
    for name in sorted(names):
        p = float(ks_2samp([told[name] for told in left], [told[name] for told in right]).pvalue)
        if p < ALPHA / len(names):
            found[name] = p
    return found
