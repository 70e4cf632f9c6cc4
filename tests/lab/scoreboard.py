"""The scoreboard: every scenario that can run, through the whole path, against what was expected and predicted.

`SHARD=i/n` (or --shard) runs every n-th row; `QUICK=1` six rows that rotate by commit; `HOMES=10` the larger board (m = 100; one
seed for the guilty, three for the innocent). One file a row in `build/scoreboard/`, so that a board that was stopped goes on where it
was. `build/scoreboard.json` and, of a whole board, `docs/scoreboard.md` are made of the files.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.lab.messages import text
from tests.lab.namespaces import LabError
from tests.lab.stage import REPOSITORY, StageError
from tests.lab.workers import Work, run_all
from tests.scenarios import SCENARIOS, Scenario

HOMES = 5
AT_ONCE = 2
QUICK_GUILTY = 3
FOLDER = Path(os.environ.get("ISONOMIA_SCOREBOARD", REPOSITORY / "build" / "scoreboard"))
PAGE = REPOSITORY / "docs" / "scoreboard.md"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the scoreboard's options; SHARD, QUICK and HOMES stand for three of them."""
    env = os.environ
    parser.add_argument("--shard", default=env.get("SHARD", "0/1"), metavar="i/n", help=text("shard_help"))
    parser.add_argument(
        "--quick", action="store_true", default=env.get("QUICK") == "1", help=text("quick_help")
    )
    parser.add_argument("--homes", type=int, default=int(env.get("HOMES", HOMES)), help=text("homes_help"))
    parser.add_argument("--only", nargs="+", metavar="NAME", default=[], help=text("only_rows_help"))
    parser.add_argument("--at-once", type=int, default=AT_ONCE, metavar="N", help=text("at_once_help"))
    parser.add_argument("--again", action="store_true", help=text("again_help"))
    parser.add_argument("--json", action="store_true", help=text("json_help"))
    parser.add_argument("--one", nargs=2, metavar=("NAME", "SEED"), help=argparse.SUPPRESS)
    parser.set_defaults(command=command)


def command(options: argparse.Namespace) -> int:
    """Run what is missing of the rows asked for, then judge all that is there; return 0 if it shows what it must."""
    if options.one:
        return _one(options.one[0], int(options.one[1]), options.homes)
    rows = chosen(options.only, quick=options.quick)
    wanted = [(s, seed) for s in rows for seed in seeds(s, options.homes)]
    shard = _shard(wanted, options.shard)
    missing = [
        (s, seed) for s, seed in shard if options.again or not path_of(s, seed, options.homes).exists()
    ]
    _run(missing, options.homes, options.at_once)
    whole = not options.only and not options.quick
    report = summarise(rows, options.homes)
    report["missing_runs"] = sum(not path_of(s, seed, options.homes).exists() for s, seed in wanted)
    target = FOLDER.with_suffix(".json")
    target.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = report.pop("page")
    (FOLDER / "scoreboard.md").write_text(page, encoding="utf-8")
    if whole and not report["missing_runs"]:
        PAGE.write_text(page, encoding="utf-8")
    print(json.dumps(report, ensure_ascii=False) if options.json else page)
    ours = sum(not path_of(s, seed, options.homes).exists() for s, seed in shard)
    return 0 if report["totals"]["passed"] and not ours else 1


def chosen(names: Sequence[str], *, quick: bool, commit: str | None = None) -> list[Scenario]:
    """Return the runnable rows of these names, or all; `quick`: three guilty ones and their twins, by the commit's hash.

    Raises ValueError for a name that is not there or cannot run.
    """
    runnable = {s.name: s for s in SCENARIOS if s.runnable}
    unknown = [name for name in names if name not in runnable]
    if unknown:
        raise ValueError(f"scenarios that are not there, or wait for something: {', '.join(unknown)}")
    if names:
        return [runnable[name] for name in names]
    return _quick(list(runnable.values()), commit or _commit()) if quick else list(runnable.values())


def _quick(rows: list[Scenario], commit: str) -> list[Scenario]:
    """Return six rows: from a place that the hash says, guilty ones of ordinary length whose twins differ."""
    by_name = {s.name: s for s in rows}
    short = [s for s in rows if s.expected == "different" and s.variant == "paced"]
    start = int(commit[:8], 16) % len(short)
    # A step that shares no factor with the length visits every row; neighbours in the list are alike.
    step = next(n for n in range(7, 2 * len(short) + 7) if len(short) % n and n % 2)
    picked: list[Scenario] = []
    for place in range(len(short) * step):
        candidate = short[(start + place * step) % len(short)]
        if candidate not in picked and candidate.twin not in {s.twin for s in picked}:
            picked.append(candidate)
        if len(picked) == QUICK_GUILTY:
            break
    return [*picked, *(by_name[s.twin] for s in picked if s.twin)]


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "0" * 40


def seeds(scenario: Scenario, homes: int) -> tuple[int, ...]:
    """Return the seeds of a row: one, and of an innocent one on the larger board three."""
    count = 3 if homes >= 10 and not scenario.guilty else 1
    return tuple(scenario.seed + n for n in range(count))


def _shard(wanted: list[tuple[Scenario, int]], shard: str) -> list[tuple[Scenario, int]]:
    index, _, count = shard.partition("/")
    if not (index.isdigit() and count.isdigit() and int(index) < int(count)):
        raise ValueError(f"shard {shard!r}: write i/n with i from 0 to n-1")
    return wanted[int(index) :: int(count)]


def path_of(scenario: Scenario, seed: int, homes: int) -> Path:
    """Return the file of a row's result."""
    return FOLDER / f"homes-{homes}" / f"{scenario.name}-{seed}.json"


def _run(missing: list[tuple[Scenario, int]], homes: int, at_once: int) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    base = (sys.executable, "-m", "tests.lab", "scoreboard", "--homes", str(homes), "--one")
    works = [Work(f"{s.name} {seed}", (*base, s.name, str(seed)), s.alone) for s, seed in missing]
    began_s, count = time.monotonic(), 0

    def done(work: Work, code: int) -> None:
        nonlocal count
        count += 1
        seconds = round(time.monotonic() - began_s)
        said = text("soak_done", done=count, total=len(works), run=work.label, code=code, seconds=seconds)
        print(said, file=sys.stderr, flush=True)

    run_all(works, at_once, done)


def _one(name: str, seed: int, homes: int) -> int:
    """Run one row and write its result; return 1 if the lab failed, which is no result."""
    from tests.lab.row import run_row, save

    (scenario,) = chosen([name], quick=False)
    try:
        result = run_row(scenario, homes, seed)
    except (StageError, LabError) as error:
        print(f"{name} {seed}: {error}", file=sys.stderr)
        return 1
    save(result, path_of(scenario, seed, homes))
    return 0


def summarise(rows: Sequence[Scenario], homes: int) -> dict[str, Any]:
    """Return rows and totals of the results that are there, and the page."""
    from tests.lab.board import Row, markdown, predicted, totals

    made = []
    for scenario in rows:
        results = _results(scenario, homes)
        if results:
            made.append(Row(scenario, tuple(results), predicted(scenario, homes)))
    waiting = [s for s in SCENARIOS if not s.runnable]
    summary = totals(made, waiting)
    return {
        "homes": homes,
        "commit": _commit(),
        "rows": [
            {
                "scenario": row.scenario.name,
                "expected": row.scenario.expected,
                "expected_mechanism": row.scenario.mechanism,
                "expected_attribution": row.scenario.attribution,
                "predicted": row.predicted,
                "visible_from": row.scenario.visible_from,
                "unseen_because": row.scenario.unseen_because,
                "twin": row.scenario.twin,
                "right": [row.is_right(result) for result in row.results],
                "results": list(row.results),
            }
            for row in made
        ],
        "totals": summary,
        "page": markdown(made, waiting, summary, homes),
    }


def _results(scenario: Scenario, homes: int) -> list[dict[str, Any]]:
    paths = [path_of(scenario, seed, homes) for seed in seeds(scenario, homes)]
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.exists()]
