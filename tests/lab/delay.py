"""Which delay line to run: the C one, or the Python one where there is no compiler."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.lab.compile import compiled

_HERE = Path(__file__).resolve().parent


def command(one_way_us: int, kind: str = "auto") -> tuple[str, list[str]]:
    """Return ("c" or "python", argv) of a delay line between dA and dB. `kind`: "auto", "c" or "python".

    Raises FileNotFoundError if "c" is asked for and cannot be compiled.
    """
    arguments = ["dA", "dB", str(one_way_us)]
    binary = compiled(_HERE / "delay_line.c") if kind in ("auto", "c") else None
    if binary is not None:
        return "c", [str(binary), *arguments]
    if kind == "c":
        raise FileNotFoundError("delay_line.c could not be compiled: is there a C compiler?")
    return "python", [sys.executable, "-I", str(_HERE / "delay_line.py"), *arguments]
