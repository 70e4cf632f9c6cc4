"""``python -m tests.policing``: the carrier router's captures, judged; every figure with its binomial interval.

93 captures of Flach et al. (SIGCOMM 2016) with known limiters stand in ../shared/data/policing, which is not part of
this tree. ``--out FILE`` keeps a line of JSON a capture, and takes up there again; ``--table FILE`` only counts what
such a file holds. The table also cross-validates: each capture is judged once more with the bounds that the *other*
captures would have chosen.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from scipy.stats import beta

from analysis.trace.judge import judge_capture
from tools.tree import ROOT

DATA: Final = ROOT.parent / "shared" / "data" / "policing"
LABELS: Final = "labels.csv"
LOSSES: Final = 15
RIGHT_WITHIN: Final = 0.05
POLICER, CROSSED, OTHER = (
    "policers, no cross traffic",
    "policers, cross traffic",
    "shapers, bottlenecks, loss",
)


@dataclass(frozen=True)
class Label:
    """The truth of a capture: limiter, rate in bit/s, bucket in bytes where configured."""

    file: str
    limiter: str
    rate_bit_s: float
    bucket_bytes: float | None
    crossed: bool

    @property
    def group(self) -> str:
        """The row it counts in."""
        if self.limiter != "policer":
            return OTHER
        return CROSSED if self.crossed else POLICER


def labels(data: Path) -> list[Label]:
    """The truth of each capture."""
    with (data / LABELS).open(encoding="utf-8", newline="") as stream:
        return [
            Label(
                row["file"],
                row["limiter"],
                float(row["rate_bit_s"]),
                float(row["bucket_bytes"]) if row["bucket_bytes"].isdigit() else None,
                row["cross_traffic"] == "1",
            )
            for row in csv.DictReader(stream)
        ]


def interval(hits: int, of: int) -> tuple[float, float]:
    """Clopper and Pearson's interval of 95 %.

    >>> [round(bound, 4) for bound in interval(0, 30)]
    [0.0, 0.1157]
    """
    low = float(beta.ppf(0.025, hits, of - hits + 1)) if hits else 0.0
    high = float(beta.ppf(0.975, hits + 1, of - hits)) if hits < of else 1.0
    return low, high


def share(hits: int, of: int) -> str:
    """``12 of 15, 80.0 % [51.9, 95.7]``."""
    if not of:
        return "none"
    low, high = interval(hits, of)
    return f"{hits} of {of}, {100 * hits / of:.1f} % [{100 * low:.1f}, {100 * high:.1f}]"


def judged(data: Path, out: Path | None) -> Iterator[tuple[Label, list[dict[str, Any]]]]:
    """Each capture's chunks, the smallest file first; those already in ``out`` are not judged again."""
    done: dict[str, list[dict[str, Any]]] = {}
    if out is not None and out.exists():
        for line in out.read_bytes().splitlines():
            held = msgspec.json.decode(line)
            done[held["file"]] = held["chunks"]
    for label in sorted(labels(data), key=lambda label: (data / label.file).stat().st_size):
        if label.file not in done:
            report = msgspec.to_builtins(judge_capture(data / label.file))
            done[label.file] = report["chunks"]
            if out is not None:
                with out.open("ab") as stream:
                    stream.write(
                        msgspec.json.encode({"file": label.file, "chunks": report["chunks"]}) + b"\n"
                    )
        yield label, done[label.file]


Judged = list[tuple[Label, dict[str, Any]]]


def table(chunks: Judged) -> list[str]:
    """The figures: called policer by group, by configured rate and bucket, rates, buckets."""
    out = []
    for group in (POLICER, CROSSED, OTHER):
        of = [chunk for label, chunk in chunks if label.group == group]
        out.append(f"{group}: called policer {share(sum(map(_called, of)), len(of))}")
        out.append(f"    {_counts(chunk['mechanism'] + '/' + chunk['rule'] for chunk in of)}")
    policed = [(label, chunk) for label, chunk in chunks if label.limiter == "policer" and _called(chunk)]
    for group in (POLICER, CROSSED):
        out += _rates(group, [(label, chunk) for label, chunk in policed if label.group == group])
    out += _by_setting(chunks)
    return out


def _called(chunk: dict[str, Any]) -> bool:
    return bool(chunk["mechanism"] == "policer")


def _counts(names: Iterable[str]) -> str:
    values, counts = np.unique(list(names), return_counts=True)
    return ", ".join(
        f"{value} {count}" for value, count in zip(values.tolist(), counts.tolist(), strict=True)
    )


def _rates(name: str, policed: Judged) -> list[str]:
    if not policed:
        return []
    ratio = np.array([chunk["rate_mbit_s"] * 1e6 / label.rate_bit_s for label, chunk in policed])
    inside = sum(
        chunk["rate_low_mbit_s"] * 1e6 <= label.rate_bit_s <= chunk["rate_high_mbit_s"] * 1e6
        for label, chunk in policed
    )
    sizes = [c["bucket_bytes"] / label.bucket_bytes for label, c in policed if label.bucket_bytes]
    q = np.percentile(ratio, (5, 50, 95))
    b = np.percentile(sizes, (5, 50, 95)) if sizes else np.full(3, np.nan)
    near = int((np.abs(ratio - 1) <= RIGHT_WITHIN).sum())
    return [
        (
            f"{name}: rate over configured, 5 %, median, 95 %: {q[0]:.3f} {q[1]:.3f} {q[2]:.3f}; "
            f"within 5 %: {share(near, ratio.size)}"
        ),
        (
            f"    configured rate inside the interval: {share(inside, ratio.size)}; "
            f"bucket over configured: {b[0]:.3f} {b[1]:.3f} {b[2]:.3f}"
        ),
    ]


def _by_setting(chunks: Judged) -> list[str]:
    settings = sorted({(label.group, label.rate_bit_s, label.bucket_bytes or 0.0) for label, _ in chunks})
    out = []
    for group, rate, bucket in settings:
        of = [
            (label, chunk)
            for label, chunk in chunks
            if (label.group, label.rate_bit_s, label.bucket_bytes or 0.0) == (group, rate, bucket)
        ]
        called = [(label, chunk) for label, chunk in of if _called(chunk)]
        ratio = [chunk["rate_mbit_s"] * 1e6 / rate for _, chunk in called]
        rates = f"; rate {min(ratio):.3f}-{max(ratio):.3f}" if ratio else ""
        out.append(
            f"  {group}, {rate / 1e6:g} Mbit/s, bucket {bucket:g}: {share(len(called), len(of))}{rates}"
        )
    return out


def left_out(chunks: Judged) -> list[str]:
    """Each capture judged by bounds midway between the classes of the others (explained, and waited share)."""
    seen = [(label, c) for label, c in chunks if c["explained"] is not None and c["waited_share"] is not None]
    calls: dict[str, list[bool]] = {POLICER: [], CROSSED: [], OTHER: []}
    bounds = []
    for file in sorted({label.file for label, _ in seen}):
        rest = [(label, chunk) for label, chunk in seen if label.file != file]
        explained, waited = _midway(rest)
        bounds.append((explained, waited))
        calls_of = [(label, c) for label, c in seen if label.file == file]
        for label, c in calls_of:
            calls[label.group].append(c["explained"] >= explained and c["waited_share"] < waited)
    each = np.array(bounds)
    out = [
        (
            f"left out, one capture at a time: bounds {each[:, 0].min():.2f}-{each[:, 0].max():.2f} (explained), "
            f"{each[:, 1].min():.2f}-{each[:, 1].max():.2f} (waited share)"
        )
    ]
    return out + [f"    {group}: called policer {share(sum(of), len(of))}" for group, of in calls.items()]


def _midway(rest: Judged) -> tuple[float, float]:
    """Explained: midway between policers and losses without a queue; waited: between policers and queues."""
    policed = [chunk for label, chunk in rest if label.limiter == "policer"]
    others = [chunk for label, chunk in rest if label.limiter != "policer"]
    waiting = [chunk["waited_share"] for chunk in others if chunk["explained"] >= 0.25]
    random = [chunk["explained"] for chunk in others if chunk["waited_share"] < 0.25]
    low = np.percentile([chunk["explained"] for chunk in policed], 2)
    high = np.percentile([chunk["waited_share"] for chunk in policed], 98)
    return (low + max(random, default=0.0)) / 2, (high + min(waiting, default=1.0)) / 2


def main() -> int:
    """Judge, count, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.policing", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--out", type=Path, help="keep a line of JSON a capture here, and take up from it")
    options = parser.parse_args()
    if not (options.data / LABELS).is_file():
        print(f"{options.data}: no {LABELS}; the captures are not part of this tree", file=sys.stderr)
        return 2
    chunks: Judged = []
    for label, found in judged(options.data, options.out):
        chunks += [(label, chunk) for chunk in found if chunk["losses"] >= LOSSES]
        print(f"{label.file}: {_counts(chunk['mechanism'] for chunk in found)}", file=sys.stderr, flush=True)
    print("\n".join([*table(chunks), *left_out(chunks)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
