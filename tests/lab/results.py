"""Where the scoreboard's results stand: one file a run in `build/`, and for the larger board one committed file for all of them.

A result is of a run, and says which: the experiment's digest and the commit. One of an experiment that has changed since is not
there. A run that came to nothing leaves `….fault.json`, with the reason, until a result takes its place.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.lab.stage import REPOSITORY
from tests.scenarios import SCENARIOS, Scenario

FOLDER = Path(os.environ.get("ISONOMIA_SCOREBOARD", REPOSITORY / "build" / "scoreboard"))
DOCS = Path(os.environ.get("ISONOMIA_SCOREBOARD_DOCS", REPOSITORY / "docs"))
HOMES = 5
COMMITTED_HOMES = 10
_ORDER = {scenario.name: place for place, scenario in enumerate(SCENARIOS)}


def page_of(homes: int) -> Path:
    """Return the page of a whole board."""
    return DOCS / ("scoreboard.md" if homes == HOMES else f"scoreboard-{homes}.md")


def committed_path() -> Path:
    """Return the file in which the larger board's results are kept from session to session."""
    return DOCS / f"scoreboard-{COMMITTED_HOMES}.json"


@cache
def commit() -> str:
    """Return the commit that runs, "+" behind it where code differs from it; zeros where there is no git."""
    head = _git("rev-parse", "HEAD") or "0" * 40
    changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
    return head + ("+" if changed else "")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def digest(scenario: Scenario, homes: int, seed: int) -> str:
    """Return twelve digits that change with whatever the lab is told to do in a run."""
    told = f"{scenario.name} {scenario.experiment(homes, seed)!r}"
    return sha256(told.encode()).hexdigest()[:12]


def path_of(scenario: Scenario, seed: int, homes: int) -> Path:
    """Return the file of a run's result."""
    return FOLDER / f"homes-{homes}" / f"{scenario.name}-{seed}.json"


def fault_path(scenario: Scenario, seed: int, homes: int) -> Path:
    """Return the file that says why a run came to nothing."""
    return path_of(scenario, seed, homes).with_suffix(".fault.json")


def load(scenario: Scenario, seed: int, homes: int) -> dict[str, Any] | None:
    """Return a run's result, if there is one of the experiment as it stands today."""
    path = path_of(scenario, seed, homes)
    kept = None  # a run that was tried again and came to nothing has no older result
    if homes == COMMITTED_HOMES and not fault_path(scenario, seed, homes).exists():
        kept = committed().get((scenario.name, seed))
    result: dict[str, Any] | None = json.loads(path.read_text(encoding="utf-8")) if path.exists() else kept
    if result is None or result.get("experiment") != digest(scenario, homes, seed):
        return None
    return result


def save(result: Mapping[str, Any], path: Path) -> None:
    """Write a result so that it is there whole or not at all, and forget the fault that it replaces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(result, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.rename(path)
    path.with_suffix(".fault.json").unlink(missing_ok=True)


def note_fault(scenario: Scenario, seed: int, homes: int, reason: str) -> None:
    """Record that a run came to nothing, and why."""
    path = fault_path(scenario, seed, homes)
    path.parent.mkdir(parents=True, exist_ok=True)
    fault = {"scenario": scenario.name, "seed": seed, "homes": homes, "reason": reason, "commit": commit()}
    path.write_text(json.dumps(fault, ensure_ascii=False) + "\n", encoding="utf-8")


def fault(scenario: Scenario, seed: int, homes: int) -> str | None:
    """Return why a run came to nothing; None where it was not tried, or has a result."""
    path = fault_path(scenario, seed, homes)
    if load(scenario, seed, homes) is not None or not path.exists():
        return None
    return str(json.loads(path.read_text(encoding="utf-8"))["reason"])


# ------------------------------------------------------------------------- the larger board, committed


def committed() -> dict[tuple[str, int], dict[str, Any]]:
    """Return the committed results by scenario and seed."""
    path = committed_path()
    if not path.exists():
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))["results"]
    return {(row["scenario"], row["seed"]): row for row in rows}


def keep(scenario: Scenario, seed: int, homes: int) -> None:
    """Put a run's result among the committed ones, if it is one; other shards may do so at the same moment."""
    result = load(scenario, seed, homes) if homes == COMMITTED_HOMES else None
    if result is None or result["lab_fault"]:
        return
    with _alone():
        rows = {**committed(), (scenario.name, seed): result}
        known = sorted((key for key in rows if key[0] in _ORDER), key=lambda key: (_ORDER[key[0]], key[1]))
        lines = ",\n".join(json.dumps(rows[key], ensure_ascii=False) for key in known)
        partial = FOLDER / f"{committed_path().name}.partial"
        partial.write_text(f'{{"homes": {homes}, "results": [\n{lines}\n]}}\n', encoding="utf-8")
        committed_path().write_bytes(partial.read_bytes())
        partial.unlink()


@contextmanager
def _alone() -> Iterator[None]:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
