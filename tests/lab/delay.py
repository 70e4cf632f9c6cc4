"""Which delay line to run: the C one, compiled once into the state folder, or the Python one where there is no compiler."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.lab.state import state_folder

_HERE = Path(__file__).resolve().parent


def compiled() -> Path | None:
    """Return the compiled delay line, compiling it if need be, or None if there is no compiler or it fails.

    The file's name holds a hash of the source, so a changed source is compiled anew; it appears by a rename, so that two labs
    that start together never run half a file.
    """
    source = _HERE / "delay_line.c"
    target = state_folder() / f"delay_line-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}"
    if os.access(target, os.X_OK):
        return target
    compiler = next((c for c in ("cc", "gcc", "clang", "tcc") if shutil.which(c)), None)
    if compiler is None:
        return None
    fresh = target.with_suffix(f".{os.getpid()}")
    try:
        done = subprocess.run(
            [compiler, "-O2", "-o", str(fresh), str(source)], capture_output=True, timeout=60, check=False
        )
        if done.returncode != 0:
            return None
        fresh.replace(target)
    except (OSError, subprocess.TimeoutExpired):
        return None
    finally:
        fresh.unlink(missing_ok=True)
    return target


def command(one_way_us: int, kind: str = "auto") -> tuple[str, list[str]]:
    """Return ("c" or "python", argv) of a delay line between dA and dB. `kind`: "auto", "c" or "python".

    Raises FileNotFoundError if "c" is asked for and cannot be compiled.
    """
    arguments = ["dA", "dB", str(one_way_us)]
    binary = compiled() if kind in ("auto", "c") else None
    if binary is not None:
        return "c", [str(binary), *arguments]
    if kind == "c":
        raise FileNotFoundError("delay_line.c could not be compiled: is there a C compiler?")
    return "python", [sys.executable, "-I", str(_HERE / "delay_line.py"), *arguments]
