"""A nettest in a process of its own: what it imports and allocates ends with it, and a hang ends by a signal.

``python -m probe.errands.child NAME`` reads one JSON object {lab, limit_s, params} and writes one: {result} or {cannot}, and
its peak memory and what came and went over its sockets. Only nettests whose parameters hold no key run here: nothing secret passes the pipe.
"""

import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from math import ceil
from pathlib import Path
from typing import Any, Final

import msgspec

import probe
from probe.gate import Gate
from probe.measurement.failures import unknown
from probe.measurement.results import Result
from probe.nettests.base import CannotRun, Net
from probe.nettests.table import NETTESTS

LARGEST_ANSWER_BYTES: Final = 1_000_000
LARGEST_DATA_BYTES: Final = 512 * 1024 * 1024
"""What a child may allocate at most (RLIMIT_DATA): a decompression or parsing gone wrong ends there."""

ORPHAN_S: Final = 5
"""A child whose parent died ends by its own alarm, this long after its deadline."""


@dataclass(frozen=True)
class FromChild:
    """What a child handed back. ``wire_bytes`` are those of TCP that its sockets under a meter carried, both ways."""

    result: Result
    peak_bytes: int
    wire_bytes: int = 0


def run_in_child(name: str, params: msgspec.Struct, lab: bool, limit_s: float) -> FromChild:
    """Run the nettest ``name``; blocks. Raises ``CannotRun``: as the nettest did, ``deadline``, or ``crashed: …``."""
    request = (
        json.dumps({"lab": lab, "limit_s": ceil(limit_s) + ORPHAN_S}).encode()[:-1]
        + b',"params":'
        + msgspec.json.encode(params)
        + b"}"
    )
    path = os.pathsep.join(filter(None, [str(Path(probe.__file__).parents[1]), os.environ.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "probe.errands.child", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        answer, _ = process.communicate(request, timeout=limit_s)
    except subprocess.TimeoutExpired as error:
        raise CannotRun("deadline") from error
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    return _read(answer, process.returncode)


def _read(answer: bytes, code: int) -> FromChild:
    try:
        said = msgspec.json.decode(answer[:LARGEST_ANSWER_BYTES], type=dict[str, msgspec.Raw])
        if "cannot" in said:
            raise CannotRun(msgspec.json.decode(said["cannot"], type=str)[:120])
        result: Result = msgspec.json.decode(said["result"], type=Result)
        peak_bytes, wire_bytes = (
            msgspec.json.decode(said[name], type=int) for name in ("peak_bytes", "wire_bytes")
        )
        return FromChild(result, peak_bytes, wire_bytes)
    except (msgspec.MsgspecError, KeyError) as error:
        raise CannotRun(f"crashed: child ended with {code}") from error


def checked(result: Result) -> Result:
    """``result`` as its reader will have it; raises ``msgspec.ValidationError`` that names the bound it breaks."""
    read: Result = msgspec.json.decode(msgspec.json.encode(result), type=Result)
    return read


def main(name: str, given: bytes) -> bytes:
    """Run one nettest here; what the parent reads."""
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    bound = LARGEST_DATA_BYTES if most == resource.RLIM_INFINITY else min(most, LARGEST_DATA_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, most))
    module = import_module(NETTESTS[name])
    request = msgspec.json.decode(given, type=dict[str, msgspec.Raw])
    lab = msgspec.json.decode(request["lab"], type=bool)
    gate = Gate(lab=lab)
    signal.alarm(msgspec.json.decode(request["limit_s"], type=int))
    try:
        params: Any = msgspec.json.decode(request["params"], type=module.PARAMS)
        answer: dict[str, object] = {"result": checked(module.run(Net(gate=gate), params))}
    except CannotRun as cannot:
        answer = {"cannot": cannot.reason}
    except Exception as crash:  # noqa: BLE001 - whatever a nettest does, the probe hears of it
        answer = {"cannot": f"crashed: {unknown(crash)}"[:120]}
    return msgspec.json.encode({**answer, "peak_bytes": _peak_bytes(), "wire_bytes": gate.meter.bytes})


def _peak_bytes() -> int:
    """This program's own peak; getrusage(2) would tell that of the parent it was forked from, if that was higher."""
    try:
        rows = Path("/proc/self/status").read_text().splitlines()
        return next(int(row.split()[1]) * 1024 for row in rows if row.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    sys.stdout.buffer.write(main(sys.argv[1], sys.stdin.buffer.read()))
