"""Troubles of the programs themselves: a responder that is stopped or killed, a probe short of processor or with a jumping clock.

A `Disturber` works on a thread of its own while homes measure, and leaves all as it found it.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.lab.compile import compiled
from tests.lab.namespaces import LabError
from tests.lab.troubles import BusyProbe, ClockJump, ResponderDown, SlowResponder, StageTrouble, chosen

PROBE_NICE = 19
BUSY_NICE = 10
"""Both yield to the rest of the lab. Where the kernel groups by session (autogroup) only the number of programs counts."""
BUSY = "while True: pass"
_STARTING_S = 1.5
"""What a probe takes, about, from its start to its first pair."""

Process = subprocess.Popen[bytes]


class Disturber:
    """Stops and kills the responder as its troubles say. `responder` and `restart` give it, and a new one."""

    def __init__(
        self, troubles: Sequence[StageTrouble], responder: Callable[[], Process], restart: Callable[[], None]
    ) -> None:
        self._troubles = troubles
        self._responder = responder
        self._restart = restart
        self._over = threading.Event()
        self._threads = ThreadPoolExecutor(thread_name_prefix="trouble")
        self._begun: list[Future[None]] = []

    def __enter__(self) -> None:
        for trouble in self._troubles:
            if isinstance(trouble, SlowResponder):
                self._begun.append(self._threads.submit(self._slow, trouble))
            elif isinstance(trouble, ResponderDown):
                self._begun.append(self._threads.submit(self._down, trouble))

    def __exit__(self, *_: object) -> None:
        """Raises what a trouble raised: a row without its trouble is no result."""
        self._over.set()
        self._threads.shutdown()
        for one in self._begun:
            one.result()

    def _slow(self, trouble: SlowResponder) -> None:
        """Ends when the disturber is left; the responder then runs."""
        rng = random.Random(trouble.seed)
        while not self._over.wait(rng.uniform(0.5, 1.5) * trouble.every_s):
            process = self._responder()
            process.send_signal(signal.SIGSTOP)
            try:
                self._over.wait(trouble.stop_s)
            finally:
                process.send_signal(signal.SIGCONT)

    def _down(self, trouble: ResponderDown) -> None:
        if self._over.wait(trouble.after_s):
            return
        process = self._responder()
        process.kill()
        process.wait()
        self._over.wait(trouble.down_s)
        self._restart()


@contextlib.contextmanager
def only_of(devices: Mapping[int, Process], homes: Collection[int]) -> Iterator[None]:
    """Let the second devices of all homes but these rest: nobody looks at their lines, and the processors are few."""
    resting = [device for home, device in devices.items() if home not in homes]
    for device in resting:
        device.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for device in resting:
            device.send_signal(signal.SIGCONT)


def busy_programs(troubles: Sequence[StageTrouble], homes: int) -> int:
    """Return how many programs compete with probes for their core."""
    return sum(t.programs for t in troubles if isinstance(t, BusyProbe) and chosen(t.homes, homes))


def probe_prefix(troubles: Sequence[StageTrouble], home: int, core: int) -> list[str]:
    """Return what stands before a probe's command: where it may run, and how meekly."""
    mine = any(isinstance(t, BusyProbe) and home in chosen(t.homes, home + 1) for t in troubles)
    return ["taskset", "-c", str(core), "nice", "-n", str(PROBE_NICE)] if mine else []


def busy_command(core: int) -> list[str]:
    """Return the command of a program that never rests."""
    return ["taskset", "-c", str(core), "nice", "-n", str(BUSY_NICE), sys.executable, "-c", BUSY]


def probe_clock(troubles: Sequence[StageTrouble], home: int) -> dict[str, str]:
    """Return the environment that lets a probe's clock jump; raises LabError where no C compiler is."""
    jump = next((t for t in troubles if isinstance(t, ClockJump) and home in chosen(t.homes, home + 1)), None)
    if jump is None:
        return {}
    library = compiled(Path(__file__).with_name("clock_jump.c"), ("-shared", "-fPIC"))
    if library is None:
        raise LabError("a clock that jumps needs a C compiler")
    return {
        "LD_PRELOAD": str(library),
        "CLOCK_JUMP_MS": str(round(jump.jump_s * 1000)),
        "CLOCK_JUMP_AFTER_MS": str(round((jump.after_s + _STARTING_S) * 1000)),
    }
