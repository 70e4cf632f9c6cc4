"""The soak: twenty seeds, each neutral, congested, policed at 1.5 and at 4 Mbit/s; the innocent must never be flagged.

A seed draws line rate, RTT, bucket and local hour; the four conditions of a seed share them. `SHARD=i/n` (or --shard) runs every
n-th seed. Results go to `build/soak/`, one file a run, so that a soak that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.experiment import SERVICES, Experiment
from tests.lab.messages import text
from tests.lab.policies import Police, Policy, SharedCongestion
from tests.lab.progress import Plain
from tests.lab.run import run
from tests.lab.stage import REPOSITORY, StageError

SEEDS = 20
HOMES = 5
PAIRS = 6
AT_ONCE = 3
LEAST_FLAGGED_SHARE = 19 / 20
CONDITIONS = ("neutral", "congested", "police-1.5", "police-4")
GUILTY = {"police-1.5": 1_500_000, "police-4": 4_000_000}
FOLDER = Path(os.environ.get("ISONOMIA_SOAK", REPOSITORY / "build" / "soak"))


@dataclass(frozen=True)
class Draw:
    """What a seed draws, the same for its four conditions."""

    line_bit_s: int
    rtt_ms: float
    bucket_bytes: int
    local_hour: int
    congestion_share: float


def draw(seed: int) -> Draw:
    """Return the conditions of a seed."""
    rng = random.Random(seed)
    return Draw(
        line_bit_s=rng.choice((25, 50, 80)) * 1_000_000,
        rtt_ms=rng.choice((10.0, 20.0, 40.0)),
        bucket_bytes=rng.choice((16_000, 32_000, 64_000)),
        local_hour=rng.choice((3, 12, 20)),
        congestion_share=rng.uniform(0.1, 0.5),
    )


def experiment(seed: int, condition: str) -> Experiment:
    """Return the experiment of a seed and a condition."""
    drawn = draw(seed)
    policy: tuple[Policy, ...] = ()
    if condition == "congested":
        policy = (SharedCongestion(round(drawn.line_bit_s * drawn.congestion_share)),)
    elif condition in GUILTY:
        policy = (Police(GUILTY[condition], drawn.bucket_bytes, SERVICES[0].name),)
    return Experiment(
        policies=policy,
        measured=(SERVICES[0].id,),
        homes=HOMES,
        pairs=PAIRS,
        line_bit_s=drawn.line_bit_s,
        rtt_ms=drawn.rtt_ms,
        local_hour=drawn.local_hour,
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the soak's options."""
    parser.add_argument(
        "--shard", default=os.environ.get("SHARD", "0/1"), metavar="i/n", help=text("shard_help")
    )
    parser.add_argument("--at-once", type=int, default=AT_ONCE, metavar="N", help=text("at_once_help"))
    parser.add_argument("--seeds", type=int, default=SEEDS, metavar="N", help=text("seeds_help"))
    parser.add_argument("--again", action="store_true", help=text("again_help"))
    parser.add_argument("--json", action="store_true", help=text("json_help"))
    parser.add_argument("--one", nargs=2, metavar=("SEED", "CONDITION"), help=argparse.SUPPRESS)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Run the shard's runs, then judge the whole; return 0 if it showed what it must."""
    if options.one:
        return _one(int(options.one[0]), options.one[1])
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = list(runs(options.shard, options.seeds))
    open_runs = [(s, c) for s, c in wanted if options.again or not _result(s, c).exists()]
    _run_all(open_runs, options.at_once)
    summary = summarise([json.loads(_result(s, c).read_text()) for s, c in wanted if _result(s, c).exists()])
    summary["missing_runs"] = sum(not _result(s, c).exists() for s, c in wanted)
    (FOLDER / "summary.json").write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary) if options.json else _table(summary))
    return 0 if summary["passed"] and not summary["missing_runs"] else 1


def runs(shard: str, seeds: int) -> Iterator[tuple[int, str]]:
    """Yield (seed, condition) of a shard such as "0/2"; raises ValueError for another form."""
    index, _, count = shard.partition("/")
    if not (index.isdigit() and count.isdigit() and int(index) < int(count)):
        raise ValueError(f"shard {shard!r}: write i/n with i from 0 to n-1")
    for seed in range(seeds):
        if seed % int(count) == int(index):
            for condition in CONDITIONS:
                yield seed, condition


def _result(seed: int, condition: str) -> Path:
    return FOLDER / f"{condition}-{seed:02}.json"


def _run_all(wanted: list[tuple[int, str]], at_once: int) -> None:
    """Run each in a process of its own, `at_once` at a time. Ends: a run has a time limit of its own."""
    waiting, running = list(wanted), dict[tuple[int, str], subprocess.Popen[bytes]]()
    began_s, done = time.monotonic(), 0
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                seed, condition = waiting.pop(0)
                argv = [sys.executable, "-m", "tests.lab", "soak", "--one", str(seed), condition]
                running[seed, condition] = subprocess.Popen(argv, cwd=REPOSITORY)
            time.sleep(0.2)
            for key in [key for key, process in running.items() if process.poll() is not None]:
                done += 1
                code = running.pop(key).returncode
                print(
                    text("soak_done", done=done, total=len(wanted), run=f"{key[1]} {key[0]}", code=code,
                         seconds=round(time.monotonic() - began_s)),
                    file=sys.stderr, flush=True,
                )  # fmt: skip
    finally:
        for process in running.values():
            process.terminate()
            process.wait()


def _one(seed: int, condition: str) -> int:
    """Run one experiment and write its result; return 1 if the lab failed, which is no result."""
    wanted = experiment(seed, condition)
    try:
        outcome = run(wanted, Plain(total=0, quiet=True))
    except StageError as error:
        print(f"{condition} {seed}: {error}", file=sys.stderr)
        return 1
    finding = next((f for f in outcome.flagged() if f["service"] == wanted.measured[0]), None)
    known = outcome.truth.get(wanted.measured[0])
    cell = [f for f in outcome.findings if f["service"] == wanted.measured[0]]
    result = {
        "seed": seed,
        "condition": condition,
        "flagged": [f"{f['service']}:{f['direction_of_effect']}" for f in outcome.flagged()],
        "mechanism": finding["mechanism"] if finding else None,
        "e_values": {str(f["direction_of_effect"]): f["e_value"] for f in cell},
        "delivered_mbit_s": finding["delivered_mbit_s"] if finding else None,
        "counter_mbit_s": known.original_mbit_s if known else None,
        "rate_error": known.error_of(finding["delivered_mbit_s"]) if known and finding else None,
        "pairs": outcome.pairs,
        "skipped": outcome.skipped,
        "rejected": outcome.rejected,
        "bytes": outcome.bytes,
        "seconds": outcome.seconds,
        "mode": outcome.mode,
        "delay_line": outcome.delay_line,
        "line_bit_s": wanted.line_bit_s,
        "rtt_ms": wanted.rtt_ms,
        "local_hour": wanted.local_hour,
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    partial = _result(seed, condition).with_suffix(".partial")
    partial.write_text(json.dumps(result) + "\n")
    partial.rename(_result(seed, condition))
    return 0


def summarise(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return counts by condition and whether they are what they must be."""
    rows = {}
    for condition in CONDITIONS:
        mine = [r for r in results if r["condition"] == condition]
        errors = [abs(r["rate_error"]) for r in mine if r["rate_error"] is not None]
        rows[condition] = {
            "runs": len(mine),
            "flagged": sum(bool(r["flagged"]) for r in mine),
            "mechanism_right": sum(r["mechanism"] == "policer" for r in mine)
            if condition in GUILTY
            else None,
            "largest_rate_error": max(errors) if errors else None,
            "pairs": sum(r["pairs"] for r in mine),
            "skipped": sum(r["skipped"] for r in mine),
            "megabytes": round(sum(r["bytes"] for r in mine) / 1e6),
        }
    innocent = all(not rows[c]["flagged"] for c in CONDITIONS if c not in GUILTY)
    guilty = all(rows[c]["flagged"] >= LEAST_FLAGGED_SHARE * rows[c]["runs"] for c in GUILTY)
    return {"conditions": rows, "passed": innocent and guilty and bool(results)}


def _table(summary: dict[str, Any]) -> str:
    lines = [text("soak_head")]
    for condition, row in summary["conditions"].items():
        error = row["largest_rate_error"]
        said = "–" if error is None else f"{error:.1%}"
        lines.append(
            f"{condition:12} {row['runs']:5} {row['flagged']:8} {row['mechanism_right'] or '–':>10} {said:>8}"
        )
    lines.append(text("soak_passed" if summary["passed"] else "soak_failed"))
    return "\n".join(lines)
