"""A checker: the pure pipeline in a process of its own, for a document's signatures cost more than all its other handling.

``python -m collector.checker`` reads frames (a 32-bit length, then MessagePack) from standard input and answers
each, in order, on standard output. It holds no file and no socket, and learns from the frames who is enrolled
and what was planned. It ends when its input does, so it cannot outlive the collector.
"""

import fcntl
import logging
import os
import signal
import sys
from contextlib import suppress
from io import FileIO, RawIOBase
from typing import BinaryIO, Final

import msgspec

from collector import quiet_log
from collector.enrolment import Enrolled
from collector.ingest import Candidate, inspect
from collector.rejections import Rejection
from collector.rolls import Vouched
from probe.memory import collect_seldom, keep_one_arena
from probe.plan import Plan

LOG: Final = logging.getLogger("isonomia.collector.checker")
LENGTH_BYTES: Final = 4
PIPE_BYTES: Final = 1024 * 1024
"""What may lie in a pipe, the most that Linux gives anybody: all frames that may be under way, of pairs as they are.

With the usual 64 kB, one frame, a checker waits for each turn of the server's loop.
"""


class Task(msgspec.Struct, frozen=True, array_like=True):
    """One document: as it came, its Content-Encoding, when it came (µs), and what the rolls that came with it vouch for."""

    raw: bytes
    encoding: str
    now_us: int
    vouched: Vouched = ()


class Work(msgspec.Struct, frozen=True, array_like=True):
    """What is new on the roster and in the plan book, and the documents to check with it; ``number``ed from 0."""

    number: int
    enrolled: tuple[Enrolled, ...]
    plans: tuple[Plan, ...]
    tasks: tuple[Task, ...]


class Verdict(msgspec.Struct, frozen=True, array_like=True):
    """What ``inspect`` said of one document: exactly one of the two."""

    candidate: Candidate | None = None
    rejection: Rejection | None = None
    body_at: int | None = None
    """Where in the task's bytes the candidate's body begins, which ends before their last; it then stays out of the answer."""

    def found(self, task: Task) -> Candidate | Rejection:
        """The one that is there, said of ``task``."""
        if self.candidate is None:
            return self.rejection or Rejection("internal_error")
        if self.body_at is None:
            return self.candidate
        return msgspec.structs.replace(self.candidate, body=task.raw[self.body_at : -1])


class Verdicts(msgspec.Struct, frozen=True, array_like=True):
    """What became of the documents of the ``Work`` of this ``number``, in their order."""

    number: int
    verdicts: tuple[Verdict, ...]


class Knowledge:
    """The checker's copy of roster and plans (``pair_checks.Known``)."""

    def __init__(self) -> None:
        self._enrolled: dict[bytes, Enrolled] = {}
        self._plans: dict[int, Plan] = {}

    def learn(self, work: Work) -> None:
        """Take in what is new."""
        self._enrolled.update((entry.quarter_key, entry) for entry in work.enrolled)
        self._plans.update((plan.serial, plan) for plan in work.plans)

    def enrolled(self, key: bytes) -> Enrolled | None:
        """The roster's entry of a quarter key."""
        return self._enrolled.get(key)

    def plan(self, serial: int) -> Plan | None:
        """The plan of that serial."""
        return self._plans.get(serial)


def frame(message: msgspec.Struct) -> bytes:
    """``message`` as it goes through the pipe."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def check_all(source: BinaryIO, sink: RawIOBase) -> None:
    """Answer every frame of ``source`` on ``sink``. Ends with ``source``.

    ``sink`` has no buffer: CPython's ``BufferedWriter`` writes the beginning of a frame twice when the process is
    stopped and continued (SIGSTOP, SIGCONT) in the middle of a write to a pipe.
    """
    knowledge, decoder = Knowledge(), msgspec.msgpack.Decoder(Work)
    while len(head := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        work = decoder.decode(source.read(int.from_bytes(head, "big")))
        knowledge.learn(work)
        verdicts = tuple(_verdict(task, knowledge) for task in work.tasks)
        _write_all(sink, frame(Verdicts(work.number, verdicts)))


def widen(*pipes: int) -> None:
    """Let pipes hold ``PIPE_BYTES``, where the system can (Linux: fcntl(2), F_SETPIPE_SZ) and they are pipes."""
    for pipe in pipes:
        with suppress(AttributeError, OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _write_all(sink: RawIOBase, data: bytes) -> None:
    """Every byte of ``data``, however many writes the pipe takes for it."""
    rest = memoryview(data)
    while rest:
        rest = rest[sink.write(rest) or 0 :]


def _verdict(task: Task, knowledge: Knowledge) -> Verdict:
    try:
        found = inspect(task.raw, task.encoding, knowledge, task.now_us, task.vouched)
    except Exception:
        LOG.exception("a document could not be checked")
        found = Rejection("internal_error")
    if isinstance(found, Rejection):
        return Verdict(rejection=found)
    at = len(task.raw) - len(found.body) - 1
    if at < 0 or not task.raw.startswith(found.body, at):  # it came packed, or its fields in another order
        return Verdict(candidate=found)
    return Verdict(candidate=msgspec.structs.replace(found, body=b""), body_at=at)


if __name__ == "__main__":
    # A signal to the whole process group is the collector's to obey; this ends when the collector closes the pipe.
    keep_one_arena()
    collect_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    quiet_log.configure(as_json=quiet_log.as_asked(os.environ))
    widen(sys.stdin.fileno(), sys.stdout.fileno())
    try:
        check_all(sys.stdin.buffer, FileIO(sys.stdout.fileno(), "w", closefd=False))
    except BrokenPipeError:
        pass
    except Exception:
        LOG.exception("a checker ended")
        sys.exit(1)
