"""Programs that run inside the lab's namespaces and die with it.

Each is started by one long-lived thread, in a session of its own, through `setpriv --pdeathsig KILL`: the kernel kills it when
that thread ends, and with it when the owner is killed. (The signal follows the *thread* that forked, hence the one thread.)
What such a program starts itself is ended by its process group, and at the latest by its namespace (`state`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from tests.lab.namespaces import enter
from tests.lab.state import Record

Stream = int | IO[bytes] | None
_TERM_WAIT_S = 2.0


class Processes:
    """All programs of one lab."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lab starter")
        self._started: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        namespace: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: Stream = subprocess.DEVNULL,
        stdout: Stream = None,
        stderr: Stream = None,
        cwd: str | os.PathLike[str] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program inside the namespace. Raises OSError if there is none of that name.

        A program that does not exist is reported by setpriv: exit code 127 and a line on standard error.
        """

        def begin() -> subprocess.Popen[bytes]:
            enter(namespace)
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *argv],
                env=env,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=cwd,
                start_new_session=True,
            )
            self._started.append(process)
            self._record.process(process.pid)
            return process

        return self._starter.submit(begin).result()

    def stop(self) -> None:
        """End all programs: SIGTERM to their groups, after two seconds SIGKILL. Safe to call again.

        What a program left behind is killed with its namespace, not here: the group's number may be somebody else's by now.
        """
        for process in self._started:
            _signal_group(process, signal.SIGTERM)
        deadline_s = time.monotonic() + _TERM_WAIT_S
        for process in self._started:
            try:
                process.wait(max(0.0, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        self._started.clear()
        self._starter.shutdown()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal a program's group, unless the program has ended."""
    if process.poll() is not None:
        return
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass
