"""What a person sees while a lab measures: one line that moves on a terminal, a line a quarter elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from tests.lab.messages import text


class Plain:
    """Counts pairs out of a known total. `quiet` says nothing. An event is a dict with "event"."""

    def __init__(self, total: int, *, quiet: bool = False, out: TextIO = sys.stderr) -> None:
        self.total = total
        self.done = 0
        self._quiet = quiet
        self._out = out
        self._began_s = time.monotonic()
        self._moves = out.isatty()
        self._said_quarter = -1

    def __call__(self, event: dict[str, Any]) -> None:
        """Take one event."""
        if self._quiet:
            return
        kind = event["event"]
        if kind == "lab":
            self._line(
                text("lab_built", mode=event["mode"], homes=event["homes"], delay_line=event["delay_line"])
            )
        elif kind == "joined":
            self._line(text("lab_joined", pairs=self.total))
        elif kind in ("pair", "skipped"):
            self.done += 1
            self._moved()
        elif kind == "judging":
            self._line(text("lab_judging"))

    def _moved(self) -> None:
        seconds = round(time.monotonic() - self._began_s)
        said = text("lab_pairs", done=self.done, total=self.total, seconds=seconds)
        quarter = 4 * self.done // max(1, self.total)
        if self._moves:
            self._out.write(f"\r{said}\033[K")
            self._out.flush()
        elif quarter != self._said_quarter:
            self._said_quarter = quarter
            self._line(said)

    def _line(self, said: str) -> None:
        start = "\r\033[K" if self._moves else ""
        self._out.write(f"{start}{said}\n")
        self._out.flush()

    def end(self) -> None:
        """Leave the moving line."""
        if self._moves and not self._quiet:
            self._out.write("\r\033[K")
