"""The demonstration: eight homes, six services, an ISP that polices one, shapes one and blocks one.

One home's whole access is congested besides, which must not matter. Ends with a table, `build/demo/findings.json` and what to do
next; exits 1 if the three were not named, or if anybody else was.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.lab.experiment import SERVICES, Experiment
from tests.lab.messages import text
from tests.lab.pages import FOLDER, feed, pages, tell
from tests.lab.policies import BlockReset, Police, Shape, SharedCongestion
from tests.lab.progress import Plain
from tests.lab.run import Outcome, run
from tests.lab.stage import REPOSITORY

HOMES = 8
PAIRS = 4
SERVICES_SHOWN = 6
RATE_ERROR = 0.05
EXPECTED = {"radio-boreale": "policer", "cinema-atlas": "shaper", "presse-rive": "blocking_tcp"}
"""The three that the ISP treats unequally, with the mechanism that must be named."""

EXPERIMENT = Experiment(
    policies=(
        Police(1_500_000, 16_000, SERVICES[0].name),
        Shape(4_000_000, SERVICES[1].name),
        BlockReset(SERVICES[2].name),
        SharedCongestion(8_000_000, homes=(HOMES - 1,)),
    ),
    services=SERVICES[:SERVICES_SHOWN],
    measured=tuple(service.id for service in SERVICES[:SERVICES_SHOWN]),
    homes=HOMES,
    pairs=PAIRS,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the demo's options."""
    parser.add_argument("--json", action="store_true", help=text("json_help"))
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help=text("keep_help"))
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Run the demo; return 0 if it showed what it must."""
    watch = Plain(total=HOMES * PAIRS * SERVICES_SHOWN, quiet=options.json)
    if not options.json:
        print(text("demo_intro", homes=HOMES, services=SERVICES_SHOWN), flush=True)
    outcome = run(EXPERIMENT, watch, options.keep or FOLDER / "run")
    watch.end()
    FOLDER.mkdir(parents=True, exist_ok=True)
    report = outcome.to_json()
    (FOLDER / "findings.json").write_text(json.dumps(report["findings"], ensure_ascii=False, indent=1) + "\n")
    faults = shortfalls(outcome)
    if options.json:
        print(json.dumps({**report, "shortfalls": faults}, ensure_ascii=False))
        return 1 if faults else 0
    print(table(outcome, EXPERIMENT.measured))
    print(
        text(
            "demo_cost",
            seconds=round(outcome.seconds),
            megabytes=round(outcome.bytes / 1e6),
            mode=outcome.mode,
        )
    )
    for fault in faults:
        print(f"!! {fault}")
    print(text("demo_wrong" if faults else "demo_right"))
    print(text("demo_next", folder=str(FOLDER.relative_to(REPOSITORY))))
    tell(pages(options.keep or FOLDER / "run"))
    for line in feed(options.keep or FOLDER / "run"):
        print(line)
    return 1 if faults else 0


def shortfalls(outcome: Outcome) -> list[str]:
    """Return what the demo should have shown and did not, in words."""
    flagged = {f["service"]: f for f in outcome.flagged()}
    faults = [text("fault_missed", service=service) for service in EXPECTED if service not in flagged]
    faults += [text("fault_accused", service=service) for service in flagged if service not in EXPECTED]
    for service, mechanism in EXPECTED.items():
        finding = flagged.get(service)
        if finding is None:
            continue
        if finding["mechanism"] != mechanism:
            faults.append(
                text("fault_mechanism", service=service, said=str(finding["mechanism"]), mechanism=mechanism)
            )
        known = outcome.truth.get(service)
        error = known.error_of(finding["delivered_mbit_s"]) if known else None
        if error is not None and abs(error) > RATE_ERROR:
            faults.append(text("fault_rate", service=service, error=f"{error:+.1%}"))
    return faults


COLUMNS = (
    "service",
    "outcome",
    "grade",
    "delivered",
    "counter",
    "mechanism",
    "homes",
    "pairs",
    "bytes",
    "seconds",
)


def table(outcome: Outcome, services: Sequence[str]) -> str:
    """Return the findings of `services` as a table, the lab's own counter beside the delivered rate."""
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in outcome.findings:
        found.setdefault(finding["service"], []).append(finding)
    head = tuple(text(f"column_{name}") for name in COLUMNS)
    rows = [head, *(_row(max(found[s], key=_weight), outcome) for s in services if s in found)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return "\n".join(["", lines[0], "-" * len(lines[0]), *lines[1:], ""])


def _weight(finding: dict[str, Any]) -> tuple[bool, float]:
    """Of several findings of a service the one that accuses, else the one with more evidence, is shown."""
    return finding["outcome"] == "different", finding["e_value"] or 0.0


def _row(finding: dict[str, Any], outcome: Outcome) -> tuple[str, ...]:
    known = outcome.truth.get(finding["service"])
    counter = known.original_mbit_s if known and finding["delivered_mbit_s"] is not None else None
    direction = finding["direction_of_effect"]
    said = text(f"outcome_{finding['outcome']}") + (
        f" ({text(f'direction_{direction}')})" if direction else ""
    )
    return (
        finding["service"],
        said,
        str(finding["grade"]),
        _rate(finding["delivered_mbit_s"], finding["interval"]),
        "–" if counter is None else f"{counter:.2f}",
        finding["mechanism"] or "–",
        str(finding["homes"]),
        str(finding["pairs"]),
        f"{finding['bytes'] / 1e6:.0f} MB",
        f"{finding['seconds']:.0f}",
    )


def _rate(rate: float | None, interval: Sequence[float] | None) -> str:
    if rate is None:
        return "–"
    return f"{rate:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")
