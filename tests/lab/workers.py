"""Runs commands in processes of their own, as many at a time as the machine has room for, none for longer than it may."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_REPOSITORY = Path(__file__).resolve().parents[2]
TIMED_OUT = 124
_ENDING_S = 20.0
"""What a run gets to take its lab down."""


@dataclass(frozen=True)
class Work:
    """A command, by its label; `alone`: nothing else may run beside it. What it prints on standard error goes to `log`.

    `share`: how much of the machine's processors it keeps busy, 0-1.
    """

    label: str
    argv: tuple[str, ...]
    alone: bool = False
    limit_s: float = 3600.0
    log: Path | None = None
    share: float = 0.0


@dataclass
class _Running:
    process: subprocess.Popen[bytes]
    until_s: float


def run_all(
    works: Sequence[Work], at_once: int, done: Callable[[Work, int], None], all_until_s: float = float("inf")
) -> None:
    """Run all, `at_once` at a time at most; `done` gets each with its exit code, 124 if its time was up. Those that want to be alone come last.

    At `all_until_s` (monotonic) what runs is ended, and what waits is not begun. An exception ends those that run.
    """
    waiting = sorted(works, key=lambda work: work.alone)
    running: dict[Work, _Running] = {}
    try:
        while waiting or running:
            if time.monotonic() >= all_until_s:
                for work in waiting:
                    done(work, TIMED_OUT)
                waiting = []
            while following := next_of(waiting, running, at_once):
                waiting.remove(following)
                until_s = min(time.monotonic() + following.limit_s, all_until_s)
                running[following] = _Running(_started(following), until_s)
            time.sleep(0.2)
            for work in list(running):
                code = _code(running[work])
                if code is not None:
                    del running[work]
                    done(work, code)
    finally:
        for one in running.values():
            _end(one.process)


def next_of(waiting: Sequence[Work], running: Collection[Work], at_once: int) -> Work | None:
    """Return the first that may begin beside those that run: there is room for it, and nobody wants to be alone."""
    if len(running) >= at_once or any(work.alone for work in running):
        return None
    room = 1.0 - sum(work.share for work in running)
    for work in waiting:
        if not running or (work.share <= room and not work.alone):
            return work
    return None


def _started(work: Work) -> subprocess.Popen[bytes]:
    log: IO[bytes] | None = None
    if work.log is not None:
        work.log.parent.mkdir(parents=True, exist_ok=True)
        log = work.log.open("wb")
    try:
        return subprocess.Popen(work.argv, cwd=_REPOSITORY, stdin=subprocess.DEVNULL, stderr=log)
    finally:
        if log is not None:
            log.close()


def _code(one: _Running) -> int | None:
    """Return how it ended, ending it if its time is up; None while it runs."""
    code = one.process.poll()
    if code is None and time.monotonic() >= one.until_s:
        _end(one.process)
        return TIMED_OUT
    return code


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process: politely, so that it takes its lab down; its programs die with it in any case."""
    process.terminate()
    try:
        process.wait(_ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
