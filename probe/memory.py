"""Sparing memory: a router lends the agent some, and it rests ten minutes at a time."""

import ctypes
import gc
from typing import Final

M_ARENA_MAX: Final = -8
"""mallopt(3) of glibc, ``malloc.h``."""
YOUNG_OBJECTS: Final = 20_000


def keep_one_arena() -> None:
    """Let all threads share one heap: each that has its own keeps what it once needed (glibc only)."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(M_ARENA_MAX, 1)


def collect_seldom() -> None:
    """Leave out of every later collection what a server starts with, and collect after 20,000 new objects, not 700.

    A document's own objects are no cycles: they go when the last name for them does, without any collection.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def spare_memory() -> None:
    """Collect what is garbage and hand free pages back to the system, where the C library can (glibc: malloc_trim(3))."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
