"""Compiling the lab's two C files, once, into the state folder."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.lab.state import state_folder


def compiled(source: Path, options: Sequence[str] = ()) -> Path | None:
    """Return the compiled file, compiling it if need be, or None if there is no compiler or it fails.

    The file's name holds a hash of the source, so a changed source is compiled anew; it appears by a rename, so that two labs
    that start together never run half a file.
    """
    target = state_folder() / f"{source.stem}-{hashlib.sha256(source.read_bytes()).hexdigest()[:16]}"
    if os.access(target, os.X_OK):
        return target
    compiler = next((c for c in ("cc", "gcc", "clang", "tcc") if shutil.which(c)), None)
    if compiler is None:
        return None
    fresh = target.with_suffix(f".{os.getpid()}")
    try:
        done = subprocess.run(
            [compiler, "-O2", *options, "-o", str(fresh), str(source)],
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            return None
        fresh.replace(target)
    except (OSError, subprocess.TimeoutExpired):
        return None
    finally:
        fresh.unlink(missing_ok=True)
    return target
