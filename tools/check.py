"""Runs every check of the house, two at a time, and shows each one's name, time and result.

A check that fails does not stop the others. Exit 1 if any failed.
"""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.tree import ROOT

PYTHON = sys.executable
BIN = Path(PYTHON).parent
TIME_LIMIT_S = 420

# Longest first, so that it does not run alone at the end.
CHECKS: dict[str, list[str]] = {
    "types (mypy)": [PYTHON, "-m", "mypy"],
    "style (ruff check)": [PYTHON, "-m", "ruff", "check", "."],
    "format (ruff format)": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "layers (import-linter)": [str(BIN / "lint-imports")],
    "imports (closed, declared)": [PYTHON, "-m", "tools.imports"],
    "licences": [PYTHON, "-m", "tools.licences"],
    "locks": [PYTHON, "-m", "tools.locks"],
    "addresses and paths": [PYTHON, "-m", "tools.addresses"],
    "documentation": [PYTHON, "-m", "tools.docs"],
}


@dataclass(frozen=True)
class Result:
    """One check's end: its exit status, what it printed, and how long it took."""

    name: str
    status: int
    output: str
    took_s: float


def run(name: str) -> Result:
    """Run one check of the table; a check past its time limit has failed."""
    start = time.monotonic()
    try:
        done = subprocess.run(
            CHECKS[name],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired:
        status, output = 124, f"did not end within {TIME_LIMIT_S} s"
    except OSError as error:
        status, output = 127, str(error)
    return Result(name, status, output, time.monotonic() - start)


def main(names: list[str]) -> int:
    """Run the checks whose name contains one of ``names``, or all; return the exit status."""
    wanted = [check for check in CHECKS if not names or any(name in check for name in names)]
    if not wanted:
        print(f"no such check; there are: {', '.join(CHECKS)}")
        return 2
    failed = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for result in pool.map(run, wanted):
            print(
                f"{'ok' if result.status == 0 else 'FAILED':7}{result.took_s:6.1f} s  {result.name}",
                flush=True,
            )
            if result.status != 0:
                failed.append(result.name)
                print("    " + result.output.strip().replace("\n", "\n    "), flush=True)
    print(
        f"{len(wanted) - len(failed)} of {len(wanted)} checks passed"
        + (f"; failed: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
