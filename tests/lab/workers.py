"""Runs commands in processes of their own, a few at a time."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Work:
    """A command, by its label; `alone`: nothing else may run beside it."""

    label: str
    argv: tuple[str, ...]
    alone: bool = False


def run_all(works: Sequence[Work], at_once: int, done: Callable[[Work, int], None]) -> None:
    """Run all; `done` gets each with its exit code. Those that want to be alone come last.

    Ends when each has ended, and each has a time limit of its own. An exception ends those that run.
    """
    waiting = sorted(works, key=lambda work: work.alone)
    running: dict[Work, subprocess.Popen[bytes]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < (1 if waiting[0].alone else at_once):
                if running and any(work.alone for work in running):
                    break
                work = waiting.pop(0)
                running[work] = subprocess.Popen(work.argv, cwd=_REPOSITORY)
            time.sleep(0.2)
            for work in [work for work, process in running.items() if process.poll() is not None]:
                done(work, running.pop(work).returncode)
    finally:
        for process in running.values():
            process.terminate()
            process.wait()
