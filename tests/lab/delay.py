"""Which delay line to run: the C one, or the Python one where there is no compiler."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.lab.compile import compiled

_HERE = Path(__file__).resolve().parent


LEAST_SLOTS, MOST_SLOTS = 1024, 8192


def slots(one_way_ms: float, line_bit_s: float) -> int:
    """Return how many frames a side may hold, a power of two: twice what the line sends in that time, and room for a burst.

    Rings are pinned memory, two a home, which is why they are no larger.
    """
    frames = 2 * line_bit_s * one_way_ms / 1000 / (8 * 1514) + 512
    count = LEAST_SLOTS
    while count < min(frames, MOST_SLOTS):  # ends: it doubles
        count *= 2
    return count


def command(one_way_us: int, slots: int, ends: Sequence[str], kind: str = "auto") -> tuple[str, list[str]]:
    """Return ("c" or "python", argv) of delay lines between each two of `ends`. `kind`: "auto", "c" or "python".

    Raises FileNotFoundError if "c" is asked for and cannot be compiled.
    """
    arguments = [str(one_way_us), str(slots), *ends]
    binary = compiled(_HERE / "delay_line.c") if kind in ("auto", "c") else None
    if binary is not None:
        return "c", [str(binary), *arguments]
    if kind == "c":
        raise FileNotFoundError("delay_line.c could not be compiled: is there a C compiler?")
    return "python", [sys.executable, "-I", str(_HERE / "delay_line.py"), *arguments]
