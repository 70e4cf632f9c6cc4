"""The scoreboard: every scenario that can run, through the whole path, against what was expected and predicted.

`SHARD=i/n` (or --shard) runs every n-th row; `QUICK=1` six rows that rotate by commit; `HOMES=10` the larger board (m = 100; one
seed for the guilty, three for the innocent), whose results are committed and added up over shards and sessions (`results`).
A board that was stopped goes on where it was. A run that fails is a lab fault, tried once more, and ends nothing; a sure row that
was missed gets a second seed. `build/scoreboard.json` and, of a whole board, a page in `docs/` are made of the results.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import plan
from tests.lab.board import Row, predicted, report
from tests.lab.choosing import chosen, second_seed, seeds, shard_of
from tests.lab.messages import text
from tests.lab.page import markdown
from tests.lab.plan import Run
from tests.lab.results import (
    COMMITTED_HOMES,
    FOLDER,
    HOMES,
    commit,
    fault,
    keep,
    load,
    note_fault,
    page_of,
    path_of,
    save,
)
from tests.lab.totals import totals
from tests.lab.workers import TIMED_OUT, Work, run_all
from tests.scenarios import SCENARIOS, Scenario

QUICK_S = 390.0
"""After that the quick board ends what runs: CI gives it seven minutes."""
AT_ONCE = 4
"""Rows of five homes at most; `plan.share` says whether there is room. Of larger ones half as many, and so of the quick board."""
QUICK_FAULTS = 2
"""A machine may fail so many of the six; with more, nothing was shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the scoreboard's options; SHARD, QUICK and HOMES stand for three of them."""
    env = os.environ
    add = parser.add_argument
    add("--shard", default=env.get("SHARD") or "0/1", metavar="i/n", help=text("shard_help"))
    add("--quick", action="store_true", default=env.get("QUICK") == "1", help=text("quick_help"))
    add("--homes", type=int, default=int(env.get("HOMES") or HOMES), help=text("homes_help"))
    add("--only", nargs="+", metavar="NAME", default=[], help=text("only_rows_help"))
    add("--at-once", type=_from_one, metavar="N", help=text("at_once_help"))
    add("--again", action="store_true", help=text("again_help"))
    add("--report", action="store_true", help=text("report_help"))
    add("--plan", action="store_true", help=text("plan_help"))
    add("--json", action="store_true", help=text("json_help"))
    add("--one", nargs=2, metavar=("NAME", "SEED"), help=argparse.SUPPRESS)
    parser.set_defaults(command=command)


def _from_one(word: str) -> int:
    number = int(word)
    if number < 1:
        raise ValueError(word)
    return number


def command(options: argparse.Namespace) -> int:
    """Run what is missing of the rows asked for, then judge all that is there; return 0 if it shows what it must."""
    if options.one:
        return _one(options.one[0], int(options.one[1]), options.homes)
    whole = options.homes <= HOMES and not options.quick
    at_once = options.at_once or (AT_ONCE if whole else AT_ONCE // 2)
    until_s = time.monotonic() + QUICK_S if options.quick else float("inf")
    board = Board(chosen(options.only, quick=options.quick), options.homes, at_once, until_s)
    mine = shard_of(board.wanted, options.shard)
    missing = mine if options.again or options.quick else [run for run in mine if not board.has(run)]
    if options.plan:
        print("\n".join(plan.table(missing, options.homes, at_once)))
        return 0
    if not options.report:
        board.run(missing)
        if not options.quick:
            board.run([run for run in mine if not board.has(run)])
        board.run(board.missed(mine))
    whole = not options.only and not options.quick
    return _tell(board, mine, whole=whole, asked=options.report, quick=options.quick, as_json=options.json)


@dataclass(frozen=True)
class Board:
    """Rows at a size, and the runs that they need."""

    rows: Sequence[Scenario]
    homes: int
    at_once: int
    until_s: float

    @property
    def wanted(self) -> list[Run]:
        """Return all its runs."""
        return [(s, seed) for s in self.rows for seed in seeds(s, self.homes)]

    def has(self, run: Run) -> bool:
        """Tell whether a run has a result; one whose control was hit is none."""
        result = load(*run, self.homes)
        return result is not None and not result["lab_fault"]

    def missed(self, mine: Sequence[Run]) -> list[Run]:
        """Return second seeds, not run yet, of the sure rows among these runs that were missed."""
        made = [self.row(s) for s in dict.fromkeys(s for s, _ in mine)]
        again = [(row.scenario, second_seed(row.scenario, self.homes)) for row in made if row.sure_and_missed]
        return [run for run in again if not self.has(run)]

    def row(self, scenario: Scenario) -> Row:
        """Return a scenario with the results that are there."""
        results = (load(scenario, seed, self.homes) for seed in seeds(scenario, self.homes))
        second = load(scenario, second_seed(scenario, self.homes), self.homes)
        return Row(
            scenario, tuple(r for r in results if r is not None), predicted(scenario, self.homes), second
        )

    def faults(self) -> dict[str, str]:
        """Return why runs came to nothing, by scenario and seed."""
        said = {f"{s.name} {seed}": fault(s, seed, self.homes) for s, seed in self.wanted}
        return {name: reason for name, reason in said.items() if reason is not None}

    def run(self, runs: Sequence[Run]) -> None:
        """Run these, whatever is there of them already; a run that fails leaves its reason."""
        base = (sys.executable, "-m", "tests.lab", "scoreboard", "--homes", str(self.homes), "--one")
        ordered = plan.longest_first(runs, self.homes)
        logs = [path_of(s, seed, self.homes).with_suffix(".log") for s, seed in ordered]
        works = [
            plan.work(run, self.homes, (*base, run[0].name, str(run[1])), log)
            for run, log in zip(ordered, logs, strict=True)
        ]
        by_label = {work.label: run for work, run in zip(works, ordered, strict=True)}
        for run in runs:
            path_of(*run, self.homes).unlink(missing_ok=True)
        began_s, count = time.monotonic(), 0

        def done(work: Work, code: int) -> None:
            nonlocal count
            count += 1
            self._done(work, by_label[work.label], code)
            seconds = round(time.monotonic() - began_s)
            line = text("soak_done", done=count, total=len(works), run=work.label, code=code, seconds=seconds)
            print(line, file=sys.stderr, flush=True)

        run_all(works, self.at_once, done, self.until_s)

    def _done(self, work: Work, run: Run, code: int) -> None:
        if code == 0:
            keep(*run, self.homes)
            return
        said = work.log.read_text(errors="replace")[-600:].strip() if work.log and work.log.exists() else ""
        why = f"did not end within {work.limit_s:.0f} s" if code == TIMED_OUT else f"exit {code}"
        note_fault(*run, self.homes, f"{why}: {said}" if said else why)
        print(text("row_fault", run=work.label, reason=f"{why}: {said}"), file=sys.stderr, flush=True)


def _one(name: str, seed: int, homes: int) -> int:
    """Run one row and write its result. Whatever fails is told by the exit code and the log: it is this row's fault alone."""
    from tests.lab.row import run_row

    (scenario,) = chosen([name], quick=False)
    save(run_row(scenario, homes, seed), path_of(scenario, seed, homes))
    return 0


def _tell(board: Board, mine: Sequence[Run], *, whole: bool, asked: bool, quick: bool, as_json: bool) -> int:
    """Write what came of it, print it, and return the exit code. A page with gaps, which it names, is published where `asked`."""
    rows = [row for row in map(board.row, board.rows) if row.results]
    waiting = [s for s in SCENARIOS if not s.runnable]
    faults = board.faults()
    absent = [f"{s.name} {seed}" for s, seed in board.wanted if not board.has((s, seed))]
    summary = totals(rows, waiting, board.homes, faults, absent)
    page = markdown(rows, waiting, summary, board.homes)
    told = {**report(rows, summary, board.homes, commit()), "missing_runs": len(absent), "quick": quick}
    FOLDER.mkdir(parents=True, exist_ok=True)
    _write(FOLDER.with_suffix(".json"), json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    _write(FOLDER / "scoreboard.md", page)
    tried = all(f"{s.name} {seed}" in faults or board.has((s, seed)) for s, seed in board.wanted)
    if whole and (asked or board.homes == COMMITTED_HOMES or (board.homes == HOMES and tried)):
        _write(page_of(board.homes), page)
    print(json.dumps(told, ensure_ascii=False) if as_json else page)
    failed = [f"{s.name} {seed}" for s, seed in mine if not board.has((s, seed))]
    if failed:
        print(text("board_faults", count=len(failed), runs=", ".join(failed)), file=sys.stderr)
    if not summary["passed"]:
        print(text("board_failed", why=_why(summary)), file=sys.stderr)
    return 0 if summary["passed"] and len(failed) <= (QUICK_FAULTS if quick else 0) else 1


def _why(summary: dict[str, Any]) -> str:
    names = ("wrongly_accused", "sure_missed", "not_tried_again", "agreement_p", "runs")
    return ", ".join(f"{name}: {summary[name]}" for name in names)


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8")
