"""Two JSON values compared: numbers may differ by 2e-6 of their size, nothing else at all."""

from math import isclose
from typing import Any, Final

TOLERANCE: Final = 2e-6
"""architecture.md, "The analysis": numpy's exp, log and tanh differ between processors."""


def differences(expected: Any, found: Any, where: str = "") -> list[str]:
    """A line for each place where the values differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        odd = sorted(set(expected) ^ set(found))
        lines = [f"{where}: names {odd}"] if odd else []
        common = [name for name in expected if name in found]
        return lines + [line for n in common for line in differences(expected[n], found[n], f"{where}.{n}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for n, (one, other) in pairs for line in differences(one, other, f"{where}[{n}]")]
    if isinstance(expected, float) and isinstance(found, float):
        same = isclose(expected, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        return [] if same else [f"{where}: {expected} != {found}"]
    return [] if expected == found else [f"{where}: {expected!r} != {found!r}"]
