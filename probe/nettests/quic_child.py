"""The child process of replay_quic: measures its ceiling, then carries one run for each line it reads.

    python -m probe.nettests.quic_child

Lines of JSON: it says ``Ready`` first, then for each ``Wanted`` on standard input a ``Run`` on standard output. Ends with
its input. A process of its own keeps the library's memory and CPU time out of the agent's.
"""

import os
import random
import select
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Final, TypeVar, cast

import msgspec

from probe.measurement.run import Run
from probe.nettests.quic_wanted import Wanted

T = TypeVar("T")
START_S: Final = 30.0
"""A slow card and a cold cache take that long to import the library and measure the ceiling."""
ALLOWANCE_S: Final = 25.0
"""On top of a run's duration: every phase at its own deadline, and a machine that is busy."""
MISSING_EXTRA: Final = 3


class Ready(msgspec.Struct, frozen=True):
    """The child is there. Ceilings are in bit/s of payload; ``None``: this machine could not be measured."""

    send_bit_s: int | None = None
    receive_bit_s: int | None = None


class ChildLost(Exception):
    """The child ended, or did not answer in time. ``missing``: because the extra `quic` is not installed."""

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(reason)
        self.missing = missing


class Child(AbstractContextManager["Child"]):
    """The parent's hold on a child; leaving ends it."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "probe.nettests.quic_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        self._stdin = cast(IO[bytes], self._process.stdin)  # both are pipes, as asked
        self._stdout = cast(IO[bytes], self._process.stdout)
        self._buffer = b""

    def ready(self) -> Ready:
        """What the child says first. Raises ``ChildLost``."""
        return self._hear(Ready, START_S)

    def carry(self, wanted: Wanted) -> Run:
        """Let it do one run. Raises ``ChildLost``."""
        try:
            self._stdin.write(msgspec.json.encode(wanted) + b"\n")
            self._stdin.flush()
        except OSError as error:
            raise ChildLost(f"gone: {error.strerror}") from error
        return self._hear(Run, wanted.duration_ms / 1000 + ALLOWANCE_S)

    def _hear(self, kind: type[T], patience_s: float) -> T:
        """The next line as ``kind``. Ends: a line, the child's end, or ``patience_s`` without a byte."""
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._stdout], [], [], patience_s)
            data = os.read(self._stdout.fileno(), 65536) if ready else b""
            if not data:
                raise self._lost(patience_s, timed_out=not ready)
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        try:
            return msgspec.json.decode(line, type=kind)
        except msgspec.MsgspecError as error:
            raise ChildLost("said nonsense") from error

    def _lost(self, patience_s: float, *, timed_out: bool) -> ChildLost:
        if timed_out:
            return ChildLost(f"silent for {patience_s:.0f} s")
        code = self._process.wait()
        return ChildLost(f"exit {code}", missing=code == MISSING_EXTRA)

    def peak_kb(self) -> int:
        """Its own peak resident memory, kB (proc(5)), while it lives: getrusage(2) would tell its parent's, if that was higher.

        Raises ``OSError`` where there is no such file, ``StopIteration`` where it does not say.
        """
        rows = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(int(row.split()[1]) for row in rows if row.startswith("VmHWM:"))

    def __exit__(self, *_: object) -> None:
        for stream in (self._stdin, self._stdout):
            try:
                stream.close()
            except OSError:
                pass
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def main() -> int:
    """Run until standard input ends; the exit code."""
    try:
        from probe.nettests.quic_ceiling import measure  # noqa: PLC0415 - needs the extra `quic`
        from probe.nettests.quic_run import carry  # noqa: PLC0415 - as above
    except ImportError as error:
        print(f"quic: {error}", file=sys.stderr)
        return MISSING_EXTRA
    try:
        ceiling = measure()
        ready = Ready(ceiling.send_bit_s, ceiling.receive_bit_s)
    except (OSError, TimeoutError):
        ready = Ready()
    _say(ready)
    rng = random.SystemRandom()
    for line in sys.stdin.buffer:
        _say(carry(msgspec.json.decode(line, type=Wanted), rng))
    return 0


def _say(message: msgspec.Struct) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
