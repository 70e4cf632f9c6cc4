"""A sealer that is killed: ``python -m tests.support.dying_sealer DATA NOW_HOUR``, orders on standard input, one a line.

``count``         runs to the end on a copy that is thrown away, and answers with a JSON list: how often each line ran
``line FILE:N K`` dies by SIGKILL as line N of FILE begins for the K-th time
``after S``       is killed S seconds after it began

Each order is a fork of this process, which has imported everything: no time is lost, and a kill is a real kill -9.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

import collector.parquet  # noqa: F401 - imported before the fork, once
from collector.data_folder import DataFolder
from tests.support.sealing import Sealing

OURS = str(Path(__file__).parents[2] / "collector")


def traced(on_line: Any) -> None:
    """Call ``on_line(place)`` for each line of ours that runs from now on."""

    def local(frame: FrameType, event: str, _argument: object) -> Any:
        if event == "line":
            on_line(f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}")
        return local

    def calls(frame: FrameType, _event: str, _argument: object) -> Any:
        return local if frame.f_code.co_filename.startswith(OURS) else None

    sys.settrace(calls)


def count(folder: DataFolder, now_hour: int) -> dict[str, int]:
    """How often each line runs, on a copy."""
    lines: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "data"
        shutil.copytree(folder.root, copy)
        traced(lambda line: lines.update((line,)))
        Sealing(DataFolder(copy), now_hour).run()
        sys.settrace(None)
    return dict(lines)


def die_at(folder: DataFolder, now_hour: int, place: str, times: int) -> None:
    """Run, and die there."""
    seen = 0

    def on_line(line: str) -> None:
        nonlocal seen
        seen += line == place
        if line == place and seen == times:
            os.kill(os.getpid(), signal.SIGKILL)

    traced(on_line)
    Sealing(folder, now_hour).run()


def forked(order: list[str], folder: DataFolder, now_hour: int) -> str:
    """Carry out one order in a child; what became of it."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if order[0] == "count":
                os.write(outlet, json.dumps(count(folder, now_hour)).encode())
            elif order[0] == "line":
                die_at(folder, now_hour, order[1], int(order[2]))
            else:
                Sealing(folder, now_hour).run()
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - a child must not return into the parent's code
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    os.close(outlet)
    if order[0] == "after":
        time.sleep(float(order[1]))
        os.kill(child, signal.SIGKILL)
    with os.fdopen(inlet, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return "killed"
    return said or ("ended" if status == 0 else "failed")


def main() -> None:
    """Take orders until there are no more."""
    folder, now_hour = DataFolder(Path(sys.argv[1])), int(sys.argv[2])
    for line in sys.stdin:
        print(forked(line.split(), folder, now_hour), flush=True)


if __name__ == "__main__":
    main()
