"""What tshark saw of runs, as numbers: sizes and times of packets, the hello's fingerprint, and a test that tells two kinds apart.

A box on the path sees what `tshark` sees at the ISP. Packets of a run depend on each other, runs do not: so the features are one number
a run each, and two kinds of runs are told apart if a two-sample Kolmogorov-Smirnov test of any feature says so at 1 % over all features
(Bonferroni).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.stats import ks_2samp

FIELDS = (
    "frame.time_epoch", "tcp.stream", "tcp.srcport", "tcp.len", "tcp.flags", "tls.handshake.extensions_server_name",
    "tls.handshake.ja3", "ip.ttl", "ip.dsfield", "tcp.hdr_len", "tcp.window_size_value",
)  # fmt: skip
SERVER_PORT = 443
SYN = 0x02
FIRST = 7
"""Packets of handshake and start: SYN, SYN-ACK, ClientHello, the server's flight, the client's Finished and first frame."""
UPWARDS = 3
DOWNWARDS = 4
ALPHA = 0.01


@dataclass
class Seen:
    """One connection: (time s, upwards, payload bytes) of its SYNs and of whatever carries payload; the client's constants."""

    name: str = ""
    packets: list[tuple[float, bool, int]] = field(default_factory=list)
    constants: set[tuple[str, ...]] = field(default_factory=set)

    def sizes(self) -> dict[str, float]:
        """Payload of the first packets each way, and how much there was."""
        up = [size for _, upwards, size in self.packets if upwards and size]
        down = [size for _, upwards, size in self.packets if not upwards and size]
        told = {f"up {n}": float(size) for n, size in enumerate(up[:UPWARDS])}
        told |= {f"down {n}": float(size) for n, size in enumerate(down[:DOWNWARDS])}
        return {**told, "packets": float(len(down)), "bytes": float(sum(down))}

    def times(self) -> dict[str, float]:
        """ms between the first packets; mean, 90th percentile and longest between those of bulk."""
        at_s = [t for t, _, _ in self.packets]
        told = {f"gap {n}": float(gap) * 1e3 for n, gap in enumerate(np.diff(at_s[:FIRST]))}
        bulk = np.diff([t for t, upwards, _ in self.packets[FIRST:] if not upwards]) * 1e3
        of_bulk = {"mean": bulk.mean(), "p90": np.percentile(bulk, 90), "longest": bulk.max()}
        return {**told, **{f"bulk {name}": float(value) for name, value in of_bulk.items()}}


def read(path: Path) -> list[Seen]:
    """The connections of a capture, in order."""
    argv = ["tshark", "-r", str(path), "-T", "fields", *(word for name in FIELDS for word in ("-e", name))]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
    streams: dict[str, Seen] = {}
    for line in done.stdout.splitlines():
        time_s, stream, port, length, flags, name, ja3, *constants = line.split("\t")
        seen, upwards = streams.setdefault(stream, Seen()), port != str(SERVER_PORT)
        if name:
            seen.name = name
            seen.constants.add(("ja3", ja3, *constants))
        if int(flags, 16) & SYN:
            seen.constants.add(("syn" if upwards else "syn-ack", *constants))
        if int(length) or int(flags, 16) & SYN:
            seen.packets.append((float(time_s), upwards, int(length)))
    return list(streams.values())


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
